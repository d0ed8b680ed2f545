"""Change Tracking: what SQL Server says of a database and of its tables.

Everything rests on documented behaviour ("Work with Change Tracking (SQL Server)", "CHANGETABLE",
"sys.change_tracking_tables" and the pages beside them), and is read in the transaction that the
caller has begun: Microsoft's advice is one under SNAPSHOT for all of it. Functions that take no
table's name speak of the current database, so they run in its own sp_executesql. What not every
server has is asked in the same statement, and left out where that is refused. What has changed is
asked in ``tracked_changes``.
"""

import hashlib
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tableferry.errors import TableferryError, TransientError
from tableferry.model.identifiers import SourceTable, text_mssql
from tableferry.modes.extract import Ask, in_database

NEVER_RESTORED: Final = "none"
"""``identity["restored"]`` where the history of restores is visible, and has none."""

_SECONDS: Final = {1: 60.0, 2: 3600.0, 3: 86400.0}
"""By ``retention_period_units`` (sys.change_tracking_databases)."""


@dataclass(frozen=True, slots=True)
class TrackedDatabase:
    """A source database as this login sees it.

    ``version`` is that of the last committed change, None where Change Tracking is off.
    ``retention``: seconds, None where it is not visible or nothing is cleaned up. ``snapshot``:
    whether SNAPSHOT isolation is allowed, None where that is not visible. ``identity`` tells the
    database from another one, as far as it is visible: ``database_guid``, ``recovery_fork_guid``,
    ``created``, ``restored``. ``user`` is the login's user there.
    """

    name: str
    version: int | None
    retention: float | None = None
    snapshot: bool | None = None
    identity: Mapping[str, str] = field(default_factory=dict)
    user: str = ""


@dataclass(frozen=True, slots=True)
class TrackedTable:
    """A source table as this login sees it.

    ``minimum`` is the oldest version whose later changes can be asked for, None where tracking is
    off or the login lacks VIEW CHANGE TRACKING. ``begun``: the version at which tracking began,
    anew after a truncation; ``cleaned``: up to which changes may have been cleaned up; both None
    where tracking is off. ``form``: a hash of the columns and of when the table was created, empty
    where the table is not visible. ``journal``: when tracking was enabled, which is when its
    internal table was created; empty where that is not visible.
    """

    source: SourceTable
    minimum: int | None
    begun: int | None = None
    cleaned: int | None = None
    form: str = ""
    journal: str = ""


_DATABASE: Final = """\
SELECT CHANGE_TRACKING_CURRENT_VERSION() AS version, USER_NAME() AS user_name,
  d.snapshot_isolation_state AS snapshot_state,
  CONVERT(varchar(23), d.create_date, 121) AS created,
  r.is_auto_cleanup_on AS cleans_up, r.retention_period AS retention,
  r.retention_period_units AS unit,
  (SELECT m.snapshot_isolation_state FROM sys.databases AS m WHERE m.name = N'msdb'
    AND HAS_PERMS_BY_NAME(N'[msdb].[dbo].[restorehistory]', N'OBJECT', N'SELECT') = 1) AS history,
  {guid} AS database_guid, {fork} AS recovery_fork_guid
FROM (SELECT DB_NAME() AS name) AS here
LEFT JOIN sys.databases AS d ON d.name = here.name
LEFT JOIN sys.change_tracking_databases AS r ON r.database_id = d.database_id{recovery}"""
"""By name: in Azure SQL Database DB_ID() need not be the id in these views ("DB_ID"). ``history``
is 1 where the history of restores can be read: few logins may, and a database without SNAPSHOT
isolation would end the transaction (3952)."""

_IDENTITY: Final = """\
SELECT CONVERT(varchar(23), d.create_date, 121) AS created,
  (SELECT m.snapshot_isolation_state FROM sys.databases AS m WHERE m.name = N'msdb'
    AND HAS_PERMS_BY_NAME(N'[msdb].[dbo].[restorehistory]', N'OBJECT', N'SELECT') = 1) AS history,
  {guid} AS database_guid, {fork} AS recovery_fork_guid
FROM (SELECT DB_NAME() AS name) AS here
LEFT JOIN sys.databases AS d ON d.name = here.name{recovery}"""
"""The same without Change Tracking: a secondary replica refuses its functions (22117), and a server
of another make may have none."""

_RECOVERY: Final = {
    "{guid}": "CONVERT(varchar(36), s.database_guid)",
    "{fork}": "CONVERT(varchar(36), s.recovery_fork_guid)",
    "{recovery}": "\nLEFT JOIN sys.database_recovery_status AS s ON s.database_id = d.database_id",
}
"""Azure SQL Database does not have it ("sys.database_recovery_status")."""

_NO_RECOVERY: Final = {"{guid}": "NULL", "{fork}": "NULL", "{recovery}": ""}

_RESTORED: Final = """\
SELECT CONVERT(varchar(23), MAX(h.restore_date), 121) AS restored
FROM msdb.dbo.restorehistory AS h
WHERE h.destination_database_name = DB_NAME() AND COALESCE(h.restore_type, '') <> 'V'"""
"""A 'V' has only verified a backup ("restorehistory")."""

_TABLES: Final = """\
SELECT w.place AS place, CHANGE_TRACKING_MIN_VALID_VERSION(w.id) AS minimum,
  t.begin_version AS begun, t.cleanup_version AS cleaned,
  CONVERT(varchar(23), o.create_date, 121) AS created, {journal} AS journal,
  c.column_id AS column_id, c.name AS column_name,
  c.system_type_id AS system_type, c.user_type_id AS user_type, c.max_length AS max_length,
  c.precision AS [precision], c.scale AS scale, c.is_nullable AS is_nullable,
  c.collation_name AS collation
FROM {asked}
LEFT JOIN sys.change_tracking_tables AS t ON t.object_id = w.id
LEFT JOIN sys.objects AS o ON o.object_id = w.id{journals}
LEFT JOIN sys.columns AS c ON c.object_id = w.id
ORDER BY w.place, c.column_id"""
"""A row for each column of each table, one for a table without any that is visible. Asked apart,
tables and columns took half as long again for 200 tables, and another round trip."""

_JOURNALS: Final = {
    "{journal}": "CONVERT(varchar(23), j.create_date, 121)",
    "{journals}": "\nLEFT JOIN sys.internal_tables AS j ON j.parent_id = w.id "
    "AND j.internal_type_desc = 'CHANGE_TRACKING'",
}
"""The internal table is created when tracking is enabled ("Manage Change Tracking"); truncating
the table does not create another."""

_NO_JOURNALS: Final = {"{journal}": "NULL", "{journals}": ""}


def read_database(ask: Ask, database: str) -> TrackedDatabase:
    """Read what a database says of itself, with two statements at most; raises TableferryError.

    What the login may not see is left out.
    """
    names = ("version", "user_name", "snapshot_state", "created", "cleans_up", "retention", "unit")
    guids = ("history", "database_guid", "recovery_fork_guid")
    forms = [in_database(database, _filled(_DATABASE, one)) for one in (_RECOVERY, _NO_RECOVERY)]
    [row] = _first_supported(ask, forms, (*names, *guids))
    version, user, snapshot, created, cleans_up, retention, unit, *facts = row
    return TrackedDatabase(
        name=database,
        version=version,
        retention=_SECONDS[unit] * retention if cleans_up else None,
        snapshot=None if snapshot is None else snapshot == 1,
        identity=_identity(ask, database, (created, *facts)),
        user=user or "",
    )


def read_identity(ask: Ask, database: str) -> dict[str, str]:
    """Read what tells a database from another one, for modes without Change Tracking.

    What cannot be seen is left out. Raises TransientError.
    """
    forms = [in_database(database, _filled(_IDENTITY, one)) for one in (_RECOVERY, _NO_RECOVERY)]
    names = ("created", "history", "database_guid", "recovery_fork_guid")
    try:
        [row] = _first_supported(ask, forms, names)
        return _identity(ask, database, row)
    except TransientError:
        raise
    except TableferryError:
        return {}


def _identity(ask: Ask, database: str, row: Sequence[Any]) -> dict[str, str]:
    created, history, guid, fork = row
    facts = {"created": created, "database_guid": guid, "recovery_fork_guid": fork}
    if history == 1:
        [(restored,)] = ask(in_database(database, _RESTORED), ("restored",))
        facts["restored"] = restored or NEVER_RESTORED
    return {key: str(value) for key, value in facts.items() if value is not None}


def read_tables(ask: Ask, tables: Iterable[SourceTable]) -> dict[SourceTable, TrackedTable]:
    """Read what the server says of these tables; raises TableferryError.

    One statement for each database, whatever the number of its tables. A table that is not there
    has neither a ``minimum`` nor a ``form``.
    """
    found: dict[SourceTable, TrackedTable] = {}
    for these in _by_database(tables):
        found |= _read_tables(ask, these)
    return found


def _read_tables(ask: Ask, tables: Sequence[SourceTable]) -> dict[SourceTable, TrackedTable]:
    forms = [_about(tables, _filled(_TABLES, one)) for one in (_JOURNALS, _NO_JOURNALS)]
    facts = ("place", "minimum", "begun", "cleaned", "created", "journal")
    types = ("system_type", "user_type", "max_length", "precision", "scale", "is_nullable")
    names = (*facts, "column_id", "column_name", *types, "collation")
    rows = _first_supported(ask, forms, names)
    found = {}
    for _, of_table in itertools.groupby(rows, key=lambda row: row[0]):
        described = list(of_table)
        place, minimum, begun, cleaned, created, journal = described[0][: len(facts)]
        columns = [row[len(facts) :] for row in described]
        is_visible = columns[0][0] is not None
        found[tables[place]] = TrackedTable(
            source=tables[place],
            minimum=minimum,
            begun=begun,
            cleaned=cleaned,
            form=_form(created, columns) if is_visible else "",
            journal=journal or "",
        )
    return found


def _form(created: str, columns: Sequence[tuple[Any, ...]]) -> str:
    """Return a hash of 16 hexadecimal digits."""
    facts = repr((created, [tuple(map(str, column)) for column in columns]))
    return hashlib.sha256(facts.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _by_database(tables: Iterable[SourceTable]) -> Iterable[list[SourceTable]]:
    of_database: dict[str, list[SourceTable]] = {}
    for table in tables:
        of_database.setdefault(table.database, []).append(table)
    return of_database.values()


def _about(tables: Sequence[SourceTable], sql: str) -> str:
    """Return the query about these tables, which are all of one database."""
    ids = ",\n  ".join(
        f"({place}, OBJECT_ID({text_mssql(table.sql)}))" for place, table in enumerate(tables)
    )
    return in_database(
        tables[0].database, sql.replace("{asked}", f"(VALUES {ids}) AS w (place, id)")
    )


def _filled(sql: str, parts: Mapping[str, str]) -> str:
    for name, part in parts.items():
        sql = sql.replace(name, part)
    return sql


def _first_supported(
    ask: Ask, forms: Sequence[str], columns: Sequence[str]
) -> list[tuple[Any, ...]]:
    """Ask in the first of these forms that the server does not refuse; raises the last refusal."""
    *richer, plain = forms
    for sql in richer:
        try:
            return ask(sql, columns)
        except TransientError:
            raise
        except TableferryError:
            continue
    return ask(plain, columns)
