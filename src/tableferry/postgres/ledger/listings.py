"""Reads lists from the ledger: its runs, the runs of tables, what lies in quarantine.

A table is named by its key in the configuration, or by its target as the ledger has it. Nothing
here writes, and without a ledger every list is empty.
"""

from typing import Any, Final

from tableferry.errors import ConfigError
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.ledger.overview import TABLE_COLUMNS, table_record
from tableferry.postgres.ledger.reading import QUARANTINE, reading_ledger, require_known
from tableferry.states.listings import History, QuarantineList, RefusedGroup, RunList
from tableferry.states.records import RunRecord

_VERSION: Final = "SELECT max(version) FROM tableferry.migrations"

_RUNS: Final = """\
SELECT r.run_id::text, r.status, r.started_at, r.updated_at, r.ended_at, r.process, r.version,
  coalesce(sum(t.rows), 0)::bigint,
  coalesce(jsonb_object_agg(t.status, t.tables) FILTER (WHERE t.status IS NOT NULL), '{}')
FROM (SELECT * FROM tableferry.runs ORDER BY started_at DESC LIMIT %(limit)s) r
LEFT JOIN LATERAL (
  SELECT n.status, count(*) AS tables, sum(n.rows_written) AS rows
  FROM tableferry.table_runs n WHERE n.run_id = r.run_id GROUP BY n.status) t ON true
GROUP BY r.run_id, r.status, r.started_at, r.updated_at, r.ended_at, r.process, r.version
ORDER BY r.started_at DESC"""

_HISTORY: Final = f"""\
SELECT r.target, {TABLE_COLUMNS}
FROM tableferry.table_runs r JOIN tableferry.runs u ON u.run_id = r.run_id
WHERE %(table)s = '' OR r.table_key = %(table)s OR r.target = %(table)s
ORDER BY r.started_at DESC LIMIT %(limit)s"""

_QUARANTINE: Final = """\
SELECT q.target, coalesce(q.column_name, ''), q.reason, coalesce(q.sqlstate, ''), count(*),
  count(DISTINCT q.run_id), max(q.quarantined_at),
  CASE WHEN %(keys)s > 0 THEN
    to_jsonb((array_agg(q.row_key ORDER BY q.id DESC))[1:%(keys)s]) ELSE '[]' END
FROM tableferry.quarantine q
WHERE %(table)s = '' OR q.target = %(table)s OR q.target IN (
  SELECT r.target FROM tableferry.table_runs r WHERE r.table_key = %(table)s)
GROUP BY 1, 2, 3, 4 ORDER BY max(q.quarantined_at) DESC, 1, 2, 3"""


def read_runs(connection: TargetConnection, limit: int) -> RunList:
    """Return the newest ``limit`` runs; raises TableferryError."""
    rows = _rows(connection, _RUNS, {"limit": limit + 1})
    return RunList(tuple(RunRecord(*row) for row in rows[:limit]), more=len(rows) > limit)


def read_history(connection: TargetConnection, table: str, limit: int) -> History:
    """Return the newest ``limit`` runs of a table, of all where it is empty.

    Raises TableferryError.
    """
    rows = _rows(connection, _HISTORY, {"table": table, "limit": limit + 1})
    runs = tuple(table_record(row[0], row[1:]) for row in rows[:limit])
    return History(table, runs, more=len(rows) > limit)


def read_refused(connection: TargetConnection, table: str, keys: int) -> QuarantineList:
    """Return what lies in quarantine of a table, of all where it is empty; no values.

    ``keys`` is how many rows' keys to read of each group, 0 for none. Raises TableferryError,
    ConfigError where this role may not read the quarantine.
    """
    rows = _rows(connection, _QUARANTINE, {"table": table, "keys": keys}, quarantine=True)
    return QuarantineList(table, tuple(map(_group, rows)))


def _group(row: tuple[Any, ...]) -> RefusedGroup:
    target, column, reason, sqlstate, rows, runs, newest, keys = row
    return RefusedGroup(target, column, reason, sqlstate, rows, runs, newest, tuple(keys))


def _rows(
    connection: TargetConnection, sql: str, about: dict[str, Any], *, quarantine: bool = False
) -> list[tuple[Any, ...]]:
    with reading_ledger(connection) as ledger:
        if not ledger.exists:
            return []
        [(version,)] = connection.rows(_VERSION)
        require_known(connection, int(version or 0))
        if quarantine and not ledger.has_quarantine:
            raise ConfigError(
                f"This role may not read tableferry.{QUARANTINE} in {connection.settings} (42501)",
                hint=f"Its owner runs: GRANT SELECT ON tableferry.{QUARANTINE} TO the role; it "
                "holds values of the tables.",
                code="42501",
            )
        return connection.rows(sql, about)
