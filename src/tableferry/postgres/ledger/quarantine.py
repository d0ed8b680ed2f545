"""Refused rows, written down in the transaction that publishes the others.

Those of chunks wait in the chunks' own rows, where they were written with what was stored.
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

_INTO: Final = """\
INSERT INTO tableferry.quarantine
  (run_id, target, row_key, column_name, reason, sqlstate, value_hex)"""

_PUT: Final = f"{_INTO}\nSELECT %s, %s, {_COLUMNS} FROM {_ROWS.format('%s')}"

_PUT_CHUNKS: Final = f"""\
{_INTO}
SELECT k.run_id, %s, {_COLUMNS} FROM tableferry.chunks k, {_ROWS.format("k.refused")}
WHERE k.run_id = %s AND k.table_key = %s"""

_LEAVE: Final = """\
UPDATE tableferry.chunks SET refused = NULL
WHERE run_id = %s AND table_key = %s AND refused IS NOT NULL"""
"""Values are kept in one place."""

_WAITING: Final = f"""\
SELECT coalesce(r.column_name, %s), r.reason, count(*)
FROM tableferry.chunks k, {_ROWS.format("k.refused")}
WHERE k.run_id = %s AND k.table_key = %s GROUP BY 1, 2 ORDER BY 1, 2"""


def quarantine(connection: TargetConnection, lease: Lease, refused: Sequence[RefusedRow]) -> None:
    """Write down the refused rows of a load, in the open transaction; raises TableferryError.

    ``refused`` are those that do not wait with a chunk.
    """
    if refused:
        rows = Jsonb([as_row(row) for row in refused])
        connection.execute(_PUT, (lease.run_id, lease.target, rows))
    connection.execute(_PUT_CHUNKS, (lease.target, lease.run_id, lease.table_key))
    connection.execute(_LEAVE, (lease.run_id, lease.table_key))


def refused_counts(connection: TargetConnection, lease: Lease) -> dict[str, Counter[str]]:
    """Return how many rows of the chunks that are stored were refused, by column and reason."""
    counts: dict[str, Counter[str]] = {}
    for column, reason, count in connection.rows(
        _WAITING, (NO_COLUMN, lease.run_id, lease.table_key)
    ):
        counts.setdefault(column, Counter())[reason] = count
    return counts


def as_row(refusal: RefusedRow) -> dict[str, Any]:
    """Return a refused row in JSON, by the columns of the quarantine."""
    return {
        "row_key": dict(refusal.row_key),
        "column_name": refusal.column or None,
        "reason": refusal.reason,
        "sqlstate": refusal.sqlstate or None,
        "value_hex": None if refusal.value is None else refusal.value.hex(),
    }
