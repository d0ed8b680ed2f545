"""Conversion steps: turn a column's Arrow array into the form that COPY BINARY needs, exactly.

Every step works on whole arrays. One that would alter a value raises ArrowInvalid instead.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tableferry.model.schema import PgType

MICROSECONDS_PER_MILLISECOND: Final = 1000
NANOSECONDS_PER_MICROSECOND: Final = 1000

GUID_BYTES: Final = 16
"""Of a uniqueidentifier: three little-endian groups of four, two and two bytes, then eight in order
(MS-DTYP 2.3.4.2); PostgreSQL's uuid has all of them big-endian (RFC 9562)."""


def _cast(array: pa.Array, wanted: pa.DataType, _target: PgType) -> pa.Array:
    if array.type.equals(wanted):
        return array
    if pa.types.is_boolean(array.type) and pa.types.is_decimal(wanted):
        array = array.cast(pa.int8())
    return array.cast(wanted)


def truncate(array: pa.Array, wanted: pa.DataType, _target: PgType) -> pa.Array:
    """Truncate to microseconds, towards the past: 23:59:59.9999999 stays on its day."""
    if array.type.equals(wanted):
        return array
    if getattr(array.type, "unit", "us") == "ns":
        if pa.types.is_time(array.type):
            array = _floor_thousands(array).cast(pa.time64("us"))
        else:
            array = _floor_thousands(array).cast(pa.timestamp("us", tz=array.type.tz))
    return array.cast(wanted)


def _floor_thousands(array: pa.Array) -> pa.Array:
    """Divide nanoseconds by 1,000; numpy's division floors, Arrow's rounds towards zero."""
    nanoseconds = array.cast(pa.int64())
    values = nanoseconds.fill_null(0).to_numpy(zero_copy_only=False) // NANOSECONDS_PER_MICROSECOND
    return with_nulls_of(array, values)


def milliseconds(array: pa.Array, wanted: pa.DataType, _target: PgType) -> pa.Array:
    """Round a ``datetime`` to milliseconds, as SQL Server displays its ticks of 1/300 second.

    One driver sends .003, another .003333: both are the same value and become .003.
    """
    moments = truncate(array, wanted, _target)
    ticks = moments.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    if not (ticks % MICROSECONDS_PER_MILLISECOND).any():
        return moments
    half = MICROSECONDS_PER_MILLISECOND // 2
    rounded = (ticks + half) // MICROSECONDS_PER_MILLISECOND * MICROSECONDS_PER_MILLISECOND
    return with_nulls_of(array, rounded).cast(wanted)


def _guid(array: pa.Array, wanted: pa.DataType, _target: PgType) -> pa.Array:
    """Reorder the bytes of each uniqueidentifier, all rows at once."""
    ordered = _bytes_of_guids(array).copy()
    ordered.view(np.uint32)[:, 0].byteswap(inplace=True)
    ordered.view(np.uint16)[:, 2:4].byteswap(inplace=True)
    return pa.Array.from_buffers(wanted, len(array), [validity(array), pa.py_buffer(ordered)])


def _bytes_of_guids(array: pa.Array) -> np.ndarray:
    """Return the bytes, a row of 16 for each value; what is under a NULL is undefined."""
    if pa.types.is_large_binary(array.type) and not array.null_count and len(array):
        _, offsets, data = array.buffers()
        ends = np.frombuffer(offsets, np.int64, len(array) + 1, array.offset * 8)
        if (np.diff(ends) == GUID_BYTES).all():
            raw = np.frombuffer(data, np.uint8, len(array) * GUID_BYTES, int(ends[0]))
            return raw.reshape(-1, GUID_BYTES)
    fixed = array.cast(pa.binary(GUID_BYTES))
    offset = fixed.offset * GUID_BYTES
    raw = np.frombuffer(fixed.buffers()[1], np.uint8, len(fixed) * GUID_BYTES, offset)
    return raw.reshape(-1, GUID_BYTES)


def _big_endian(array: pa.Array, wanted: pa.DataType, _target: PgType) -> pa.Array:
    """Read a rowversion as the number that SQL Server increments: eight bytes, big-endian."""
    fixed = array.cast(pa.binary(8))
    raw = np.frombuffer(fixed.buffers()[1], ">u8", count=len(fixed), offset=fixed.offset * 8)
    # The cast raises for numbers beyond bigint; it ignores the bytes under a NULL.
    return with_nulls_of(fixed, raw.astype(np.uint64)).cast(wanted)


def _jsonb(array: pa.Array, wanted: pa.DataType, _target: PgType) -> pa.Array:
    """Prefix the text with the version byte 1 of jsonb's binary form (``jsonb_recv``)."""
    texts = array.cast(wanted)
    empty = pa.scalar("", wanted)
    return pc.binary_join_element_wise(pa.scalar("\x01", wanted), texts, empty)


def _vector(array: pa.Array, wanted: pa.DataType, _target: PgType) -> pa.Array:
    """Parse JSON arrays of numbers, each to the nearest float32, which is what was printed."""
    inside = pc.utf8_trim(array.cast(pa.string()), " \t\r\n[]")
    lists = pc.split_pattern(inside, ",")
    numbers = pc.utf8_trim_whitespace(lists.flatten()).cast(wanted.value_type)
    lengths = pc.list_value_length(lists).fill_null(0).to_numpy(zero_copy_only=False)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    mask = lists.is_null() if lists.null_count else None
    offsets = pa.Array.from_buffers(pa.int32(), len(offsets), [None, pa.py_buffer(offsets)])
    return pa.ListArray.from_arrays(offsets, numbers, mask=mask)


def _pgvector(array: pa.Array, wanted: pa.DataType, target: PgType) -> pa.Array:
    """Encode for pgvector: the count and 0 as int2, then the float32 values, big-endian."""
    vectors = _vector(array, pa.list_(pa.float32()), target)
    counts = pc.list_value_length(vectors).fill_null(0).to_numpy(zero_copy_only=False)
    words = np.zeros(len(counts) + int(counts.sum()), ">f4")
    ends = np.cumsum(counts + 1)
    heads = ends - counts - 1
    is_number = np.ones(len(words), np.bool_)
    is_number[heads] = False
    words[is_number] = vectors.flatten().to_numpy(zero_copy_only=False)
    words.view(">u4")[heads] = counts.astype(np.uint32) << 16
    offsets = np.concatenate([[0], ends]).astype(np.int64) * words.itemsize
    buffers = [validity(vectors), pa.py_buffer(offsets), pa.py_buffer(words)]
    return pa.Array.from_buffers(wanted, len(counts), buffers)


def with_nulls_of(array: pa.Array, numbers: np.ndarray) -> pa.Array:
    """Return 64-bit numbers as an array that is NULL where ``array`` is.

    Built from buffers, since ``pa.array`` imports numpy.ma, which takes longer than a small table.
    """
    kind = pa.from_numpy_dtype(numbers.dtype)
    return pa.Array.from_buffers(kind, len(array), [validity(array), pa.py_buffer(numbers)])


def validity(array: pa.Array) -> pa.Buffer | None:
    """Return the validity bitmap, starting at the array's first value."""
    return pc.is_valid(array).buffers()[1] if array.null_count else None


Step = Callable[[pa.Array, pa.DataType, PgType], pa.Array]

STEPS: Final[dict[str, Step]] = {
    "cast": _cast,
    "truncate": truncate,
    "milliseconds": milliseconds,
    "guid": _guid,
    "big_endian": _big_endian,
    "jsonb": _jsonb,
    "vector": _vector,
    "pgvector": _pgvector,
}
"""By the name in ``typemap.Conversion.convert``; those of checked ones: ``checked_steps``."""


def seventh_digits(array: pa.Array) -> int:
    """Count the values with a seventh fractional digit; the driver sends it for ``time`` only."""
    if getattr(array.type, "unit", "us") != "ns":
        return 0
    nanoseconds = array.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    return int(np.count_nonzero(nanoseconds % NANOSECONDS_PER_MICROSECOND))


def bits_set(flags: pa.Array) -> list[int]:
    """Count how many numbers have each bit set, from the lowest; empty where all are zero."""
    numbers = flags.to_numpy(zero_copy_only=False)
    bits = int(np.bitwise_or.reduce(numbers, initial=0)).bit_length()
    return [int(np.count_nonzero(numbers >> place & 1)) for place in range(bits)]
