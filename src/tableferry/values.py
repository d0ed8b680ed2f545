"""Values on their way: each column's Arrow array becomes what COPY BINARY needs, exactly.

COPY BINARY does not convert, so the target column's real type decides the Arrow type. Every
step here works on whole arrays; a cast that would change a value raises instead.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tableferry.errors import DataError, VerificationError
from tableferry.plan import ColumnPlan
from tableferry.schema import PgType

MICROSECONDS_PER_MILLISECOND: Final = 1000

_GUID_ORDER: Final = np.array([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15])
"""A uniqueidentifier's bytes: three little-endian groups, then eight bytes as they stand
(MS-DTYP 2.3.4.2); PostgreSQL's uuid has all of them big-endian (RFC 9562)."""

_ARROW: Final = {
    "bool": pa.bool_(),
    "int2": pa.int16(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "float4": pa.float32(),
    "float8": pa.float64(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", tz="UTC"),
    "text": pa.large_string(),
    "varchar": pa.large_string(),
    "xml": pa.large_string(),
    "bytea": pa.large_binary(),
    "uuid": pa.binary(16),
}


REPLACEMENT: Final = re.compile("\ufffd".encode())
"""U+FFFD in UTF-8. Searched in whole buffers: 7 us for a thousand texts, next to nothing."""


def replaced(batch: pa.RecordBatch, columns: Sequence[ColumnPlan]) -> Counter[str]:
    """Count the texts with U+FFFD in them, by source column, in a batch as it arrived.

    Microsoft's driver puts it where SQL Server holds half a surrogate pair, without a word (seen
    with mssql-python 1.16, both providers), so such a text may be another than the source's.
    """
    found: Counter[str] = Counter()
    for place, column in enumerate(columns):
        array = batch.column(place)
        if not column.source.type.name.startswith("n") or not _characters(array.type):
            continue
        characters = array.buffers()[2]
        if characters is not None and REPLACEMENT.search(characters):
            if count := pc.sum(pc.match_substring(array, "\ufffd")).as_py():
                found[column.source.name] += count
    return found


Test = Callable[[pa.DataType], bool]


def _whole(arrow: pa.DataType) -> bool:
    return bool(pa.types.is_boolean(arrow) or pa.types.is_integer(arrow))


def _characters(arrow: pa.DataType) -> bool:
    return bool(pa.types.is_string(arrow) or pa.types.is_large_string(arrow))


def _bytes(arrow: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(arrow)
        or pa.types.is_large_binary(arrow)
        or pa.types.is_fixed_size_binary(arrow)
    )


def _moment(arrow: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(arrow) and arrow.tz is None)


def _instant(arrow: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(arrow) and arrow.tz is not None)


ARRIVES: Final[dict[str, Test]] = {
    **dict.fromkeys(("bit", "tinyint", "smallint", "int", "bigint"), _whole),
    **dict.fromkeys(("decimal", "numeric", "money", "smallmoney"), pa.types.is_decimal),
    **dict.fromkeys(("real", "float"), pa.types.is_floating),
    "date": pa.types.is_date,
    "time": pa.types.is_time,
    **dict.fromkeys(("smalldatetime", "datetime", "datetime2"), _moment),
    "datetimeoffset": _instant,
    **dict.fromkeys(("char", "varchar", "nchar", "nvarchar"), _characters),
    **dict.fromkeys(("text", "ntext", "xml"), _characters),
    **dict.fromkeys(("binary", "varbinary", "image", "timestamp", "uniqueidentifier"), _bytes),
}
"""What each source type's values look like. Arrow turns a date's text into a date, or a float
into a decimal, without a word: an answer of another kind is refused before."""


def converter(columns: Sequence[ColumnPlan]) -> Callable[[pa.RecordBatch], pa.RecordBatch]:
    """Return the function that turns a source batch into one that fits the target's columns.

    It raises DataError where a value has no exact form there, naming the column, never the value.
    """

    def convert(batch: pa.RecordBatch) -> pa.RecordBatch:
        arrays = [_convert(batch.column(place), column) for place, column in enumerate(columns)]
        return pa.RecordBatch.from_arrays(arrays, names=[c.target.name for c in columns])

    return convert


def target_schema(columns: Sequence[ColumnPlan]) -> pa.Schema:
    """Return the Arrow schema that ``converter`` produces."""
    return pa.schema([(c.target.name, _arrow_type(c)) for c in columns])


def _arrow_type(column: ColumnPlan) -> pa.DataType:
    if column.target.type.name != "numeric":
        return _ARROW[column.target.type.name]
    source = column.source.type
    match source.name:
        case "decimal" | "numeric":
            return pa.decimal128(source.precision, source.scale)
        case "money" | "smallmoney":
            return pa.decimal128(19, 4)
    return pa.decimal128(19, 0)  # whole numbers: bigint has 19 digits


def _convert(array: pa.Array, column: ColumnPlan) -> pa.Array:
    wanted = _arrow_type(column)
    if not pa.types.is_null(array.type) and not ARRIVES[column.source.type.name](array.type):
        raise _unlike(array, column)
    try:
        return CONVERSIONS[column.convert](array, wanted, column.target.type)
    except pa.ArrowInvalid:
        # Arrow's own text names the value, so it is not kept in the chain.
        raise DataError(
            f"A value of column {column.source.name!r} ({column.source.type}) has no exact form "
            f"in {column.target.name!r} ({column.target.type})",
            hint="Widen the target column, or let tableferry create the table.",
        ) from None
    except pa.ArrowNotImplementedError as error:
        raise _unlike(array, column) from error


def _unlike(array: pa.Array, column: ColumnPlan) -> VerificationError:
    return VerificationError(
        f"Column {column.source.name!r} arrived as {array.type}, which is not what "
        f"{column.source.type} looks like",
        hint="The source answered something else than was asked; report this.",
    )


def _cast(array: pa.Array, wanted: pa.DataType, _target: PgType) -> pa.Array:
    if array.type.equals(wanted):
        return array
    if pa.types.is_boolean(array.type) and pa.types.is_decimal(wanted):
        array = array.cast(pa.int8())
    return array.cast(wanted)


def _truncate(array: pa.Array, wanted: pa.DataType, _target: PgType) -> pa.Array:
    """Cut to microseconds, towards the past: 23:59:59.9999999 stays on its day."""
    if array.type.equals(wanted):
        return array
    if getattr(array.type, "unit", "us") == "ns":
        if pa.types.is_time(array.type):
            array = _floor_thousands(array).cast(pa.time64("us"))
        else:
            array = _floor_thousands(array).cast(pa.timestamp("us", tz=array.type.tz))
    return array.cast(wanted)


def _floor_thousands(array: pa.Array) -> pa.Array:
    """Nanoseconds to microseconds; numpy's division floors, Arrow's goes towards zero."""
    nanoseconds = array.cast(pa.int64())
    values = nanoseconds.fill_null(0).to_numpy(zero_copy_only=False) // 1000
    return pa.array(values, mask=_null_mask(array))


def _milliseconds(array: pa.Array, wanted: pa.DataType, _target: PgType) -> pa.Array:
    """``datetime`` ticks 1/300 of a second and SQL Server shows it rounded to milliseconds.

    One driver sends .003, another .003333: both are the same value and become .003.
    """
    moments = _truncate(array, wanted, _target)
    ticks = moments.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    if not (ticks % MICROSECONDS_PER_MILLISECOND).any():
        return moments
    half = MICROSECONDS_PER_MILLISECOND // 2
    rounded = (ticks + half) // MICROSECONDS_PER_MILLISECOND * MICROSECONDS_PER_MILLISECOND
    return pa.array(rounded, mask=_null_mask(array)).cast(wanted)


def _guid(array: pa.Array, wanted: pa.DataType, _target: PgType) -> pa.Array:
    """Reorder the bytes of each uniqueidentifier, all rows at once."""
    fixed = array.cast(pa.binary(16))
    offset = fixed.offset * 16
    raw = np.frombuffer(fixed.buffers()[1], dtype=np.uint8, count=len(fixed) * 16, offset=offset)
    ordered = np.ascontiguousarray(raw.reshape(-1, 16)[:, _GUID_ORDER])
    validity = None
    if fixed.null_count:
        validity = pc.is_valid(fixed).buffers()[1]
    return pa.Array.from_buffers(wanted, len(fixed), [validity, pa.py_buffer(ordered)])


def _null_mask(array: pa.Array) -> np.ndarray | None:
    return array.is_null().to_numpy(zero_copy_only=False) if array.null_count else None


Conversion = Callable[[pa.Array, pa.DataType, PgType], pa.Array]

CONVERSIONS: Final[dict[str, Conversion]] = {
    "cast": _cast,
    "truncate": _truncate,
    "milliseconds": _milliseconds,
    "guid": _guid,
}
"""The steps that ``typemap.TypeRule.convert`` names."""
