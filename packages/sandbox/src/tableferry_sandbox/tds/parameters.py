"""Decodes the parameters of an RPC into the physical form of ``sqltypes``."""

import datetime as dt
import decimal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tableferry_sandbox import code_pages
from tableferry_sandbox.collations import codec_of
from tableferry_sandbox.events import Parameter, SqlError
from tableferry_sandbox.physical import LAST_DAY, TICKS_PER_DAY
from tableferry_sandbox.sqltypes import MAX, SqlType
from tableferry_sandbox.tds.byte_reader import ByteReader, real
from tableferry_sandbox.tds.packets import ProtocolError
from tableferry_sandbox.tds.text_encoding import carry_surrogates

BY_REFERENCE: Final = 0x01
DEFAULT_VALUE: Final = 0x02
ENCRYPTED: Final = 0x08

_PLP_NULL: Final = 0xFFFFFFFFFFFFFFFF
_MAX_OR_NULL: Final = 0xFFFF  # in TYPE_INFO a (max) type, as a value's length NULL
_DAYS_TO_1900: Final = 693_595
_FIXED: Final = {
    # type byte: (name, bytes); the types of NOT NULL columns, which clients may send as well
    0x30: ("tinyint", 1), 0x32: ("bit", 1), 0x34: ("smallint", 2), 0x38: ("int", 4),
    0x7F: ("bigint", 8), 0x3B: ("real", 4), 0x3E: ("float", 8), 0x3C: ("money", 8),
    0x7A: ("smallmoney", 4), 0x3D: ("datetime", 8), 0x3A: ("smalldatetime", 4),
}  # fmt: skip
_SIZED: Final = {
    # type byte: {length in TYPE_INFO: name}
    0x26: {1: "tinyint", 2: "smallint", 4: "int", 8: "bigint"},
    0x68: {1: "bit"},
    0x6D: {4: "real", 8: "float"},
    0x6E: {4: "smallmoney", 8: "money"},
    0x6F: {4: "smalldatetime", 8: "datetime"},
    0x24: {16: "uniqueidentifier"},
}
_TIMES: Final = {0x29: "time", 0x2A: "datetime2", 0x2B: "datetimeoffset"}
_STRINGS: Final = {
    # type byte: (name, bytes per length unit, has a collation)
    0xA7: ("varchar", 1, True), 0xAF: ("char", 1, True),
    0xE7: ("nvarchar", 2, True), 0xEF: ("nchar", 2, True),
    0xA5: ("varbinary", 1, False), 0xAD: ("binary", 1, False),
}  # fmt: skip
_LONGS: Final = {0x23: ("text", True), 0x63: ("ntext", True), 0x22: ("image", False)}


@dataclass(frozen=True)
class WireType:
    """A parameter's type as sent, and the function that reads its value."""

    type: SqlType
    read: Callable[[ByteReader], Any]


def read_parameter(reader: ByteReader) -> Parameter:
    """Read one parameter (MS-TDS 2.2.6.6, ParameterData).

    Raises SqlError for table-valued, CLR and encrypted parameters and for DEFAULT.
    """
    name = reader.b_varchar()
    status = reader.u8()
    if status & ENCRYPTED:
        raise SqlError(50000, "The sandbox does not support encrypted parameters.")
    wire_type = read_type(reader)
    value = wire_type.read(reader)
    if status & DEFAULT_VALUE:
        raise SqlError(50000, f"The sandbox does not support DEFAULT for parameter '{name}'.")
    return Parameter(name, wire_type.type, value, output=bool(status & BY_REFERENCE))


def read_type(reader: ByteReader) -> WireType:
    """Read TYPE_INFO.

    Raises SqlError for table-valued and CLR parameters, ProtocolError for malformed bytes.
    """
    code = reader.u8()
    known = _TYPES.get(code)
    if known is None:
        raise ProtocolError(f"a parameter has the unknown type 0x{code:02x}")
    return known(reader, code)


def _fixed_type(_reader: ByteReader, code: int) -> WireType:
    name, width = _FIXED[code]
    return WireType(SqlType(name), lambda r: _scalar(name, r.take(width)))


def _sized_type(reader: ByteReader, code: int) -> WireType:
    width = reader.u8()
    return WireType(SqlType(_by_width(code, width)), lambda r: _short(code, r))


def _date_type(_reader: ByteReader, _code: int) -> WireType:
    return WireType(SqlType("date"), _read_date)


def _null_type(_reader: ByteReader, _code: int) -> WireType:
    return WireType(SqlType("int"), lambda _: None)


def _variant_type(reader: ByteReader, _code: int) -> WireType:
    reader.u32()
    return WireType(SqlType("sql_variant"), _read_variant)


def _refused_type(_reader: ByteReader, code: int) -> WireType:
    what = "table-valued parameters" if code == 0xF3 else "CLR types as parameters"
    raise SqlError(50000, f"The sandbox does not support {what}.")


def _by_width(code: int, width: int) -> str:
    try:
        return _SIZED[code][width]
    except KeyError as error:
        raise ProtocolError(f"type 0x{code:02x} cannot have {width} bytes") from error


def _short(code: int, reader: ByteReader) -> Any:
    raw = reader.take(reader.u8())
    # A client may send a value shorter than its type: the value's own length decides.
    return _scalar(_by_width(code, len(raw)), raw) if raw else None


def _scalar(name: str, raw: bytes) -> Any:
    if name == "bit":
        return raw[0] != 0
    if name in {"tinyint", "smallint", "int", "bigint"}:
        return int.from_bytes(raw, "little", signed=name != "tinyint")
    if name in {"real", "float"}:
        return real(raw)
    if name == "money":
        units = int.from_bytes(raw[4:] + raw[:4], "little", signed=True)
        return decimal.Decimal(units).scaleb(-4, _EXACT)
    if name == "smallmoney":
        return decimal.Decimal(int.from_bytes(raw, "little", signed=True)).scaleb(-4, _EXACT)
    if name == "datetime":
        days = int.from_bytes(raw[:4], "little", signed=True)
        # Units of 1/300 s, kept as the milliseconds that SQL Server rounds them to.
        milliseconds = (int.from_bytes(raw[4:], "little") * 10 + 1) // 3
        return (days + _DAYS_TO_1900) * TICKS_PER_DAY + milliseconds * 10_000
    if name == "smalldatetime":
        days, minutes = (int.from_bytes(raw[i : i + 2], "little") for i in (0, 2))
        return (days + _DAYS_TO_1900) * TICKS_PER_DAY + minutes * 600_000_000
    return raw  # uniqueidentifier, in wire order


_EXACT: Final = decimal.Context(prec=60)


def _decimal_type(reader: ByteReader, code: int) -> WireType:
    reader.u8()
    precision, scale = reader.u8(), reader.u8()
    if not 1 <= precision <= 38 or scale > precision:
        raise ProtocolError(f"the invalid type decimal({precision},{scale})")

    def read(source: ByteReader) -> decimal.Decimal | None:
        raw = source.take(source.u8())
        if not raw:
            return None
        magnitude = int.from_bytes(raw[1:], "little")
        return decimal.Decimal(magnitude if raw[0] else -magnitude).scaleb(-scale, _EXACT)

    name = "decimal" if code == 0x6A else "numeric"
    return WireType(SqlType(name, precision=precision, scale=scale), read)


def _read_date(reader: ByteReader) -> dt.date | None:
    raw = reader.take(reader.u8())
    if not raw:
        return None
    days = int.from_bytes(raw, "little")
    if days >= dt.date.max.toordinal():
        raise ProtocolError("a date after 9999-12-31")
    return dt.date.fromordinal(days + 1)


def _time_type(reader: ByteReader, code: int) -> WireType:
    name, scale = _TIMES[code], reader.u8()
    if scale > 7:
        raise ProtocolError(f"the invalid type {name}({scale})")
    tail = {"time": 0, "datetime2": 3, "datetimeoffset": 5}[name]

    def read(reader: ByteReader) -> Any:
        raw = reader.take(reader.u8())
        if not raw:
            return None
        width = len(raw) - tail
        ticks = int.from_bytes(raw[: max(width, 0)], "little") * 10 ** (7 - scale)
        days = int.from_bytes(raw[width : width + 3], "little") if tail else 0
        if not 3 <= width <= 5 or ticks >= TICKS_PER_DAY or days > LAST_DAY:
            raise ProtocolError(f"a malformed {name} value")
        if name == "time":
            return ticks
        ticks += days * TICKS_PER_DAY
        if name == "datetime2":
            return ticks
        return {"utc": ticks, "offset": int.from_bytes(raw[width + 3 :], "little", signed=True)}

    return WireType(SqlType(name, scale=scale), read)


def _string_type(reader: ByteReader, code: int) -> WireType:
    name, unit, collated = _STRINGS[code]
    limit = reader.u16()
    decode = _decoder(name, reader.take(5) if collated else b"")
    if limit == _MAX_OR_NULL:
        return WireType(SqlType(name, MAX), lambda r: _decoded(read_plp(r), decode))

    def read(source: ByteReader) -> Any:
        length = source.u16()
        return None if length == _MAX_OR_NULL else decode(source.take(length))

    return WireType(SqlType(name, limit // unit), read)


def _long_type(reader: ByteReader, code: int) -> WireType:
    name, collated = _LONGS[code]
    reader.u32()
    decode = _decoder(name, reader.take(5) if collated else b"")

    def read(source: ByteReader) -> Any:
        length = source.i32()
        return None if length < 0 else decode(source.take(length))

    return WireType(SqlType(name), read)


def _xml_type(reader: ByteReader, _code: int) -> WireType:
    if reader.u8():
        reader.b_varchar()  # the schema collection's database, schema and name
        reader.b_varchar()
        reader.us_varchar()
    return WireType(SqlType("xml", MAX), lambda r: _decoded(read_plp(r), _xml_text))


def _xml_text(raw: bytes) -> str:
    if raw[:2] == b"\xff\xfe" or (len(raw) % 2 == 0 and raw[1:2] == b"\0"):
        return carry_surrogates(raw.removeprefix(b"\xff\xfe"))
    return raw.decode("utf-8", errors="replace")


def _decoder(name: str, wire_collation: bytes) -> Callable[[bytes], Any]:
    if name in {"nvarchar", "nchar", "ntext"}:
        return carry_surrogates
    if not wire_collation:
        return bytes
    codec = codec_of(wire_collation)
    return lambda raw: code_pages.decode(raw, codec)


def _decoded(raw: bytes | None, decode: Callable[[bytes], Any]) -> Any:
    return None if raw is None else decode(raw)


def read_plp(reader: ByteReader) -> bytes | None:
    """Read a value sent in chunks (MS-TDS 2.2.5.2.3); None for NULL. Its total may be unknown."""
    if reader.u64() == _PLP_NULL:
        return None
    chunks = []
    while size := reader.u32():
        chunks.append(reader.take(size))
    return b"".join(chunks)


def _read_variant(reader: ByteReader) -> bytes | None:
    length = reader.u32()
    return reader.take(length) if length else None


_TYPES: Final[dict[int, Callable[[ByteReader, int], WireType]]] = {
    **dict.fromkeys(_FIXED, _fixed_type),
    **dict.fromkeys(_SIZED, _sized_type),
    **dict.fromkeys(_TIMES, _time_type),
    **dict.fromkeys(_STRINGS, _string_type),
    **dict.fromkeys(_LONGS, _long_type),
    0x6A: _decimal_type,
    0x6C: _decimal_type,
    0x28: _date_type,
    0xF1: _xml_type,
    0x62: _variant_type,
    0x1F: _null_type,
    0xF3: _refused_type,
    0xF0: _refused_type,
}
