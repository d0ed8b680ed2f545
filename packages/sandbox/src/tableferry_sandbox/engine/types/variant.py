"""sql_variant: a value with its type, as the TDS payload (MS-TDS 2.2.5.5.4)."""

import struct
from decimal import Decimal
from typing import Any, Final

from tableferry_sandbox import code_pages
from tableferry_sandbox.collations import codec_of, collation, name_of
from tableferry_sandbox.engine.types import values_to_text
from tableferry_sandbox.engine.types.row_errors import RowError
from tableferry_sandbox.physical import TICKS_PER_DAY
from tableferry_sandbox.sqltypes import SqlType
from tableferry_sandbox.surrogates import from_utf16

_CODES: Final = {
    "uniqueidentifier": 0x24, "date": 0x28, "time": 0x29, "datetime2": 0x2A,
    "datetimeoffset": 0x2B, "tinyint": 0x30, "bit": 0x32, "smallint": 0x34, "int": 0x38,
    "smalldatetime": 0x3A, "real": 0x3B, "money": 0x3C, "datetime": 0x3D, "float": 0x3E,
    "decimal": 0x6A, "numeric": 0x6C, "smallmoney": 0x7A, "bigint": 0x7F, "varbinary": 0xA5,
    "varchar": 0xA7, "binary": 0xAD, "char": 0xAF, "nvarchar": 0xE7, "nchar": 0xEF,
}  # fmt: skip
_NAMES: Final = {code: name for name, code in _CODES.items()}
_BASE_1900: Final = 693595
_FORMATS: Final = {"tinyint": "<B", "bit": "<B", "smallint": "<h", "int": "<i", "bigint": "<q",
                   "real": "<f", "float": "<d"}  # fmt: skip
ELIGIBLE: Final = frozenset(_CODES)
"""The types that a sql_variant can hold."""

FAMILIES: Final = {
    "datetimeoffset": "moment", "datetime2": "moment", "datetime": "moment",
    "smalldatetime": "moment",
    "date": "moment", "time": "moment", "float": "float", "real": "float", "decimal": "exact",
    "numeric": "exact", "money": "exact", "smallmoney": "exact", "bigint": "exact", "int": "exact",
    "smallint": "exact", "tinyint": "exact", "bit": "exact", "uniqueidentifier": "guid",
    "nvarchar": "string", "nchar": "string", "varchar": "string", "char": "string",
    "varbinary": "binary", "binary": "binary",
}  # fmt: skip
"""The data type families that comparisons of sql_variant go by (sql_variant, Transact-SQL)."""


def _size(scale: int) -> int:
    return 3 if scale <= 2 else 4 if scale <= 4 else 5


def _clock(ticks: int, scale: int) -> bytes:
    steps: int = ticks % TICKS_PER_DAY // 10 ** (7 - scale)
    return steps.to_bytes(_size(scale), "little")


def encode_number(value: int, name: str, scale: int) -> bytes:
    """Return the payload of an integer, or of a date or time in days or ticks."""
    code = bytes([_CODES[name]])
    if name in _FORMATS:
        packed: bytes = struct.pack(_FORMATS[name], value)
        return code + b"\0" + packed
    if name == "date":
        return code + b"\0" + value.to_bytes(3, "little")
    if name == "time":
        return code + bytes([1, scale]) + _clock(value, scale)
    days = value // TICKS_PER_DAY
    if name == "datetime2":
        return code + bytes([1, scale]) + _clock(value, scale) + days.to_bytes(3, "little")
    if name == "datetime":
        parts = (value % TICKS_PER_DAY * 3 + 50_000) // 100_000
        return code + b"\0" + struct.pack("<iI", days - _BASE_1900, parts)
    minutes = value % TICKS_PER_DAY // 600_000_000
    return code + b"\0" + struct.pack("<HH", days - _BASE_1900, minutes)


def encode_float(value: float, name: str) -> bytes:
    """Return the payload of a float or real."""
    packed: bytes = struct.pack(_FORMATS[name], value)
    return bytes([_CODES[name], 0]) + packed


def encode_offset(utc: int, offset: int, scale: int) -> bytes:
    """Return the payload of a datetimeoffset."""
    days = (utc // TICKS_PER_DAY).to_bytes(3, "little")
    zone = offset.to_bytes(2, "little", signed=True)
    return bytes([_CODES["datetimeoffset"], 1, scale]) + _clock(utc, scale) + days + zone


def encode_decimal(text: str, name: str, precision: int, scale: int) -> bytes:
    """Return the payload of a decimal or money value."""
    code, value = bytes([_CODES[name]]), Decimal(text)
    whole = int(value.scaleb(scale))
    if name == "smallmoney":
        return code + b"\0" + struct.pack("<i", whole)
    if name == "money":
        return code + b"\0" + struct.pack("<iI", whole >> 32, whole & 0xFFFFFFFF)
    width = 4 if precision <= 9 else 8 if precision <= 19 else 12 if precision <= 28 else 16
    sign = b"\1" if whole >= 0 else b"\0"
    return code + bytes([2, precision, scale]) + sign + abs(whole).to_bytes(width, "little")


def encode_bytes(data: bytes, name: str, length: int, collated: str) -> bytes:
    """Return the payload of bytes, of characters as bytes, or of a uniqueidentifier."""
    code = bytes([_CODES[name]])
    if name == "uniqueidentifier":
        return code + b"\0" + data
    size = struct.pack("<H", length)
    if name in ("binary", "varbinary"):
        return code + b"\x02" + size + data
    return code + b"\x07" + collation(collated).wire + size + data


def decode(payload: bytes) -> tuple[SqlType, Any]:
    """Return the type and the value (numbers, ticks, Decimal, bytes) of a payload."""
    name, count = _NAMES[payload[0]], payload[1]
    properties, data = payload[2 : 2 + count], payload[2 + count :]
    if name in _FORMATS:
        return SqlType(name), struct.unpack(_FORMATS[name], data)[0]
    if name in ("decimal", "numeric"):
        value = Decimal(int.from_bytes(data[1:], "little")).scaleb(-properties[1])
        kind = SqlType(name, 0, properties[0], properties[1])
        return kind, value if data[0] else -value
    if name == "smallmoney":
        return SqlType(name, 4, 10, 4), Decimal(struct.unpack("<i", data)[0]).scaleb(-4)
    if name == "money":
        high, low = struct.unpack("<iI", data)
        return SqlType(name, 8, 19, 4), Decimal((high << 32) + low).scaleb(-4)
    if name in ("binary", "varbinary"):
        return SqlType(name, int.from_bytes(properties, "little")), data
    if name in ("char", "varchar", "nchar", "nvarchar"):
        length = int.from_bytes(properties[5:7], "little")
        named = name_of(properties[:5])
        return SqlType(name, length // (2 if name[0] == "n" else 1), collation=named), data
    if name == "uniqueidentifier":
        return SqlType(name, 16), data
    return _decode_moment(name, properties, data)


def _decode_moment(name: str, properties: bytes, data: bytes) -> tuple[SqlType, Any]:
    if name == "datetime":
        days, parts = struct.unpack("<iI", data)
        ticks = (days + _BASE_1900) * TICKS_PER_DAY + (parts * 100_000 + 1) // 3
        return SqlType(name, 8, 23, 3), ticks
    if name == "smalldatetime":
        days, minutes = struct.unpack("<HH", data)
        return SqlType(name, 4, 16), (days + _BASE_1900) * TICKS_PER_DAY + minutes * 600_000_000
    if name == "date":
        return SqlType(name, 3, 10), int.from_bytes(data, "little") * TICKS_PER_DAY
    scale = properties[0]
    size = _size(scale)
    clock = int.from_bytes(data[:size], "little") * 10 ** (7 - scale)
    days = int.from_bytes(data[size : size + 3], "little")
    kind = SqlType(name, 0, {"time": 9, "datetime2": 20, "datetimeoffset": 27}[name] + scale, scale)
    if name == "datetimeoffset":
        zone = int.from_bytes(data[size + 3 :], "little", signed=True)
        return kind, (days * TICKS_PER_DAY + clock, zone)
    return kind, days * TICKS_PER_DAY + clock


def text(payload: bytes, style: int) -> str:
    """Return a variant's value as text, in its base type's own form."""
    kind, value = decode(payload)
    name = kind.name
    if name in ("char", "varchar"):
        return code_pages.decode(value, codec_of(payload[2:7]))
    if name in ("nchar", "nvarchar"):
        return from_utf16(value)
    if name in ("binary", "varbinary"):
        shown: str = value.hex().upper()
        return f"0x{shown}" if style == 1 else shown
    if name == "uniqueidentifier":
        return values_to_text.guid_text(value)
    if name in ("money", "smallmoney"):
        return values_to_text.money_text(value, style or 2)
    if name in ("real", "float"):
        return (
            repr(value)
            if not style
            else values_to_text.float_text(value, style, single=name == "real")
        )
    if name == "datetimeoffset":
        return values_to_text.offset_text(value[0], value[1], kind.scale, style)
    if FAMILIES[name] == "moment":
        return values_to_text.moment_text(value, name, kind.scale, style or 121)
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def raw(payload: bytes) -> bytes:
    """Return the bytes of a binary, uniqueidentifier or character variant."""
    kind, value = decode(payload)
    if not isinstance(value, bytes):
        raise RowError(529, f"Explicit conversion from data type {kind.name} to varbinary is not "
                       "allowed inside sql_variant by the sandbox.")  # fmt: skip
    return value


def family(payload: bytes) -> str:
    """Return the family a variant's base type belongs to."""
    return FAMILIES[_NAMES[payload[0]]]


def prop(payload: bytes, name: str) -> str | None:
    """Return a SQL_VARIANT_PROPERTY as text, None for an unknown one."""
    kind, _ = decode(payload)
    fixed = {
        "int": 10,
        "bigint": 19,
        "smallint": 5,
        "tinyint": 3,
        "bit": 1,
        "real": 24,
        "float": 53,
    }
    data = len(payload) - 2 - payload[1]
    texts_of = {
        "basetype": kind.name,
        "precision": str(kind.precision or fixed.get(kind.name, 0)),
        "scale": str(kind.scale),
        "maxlength": str((kind.length * 2 if kind.name[0] == "n" else kind.length) or data),
        "totalbytes": str(len(payload)),
        "collation": kind.collation,
    }
    return texts_of.get(name.lower())
