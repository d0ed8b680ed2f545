"""Estimate the smallest and the largest size of a row on a PostgreSQL page. Pure.

SQL Server moves long values out of a row of up to 1,024 columns and leaves 24 bytes of each;
PostgreSQL does so, too, but leaves more in the row. A row that is still too large fails the load
(54000 "row is too big"), so the plan checks for it.
"""

from collections.abc import Sequence
from typing import Final

from tableferry.errors import SchemaError
from tableferry.model.identifiers import TargetTable
from tableferry.model.schema import UNLIMITED, SourceType
from tableferry.planning.column_plan import ColumnPlan

MAX_ROW_BYTES: Final = 8160
"""MaxHeapTupleSize (htup_details.h), on a page of the default 8 kB."""

_HEADER: Final = 23
_WORD: Final = 8
"""Bytes of a row's header without its NULL bitmap, and the alignment of the two together."""

_FIXED: Final = {
    **dict.fromkeys(("int8", "float8", "time", "timestamp", "timestamptz"), (8, 8)),
    **dict.fromkeys(("int4", "float4", "date"), (4, 4)),
    "int2": (2, 2),
    "bool": (1, 1),
    "uuid": (16, 1),
}
"""Bytes and alignment (pg_type.dat); every other type is of variable length."""

_IN_ROW_BYTES: Final = 23
"""Longest value of variable length that always stays in its row: 24 bytes with its header
(heaptoast.c). A longer value leaves 18 bytes there."""

_MAX_BYTES_PER_BYTE: Final = {"nchar": 1.5, "nvarchar": 1.5, "char": 3, "varchar": 3, "binary": 1,
                    "varbinary": 1}  # fmt: skip
"""PostgreSQL bytes that one byte of the SQL Server type can become, in UTF-8 for texts."""


def require_row_fits(target: TargetTable, columns: Sequence[ColumnPlan]) -> tuple[str, ...]:
    """Refuse columns whose rows can never fit on a page; returns a warning if some may not.

    Raises SchemaError.
    """
    if (least := least_bytes(columns)) > MAX_ROW_BYTES:
        raise SchemaError(
            f"Every row of {target} would take {least:,} bytes or more in PostgreSQL, whose page "
            f"has room for {MAX_ROW_BYTES:,}",
            hint="Name fewer columns in 'columns', or take some out with 'exclude': another entry "
            "of TABLE_CONFIGS can carry those into a second table.",
        )
    most = most_bytes(columns)
    warning = (
        f"a row of {target} takes up to {most:,} bytes in PostgreSQL, whose page has room for "
        f"{MAX_ROW_BYTES:,}: one with values in most of its {len(columns):,} columns may fail the "
        "load"
    )
    return (warning,) if most > MAX_ROW_BYTES else ()


def least_bytes(columns: Sequence[ColumnPlan]) -> int:
    """Return the bytes of a row whose values are NULL where they may be, and empty elsewhere."""
    sure = [column for column in columns if not column.source.nullable]
    return _WORD * 3 + sum(_FIXED.get(column.target.type.name, (1, 1))[0] for column in sure)


def most_bytes(columns: Sequence[ColumnPlan]) -> int:
    """Return the bytes of a row (with a NULL bitmap) whose values are as large as possible."""
    bitmap = -(-len(columns) // 8)
    size = -(-(_HEADER + bitmap) // _WORD) * _WORD
    for column in columns:
        width, alignment = _FIXED.get(column.target.type.name) or (_longest(column), 1)
        size = -(-size // alignment) * alignment + width
    return size


def _longest(column: ColumnPlan) -> int:
    """Return the most bytes that a variable-length value leaves in its row, with its header."""
    if column.target.type.name == "numeric":
        return 1 + min(_numeric_bytes(column.source.type), _IN_ROW_BYTES)
    arrives = column.arrives
    if arrives.length == UNLIMITED or arrives.name not in _MAX_BYTES_PER_BYTE:
        return 1 + _IN_ROW_BYTES
    return 1 + min(int(arrives.length * _MAX_BYTES_PER_BYTE[arrives.name]), _IN_ROW_BYTES)


def _numeric_bytes(source: SourceType) -> int:
    """Return 2 bytes of header, plus 2 for every four digits before and after the point."""
    before, behind = source.precision - source.scale, source.scale
    return 2 + 2 * (-(-before // 4) + -(-behind // 4))
