"""Generators of ordinary values: each returns a function from RowRange to an Arrow array.

All are vectorised: a million values take tens of milliseconds.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tableferry_sandbox.physical import DATETIMEOFFSET, TICKS_PER_DAY, TICKS_PER_SECOND
from tableferry_sandbox.sample.awkward import ticks
from tableferry_sandbox.sample.row_numbers import RowRange
from tableferry_sandbox.sample.tables import Fill

_NUMPY = {
    "tinyint": np.uint8,
    "smallint": np.int16,
    "int": np.int32,
    "bigint": np.int64,
}
_DRAW_NULL = 101
_DRAW_SECOND = 102


def sometimes_null(fill: Fill, one_in: int = 10) -> Fill:
    """Return ``fill`` with NULL in about one row of ``one_in``."""

    def make(rows: RowRange) -> pa.Array:
        mask = pa.array(rows.salted(_DRAW_NULL).one_in(one_in))
        # NULL indices instead of if_else on the values, which has no kernel for some types.
        values = fill(rows)
        picks = pc.if_else(mask, None, pa.array(np.arange(rows.count, dtype=np.int64)))
        return values.take(picks)

    return make


def key(sql_type: str, first: int = 1, step: int = 1) -> Fill:
    """Return ascending keys: ``first`` for row 0, then ``step`` more for each row."""
    return lambda rows: pa.array((rows.numbers() * step + first).astype(_NUMPY[sql_type]))


def whole(sql_type: str, low: int, high: int) -> Fill:
    """Return integers between the bounds, inclusive."""
    return lambda rows: pa.array(rows.between(low, high).astype(_NUMPY[sql_type]))


def decimals(precision: int, scale: int, low: int, high: int) -> Fill:
    """Return decimals whose unscaled value lies between the bounds."""

    def make(rows: RowRange) -> pa.Array:
        low_words = rows.between(low, high)
        # decimal128 is a 128-bit little-endian integer: a low word, then its sign extension.
        words = np.column_stack([low_words, low_words >> 63])
        buffer = pa.py_buffer(np.ascontiguousarray(words))
        return pa.Array.from_buffers(pa.decimal128(precision, scale), rows.count, [None, buffer])

    return make


def floats(low: float, high: float) -> Fill:
    """Return doubles, uniform in [low, high)."""
    return lambda rows: pa.array(_unit(rows) * (high - low) + low)


def singles(low: float, high: float) -> Fill:
    """Return single-precision numbers, uniform in [low, high)."""
    return lambda rows: pa.array((_unit(rows) * (high - low) + low).astype(np.float32))


def flags(one_in: int = 2) -> Fill:
    """Return bits that are true in about one row of ``one_in``."""
    return lambda rows: pa.array(rows.one_in(one_in))


def guids() -> Fill:
    """Return version 4 GUIDs in wire (mixed-endian) byte order."""

    def make(rows: RowRange) -> pa.Array:
        octets = _octets(rows, 16)
        octets[:, 7] = octets[:, 7] & 0x0F | 0x40
        octets[:, 8] = octets[:, 8] & 0x3F | 0x80
        buffer = pa.py_buffer(np.ascontiguousarray(octets))
        return pa.Array.from_buffers(pa.binary(16), rows.count, [None, buffer])

    return make


def binaries(size: int) -> Fill:
    """Return byte strings of ``size`` random bytes."""

    def make(rows: RowRange) -> pa.Array:
        data = pa.py_buffer(np.ascontiguousarray(_octets(rows, size)))
        offsets = pa.py_buffer(np.arange(rows.count + 1, dtype=np.int64) * size)
        return pa.Array.from_buffers(pa.large_binary(), rows.count, [None, offsets, data])

    return make


def words(*choices: str) -> Fill:
    """Return one of these texts for each row."""
    table = pa.array(choices, type=pa.large_string())
    return lambda rows: table.take(pa.array(rows.between(0, len(choices) - 1)))


def joined(*parts: Fill | str, separator: str = "") -> Fill:
    """Return the concatenation of fixed texts and of other fills' values, cast to text."""

    def make(rows: RowRange) -> pa.Array:
        pieces = [
            pa.scalar(part, type=pa.large_string())
            if isinstance(part, str)
            else part(rows.salted(place)).cast(pa.large_string())
            for place, part in enumerate(parts, start=1)
        ]
        return pc.binary_join_element_wise(*pieces, pa.scalar(separator, pa.large_string()))

    return make


def padded(fill: Fill, size: int) -> Fill:
    """Return ``fill`` padded with blanks to ``size`` characters, as char and nchar store it."""
    return lambda rows: pc.utf8_rpad(fill(rows), size)


def numbered(first: int = 1, width: int = 0) -> Fill:
    """Return row number + ``first`` as text, padded with leading zeros to ``width``."""

    def make(rows: RowRange) -> pa.Array:
        texts = pa.array(rows.numbers() + first).cast(pa.large_string())
        return pc.utf8_lpad(texts, width, "0") if width else texts

    return make


def hexadecimal(digits: int) -> Fill:
    """Return random lower-case hexadecimal texts."""
    alphabet = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)

    def make(rows: RowRange) -> pa.Array:
        text = alphabet[_octets(rows, digits) & 15]
        offsets = pa.py_buffer(np.arange(rows.count + 1, dtype=np.int64) * digits)
        buffers = [None, offsets, pa.py_buffer(np.ascontiguousarray(text))]
        return pa.Array.from_buffers(pa.large_string(), rows.count, buffers)

    return make


def dates(first: str, last: str) -> Fill:
    """Return dates between two ISO dates, inclusive."""
    low, high = (int(np.datetime64(text, "D").astype(np.int64)) for text in (first, last))
    return lambda rows: pa.array(rows.between(low, high).astype(np.int32)).cast(pa.date32())


def times_of_day(scale: int) -> Fill:
    """Return times in ticks of 100 ns since midnight, with ``scale`` fractional digits."""
    step = int(10 ** (7 - scale))
    return lambda rows: pa.array(rows.between(0, TICKS_PER_DAY // step - 1) * step)


def stamps(first: str, last: str, scale: int) -> Fill:
    """Return datetime2 values between two ISO timestamps, with ``scale`` fractional digits."""
    low, high, step = ticks(first), ticks(last), int(10 ** (7 - scale))
    return lambda rows: pa.array(rows.between(low // step, high // step) * step)


def datetimes(first: str, last: str) -> Fill:
    """Return datetime values, in units of 1/300 s: shown as .000, .003 and .007."""
    fill = stamps(first, last, 2)

    def make(rows: RowRange) -> pa.Array:
        thirds = np.array([0, 33_333, 66_667])[rows.salted(_DRAW_SECOND).between(0, 2)]
        return pa.array(fill(rows).to_numpy() + thirds)

    return make


def minutes(first: str, last: str) -> Fill:
    """Return smalldatetime values: whole minutes between two ISO timestamps."""
    low, high, step = ticks(first), ticks(last), 60 * TICKS_PER_SECOND
    return lambda rows: pa.array(rows.between(low // step, high // step) * step)


def offset_stamps(first: str, last: str, scale: int) -> Fill:
    """Return datetimeoffset values with UTC offsets in real use."""
    fill = stamps(first, last, scale)
    offsets = np.array([0, 60, 120, 180, 330, 345, -180, -210, -300, -480, 840], dtype=np.int16)

    def make(rows: RowRange) -> pa.Array:
        chosen = offsets[rows.salted(_DRAW_SECOND).between(0, len(offsets) - 1)]
        fields = list(DATETIMEOFFSET)
        return pa.StructArray.from_arrays([fill(rows), pa.array(chosen)], fields=fields)

    return make


def one_of(choices: Sequence[Fill]) -> Fill:
    """Return for each row a value of one of several text fills."""

    def make(rows: RowRange) -> pa.Array:
        chosen = pa.array(rows.salted(_DRAW_SECOND).between(0, len(choices) - 1))
        return pc.choose(chosen, *[fill(rows.salted(n)) for n, fill in enumerate(choices)])

    return make


def _unit(rows: RowRange) -> npt.NDArray[np.float64]:
    """Return doubles in [0, 1) with 53 random bits."""
    return (rows.bits() >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _octets(rows: RowRange, size: int) -> npt.NDArray[np.uint8]:
    """Return a (rows, size) array of random bytes."""
    draws = [rows.salted(draw).bits() for draw in range((size + 7) // 8)]
    return np.column_stack(draws).astype("<u8").view(np.uint8)[:, :size]
