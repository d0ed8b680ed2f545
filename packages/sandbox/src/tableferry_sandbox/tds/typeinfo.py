"""Builds TYPE_INFO and COLMETADATA: the wire's type declarations (MS-TDS 2.2.5.6, 2.2.7.4)."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tableferry_sandbox.collations import collation
from tableferry_sandbox.physical import ANSI, BINARY, CLR, UNICODE, base_name, unsupported
from tableferry_sandbox.sqltypes import DEFAULT_COLLATION, MAX, Column, SqlType
from tableferry_sandbox.tds.tokens import COLMETADATA, b_varchar, us_varchar

TEXT_POINTER: Final = frozenset({"text", "ntext", "image"})

PLP_MAX: Final = 0xFFFF
"""The TYPE_INFO length that means (max); values are then sent in chunks (2.2.5.2.3)."""

NULLABLE, UPDATE_UNKNOWN, CASE_SENSITIVE, IDENTITY, COMPUTED = 0x01, 0x08, 0x02, 0x10, 0x20

_TIMESTAMP_USER_TYPE: Final = 0x50
_CLR_ASSEMBLY: Final = "Microsoft.SqlServer.Types"
_CLR_KEY: Final = "Version=11.0.0.0, Culture=neutral, PublicKeyToken=89845dcd8080cc91"
_CLR_CLASSES: Final = {
    # name: (class, maximum bytes; 0xFFFF for no limit)
    "hierarchyid": ("SqlHierarchyId", 892),
    "geography": ("SqlGeography", PLP_MAX),
    "geometry": ("SqlGeometry", PLP_MAX),
}


@dataclass(frozen=True)
class FixedType:
    """A fixed-width type: its type bytes as a nullable and a NOT NULL column, its width."""

    nullable: int
    fixed: int
    width: int


NUMBERS: Final = {
    "bit": FixedType(0x68, 0x32, 1),
    "tinyint": FixedType(0x26, 0x30, 1),
    "smallint": FixedType(0x26, 0x34, 2),
    "int": FixedType(0x26, 0x38, 4),
    "bigint": FixedType(0x26, 0x7F, 8),
    "real": FixedType(0x6D, 0x3B, 4),
    "float": FixedType(0x6D, 0x3E, 8),
    "smallmoney": FixedType(0x6E, 0x7A, 4),
    "money": FixedType(0x6E, 0x3C, 8),
    "smalldatetime": FixedType(0x6F, 0x3A, 4),
    "datetime": FixedType(0x6F, 0x3D, 8),
}


def is_plp(sql_type: SqlType) -> bool:
    """Return whether values are sent in chunks: the (max) types, xml and CLR types."""
    return (sql_type.length == MAX and base_name(sql_type) not in TEXT_POINTER) or (
        base_name(sql_type) in CLR | {"xml"}
    )


def byte_limit(sql_type: SqlType) -> int:
    """Return the maximum bytes of a value of a bounded character or binary type."""
    if base_name(sql_type) == "timestamp":
        return 8
    if sql_type.name == "sysname":
        return 256
    width = 2 if base_name(sql_type) in UNICODE else 1
    return max(1, sql_type.length) * width


def decimal_width(precision: int) -> int:
    """Return the bytes of a decimal's magnitude (2.2.5.5.1.6): 4, 8, 12 or 16."""
    return 4 if precision <= 9 else 8 if precision <= 19 else 12 if precision <= 28 else 16


def time_width(scale: int) -> int:
    """Return the bytes of a time with ``scale`` fractional digits (2.2.5.5.1.8): 3, 4 or 5."""
    return 3 if scale <= 2 else 4 if scale <= 4 else 5


def type_info(sql_type: SqlType, *, nullable: bool = True) -> bytes:
    """Build TYPE_INFO. Raises SqlError for an unsupported type or an unknown collation."""
    name = base_name(sql_type)
    if name in NUMBERS:
        number = NUMBERS[name]
        return bytes([number.nullable, number.width]) if nullable else bytes([number.fixed])
    if name in {"decimal", "numeric"}:
        precision = sql_type.precision or 18
        code = 0x6A if name == "decimal" else 0x6C
        return bytes([code, decimal_width(precision) + 1, precision, sql_type.scale])
    if name == "date":
        return b"\x28"
    if name in {"time", "datetime2", "datetimeoffset"}:
        code = {"time": 0x29, "datetime2": 0x2A, "datetimeoffset": 0x2B}[name]
        return bytes([code, sql_type.scale])
    if name == "uniqueidentifier":
        return b"\x24\x10"
    if name == "sql_variant":
        return struct.pack("<BI", 0x62, 8009)
    if name == "xml":
        return b"\xf1\x00"  # without a schema collection
    if name in TEXT_POINTER:
        code = {"text": 0x23, "ntext": 0x63, "image": 0x22}[name]
        limit = 0x7FFFFFFE if name == "ntext" else 0x7FFFFFFF
        return struct.pack("<BI", code, limit) + (b"" if name == "image" else _collation(sql_type))
    if name in CLR:
        class_name, limit = _CLR_CLASSES[name]
        qualified = f"{_CLR_ASSEMBLY}.{class_name}, {_CLR_ASSEMBLY}, {_CLR_KEY}"
        names = b_varchar("master") + b_varchar("sys") + b_varchar(name)
        return struct.pack("<BH", 0xF0, limit) + names + us_varchar(qualified)
    return _sized_type_info(name, sql_type)


def _sized_type_info(name: str, sql_type: SqlType) -> bytes:
    codes = {"char": 0xAF, "varchar": 0xA7, "nchar": 0xEF, "nvarchar": 0xE7}
    codes |= {"binary": 0xAD, "varbinary": 0xA5, "timestamp": 0xAD}
    if name not in codes:
        raise unsupported(sql_type)
    limit = PLP_MAX if sql_type.length == MAX else byte_limit(sql_type)
    info = struct.pack("<BH", codes[name], limit)
    return info if name in BINARY else info + _collation(sql_type)


def column_metadata(columns: Sequence[Column]) -> bytes:
    """Build the COLMETADATA token. Raises SqlError for an unsupported type."""
    parts = [struct.pack("<BH", COLMETADATA, len(columns))]
    for column in columns:
        name = base_name(column.type)
        user_type = _TIMESTAMP_USER_TYPE if name == "timestamp" else 0
        parts.append(struct.pack("<IH", user_type, _flags(column, name)))
        parts.append(type_info(column.type, nullable=column.nullable))
        if name in TEXT_POINTER:
            parts.append(b"\x01" + us_varchar(""))  # a table name with one, empty part
        parts.append(b_varchar(column.name))
    return b"".join(parts)


def _flags(column: Column, name: str) -> int:
    flags = NULLABLE if column.nullable else 0
    if name in ANSI | UNICODE - {"xml"}:
        flags |= (
            CASE_SENSITIVE * collation(column.type.collation or DEFAULT_COLLATION).case_sensitive
        )
    if column.identity:
        return flags | IDENTITY
    if column.computed or name == "timestamp":
        return flags | COMPUTED * column.computed
    return flags | UPDATE_UNKNOWN


def _collation(sql_type: SqlType) -> bytes:
    return collation(sql_type.collation or DEFAULT_COLLATION).wire
