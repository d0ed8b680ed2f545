"""Decode texts from their UTF-16 bytes, so that every code unit is seen as it is stored.

SQL Server's nvarchar holds any sequence of 16-bit units; an unpaired surrogate has no UTF-8 form.
numpy decodes all values of an array at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tableferry.config import OnInvalid
from tableferry.values.texts import UNPAIRED_SURROGATE, Cleaned, InvalidTextError

if TYPE_CHECKING:
    # Not at run time: numpy.typing takes a third as long to import as numpy itself.
    import numpy.typing as npt

    Flags = npt.NDArray[np.bool_]
    Numbers = npt.NDArray[Any]

_SURROGATE_BITS: Final = 0xFC00
_HIGH: Final = 0xD800
_LOW: Final = 0xDC00
_REPLACEMENT: Final = 0xFFFD


def decode(array: pa.Array, policy: OnInvalid) -> Cleaned:
    """Decode an array of UTF-16LE bytes, and apply ``policy`` to unpaired surrogates.

    Raises InvalidTextError under ``fail``, ArrowInvalid for an odd number of bytes.
    """
    starts, units = _units(array)
    found = _surrogates(starts, units)
    rows = _rows_of(starts, found.unpaired)
    if len(rows) and policy is OnInvalid.FAIL:
        raise InvalidTextError(UNPAIRED_SURROGATE, int(rows[0]))
    offsets, characters = _utf8(starts, units, found, strip=policy is OnInvalid.STRIP)
    validity = pc.is_valid(array).buffers()[1] if array.null_count else None
    buffers = [validity, pa.py_buffer(offsets), pa.py_buffer(characters)]
    return Cleaned(pa.Array.from_buffers(pa.large_string(), len(array), buffers), len(rows))


def unpaired_surrogates(array: pa.Array) -> Sequence[int]:
    """Return the positions of the values that hold an unpaired surrogate."""
    starts, units = _units(array)
    return [int(row) for row in _rows_of(starts, _surrogates(starts, units).unpaired)]


@dataclass(frozen=True, slots=True)
class _Surrogates:
    """Flags a code unit: the first of a pair, the second of a pair, or an unpaired surrogate."""

    first: Flags
    second: Flags
    unpaired: Flags


def _units(array: pa.Array) -> tuple[Numbers, Numbers]:
    """Return where each value starts (and the last ends), and the code units of all values."""
    values = array.cast(pa.large_binary())
    if values.null_count:
        values = values.fill_null(b"")  # the bytes under a NULL are undefined
    count = len(values)
    _, offsets, data = values.buffers()
    if not count or data is None:
        return np.zeros(count + 1, np.int64), np.zeros(0, np.uint16)
    ends = np.frombuffer(offsets, np.int64, count + 1, values.offset * 8)
    if (np.diff(ends) % 2).any():
        raise pa.ArrowInvalid("an odd number of bytes in UTF-16")
    start, end = int(ends[0]), int(ends[-1])
    units = np.frombuffer(data, "<u2", (end - start) // 2, start)
    return (ends - start) // 2, units


def _rows_of(starts: Numbers, flags: Flags) -> Numbers:
    """Return the positions of the values in which a flag is set."""
    return np.unique(np.searchsorted(starts, np.flatnonzero(flags), "right") - 1)


def _surrogates(starts: Numbers, units: Numbers) -> _Surrogates:
    high = (units & _SURROGATE_BITS) == _HIGH
    low = (units & _SURROGATE_BITS) == _LOW
    second = np.zeros(len(units), np.bool_)
    second[1:] = high[:-1] & low[1:]
    # The end of one value and the start of the next do not form a pair.
    second[starts[:-1][starts[:-1] < len(units)]] = False
    first = np.zeros(len(units), np.bool_)
    first[:-1] = second[1:]
    return _Surrogates(first, second, (high & ~first) | (low & ~second))


def _utf8(
    starts: Numbers, units: Numbers, found: _Surrogates, *, strip: bool
) -> tuple[Numbers, Numbers]:
    """Encode the values in UTF-8 (RFC 3629, section 3); returns their offsets and bytes."""
    points = units.astype(np.uint32)
    points[found.unpaired] = _REPLACEMENT
    pairs = np.flatnonzero(found.first)
    points[pairs] = 0x10000 + ((points[pairs] - _HIGH) << 10) + (points[pairs + 1] - _LOW)
    sizes = 1 + (points >= 0x80) + (points >= 0x800) + (points >= 0x10000).astype(np.int64)
    sizes[found.second] = 0
    if strip:
        sizes[found.unpaired] = 0
    ends = np.zeros(len(units) + 1, np.int64)
    np.cumsum(sizes, out=ends[1:])
    characters = np.empty(int(ends[-1]), np.uint8)
    places = ends[:-1]
    for size, lead in ((1, 0x00), (2, 0xC0), (3, 0xE0), (4, 0xF0)):
        chosen = np.flatnonzero(sizes == size)
        at, point = places[chosen], points[chosen]
        characters[at] = lead | (point >> 6 * (size - 1))
        for follower in range(1, size):
            characters[at + follower] = 0x80 | ((point >> 6 * (size - 1 - follower)) & 0x3F)
    return ends[starts], characters
