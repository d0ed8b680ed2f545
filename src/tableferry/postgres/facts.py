"""What a PostgreSQL is like, and what of its settings matters to a load: for ``check`` only."""

from dataclasses import dataclass
from typing import Final

from tableferry.config import SslMode
from tableferry.model.counting import counted
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.errors import replica_error


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """``isolation`` is PostgreSQL's own default for this login, ``encoding`` the database's.

    ``warnings`` tell of settings with which loads are not what one may expect.
    """

    version: str
    encryption: str
    isolation: tuple[str, ...]
    encoding: str = ""
    warnings: tuple[str, ...] = ()


_FACTS: Final = """\
SELECT version(), pg_is_in_recovery(), current_setting('default_transaction_isolation'),
  current_setting('server_encoding'), current_setting('default_transaction_read_only'),
  current_setting('session_replication_role'), quote_ident(session_user::text)"""

_FREE_SESSIONS: Final = """\
SELECT least(
  current_setting('max_connections')::integer
    - current_setting('superuser_reserved_connections')::integer
    - coalesce(current_setting('reserved_connections', true), '0')::integer - count(a.pid),
  CASE WHEN d.datconnlimit >= 0 THEN
    d.datconnlimit - count(a.pid) FILTER (WHERE a.datname = d.datname) END,
  CASE WHEN r.rolconnlimit >= 0 THEN
    r.rolconnlimit - count(a.pid) FILTER (WHERE a.usename = r.rolname) END)
FROM pg_database d JOIN pg_roles r ON r.rolname = session_user
LEFT JOIN pg_stat_activity a ON coalesce(a.backend_type, 'client backend') = 'client backend'
  AND a.usesysid IS NOT NULL AND a.datid IS NOT NULL AND a.pid <> pg_backend_pid()
WHERE d.datname = current_database() GROUP BY d.datconnlimit, r.rolconnlimit"""
"""Of the server, the database and the role; this session is not one of a load. Of others' sessions
the view shows everybody the user and the database, but not of which kind they are: a client's
sessions, and parallel workers, have both."""


def read_facts(connection: TargetConnection, sessions: int = 0) -> TargetFacts:
    """Read them in a transaction as a load has it; ``sessions`` is how many a load may open.

    Raises ConfigError on a read replica, and behind a pooler that allows no transactions.
    """
    with connection.transaction():
        ((version, replica, isolation, encoding, read_only, replication, role),) = connection.rows(
            _FACTS
        )
        encryption = encryption_of(connection)
        free = free_sessions(connection)
    if replica:
        raise replica_error(connection.settings)
    return TargetFacts(
        version=str(version),
        encryption=encryption,
        isolation=(str(isolation),),
        encoding=str(encoding),
        warnings=(
            *([READ_ONLY] if read_only == "on" else []),
            *([as_replica(role)] if replication == "replica" else []),
            *([too_few(free, sessions)] if free < sessions else []),
        ),
    )


READ_ONLY: Final = (
    "default_transaction_read_only is on for this role, database or server; loads begin their "
    "transactions with READ WRITE all the same. See why it is on: some providers set it when the "
    "disk is nearly full"
)


def as_replica(role: str) -> str:
    """Return what follows from session_replication_role = replica."""
    return (
        "session_replication_role is replica: foreign keys of the target are not checked, and its "
        f"ordinary triggers do not fire (an administrator: ALTER ROLE {role} RESET "
        "session_replication_role, or ALTER DATABASE)"
    )


def free_sessions(connection: TargetConnection) -> int:
    """Return how many more sessions server, database and role admit at this moment."""
    ((free,),) = connection.rows(_FREE_SESSIONS)
    return int(free)


def is_pooled(connection: TargetConnection) -> bool:
    """Whether the session is another one than the login was told: a pooler stands between.

    A pooler makes up the process id that a client gets at its login, to cancel statements by.
    """
    ((pid,),) = connection.rows("SELECT pg_backend_pid()")
    return bool(pid != connection.raw.info.backend_pid)


def too_few(free: int, sessions: int) -> str:
    """Return what follows from so few free sessions."""
    return (
        f"a load may open {counted(sessions, 'session')} ('parallel' and two more); free at this "
        f"moment: {max(0, free)} (max_connections, CONNECTION LIMIT of the role or the database)"
    )


_TRUST: Final = {
    SslMode.VERIFY_FULL: "verified",
    SslMode.VERIFY_CA: "verified, except for its name",
}


def encryption_of(connection: TargetConnection) -> str:
    """Describe the encryption of this end; a pooler's connection to the server may differ."""
    if not connection.is_encrypted:
        return "none"
    tls = connection.rows("SELECT version, cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    how = f"{tls[0][0]}, {tls[0][1]}" if tls and tls[0][0] else "TLS"
    trust = _TRUST.get(connection.settings.sslmode, "not verified")
    return f"{how}, certificate {trust}"
