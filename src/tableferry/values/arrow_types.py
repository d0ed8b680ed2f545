"""The Arrow types of a column: the ones that may arrive, and the one that COPY BINARY needs."""

from collections.abc import Callable, Sequence
from typing import Final

import pyarrow as pa

from tableferry.planning.column_plan import ColumnPlan

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
    **dict.fromkeys(("text", "varchar", "bpchar", "xml", "json", "jsonb"), pa.large_string()),
    **dict.fromkeys(("citext", "enum"), pa.large_string()),
    # The binary form that the extensions' receive functions read.
    **dict.fromkeys(("bytea", "geometry", "geography", "vector"), pa.large_binary()),
    "uuid": pa.binary(16),
    "_float4": pa.list_(pa.float32()),
}


def target_schema(columns: Sequence[ColumnPlan]) -> pa.Schema:
    """Return the Arrow schema of the batches that ``Converter`` returns."""
    return pa.schema([(c.target.name, arrow_type(c)) for c in columns])


def arrow_type(column: ColumnPlan) -> pa.DataType:
    """Return the Arrow type for the target column's actual type: COPY BINARY does not convert."""
    if column.target.type.name != "numeric":
        return _ARROW[column.target.type.name]
    source = column.arrives
    if column.convert == "decimal":
        return pa.decimal128(*column.target.type.modifier)
    match source.name:
        case "decimal" | "numeric":
            return pa.decimal128(source.precision, source.scale)
        case "money" | "smallmoney":
            return pa.decimal128(19, 4)
    return pa.decimal128(19, 0)  # whole numbers: bigint has 19 digits


_Test = Callable[[pa.DataType], bool]


def _is_integer(arrow: pa.DataType) -> bool:
    return bool(pa.types.is_boolean(arrow) or pa.types.is_integer(arrow))


def is_string_type(arrow: pa.DataType) -> bool:
    """Whether this is a type of texts."""
    return bool(pa.types.is_string(arrow) or pa.types.is_large_string(arrow))


def is_binary_type(arrow: pa.DataType) -> bool:
    """Whether this is a type of bytes, of fixed or variable length."""
    return bool(
        pa.types.is_binary(arrow)
        or pa.types.is_large_binary(arrow)
        or pa.types.is_fixed_size_binary(arrow)
    )


def _is_timestamp(arrow: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(arrow) and arrow.tz is None)


def _is_timestamp_with_zone(arrow: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(arrow) and arrow.tz is not None)


_ARRIVES: Final[dict[str, _Test]] = {
    **dict.fromkeys(("bit", "tinyint", "smallint", "int", "bigint"), _is_integer),
    **dict.fromkeys(("decimal", "numeric", "money", "smallmoney"), pa.types.is_decimal),
    **dict.fromkeys(("real", "float"), pa.types.is_floating),
    "date": pa.types.is_date,
    "time": pa.types.is_time,
    **dict.fromkeys(("smalldatetime", "datetime", "datetime2"), _is_timestamp),
    "datetimeoffset": _is_timestamp_with_zone,
    **dict.fromkeys(("char", "varchar", "nchar", "nvarchar"), is_string_type),
    **dict.fromkeys(("text", "ntext", "xml"), is_string_type),
    **dict.fromkeys(
        ("binary", "varbinary", "image", "timestamp", "uniqueidentifier"), is_binary_type
    ),
}
"""Whether an Arrow type is one that values of a source type may arrive in. Arrow silently casts a
text to a date or a float to a decimal, so any other type is refused before the conversion."""


def has_expected_type(array: pa.Array, column: ColumnPlan) -> bool:
    """Whether an array has a type in which its column may arrive; all-NULL arrays always do."""
    return bool(pa.types.is_null(array.type)) or _ARRIVES[column.arrives.name](array.type)
