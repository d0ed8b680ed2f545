"""How large a row is on PostgreSQL's page: at least, and where every value is as long as may be.

Pure. SQL Server moves what is long out of a row of up to 1,024 columns and leaves 24 bytes; so does
PostgreSQL, but leaves more of it where it was. A row that is too large all the same ends the load
(54000 "row is too big"), so it is foreseen here.
"""

from collections.abc import Sequence
from typing import Final

from tableferry.errors import SchemaError
from tableferry.model.identifiers import TargetTable
from tableferry.model.schema import UNLIMITED, SourceType
from tableferry.planning.column_plan import ColumnPlan

ROOM: Final = 8160
"""Bytes of a row at the most (MaxHeapTupleSize, htup_details.h) on a page of the usual 8 kB."""

_HEADER: Final = 23
_WORD: Final = 8
"""A row's header without the bitmap of its NULLs, and what the two are filled up to."""

_FIXED: Final = {
    **dict.fromkeys(("int8", "float8", "time", "timestamp", "timestamptz"), (8, 8)),
    **dict.fromkeys(("int4", "float4", "date"), (4, 4)),
    "int2": (2, 2),
    "bool": (1, 1),
    "uuid": (16, 1),
}
"""Bytes and alignment (pg_type.dat); every other type is of any length."""

_STAYS: Final = 23
"""Bytes of a value of any length that never leave its row: 24 with their header (heaptoast.c).
A longer value leaves 18."""

_BYTES_OF: Final = {"nchar": 1.5, "nvarchar": 1.5, "char": 3, "varchar": 3, "binary": 1,
                    "varbinary": 1}  # fmt: skip
"""Bytes at the most, in UTF-8 where it is a text, that one of SQL Server's becomes."""


def require_row_fits(target: TargetTable, columns: Sequence[ColumnPlan]) -> tuple[str, ...]:
    """Refuse columns of which no row has room on a page; returns what is to be told of others.

    Raises SchemaError.
    """
    if (least := least_bytes(columns)) > ROOM:
        raise SchemaError(
            f"Every row of {target} would take {least:,} bytes or more in PostgreSQL, whose page "
            f"has room for {ROOM:,}",
            hint="Name fewer columns in 'columns', or take some out with 'exclude': another entry "
            "of TABLE_CONFIGS can carry those into a second table.",
        )
    most = most_bytes(columns)
    warning = (
        f"a row of {target} takes up to {most:,} bytes in PostgreSQL, whose page has room for "
        f"{ROOM:,}: one with values in most of its {len(columns):,} columns may end the load"
    )
    return (warning,) if most > ROOM else ()


def least_bytes(columns: Sequence[ColumnPlan]) -> int:
    """Return the bytes of a row whose values are NULL where they may be, and else empty."""
    sure = [column for column in columns if not column.source.nullable]
    return _WORD * 3 + sum(_FIXED.get(column.target.type.name, (1, 1))[0] for column in sure)


def most_bytes(columns: Sequence[ColumnPlan]) -> int:
    """Return the bytes of a row without NULLs (but one) whose values are as large as may be."""
    bitmap = -(-len(columns) // 8)
    size = -(-(_HEADER + bitmap) // _WORD) * _WORD
    for column in columns:
        width, alignment = _FIXED.get(column.target.type.name) or (_longest(column), 1)
        size = -(-size // alignment) * alignment + width
    return size


def _longest(column: ColumnPlan) -> int:
    """Return the bytes that a value of any length leaves in its row, with its header of one."""
    if column.target.type.name == "numeric":
        return 1 + min(_numeric_bytes(column.source.type), _STAYS)
    arrives = column.arrives
    bounded = arrives.length != UNLIMITED and arrives.name in _BYTES_OF
    return 1 + (min(int(arrives.length * _BYTES_OF[arrives.name]), _STAYS) if bounded else _STAYS)


def _numeric_bytes(source: SourceType) -> int:
    """Two bytes of header, and two for every four digits before and behind the point."""
    before, behind = source.precision - source.scale, source.scale
    return 2 + 2 * (-(-before // 4) + -(-behind // 4))
