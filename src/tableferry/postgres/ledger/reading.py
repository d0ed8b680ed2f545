"""Opens the ledger for reading only: nothing is created, migrated or locked.

A role that may only SELECT is enough, also on a read replica.
"""

import contextlib
import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tableferry.errors import ConfigError
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.ledger.migrate import migrations

OLDEST_READABLE: Final = 5
"""The version of the ledger that has all of the columns that are read here."""

LOCK_TIMEOUT: Final = "5s"
"""How long a lock on the ledger's tables is waited for: what watches runs must answer."""

QUARANTINE: Final = "quarantine"
"""The table that holds values: a role that watches runs may be refused it."""

TABLES: Final = ("migrations", "runs", "table_runs", "leases", "watermarks", "verifications")
"""What everything else is read from."""

_STATE: Final = """\
SELECT clock_timestamp(), quote_ident(current_user),
  coalesce(has_schema_privilege(n.oid, 'USAGE'), false),
  ARRAY(SELECT c.relname::text FROM pg_class c
    WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p') AND c.relname = ANY(%(tables)s)),
  ARRAY(SELECT c.relname::text FROM pg_class c
    WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p') AND c.relname = ANY(%(tables)s)
      AND has_table_privilege(c.oid, 'SELECT'))
FROM (SELECT) one LEFT JOIN pg_namespace n ON n.nspname = 'tableferry'"""
"""From the catalog, which every role may read."""


@dataclass(frozen=True, slots=True)
class ReadableLedger:
    """A ledger that this role may read. ``at`` is the database's clock.

    ``exists``: there is one. ``has_quarantine``: the role may read the table of refused rows.
    """

    at: dt.datetime
    exists: bool
    has_quarantine: bool = False


@contextlib.contextmanager
def reading_ledger(connection: TargetConnection) -> Iterator[ReadableLedger]:
    """Read the ledger as of one moment while the block runs.

    Raises ConfigError where the role may not read it, TransientError where another session keeps it
    locked, TableferryError where the server does not answer.
    """
    connection.begin_reading()
    try:
        connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        yield _look(connection)
    finally:
        connection.rollback()


def require_known(connection: TargetConnection, version: int) -> None:
    """Raise ConfigError for a ledger of a version that cannot be read."""
    newest = migrations()[-1].version
    if version > newest:
        raise ConfigError(
            f"The ledger in {connection.settings} has version {version}; this tableferry "
            f"supports {newest}",
            hint="Update tableferry here: a newer version has run on this database.",
        )
    if version < OLDEST_READABLE:
        raise ConfigError(
            f"The ledger in {connection.settings} has version {version}, and version "
            f"{OLDEST_READABLE} is the oldest that can be read",
            hint="The next sync with this version of tableferry migrates it; nothing was changed.",
        )


def _look(connection: TargetConnection) -> ReadableLedger:
    asked = [*TABLES, QUARANTINE]
    [(at, role, may_use, there, readable)] = connection.rows(_STATE, {"tables": asked})
    if "migrations" not in there:
        return ReadableLedger(at, exists=False)
    refused = [name for name in TABLES if name in there and name not in readable]
    if not may_use or refused:
        raise _no_rights(connection, role, refused if may_use else [])
    # A table that is not there at all belongs to a later version, which ``require_known`` tells.
    return ReadableLedger(at, exists=True, has_quarantine=QUARANTINE in readable)


def _no_rights(connection: TargetConnection, role: str, refused: Sequence[str]) -> ConfigError:
    what = f"tableferry.{refused[0]}" if refused else "the schema tableferry"
    tables = ", ".join(f"tableferry.{name}" for name in TABLES)
    return ConfigError(
        f"{role} may not read the ledger in {connection.settings}: {what} (42501)",
        hint=f"Its owner runs: GRANT USAGE ON SCHEMA tableferry TO {role}; "
        f"GRANT SELECT ON {tables} TO {role}; (and, for the rows in quarantine, which hold "
        f"values: GRANT SELECT ON tableferry.{QUARANTINE} TO {role};)",
        code="42501",
    )
