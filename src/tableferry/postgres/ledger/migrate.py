"""Creates the ledger's tables in the first run, and migrates them in the first of a new version.

The numbered files in ``migrations`` are plain SQL, which an administrator may review beforehand. A
released file is never changed: changes come in a new one.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Final

from tableferry.errors import ConfigError
from tableferry.postgres.connection import TargetConnection

SCHEMA: Final = "tableferry"

_LOCK: Final = int.from_bytes(b"tablefer", "big")
"""The advisory lock of the migrating transaction: any number that no one else uses."""

_LOCK_TIMEOUT: Final = "30s"
"""Another run's migration takes well under a second."""

_RIGHTS: Final = ("SELECT", "INSERT", "UPDATE", "DELETE")
"""On every table of the ledger; DELETE is for pruning."""

_STATE: Final = """\
SELECT quote_ident(current_user), quote_ident(current_database()),
  has_database_privilege(current_database(), 'CREATE'), n.oid IS NOT NULL,
  coalesce(has_schema_privilege(n.oid, 'USAGE'), false),
  coalesce(has_schema_privilege(n.oid, 'CREATE'), false),
  quote_ident(pg_get_userbyid(c.relowner)), coalesce(pg_has_role(c.relowner, 'USAGE'), true)
FROM (SELECT) one
LEFT JOIN pg_namespace n ON n.nspname = 'tableferry'
LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'migrations'"""
"""From the catalog, since to_regclass() fails without USAGE on the schema."""

_LACKING: Final = """\
SELECT c.relname::text, one.privilege
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'tableferry',
  unnest(%(rights)s::text[]) AS one (privilege)
WHERE c.relname = ANY(%(tables)s) AND NOT has_table_privilege(c.oid, one.privilege)
ORDER BY 1, 2"""

_MIGRATIONS_TABLE: Final = """\
CREATE TABLE tableferry.migrations (
  version integer PRIMARY KEY,
  name text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE tableferry.migrations IS
  'The migrations that were applied. tableferry refuses a ledger newer than itself.'"""

_TABLES: Final = (
    "migrations", "runs", "table_runs", "chunks", "watermarks", "leases", "quarantine",
    "verifications",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration file: ``0001_ledger.sql`` has the version 1 and the name ``ledger``."""

    version: int
    name: str
    sql: str


@dataclass(frozen=True, slots=True)
class _State:
    """What exists, and what this role may do; names are quoted.

    ``lacking``: of each table, the rights that it lacks.
    """

    role: str
    database: str
    may_create_schema: bool
    has_schema: bool
    may_use: bool
    may_create: bool
    owner: str | None
    may_alter: bool
    lacking: Collection[tuple[str, str]]


def migrations() -> tuple[Migration, ...]:
    """Read the files, in order."""
    folder = resources.files(__package__) / "migrations"
    found = [
        Migration(int(match[1]), match[2], file.read_text("utf-8"))
        for file in folder.iterdir()
        if (match := re.fullmatch(r"(\d{4})_(\w+)\.sql", file.name))
    ]
    return tuple(sorted(found, key=lambda migration: migration.version))


def migrate(connection: TargetConnection, files: Sequence[Migration] | None = None) -> None:
    """Create or migrate the ledger if necessary, and verify that this role may write to it.

    Locks and writes nothing if the ledger is up to date. Otherwise migrates in one transaction, one
    run at a time. Raises ConfigError if a privilege is missing or the ledger is newer.
    """
    known = migrations() if files is None else files
    state = _state(connection)
    if _version(connection, state) != known[-1].version:
        _apply(connection, known)
        state = _state(connection)
    _require_rights(connection, state)


def require_usable(connection: TargetConnection) -> None:
    """Check whether ``migrate`` would succeed, without running it; raises the same ConfigError."""
    known = migrations()
    state = _state(connection)
    version = _version(connection, state)
    if version == known[-1].version:
        _require_rights(connection, state)
        return
    _require_not_newer(connection, version, known)
    _require_owner(connection, state, version)


def _require_not_newer(
    connection: TargetConnection, version: int, known: Sequence[Migration]
) -> None:
    if version > known[-1].version:
        raise ConfigError(
            f"The ledger in {connection.settings} has version {version}; this tableferry "
            f"supports {known[-1].version}",
            hint="Update tableferry here: a newer version has run on this database.",
        )


def _apply(connection: TargetConnection, known: Sequence[Migration]) -> None:
    with connection.transaction():
        connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
        # A transaction lock rather than a session lock: it works behind a connection pooler.
        connection.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")
        state = _state(connection)
        version = _version(connection, state)
        _require_not_newer(connection, version, known)
        if version == known[-1].version:
            return
        _require_owner(connection, state, version)
        if not state.has_schema:
            connection.execute("CREATE SCHEMA tableferry")
        if not version:
            connection.execute(_MIGRATIONS_TABLE)
        for migration in known[version:]:
            connection.execute(migration.sql)
            connection.rows(
                "INSERT INTO tableferry.migrations (version, name) VALUES (%s, %s) "
                "RETURNING version",
                (migration.version, migration.name),
            )


def _state(connection: TargetConnection) -> _State:
    lacking = (_LACKING, {"tables": list(_TABLES), "rights": list(_RIGHTS)})
    (state,), found = connection.ask((_STATE, ()), lacking)
    return _State(*(*state, frozenset(found)))


def _version(connection: TargetConnection, state: _State) -> int:
    """Return the ledger's version, 0 if there is none."""
    if state.owner is None:
        return 0
    if not state.may_use or ("migrations", "SELECT") in state.lacking:
        raise _no_rights(connection, state)
    [(version,)] = connection.rows("SELECT max(version) FROM tableferry.migrations")
    return int(version or 0)


def _require_owner(connection: TargetConnection, state: _State, version: int) -> None:
    """Raise ConfigError if this role cannot create or alter the tables."""
    settings, role = connection.settings, state.role
    without = "(Or without a ledger, for 'publish': 'truncate' only: 'ledger': 'off'.)"
    if version and not state.may_alter:
        raise ConfigError(
            f"The ledger in {settings} has version {version}, and only its owner {state.owner} "
            "may migrate it (42501)",
            hint=f"Run this tableferry once as {state.owner}, or: GRANT {state.owner} TO {role};",
            code="42501",
        )
    if not state.has_schema and not state.may_create_schema:
        raise ConfigError(
            f"{role} may not create the schema tableferry in {settings}, the ledger of runs "
            "(42501)",
            hint=f"An administrator runs: CREATE SCHEMA tableferry AUTHORIZATION {role}; (or: "
            f"GRANT CREATE ON DATABASE {state.database} TO {role};) {without}",
            code="42501",
        )
    if state.has_schema and not (state.may_use and state.may_create):
        raise ConfigError(
            f"{role} may not create the ledger's tables in the schema tableferry of {settings} "
            "(42501)",
            hint="The schema's owner runs: GRANT USAGE, CREATE ON SCHEMA tableferry TO "
            f"{role}; {without}",
            code="42501",
        )


def _require_rights(connection: TargetConnection, state: _State) -> None:
    if state.lacking:
        raise _no_rights(connection, state)


def _no_rights(connection: TargetConnection, state: _State) -> ConfigError:
    return ConfigError(
        f"{state.role} may not write to the ledger, the tables of the schema tableferry in "
        f"{connection.settings} (42501)",
        hint=f"Their owner {state.owner} runs: GRANT USAGE ON SCHEMA tableferry TO {state.role}; "
        f"GRANT {', '.join(_RIGHTS)} ON ALL TABLES IN SCHEMA tableferry TO {state.role}; (and for "
        f"'publish': 'swap' or 'merge': GRANT CREATE ON SCHEMA tableferry TO {state.role};)",
        code="42501",
    )
