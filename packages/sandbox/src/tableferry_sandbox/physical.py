"""The physical Arrow type of each SQL Server type, as the table in ``sqltypes`` lists them.

The wire encodes exactly these types, and the sample data is made in them.
"""

from typing import Final

import pyarrow as pa

from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import SqlType

TICKS_PER_SECOND: Final = 10_000_000
TICKS_PER_DAY: Final = 864_000_000_000
"""A tick is 100 ns, the finest unit of time(7) and datetime2(7)."""

LAST_DAY: Final = 3_652_058
"""9999-12-31, in days since 0001-01-01."""

ALIASES: Final = {"rowversion": "timestamp", "sysname": "nvarchar", "integer": "int"}
ANSI: Final = frozenset({"char", "varchar", "text"})
UNICODE: Final = frozenset({"nchar", "nvarchar", "ntext", "xml"})
BINARY: Final = frozenset({"binary", "varbinary", "image", "timestamp"})
CLR: Final = frozenset({"hierarchyid", "geography", "geometry"})

DATETIMEOFFSET: Final = pa.struct([("utc", pa.int64()), ("offset", pa.int16())])

_ARROW: Final = {
    "bit": pa.bool_(),
    "tinyint": pa.uint8(),
    "smallint": pa.int16(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "real": pa.float32(),
    "float": pa.float64(),
    "smallmoney": pa.decimal128(10, 4),
    "money": pa.decimal128(19, 4),
    "date": pa.date32(),
    "time": pa.int64(),
    "smalldatetime": pa.int64(),
    "datetime": pa.int64(),
    "datetime2": pa.int64(),
    "datetimeoffset": DATETIMEOFFSET,
    "uniqueidentifier": pa.binary(16),
    "sql_variant": pa.large_binary(),
}


def base_name(sql_type: SqlType) -> str:
    """Return the type's name with aliases such as ``rowversion`` resolved."""
    return ALIASES.get(sql_type.name, sql_type.name)


def physical_type(sql_type: SqlType) -> pa.DataType:
    """Return the Arrow type that holds a SQL Server type's values.

    Raises SqlError 50000 for a type that has no physical form.
    """
    name = base_name(sql_type)
    if name in _ARROW:
        return _ARROW[name]
    if name in {"decimal", "numeric"}:
        return pa.decimal128(sql_type.precision or 18, sql_type.scale)
    if name in ANSI | UNICODE:
        return pa.large_string()
    if name in BINARY | CLR:
        return pa.large_binary()
    raise unsupported(sql_type)


def unsupported(sql_type: SqlType) -> SqlError:
    """Return the error for a type that has no physical form."""
    return SqlError(50000, f"The sandbox does not support the type {sql_type.name} on the wire.")
