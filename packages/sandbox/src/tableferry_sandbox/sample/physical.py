"""The physical Arrow form of ``sqltypes`` for the types the sample uses."""

from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa

from tableferry_sandbox.sqltypes import SqlType

DATETIMEOFFSET: Final = pa.struct([pa.field("utc", pa.int64()), pa.field("offset", pa.int16())])

_PLAIN: Final = {
    "bit": pa.bool_(),
    "tinyint": pa.uint8(),
    "smallint": pa.int16(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "money": pa.decimal128(19, 4),
    "smallmoney": pa.decimal128(10, 4),
    "real": pa.float32(),
    "float": pa.float64(),
    "date": pa.date32(),
    "time": pa.int64(),
    "smalldatetime": pa.int64(),
    "datetime": pa.int64(),
    "datetime2": pa.int64(),
    "datetimeoffset": DATETIMEOFFSET,
    "uniqueidentifier": pa.binary(16),
}
_TEXT: Final = {"char", "varchar", "nchar", "nvarchar", "text", "ntext", "xml"}
_BYTES: Final = {"binary", "varbinary", "image", "timestamp", "sql_variant"} | {
    "hierarchyid", "geography", "geometry"
}  # fmt: skip


def physical_type(sql_type: SqlType) -> pa.DataType:
    """Return the Arrow type that carries ``sql_type``; ValueError for one the sample lacks."""
    if sql_type.name in _PLAIN:
        return _PLAIN[sql_type.name]
    if sql_type.name in {"decimal", "numeric"}:
        return pa.decimal128(sql_type.precision, sql_type.scale)
    if sql_type.name in _TEXT:
        return pa.large_string()
    if sql_type.name in _BYTES:
        return pa.large_binary()
    raise ValueError(f"the sample has no {sql_type.name} columns")


def physical_array(values: Sequence[Any], sql_type: SqlType) -> pa.Array:
    """Return Python values as an array of the type's physical form."""
    return pa.array(values, type=physical_type(sql_type))
