"""Quarantines refused rows, in the transaction that publishes the others.

Until then, those of chunks are in the chunks' rows of the ledger, stored with each chunk.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from psycopg.types.json import Jsonb

from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.ledger.lease import Lease
from tableferry.values import NO_COLUMN, RefusedRow

_ROWS: Final = """\
jsonb_to_recordset({}) AS r (
  row_key jsonb, column_name text, reason text, sqlstate text, value_hex text)"""

_COLUMNS: Final = "r.row_key, r.column_name, r.reason, r.sqlstate, r.value_hex"

_INSERT: Final = """\
INSERT INTO tableferry.quarantine
  (run_id, target, row_key, column_name, reason, sqlstate, value_hex)"""

_INSERT_ROWS: Final = f"{_INSERT}\nSELECT %s, %s, {_COLUMNS} FROM {_ROWS.format('%s')}"

_INSERT_OF_CHUNKS: Final = f"""\
{_INSERT}
SELECT k.run_id, %s, {_COLUMNS} FROM tableferry.chunks k, {_ROWS.format("k.refused")}
WHERE k.run_id = %s AND k.table_key = %s"""

_CLEAR_CHUNKS: Final = """\
UPDATE tableferry.chunks SET refused = NULL
WHERE run_id = %s AND table_key = %s AND refused IS NOT NULL"""
"""So that values are kept in one place only."""

_COUNTS: Final = f"""\
SELECT coalesce(r.column_name, %s), r.reason, count(*)
FROM tableferry.chunks k, {_ROWS.format("k.refused")}
WHERE k.run_id = %s AND k.table_key = %s GROUP BY 1, 2 ORDER BY 1, 2"""


_REFUSED_BEFORE: Final = """\
SELECT EXISTS (
  SELECT FROM tableferry.quarantine q
  WHERE q.target = %(target)s AND q.sqlstate IS NOT NULL AND q.run_id = (
    SELECT t.run_id FROM tableferry.table_runs t
    WHERE t.target = %(target)s AND t.status = 'ok' ORDER BY t.started_at DESC LIMIT 1))"""


def was_row_refused(connection: TargetConnection, target: str) -> bool:
    """Whether PostgreSQL itself refused a row of the last load of this target that was published.

    Those that could not be converted do not count. Raises TableferryError.
    """
    ((found,),) = connection.rows(_REFUSED_BEFORE, {"target": target})
    return bool(found)


def quarantine(connection: TargetConnection, lease: Lease, refused: Sequence[RefusedRow]) -> None:
    """Quarantine the refused rows of a load in the open transaction; raises TableferryError.

    ``refused`` are those that were not stored with a chunk.
    """
    if refused:
        rows = Jsonb([as_row(row) for row in refused])
        connection.execute(_INSERT_ROWS, (lease.run_id, lease.target, rows))
    connection.execute(_INSERT_OF_CHUNKS, (lease.target, lease.run_id, lease.table_key))
    connection.execute(_CLEAR_CHUNKS, (lease.run_id, lease.table_key))


def refused_counts(connection: TargetConnection, lease: Lease) -> dict[str, Counter[str]]:
    """Return how many rows of stored chunks were refused, by column and reason."""
    counts: dict[str, Counter[str]] = {}
    for column, reason, count in connection.rows(
        _COUNTS, (NO_COLUMN, lease.run_id, lease.table_key)
    ):
        counts.setdefault(column, Counter())[reason] = count
    return counts


def as_row(refusal: RefusedRow) -> dict[str, Any]:
    """Return a refused row as a JSON object, with the columns of the quarantine table."""
    return {
        "row_key": dict(refusal.row_key),
        "column_name": refusal.column or None,
        "reason": refusal.reason,
        "sqlstate": refusal.sqlstate or None,
        "value_hex": None if refusal.value is None else refusal.value.hex(),
    }
