"""Columns of Arrow values into the cells of TDS rows, a batch at a time (MS-TDS 2.2.5.5).

Each function returns the pieces that make up a cell, in order. NULLs are marked invalid and take
no room, as in NBCROW; ``rows`` adds their markers where a plain ROW needs them.
"""

import itertools
import struct
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import DEFAULT_COLLATION, Column
from tableferry_sandbox.tds import typeinfo
from tableferry_sandbox.tds.cells import (
    Block,
    Bytes,
    Flags,
    Offsets,
    Piece,
    Ranges,
    little_endian,
    numbers,
    ranges_of,
    validity,
    with_length,
)
from tableferry_sandbox.tds.collations import collation
from tableferry_sandbox.tds.text import to_code_page, to_utf16

Int64s = npt.NDArray[np.int64]
Encoder = Callable[[Column, pa.Array], list[Piece]]

TICKS_A_DAY: Final = 864_000_000_000
_LAST_DAY: Final = 3_652_058  # 9999-12-31, counted from 0001-01-01
_MAX_TICKS: Final = (_LAST_DAY + 1) * TICKS_A_DAY
_DAYS_TO_1900: Final = 693_595
_DAYS_TO_1970: Final = 719_162
_TEXT_POINTER: Final = b"\x10" + b"tableferry text\0" + b"\0" * 8
"""A text pointer of 16 bytes and a time stamp of 8; clients only skip them."""

CHUNK: Final = 2**20
"""Bytes of a (max) value that are one chunk: SQL Server cuts long ones, Microsoft's driver takes
none of more than 16 MB."""


def encode_column(column: Column, array: pa.Array) -> list[Piece]:
    """Return the pieces of a column's cells.

    Raises SqlError when the values are not of the column's type: nothing is cut or wrapped.
    """
    wanted = typeinfo.physical(column.type)
    if array.type != wanted:
        try:
            array = array.cast(wanted)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise _mismatch(column, str(error)) from error
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if not column.nullable and array.null_count:
        raise _mismatch(column, "a NULL in a column declared NOT NULL")
    return _ENCODERS[typeinfo.base_name(column.type)](column, array)


def null_marker(column: Column) -> bytes:
    """Return what stands for NULL in a plain ROW (2.2.5.2)."""
    name = typeinfo.base_name(column.type)
    if typeinfo.is_plp(column.type):
        return b"\xff" * 8
    if name in {"char", "varchar", "nchar", "nvarchar", "binary", "varbinary", "timestamp"}:
        return b"\xff\xff"
    return b"\0\0\0\0" if name == "sql_variant" else b"\0"


def _mismatch(column: Column, why: str) -> SqlError:
    return SqlError(
        50000,
        f"The sandbox cannot send column '{column.name}' of type {column.type.name}: {why}.",
    )


def _number(column: Column, cells: Bytes, valid: Flags | None) -> list[Piece]:
    return [Block(with_length(cells) if column.nullable else cells, valid)]


def _plain_number(column: Column, array: pa.Array) -> list[Piece]:
    if column.type.name == "bit":
        bits: Bytes = array.fill_null(False).to_numpy(zero_copy_only=False).astype(np.uint8)
        return _number(column, bits[:, None], validity(array))
    width = typeinfo.NUMBERS[typeinfo.base_name(column.type)].width
    return _number(column, little_endian(numbers(array, f"<i{width}"), width), validity(array))


def _money(column: Column, array: pa.Array) -> list[Piece]:
    low = numbers(array, "V16").view("<i8")[::2]
    if column.type.name == "smallmoney":
        return _number(column, little_endian(low, 4), validity(array))
    halves = np.ascontiguousarray(low).view("<u4").reshape(len(low), 2)[:, ::-1]
    cells = np.ascontiguousarray(halves).view(np.uint8).reshape(len(low), 8)
    return _number(column, cells, validity(array))


def _decimal(column: Column, array: pa.Array) -> list[Piece]:
    rows, width = len(array), typeinfo.decimal_width(column.type.precision or 18)
    words = numbers(array, "V16").view("<u8").reshape(rows, 2)
    negative = words[:, 1] >> np.uint64(63) != 0
    magnitude = words
    if negative.any():
        magnitude = words.copy()
        low = ~words[negative, 0] + np.uint64(1)
        magnitude[negative, 0] = low
        magnitude[negative, 1] = ~words[negative, 1] + (low == 0).astype(np.uint64)
    cells = np.empty((rows, width + 2), np.uint8)
    cells[:, 0] = width + 1
    cells[:, 1] = ~negative
    cells[:, 2:] = little_endian(magnitude.reshape(-1), 8).reshape(rows, 16)[:, :width]
    return [Block(cells, validity(array))]


def _ticks(column: Column, array: pa.Array, limit: int = _MAX_TICKS) -> tuple[Int64s, Flags | None]:
    valid = validity(array)
    ticks: Int64s = numbers(array, "<i8").astype(np.int64, copy=False)
    if valid is not None:
        ticks = np.where(valid, ticks, 0)
    if len(ticks) and (ticks.min() < 0 or ticks.max() >= limit):
        raise _mismatch(column, "a date or time out of range")
    return ticks, valid


def _time_cells(ticks: Int64s, scale: int) -> Bytes:
    return little_endian(ticks // 10 ** (7 - scale), typeinfo.time_width(scale))


def _date_cells(days: Int64s) -> Bytes:
    return little_endian(days, 3)


def _date(column: Column, array: pa.Array) -> list[Piece]:
    valid = validity(array)
    days = numbers(array, "<i4").astype(np.int64) + _DAYS_TO_1970
    if valid is not None:
        days = np.where(valid, days, 0)
    if len(days) and (days.min() < 0 or days.max() > _LAST_DAY):
        raise _mismatch(column, "a date out of range")
    return [Block(with_length(_date_cells(days)), valid)]


def _time(column: Column, array: pa.Array) -> list[Piece]:
    ticks, valid = _ticks(column, array, TICKS_A_DAY)
    return [Block(with_length(_time_cells(ticks, column.type.scale)), valid)]


def _datetime2(column: Column, array: pa.Array) -> list[Piece]:
    ticks, valid = _ticks(column, array)
    days, time = np.divmod(ticks, TICKS_A_DAY)
    cells = np.hstack([_time_cells(time, column.type.scale), _date_cells(days)])
    return [Block(with_length(cells), valid)]


def _datetimeoffset(column: Column, array: pa.Array) -> list[Piece]:
    utc, offset = (array.field(i) for i in range(2))
    utc, offset = (utc.slice(0, len(array)), offset.slice(0, len(array)))
    valid = validity(array)
    ticks = numbers(utc, "<i8").astype(np.int64, copy=False)
    if valid is not None:
        ticks = np.where(valid, ticks, 0)
    if len(ticks) and (ticks.min() < 0 or ticks.max() >= _MAX_TICKS):
        raise _mismatch(column, "a date or time out of range")
    days, time = np.divmod(ticks, TICKS_A_DAY)
    minutes = little_endian(numbers(offset, "<i2"), 2)
    cells = np.hstack([_time_cells(time, column.type.scale), _date_cells(days), minutes])
    return [Block(with_length(cells), valid)]


def _datetime(column: Column, array: pa.Array) -> list[Piece]:
    """Encode days since 1900 and three-hundredths of a second, the nearest one (2.2.5.5.1.9)."""
    ticks, valid = _ticks(column, array)
    days, time = np.divmod(ticks, TICKS_A_DAY)
    thirds = (time * 3 + 50_000) // 100_000
    carry = thirds == 25_920_000  # the last millisecond of a day rounds into the next one
    days, thirds = days + carry - _DAYS_TO_1900, np.where(carry, 0, thirds)
    if valid is not None:
        days = np.where(valid, days, 0)
    if len(days) and days.min() < -53_690:  # 1753-01-01
        raise _mismatch(column, "a datetime before the year 1753")
    cells = np.hstack([little_endian(days, 4), little_endian(thirds, 4)])
    return _number(column, cells, valid)


def _smalldatetime(column: Column, array: pa.Array) -> list[Piece]:
    ticks, valid = _ticks(column, array)
    days, time = np.divmod(ticks, TICKS_A_DAY)
    days = days - _DAYS_TO_1900
    if valid is not None:
        days = np.where(valid, days, 0)
    if len(days) and (days.min() < 0 or days.max() > 0xFFFF):
        raise _mismatch(column, "a smalldatetime outside of 1900-01-01 to 2079-06-06")
    cells = np.hstack([little_endian(days, 2), little_endian(time // 600_000_000, 2)])
    return _number(column, cells, valid)


def _guid(_column: Column, array: pa.Array) -> list[Piece]:
    raw = numbers(array, "V16").view(np.uint8).reshape(len(array), 16)
    return [Block(with_length(raw), validity(array))]


def _variable(column: Column, array: pa.Array) -> list[Piece]:
    """Encode character and binary types, bounded and (max), xml and CLR types."""
    name = typeinfo.base_name(column.type)
    valid = validity(array)
    offsets, data = ranges_of(array)
    if valid is not None:
        offsets, data = _without_nulls(offsets, data, valid)
    if name in typeinfo.UNICODE:
        offsets, data = to_utf16(offsets, data)
    elif name in typeinfo.ANSI:
        codec = collation(column.type.collation or DEFAULT_COLLATION).codec
        offsets, data = to_code_page(offsets, data, codec)
    if name in typeinfo.TEXT_POINTER:
        return _text_pointer(offsets, data, valid)
    if typeinfo.is_plp(column.type):
        return _chunked(offsets, data, valid)
    limit = typeinfo.byte_limit(column.type)
    lengths = np.diff(offsets)
    longest = int(lengths.max(initial=0))
    if longest > limit:
        raise _mismatch(column, f"a value of {longest} bytes where {limit} are declared")
    if name in {"char", "nchar", "binary", "timestamp"} and int(lengths.min(initial=limit)) < limit:
        offsets, data = _padded(offsets, data, name, limit)
        lengths = np.diff(offsets)
    return [Block(little_endian(lengths, 2), valid), Ranges(offsets, data, valid)]


def _without_nulls(offsets: Offsets, data: Bytes, valid: Flags) -> tuple[Offsets, Bytes]:
    """Make the ranges of NULLs empty; Arrow allows them to hold anything."""
    lengths = np.diff(offsets)
    if not lengths[~valid].any():
        return offsets, data
    kept = np.repeat(valid, lengths)
    total = np.zeros(len(offsets), np.int64)
    np.cumsum(np.where(valid, lengths, 0), out=total[1:])
    return total, data[kept]


def _padded(offsets: Offsets, data: Bytes, name: str, limit: int) -> tuple[Offsets, Bytes]:
    """Fill char and nchar with blanks and binary with zeros, as SQL Server stores them."""
    rows, lengths = len(offsets) - 1, np.diff(offsets)
    cells = np.zeros((rows, limit), np.uint8)
    if name == "nchar":
        cells[:, ::2] = 0x20
    elif name == "char":
        cells[:] = 0x20
    cells[np.arange(limit) < lengths[:, None]] = data
    return np.arange(rows + 1, dtype=np.int64) * limit, cells.reshape(-1)


def _chunked(offsets: Offsets, data: Bytes, valid: Flags | None) -> list[Piece]:
    """Encode PLP: total length, chunks, and a chunk of length zero (2.2.5.2.3)."""
    lengths = np.diff(offsets)
    if int(lengths.max(initial=0)) >= 2**31:
        raise SqlError(50000, "The sandbox cannot send a value of 2 GB or more.")
    # For an empty value the chunk's length is the end already, so that no further one follows.
    first = np.minimum(lengths, CHUNK)
    head = np.hstack([little_endian(lengths, 8), little_endian(first, 4)])
    if (lengths > CHUNK).any():
        offsets, data = _in_chunks(offsets, data)
    ends = lengths > 0 if valid is None else (lengths > 0) & valid
    tail = Block(np.zeros((len(lengths), 4), np.uint8), None if ends.all() else ends)
    return [Block(head, valid), Ranges(offsets, data, valid), tail]


def _in_chunks(offsets: Offsets, data: Bytes) -> tuple[Offsets, Bytes]:
    """Put the length of each chunk but the first before it."""
    values = []
    for begin, end in itertools.pairwise(offsets.tolist()):
        values.append(data[begin : min(begin + CHUNK, end)])
        for start in range(begin + CHUNK, end, CHUNK):
            chunk = data[start : min(start + CHUNK, end)]
            values += [np.frombuffer(struct.pack("<I", len(chunk)), np.uint8), chunk]
    lengths = np.diff(offsets)
    headers = 4 * np.maximum(0, -(-lengths // CHUNK) - 1)
    total = np.zeros(len(offsets), np.int64)
    np.cumsum(lengths + headers, out=total[1:])
    return total, np.concatenate(values)


def _text_pointer(offsets: Offsets, data: Bytes, valid: Flags | None) -> list[Piece]:
    lengths = np.diff(offsets)
    pointer = np.frombuffer(_TEXT_POINTER, np.uint8)
    pointers = np.broadcast_to(pointer, (len(lengths), len(pointer)))
    head = np.hstack([pointers, little_endian(lengths, 4)])
    return [Block(head, valid), Ranges(offsets, data, valid)]


def _variant(column: Column, array: pa.Array) -> list[Piece]:
    offsets, data = ranges_of(array)
    valid = validity(array)
    if valid is not None:
        offsets, data = _without_nulls(offsets, data, valid)
    lengths = np.diff(offsets)
    if int(lengths.max(initial=0)) > 8016:
        raise _mismatch(column, "a value of more than 8016 bytes")
    return [Block(little_endian(lengths, 4), valid), Ranges(offsets, data, valid)]


_ENCODERS: Final[dict[str, Encoder]] = {
    **dict.fromkeys(
        ("bit", "tinyint", "smallint", "int", "bigint", "real", "float"), _plain_number
    ),
    **dict.fromkeys(("money", "smallmoney"), _money),
    **dict.fromkeys(("decimal", "numeric"), _decimal),
    "date": _date,
    "time": _time,
    "datetime2": _datetime2,
    "datetimeoffset": _datetimeoffset,
    "datetime": _datetime,
    "smalldatetime": _smalldatetime,
    "uniqueidentifier": _guid,
    "sql_variant": _variant,
    **dict.fromkeys(typeinfo.ANSI | typeinfo.UNICODE | typeinfo.BINARY | typeinfo.CLR, _variable),
}


def encode_scalar(column: Column, value: Any) -> bytes:
    """Encode one value as in a plain ROW, for RETURNVALUE."""
    array = pa.array([value], type=typeinfo.physical(column.type))
    if value is None:
        return null_marker(column)
    cell = bytearray()
    for piece in encode_column(column, array):
        if isinstance(piece, Block):
            cell += piece.cells.tobytes() if piece.valid is None or piece.valid[0] else b""
        else:
            cell += piece.data.tobytes()
    return bytes(cell)
