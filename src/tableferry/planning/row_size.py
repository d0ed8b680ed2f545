"""Estimate the smallest and the largest size of a row on a PostgreSQL page. Pure.

SQL Server moves long values out of a row of up to 1,024 columns and leaves 24 bytes of each;
PostgreSQL does so, too, but leaves more in the row. A row that is still too large fails the load
(54000 "row is too big"), so the plan checks for it.
"""

from collections.abc import Sequence
from typing import Final

from tableferry.errors import SchemaError
from tableferry.model.identifiers import TargetTable
from tableferry.planning.column_plan import ColumnPlan
from tableferry.planning.value_size import FIXED, longest_value

MAX_ROW_BYTES: Final = 8160
"""MaxHeapTupleSize (htup_details.h), on a page of the default 8 kB."""

_HEADER: Final = 23
_WORD: Final = 8
"""Bytes of a row's header without its NULL bitmap, and the alignment of the two together."""

_IN_ROW_BYTES: Final = 23
"""Longest value of variable length that always stays in its row: 24 bytes with its header
(heaptoast.c). A longer value leaves 18 bytes there."""


def require_row_fits(target: TargetTable, columns: Sequence[ColumnPlan]) -> tuple[str, ...]:
    """Refuse columns whose rows can never fit on a page; returns a warning if some may not.

    Raises SchemaError.
    """
    if (least := least_bytes(columns)) > MAX_ROW_BYTES:
        raise SchemaError(
            f"Every row of {target} would take {least:,} bytes or more in PostgreSQL, whose page "
            f"has room for {MAX_ROW_BYTES:,}",
            hint="Name fewer columns in 'columns', or take some out with 'exclude': another table "
            "can take those.",
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
    return _WORD * 3 + sum(FIXED.get(column.target.type.name, (1, 1))[0] for column in sure)


def most_bytes(columns: Sequence[ColumnPlan]) -> int:
    """Return the bytes of a row (with a NULL bitmap) whose values are as large as possible."""
    bitmap = -(-len(columns) // 8)
    size = -(-(_HEADER + bitmap) // _WORD) * _WORD
    for column in columns:
        width, alignment = FIXED.get(column.target.type.name) or (_longest(column), 1)
        size = -(-size // alignment) * alignment + width
    return size


def _longest(column: ColumnPlan) -> int:
    """Return the most bytes that a variable-length value leaves in its row, with its header."""
    arrives, into = column.arrives, column.target.type
    longest = longest_value(column.source.type if into.name == "numeric" else arrives, into)
    return 1 + min(_IN_ROW_BYTES if longest is None else longest, _IN_ROW_BYTES)
