"""Fixed-width types as TDS cells, a whole column at a time (MS-TDS 2.2.5.5)."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tableferry_sandbox.physical import LAST_DAY, TICKS_PER_DAY, base_name
from tableferry_sandbox.sqltypes import Column
from tableferry_sandbox.tds.cells import (
    Bytes,
    CellPiece,
    ColumnEncoder,
    FixedWidth,
    Flags,
    little_endian,
    mismatch,
    numbers,
    validity,
    with_length,
)
from tableferry_sandbox.tds.typeinfo import NUMBERS, decimal_width, time_width

Int64s = npt.NDArray[np.int64]

_MAX_TICKS: Final = (LAST_DAY + 1) * TICKS_PER_DAY
_DAYS_TO_1900: Final = 693_595
_DAYS_TO_1970: Final = 719_162


def _number(column: Column, cells: Bytes, valid: Flags | None) -> list[CellPiece]:
    return [FixedWidth(with_length(cells) if column.nullable else cells, valid)]


def _plain_number(column: Column, array: pa.Array) -> list[CellPiece]:
    if column.type.name == "bit":
        bits: Bytes = array.fill_null(False).to_numpy(zero_copy_only=False).astype(np.uint8)
        return _number(column, bits[:, None], validity(array))
    width = NUMBERS[base_name(column.type)].width
    return _number(column, little_endian(numbers(array, f"<i{width}"), width), validity(array))


def _money(column: Column, array: pa.Array) -> list[CellPiece]:
    low = numbers(array, "V16").view("<i8")[::2]
    if column.type.name == "smallmoney":
        return _number(column, little_endian(low, 4), validity(array))
    halves = np.ascontiguousarray(low).view("<u4").reshape(len(low), 2)[:, ::-1]
    cells = np.ascontiguousarray(halves).view(np.uint8).reshape(len(low), 8)
    return _number(column, cells, validity(array))


def _decimal(column: Column, array: pa.Array) -> list[CellPiece]:
    rows, width = len(array), decimal_width(column.type.precision or 18)
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
    return [FixedWidth(cells, validity(array))]


def _ticks(column: Column, array: pa.Array, limit: int = _MAX_TICKS) -> tuple[Int64s, Flags | None]:
    valid = validity(array)
    ticks: Int64s = numbers(array, "<i8").astype(np.int64, copy=False)
    if valid is not None:
        ticks = np.where(valid, ticks, 0)
    if len(ticks) and (ticks.min() < 0 or ticks.max() >= limit):
        raise mismatch(column, "a date or time out of range")
    return ticks, valid


def _time_cells(ticks: Int64s, scale: int) -> Bytes:
    return little_endian(ticks // 10 ** (7 - scale), time_width(scale))


def _date_cells(days: Int64s) -> Bytes:
    return little_endian(days, 3)


def _date(column: Column, array: pa.Array) -> list[CellPiece]:
    valid = validity(array)
    days = numbers(array, "<i4").astype(np.int64) + _DAYS_TO_1970
    if valid is not None:
        days = np.where(valid, days, 0)
    if len(days) and (days.min() < 0 or days.max() > LAST_DAY):
        raise mismatch(column, "a date out of range")
    return [FixedWidth(with_length(_date_cells(days)), valid)]


def _time(column: Column, array: pa.Array) -> list[CellPiece]:
    ticks, valid = _ticks(column, array, TICKS_PER_DAY)
    return [FixedWidth(with_length(_time_cells(ticks, column.type.scale)), valid)]


def _datetime2(column: Column, array: pa.Array) -> list[CellPiece]:
    ticks, valid = _ticks(column, array)
    days, time = np.divmod(ticks, TICKS_PER_DAY)
    cells = np.hstack([_time_cells(time, column.type.scale), _date_cells(days)])
    return [FixedWidth(with_length(cells), valid)]


def _datetimeoffset(column: Column, array: pa.Array) -> list[CellPiece]:
    utc, offset = (array.field(i) for i in range(2))
    utc, offset = (utc.slice(0, len(array)), offset.slice(0, len(array)))
    valid = validity(array)
    ticks = numbers(utc, "<i8").astype(np.int64, copy=False)
    if valid is not None:
        ticks = np.where(valid, ticks, 0)
    if len(ticks) and (ticks.min() < 0 or ticks.max() >= _MAX_TICKS):
        raise mismatch(column, "a date or time out of range")
    days, time = np.divmod(ticks, TICKS_PER_DAY)
    minutes = little_endian(numbers(offset, "<i2"), 2)
    cells = np.hstack([_time_cells(time, column.type.scale), _date_cells(days), minutes])
    return [FixedWidth(with_length(cells), valid)]


def _datetime(column: Column, array: pa.Array) -> list[CellPiece]:
    """Encode days since 1900 and 1/300 seconds, rounded to the nearest one (2.2.5.5.1.9)."""
    ticks, valid = _ticks(column, array)
    days, time = np.divmod(ticks, TICKS_PER_DAY)
    thirds = (time * 3 + 50_000) // 100_000
    carry = thirds == 25_920_000  # the end of a day rounds up into the next one
    days, thirds = days + carry - _DAYS_TO_1900, np.where(carry, 0, thirds)
    if valid is not None:
        days = np.where(valid, days, 0)
    if len(days) and days.min() < -53_690:  # 1753-01-01
        raise mismatch(column, "a datetime before the year 1753")
    cells = np.hstack([little_endian(days, 4), little_endian(thirds, 4)])
    return _number(column, cells, valid)


def _smalldatetime(column: Column, array: pa.Array) -> list[CellPiece]:
    ticks, valid = _ticks(column, array)
    days, time = np.divmod(ticks, TICKS_PER_DAY)
    days = days - _DAYS_TO_1900
    if valid is not None:
        days = np.where(valid, days, 0)
    if len(days) and (days.min() < 0 or days.max() > 0xFFFF):
        raise mismatch(column, "a smalldatetime outside of 1900-01-01 to 2079-06-06")
    cells = np.hstack([little_endian(days, 2), little_endian(time // 600_000_000, 2)])
    return _number(column, cells, valid)


def _guid(_column: Column, array: pa.Array) -> list[CellPiece]:
    raw = numbers(array, "V16").view(np.uint8).reshape(len(array), 16)
    return [FixedWidth(with_length(raw), validity(array))]


FIXED_WIDTH_ENCODERS: Final[dict[str, ColumnEncoder]] = {
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
}
