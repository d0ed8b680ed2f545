"""Which values of an array cannot be stored: all of them, by their places, with the reason."""

from collections.abc import Iterator

import pyarrow as pa

from tableferry.config import OnInvalid
from tableferry.planning.columns import ColumnPlan
from tableferry.values import steps, texts, units
from tableferry.values.kinds import arrow_type, is_text


def step(array: pa.Array, column: ColumnPlan) -> pa.Array:
    """Convert as the plan says; raises ArrowInvalid where a value has no exact form."""
    return steps.CONVERSIONS[column.convert](array, arrow_type(column), column.target.type)


def first_failing(array: pa.Array, column: ColumnPlan) -> int:
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


def refused_places(array: pa.Array, column: ColumnPlan) -> Iterator[tuple[int, str]]:
    """Yield every place whose value cannot be stored, in no order and perhaps twice, and why.

    Raises ArrowInvalid where the array is not what its column looks like.
    """
    if column.as_units:
        yield from ((place, texts.HALF_PAIR) for place in units.half_pairs(array))
        array = units.decoded(array, OnInvalid.REPLACE).texts
    if is_text(array.type):
        yield from ((place, texts.NUL) for place in texts.holding_nul(array))
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
