"""How rows with ``(max)`` columns are read: how many at once, and as which types.

Up to 8,000 bytes of such a value are stored in its row, of which all columns together have 8,060;
a longer one is on pages of its own, of the allocation unit LOB_DATA ("Pages and extents
architecture guide", "Large row support"). Where a table has such a unit, and the unit no page, no
value is longer: the server's own account of it, and no guess from the rows seen so far.

Then the server is asked for the values as types of a length, with which the driver fetches many
rows at once, without Python's lock. (Measured, CPU seconds for 300,000 rows with a short
varchar(max): 1.13 as it is, at 32 rows a fetch, 0.56 at 1,024, and 0.12 as varchar(8000).)
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa

from tableferry.errors import TransientError
from tableferry.model.identifiers import SourceTable, quote_mssql, text_mssql
from tableferry.model.schema import UNLIMITED, PgType, SourceColumn, SourceType, TargetColumn
from tableferry.planning.column_plan import ColumnPlan
from tableferry.planning.plan import SyncPlan
from tableferry.sqlserver.connection import SourceConnection
from tableferry.sqlserver.questions import rows_if_supported

UNBOUNDED_ROWS: Final = 32
"""Rows per fetch where values may be of any size: whatever came before, the next ones may be, so
memory grows with this many of the largest ones."""

IN_ROW_ROWS: Final = 1_024
"""Rows per fetch where all values are stored in their rows. Should all of them suddenly have 8,060
bytes, a fetch has 25 MB at most (three bytes of UTF-8 for one of a code page). More rows are no
faster (measured with four columns, CPU seconds for 300,000 rows in the driver alone: 0.89 at 32 a
fetch, 0.49 at 128, 0.38 at 512, 0.37 at 2,000)."""

CONVERTED_ROWS: Final = 256
"""Likewise where the server makes text of what is stored: XML is several times as long then."""

LARGEST_IN_ROW: Final = 3 * 8_000
"""Bytes of UTF-8 of the longest text that is stored in its row."""

IN_ROW_BYTES: Final = 8_000
"""The longest value of a ``(max)`` column that is stored in its row."""

LONG: Final = "(long)"
"""The result column that says of each row whether a value has become longer since the server was
asked; no target column has this name."""

_NARROW: Final = (pa.string(), pa.binary())
_WIDE: Final = (pa.large_string(), pa.large_binary())
"""Arrow's types of values that vary in size: their offsets have 32 bits, or 64."""

_WAITED: Final = frozenset({"1222", "HYT00"})
"""The server's codes for a lock that was not free, and a statement that took too long."""

_STORED_AS_READ: Final = frozenset({"varchar", "nvarchar", "varbinary"})


def most_unbounded_rows(plan: SyncPlan) -> int:
    """Return how many rows may be fetched at once where every value is stored in its row."""
    unbounded = [column for column in plan.columns if column.arrives.is_unbounded]
    as_read = all(column.source.type.name in _STORED_AS_READ for column in unbounded)
    return IN_ROW_ROWS if as_read else CONVERTED_ROWS


def with_lengths(plan: SyncPlan) -> SyncPlan | None:
    """Return the plan that reads ``(max)`` columns as types of 8,000 bytes, with ``LONG`` as last.

    None where a column cannot be read so: what the server makes of a stored value may be longer.
    """
    if not all(_is_as_stored(column) for column in plan.columns if column.arrives.is_unbounded):
        return None
    long = [column for column in plan.columns if column.arrives.is_unbounded]
    return replace(plan, columns=(*map(_with_length, plan.columns), _flag(long)))


def _is_as_stored(column: ColumnPlan) -> bool:
    """Whether a column is read just as it is stored; not where it was found to be longer before."""
    is_plain = column.select == f"t.{quote_mssql(column.source.name)}"
    return is_plain and column.source.type.name in _STORED_AS_READ


def _with_length(column: ColumnPlan) -> ColumnPlan:
    if not column.arrives.is_unbounded:
        return column
    bounded = SourceType(column.arrives.name, IN_ROW_BYTES)
    return replace(column, select=f"CAST({column.select} AS {bounded})", arrives=bounded)


def _flag(columns: Sequence[ColumnPlan]) -> ColumnPlan:
    longer = " OR ".join(f"DATALENGTH({column.select}) > {IN_ROW_BYTES}" for column in columns)
    kind = SourceType("bit")
    return ColumnPlan(
        source=SourceColumn(LONG, kind, nullable=False),
        target=TargetColumn(LONG, PgType("bool")),
        select=f"CAST(CASE WHEN {longer} THEN 1 ELSE 0 END AS bit)",
        convert="cast",
        loss="",
        arrives=kind,
    )


def has_large_values(batch: pa.RecordBatch) -> bool:
    """Whether a value is longer than one in its row: it has come since the server was asked.

    Measured: 8 us for a column of 1,000 values.
    """
    return any(
        int(np.diff(_offsets(column, column.type in _WIDE)).max(initial=0)) > LARGEST_IN_ROW
        for column in batch.columns
        if column.type in _WIDE or column.type in _NARROW
    )


def _offsets(column: pa.Array, wide: bool) -> "np.ndarray":
    """Return where the values of a column begin and end in its bytes."""
    kind = np.dtype(np.int64 if wide else np.int32)
    buffer = column.buffers()[1]
    return np.frombuffer(buffer, kind, len(column) + 1, column.offset * kind.itemsize)


def is_stored_in_rows(connection: SourceConnection, table: SourceTable) -> bool:
    """Whether every value of every column is known to be stored in its row.

    Not known of a view, a columnstore, a table in memory, nor where the server lacks these catalog
    views or another session has locked them. Raises TransientError where the session has ended.
    """
    catalog, name = quote_mssql(table.database), text_mssql(table.sql)
    # A computed column is in no page until it is read, and a FILESTREAM's values are in files. A
    # partition has one unit of a kind at most; each is found by its owner, since a scan of all
    # would wait for whoever builds a table or an index anywhere in the database.
    sql = f"""\
SELECT COUNT(CASE WHEN r.used_pages > 0 THEN 1 END) AS in_row, COUNT(l.container_id) AS large,
  COUNT(CASE WHEN l.total_pages > 0 THEN 1 END) AS large_used,
  (SELECT COUNT(*) FROM {catalog}.sys.columns AS c WHERE c.object_id = OBJECT_ID({name})
    AND c.max_length = {UNLIMITED} AND (c.is_computed = 1 OR c.is_filestream = 1)) AS elsewhere
FROM {catalog}.sys.partitions AS p
JOIN {catalog}.sys.indexes AS i ON i.object_id = p.object_id AND i.index_id = p.index_id
LEFT JOIN {catalog}.sys.allocation_units AS r
  ON r.container_id = p.hobt_id AND r.type_desc = 'IN_ROW_DATA'
LEFT JOIN {catalog}.sys.allocation_units AS l
  ON l.container_id = p.partition_id AND l.type_desc = 'LOB_DATA'
WHERE p.object_id = OBJECT_ID({name}) AND i.type_desc IN ('HEAP', 'CLUSTERED')"""
    try:
        found = rows_if_supported(connection, sql, ["in_row", "large", "large_used", "elsewhere"])
    except TransientError as error:
        if error.code not in _WAITED:
            raise
        return False
    if not found:
        return False
    in_row, large, large_used, elsewhere = found[0]
    return bool(in_row and large and not large_used and not elsewhere)
