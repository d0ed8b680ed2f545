"""What the ledger says of all tables, in five statements whatever their number.

Nothing here writes. The runs of a table are found by the index on (target, started_at), a few for
each table, so that a ledger with a long history is read no slower.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tableferry.errors import ErrorReport
from tableferry.model.identifiers import TargetTable
from tableferry.model.phase_span import from_json
from tableferry.modes.tracking_watermark import retention_of
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.ledger.reading import ReadableLedger, reading_ledger, require_known
from tableferry.postgres.shared_targets import can_exist
from tableferry.states.records import (
    LeaseRecord,
    LedgerFacts,
    RunRecord,
    TableFacts,
    TableRecord,
    VerificationRecord,
    WatermarkRecord,
)
from tableferry.states.report import LISTED_RUNS

_TARGETS: Final = """\
SELECT m.version, r.run_id::text, r.status, r.started_at, r.updated_at, r.ended_at, r.process,
  r.version, p.key, p.schema, p.name
FROM (SELECT max(version) AS version FROM tableferry.migrations) m
LEFT JOIN LATERAL (
  SELECT * FROM tableferry.runs ORDER BY started_at DESC LIMIT 1) r ON true
LEFT JOIN LATERAL (
  SELECT w.key, w.name, coalesce(t.nspname, w.schema, current_schema(), '') AS schema
  FROM unnest(%b::text[], %b::text[], %b::text[]) w (key, schema, name)
  LEFT JOIN LATERAL (
    SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = w.name::name
      AND CASE WHEN w.schema IS NULL THEN pg_table_is_visible(c.oid) ELSE n.nspname = w.schema END
  ) t ON true) p ON true"""
"""The ledger's version, its newest run, and the names that the configured tables have in it."""

_SEEN: Final = """\
WITH RECURSIVE t (target) AS (
  (SELECT target FROM tableferry.table_runs ORDER BY target LIMIT 1)
  UNION ALL
  SELECT (
    SELECT r.target FROM tableferry.table_runs r WHERE r.target > t.target
    ORDER BY r.target LIMIT 1)
  FROM t WHERE t.target IS NOT NULL)"""
"""Each target once: PostgreSQL has no index scan that skips, and DISTINCT would read every row."""

TABLE_COLUMNS: Final = """\
r.run_id::text, r.table_key, r.source, r.status, r.started_at,
  greatest(r.updated_at, u.updated_at), r.ended_at, u.process, r.publish, r.consistency, r.phase,
  r.attempt, r.rows_read, r.rows_written, r.rows_as_of, r.error_kind, r.error_message,
  r.error_hint, r.error_code, r.warnings, to_jsonb(r) -> 'phases', to_jsonb(r) -> 'losses'"""
"""What ``table_record`` takes, of ``table_runs`` as r and ``runs`` as u.

By way of ``to_jsonb``, a column that a ledger of an older version does not have is NULL."""

_RUNS: Final = f"""\
{_SEEN}
SELECT r.target, {TABLE_COLUMNS}
FROM t
CROSS JOIN LATERAL (
  (SELECT n.run_id, n.table_key FROM tableferry.table_runs n WHERE n.target = t.target
   ORDER BY n.started_at DESC LIMIT %(runs)s)
  UNION
  (SELECT n.run_id, n.table_key FROM tableferry.table_runs n WHERE n.target = t.target
   AND n.status = 'ok' AND n.publish <> 'repair' ORDER BY n.started_at DESC LIMIT %(runs)s)
  UNION
  (SELECT n.run_id, n.table_key FROM tableferry.table_runs n WHERE n.target = t.target
   AND n.status NOT IN ('held', 'skipped') ORDER BY n.started_at DESC LIMIT %(begun)s)) found
JOIN tableferry.table_runs r ON r.run_id = found.run_id AND r.table_key = found.table_key
JOIN tableferry.runs u ON u.run_id = r.run_id
ORDER BY r.started_at DESC"""

BEGUN: Final = 3
"""While one run loads a large table for hours, those that come meanwhile end as held: the newest
that were begun are read beside them."""

_REST: Final = """\
, known (target) AS (
  SELECT target FROM t WHERE target IS NOT NULL
  UNION SELECT target FROM tableferry.watermarks
  UNION SELECT unnest(%(targets)s::text[])
), complete AS (
  SELECT k.target, c.started_at, c.ended_at
  FROM known k LEFT JOIN tableferry.watermarks w ON w.target = k.target
  CROSS JOIN LATERAL (
    SELECT r.started_at, r.ended_at FROM tableferry.table_runs r
    WHERE r.target = k.target AND r.status = 'ok' AND r.publish <> 'repair'
      AND coalesce({every_row}, r.publish <> 'merge' OR w.target IS NULL)
    ORDER BY r.started_at DESC LIMIT 1) c)
SELECT k.target, l.run_id::text, l.process, l.acquired_at, l.renewed_at, l.expires_at,
  w.kind, w.run_id::text, w.advanced_at, w.reconciled_at,
  CASE WHEN w.kind = 'change_tracking' THEN w.value END, c.ended_at, v.found, {quarantined}
FROM known k
LEFT JOIN tableferry.leases l ON l.target = k.target AND l.run_id IS NOT NULL
LEFT JOIN tableferry.watermarks w ON w.target = k.target
LEFT JOIN complete c ON c.target = k.target
LEFT JOIN LATERAL (
  SELECT jsonb_agg(jsonb_build_array(n.verified_at, n.depth, n.verdict, n.source_rows,
    n.target_rows, n.missing + n.extra + n.different, n.reason, n.run_id, n.seconds)) AS found
  FROM (
    SELECT DISTINCT ON (v.depth, v.verdict) * FROM tableferry.verifications v
    WHERE v.target = k.target ORDER BY v.depth, v.verdict, v.verified_at DESC) n) v ON true"""
"""Where a run does not say whether it has read every row, it has, unless it has merged and a mode
keeps a watermark. The newest verification of each depth and verdict: it supersedes older ones."""

SAYS_EVERY_ROW: Final = 6
"""The version of the ledger from which on a run says whether it has read every row."""

_QUARANTINED: Final = """\
LEFT JOIN (
  SELECT q.target, count(DISTINCT q.row_key) AS rows
  FROM tableferry.quarantine q
  JOIN tableferry.table_runs r ON r.run_id = q.run_id AND r.target = q.target
  LEFT JOIN complete c ON c.target = q.target
  WHERE c.target IS NULL OR r.started_at >= c.started_at
  GROUP BY q.target) q ON q.target = k.target"""


def read_overview(connection: TargetConnection, tables: Mapping[str, TargetTable]) -> LedgerFacts:
    """Return what the ledger says of all tables; ``tables`` are the configured targets, by key.

    Version 0 where there is no ledger. Raises ConfigError where this role may not read it, or this
    version cannot.
    """
    with reading_ledger(connection) as ledger:
        if not ledger.exists:
            return LedgerFacts(ledger.at)
        return _read(connection, ledger, tables)


def _read(
    connection: TargetConnection, ledger: ReadableLedger, tables: Mapping[str, TargetTable]
) -> LedgerFacts:
    possible = {key: table for key, table in tables.items() if can_exist(connection, table)}
    schemas = [table.schema or None for table in possible.values()]
    names = [table.name for table in possible.values()]
    rows = connection.rows(_TARGETS, (list(possible), schemas, names))
    version, *last = rows[0][:8]
    require_known(connection, int(version or 0))
    targets = {row[8]: str(TargetTable(row[9], row[10])) for row in rows if row[8] is not None}
    limits = {"runs": LISTED_RUNS, "begun": BEGUN}
    runs: dict[str, list[TableRecord]] = {}
    for target, *columns in connection.rows(_RUNS, limits):
        runs.setdefault(target, []).append(table_record(target, columns))
    found = {
        row[0]: _facts(row, tuple(runs.get(row[0], ())))
        for row in connection.rows(_rest(ledger, int(version)), {"targets": list(targets.values())})
    }
    return LedgerFacts(
        at=ledger.at,
        version=int(version),
        tables=found,
        targets=targets,
        last_run=_run_record(last) if last[0] is not None else None,
    )


def _rest(ledger: ReadableLedger, version: int) -> str:
    rest = _REST.format(
        every_row="r.every_row" if version >= SAYS_EVERY_ROW else "NULL",
        quarantined="coalesce(q.rows, 0)" if ledger.has_quarantine else "NULL::bigint",
    )
    return f"{_SEEN}{rest}\n{_QUARANTINED if ledger.has_quarantine else ''}"


def table_record(target: str, columns: Sequence[Any]) -> TableRecord:
    """Return the record of a row with the columns TABLE_COLUMNS."""
    run_id, table, source, status, started_at, heartbeat, ended_at, process, *rest = columns
    publish, consistency, phase, attempt, rows_read, rows_written, as_of, kind, *rest = rest
    message, hint, code, warnings, phases, losses = rest
    error = ErrorReport(kind, message or "", hint or "", code or "") if kind else None
    return TableRecord(
        run_id=run_id,
        table=table,
        source=source,
        target=target,
        status=status,
        started_at=started_at,
        heartbeat=heartbeat,
        ended_at=ended_at,
        process=process,
        publish=publish,
        consistency=consistency,
        phase=phase,
        attempt=attempt,
        rows_read=rows_read,
        rows_written=rows_written,
        as_of=as_of,
        error=error,
        warnings=tuple(warnings),
        phases=from_json(phases),
        losses=losses or {},
    )


def _run_record(columns: list[Any]) -> RunRecord:
    run_id, status, started_at, heartbeat, ended_at, process, version = columns
    return RunRecord(run_id, status, started_at, heartbeat, ended_at, process, version)


def _facts(row: tuple[Any, ...], runs: tuple[TableRecord, ...]) -> TableFacts:
    target, holder, process, acquired_at, renewed_at, expires_at, *rest = row
    kind, run_id, advanced_at, reconciled_at, value, complete_at, verified, quarantined = rest
    lease = None
    if holder is not None:
        lease = LeaseRecord(holder, process, acquired_at, renewed_at, expires_at)
    watermark = None
    if kind is not None:
        kept = retention_of(value) if value else None
        watermark = WatermarkRecord(kind, run_id, advanced_at, reconciled_at, kept)
    verifications = [_verification(one) for one in verified or ()]
    return TableFacts(
        target=target,
        runs=runs,
        lease=lease,
        watermark=watermark,
        verifications=tuple(sorted(verifications, key=lambda v: v.verified_at, reverse=True)),
        complete_at=complete_at,
        quarantined=quarantined,
    )


def _verification(found: list[Any]) -> VerificationRecord:
    return VerificationRecord(dt.datetime.fromisoformat(found[0]), *found[1:])
