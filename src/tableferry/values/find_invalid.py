"""Find the values of an array that cannot be stored: their positions, with the reason."""

from collections.abc import Iterator
from typing import Final

import pyarrow as pa

from tableferry.config import OnInvalid
from tableferry.planning.column_plan import ColumnPlan
from tableferry.values import steps, texts, utf16
from tableferry.values.arrow_types import arrow_type, is_string_type
from tableferry.values.checked_steps import CHECKED_STEPS

_STEPS: Final = {**steps.STEPS, **CHECKED_STEPS}


def convert_array(array: pa.Array, column: ColumnPlan) -> pa.Array:
    """Apply the plan's conversion step; raises ArrowInvalid where a value has no exact form."""
    return _STEPS[column.convert](array, arrow_type(column), column.target.type)


def first_inconvertible(array: pa.Array, column: ColumnPlan) -> int:
    """Return the position of the first value that does not convert, by bisection."""
    low, high = 0, len(array)
    while high - low > 1:
        middle = (low + high) // 2
        try:
            convert_array(array.slice(low, middle - low), column)
        except pa.ArrowInvalid:
            high = middle
        else:
            low = middle
    return low


PADDED: Final = frozenset({"char", "nchar"})
"""The source types whose texts are padded with blanks."""


def invalid_positions(
    array: pa.Array, column: ColumnPlan, *, trim: bool = False
) -> Iterator[tuple[int, str]]:
    """Yield the position of every value that cannot be stored, with the reason.

    In no particular order, and perhaps one position twice. ``trim``: the blanks that pad a text do
    not count. Raises ArrowInvalid where the array is not of its column's type.
    """
    if column.as_utf16:
        yield from (
            (position, texts.UNPAIRED_SURROGATE) for position in utf16.unpaired_surrogates(array)
        )
        array = utf16.decode(array, OnInvalid.REPLACE).texts
    if is_string_type(array.type):
        yield from ((position, texts.NUL) for position in texts.positions_of_nul(array))
        array = texts.without_nul(array, OnInvalid.REPLACE).texts
        if trim and column.source.type.name in PADDED:
            array = texts.without_trailing_blanks(array).texts
    for position in _failing(array, column):
        yield position, f"no exact form in {column.target.type}"


def _failing(array: pa.Array, column: ColumnPlan) -> Iterator[int]:
    """Yield the positions of the values that do not convert, by bisection."""
    pending = [(0, len(array))]
    while pending:
        start, end = pending.pop()
        try:
            convert_array(array.slice(start, end - start), column)
        except pa.ArrowInvalid:
            if end - start == 1:
                yield start
            else:
                middle = (start + end) // 2
                pending += [(middle, end), (start, middle)]
