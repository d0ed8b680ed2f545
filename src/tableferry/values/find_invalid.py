"""Which values of an array cannot be stored: all of them, by their places, with the reason."""

from collections.abc import Iterator

import pyarrow as pa

from tableferry.config import OnInvalid
from tableferry.planning.column_plan import ColumnPlan
from tableferry.values import steps, texts, utf16
from tableferry.values.arrow_types import arrow_type, is_string_type


def step(array: pa.Array, column: ColumnPlan) -> pa.Array:
    """Convert as the plan says; raises ArrowInvalid where a value has no exact form."""
    return steps.CONVERSIONS[column.convert](array, arrow_type(column), column.target.type)


def first_inconvertible(array: pa.Array, column: ColumnPlan) -> int:
    """Return the place of the first value that does not convert, by halving."""
    low, high = 0, len(array)
    while high - low > 1:
        middle = (low + high) // 2
        try:
            step(array.slice(low, middle - low), column)
        except pa.ArrowInvalid:
            high = middle
        else:
            low = middle
    return low


def invalid_positions(array: pa.Array, column: ColumnPlan) -> Iterator[tuple[int, str]]:
    """Yield every place whose value cannot be stored, in no order and perhaps twice, and why.

    Raises ArrowInvalid where the array is not what its column looks like.
    """
    if column.as_utf16:
        yield from ((place, texts.UNPAIRED_SURROGATE) for place in utf16.unpaired_surrogates(array))
        array = utf16.decode(array, OnInvalid.REPLACE).texts
    if is_string_type(array.type):
        yield from ((place, texts.NUL) for place in texts.positions_of_nul(array))
        array = texts.without_nul(array, OnInvalid.REPLACE).texts
    for place in _failing(array, column):
        yield place, f"no exact form in {column.target.type}"


def _failing(array: pa.Array, column: ColumnPlan) -> Iterator[int]:
    """Yield the places of the values that do not convert: what is whole is tried as a whole."""
    pending = [(0, len(array))]
    while pending:
        start, end = pending.pop()
        try:
            step(array.slice(start, end - start), column)
        except pa.ArrowInvalid:
            if end - start == 1:
                yield start
            else:
                middle = (start + end) // 2
                pending += [(middle, end), (start, middle)]
