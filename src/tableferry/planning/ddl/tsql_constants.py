"""Parse constants as SQL Server's catalog writes them, and translate them to PostgreSQL.

``sys.default_constraints`` and filtered indexes show ``((1))``, ``(N'it''s')``, ``((-1.50))``,
``(0x00)``, ``('20240131')``. A constant is translated only where it gives the column the same value
on both sides; otherwise the result is None.
"""

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tableferry.model.identifiers import text_pg
from tableferry.model.schema import CHARACTER_TYPES, UNLIMITED, PgType, SourceType

INTEGER_RANGES: Final = {
    "tinyint": (0, 255),
    "smallint": (-(2**15), 2**15 - 1),
    "int": (-(2**31), 2**31 - 1),
    "bigint": (-(2**63), 2**63 - 1),
}
TEXT_TYPES: Final = CHARACTER_TYPES | {"text", "ntext"}

_NUMBER = re.compile(r"\$?(?P<digits>\d+\.?\d*|\.\d+)(?P<exponent>[eE][-+]?\d+)?")
_STRING = re.compile(r"[Nn]?'((?:[^']|'')*)'")
_HEX = re.compile(r"0[xX]([0-9A-Fa-f]*)")
_CONVERTED = re.compile(
    r"CONVERT\(\s*\[?(bit|tinyint|smallint|int|bigint)\]?\s*,(.*)\)", re.IGNORECASE | re.DOTALL
)
"""How the catalog shows ``DEFAULT CAST(0 AS bit)``."""
_GUID = re.compile(r"\{?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?")
_DAY = re.compile(r"(\d{4})(-?)(\d\d)\2(\d\d)")
_CLOCK = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,7}))?)?")


@dataclass(frozen=True, slots=True)
class Constant:
    """A T-SQL constant: a number, a text, bytes, or None for NULL."""

    value: Decimal | str | bytes | None
    is_float: bool = False


def without_parentheses(text: str) -> str:
    """Return ``text`` without the parentheses that enclose all of it."""
    text = text.strip()
    while text.startswith("(") and _closing(text) == len(text) - 1:
        text = text[1:-1].strip()
    return text


def parse_constant(text: str) -> Constant | None:
    """Parse a constant, with or without parentheses; None for any other expression."""
    text = without_parentheses(text)
    if text.upper() == "NULL":
        return Constant(None)
    if match := _STRING.fullmatch(text):
        return Constant(match[1].replace("''", "'"))
    if match := _HEX.fullmatch(text):
        return Constant(bytes.fromhex(match[1].zfill(len(match[1]) + len(match[1]) % 2)))
    if match := _CONVERTED.fullmatch(text):
        return _converted(match[1].lower(), parse_constant(match[2]))
    sign, rest = (
        ("-", without_parentheses(text[1:])) if text.startswith("-") else ("", text.lstrip("+"))
    )
    if match := _NUMBER.fullmatch(rest):
        number = Decimal(f"{sign}{match['digits']}{match['exponent'] or ''}")
        return Constant(number, is_float=bool(match["exponent"]))
    return None


def pg_literal(constant: Constant, source: SourceType, target: PgType) -> str | None:
    """Return the PostgreSQL literal for a column of these types; None where it may differ."""
    value = constant.value
    if value is None:
        return "NULL"
    match target.name:
        case "bool":
            return _bool(value)
        case "int2" | "int4" | "int8":
            return _integer(value, source)
        case "numeric":
            return None if constant.is_float else _number(value)
        case "float4" | "float8":
            return _number(value)
        case "text" | "varchar" if source.name in TEXT_TYPES:
            return None if constant.is_float else _text(value, source)
        case "bytea" if isinstance(value, bytes):
            return _bytes(value, source)
        case "uuid" if isinstance(value, str) and (match := _GUID.fullmatch(value)):
            return f"'{match[1].lower()}'::uuid"
        case "date" | "time" | "timestamp" | "timestamptz":
            moment = _moment(value, source)
            return None if moment is None else f"'{moment}'::{target.name}"
    return None


def _converted(kind: str, constant: Constant | None) -> Constant | None:
    """Return a whole number converted to this type; None where it does not fit."""
    number = constant.value if constant else None
    if not isinstance(number, Decimal) or number != number.to_integral_value():
        return None
    if kind == "bit":
        return Constant(Decimal(number != 0))
    low, high = INTEGER_RANGES[kind]
    return Constant(number) if low <= number <= high else None


def _closing(text: str) -> int:
    """Return the position that closes the parenthesis at the start of ``text``, or -1."""
    depth, quoted = 0, False
    for position, character in enumerate(text):
        if character == "'":
            quoted = not quoted
        elif not quoted:
            depth += (character == "(") - (character == ")")
            if depth == 0:
                return position
    return -1


def _bool(value: Decimal | str | bytes) -> str | None:
    """Convert like SQL Server: any number but 0 is true; of texts, those that CAST accepts."""
    if isinstance(value, str):
        return {"true": "true", "1": "true", "false": "false", "0": "false"}.get(value.lower())
    return ("true" if value else "false") if isinstance(value, Decimal) else None


def _integer(value: Decimal | str | bytes, source: SourceType) -> str | None:
    number = _decimal(value)
    if number is None or number != number.to_integral_value():
        return None
    low, high = INTEGER_RANGES.get(source.name, (0, -1))
    return str(int(number)) if low <= number <= high else None


def _number(value: Decimal | str | bytes) -> str | None:
    number = _decimal(value)
    return None if number is None else f"{number:f}"


def _decimal(value: Decimal | str | bytes) -> Decimal | None:
    if isinstance(value, str):
        return Decimal(value) if re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)", value) else None
    return value if isinstance(value, Decimal) else None


def _text(value: Decimal | str | bytes, source: SourceType) -> str | None:
    """Pad for char and nchar, whose lengths count bytes and UTF-16 code units."""
    if isinstance(value, bytes):
        return None
    text = value if isinstance(value, str) else f"{value:f}"
    national = source.name.startswith("n")
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2 if national else len(text)
    limit = source.length // 2 if national else source.length
    fixed = source.name in {"char", "nchar"}
    if source.length != UNLIMITED and source.name not in {"text", "ntext"} and units > limit:
        return None  # SQL Server itself would refuse the row
    if re.search("[\0\ud800-\udfff]", text) or (fixed and not national and not text.isascii()):
        return None  # not storable, or of an unknown number of bytes
    return text_pg(text + " " * (limit - units) if fixed else text)


def _bytes(value: bytes, source: SourceType) -> str | None:
    if source.length != UNLIMITED and source.name != "image" and len(value) > source.length:
        return None
    padded = value.ljust(source.length, b"\0") if source.name == "binary" else value
    return f"decode('{padded.hex()}', 'hex')"


def _moment(value: Decimal | str | bytes, source: SourceType) -> str | None:
    """Parse the date formats that do not depend on the language (Write International T-SQL).

    The two older types read the number 0 as 1900-01-01; no other type does.
    """
    old = source.name in {"datetime", "smalldatetime"}
    if isinstance(value, Decimal):
        days_fit = value == value.to_integral_value() and 0 <= value < 65_000
        day = dt.date(1900, 1, 1) + dt.timedelta(days=int(value)) if old and days_fit else None
        return day.isoformat() if day else None
    if isinstance(value, bytes):
        return None
    day_text, _, clock_text = value.strip().replace("T", " ").partition(" ")
    if source.name == "time":
        return _clock(value.strip(), source)
    day = _day(day_text, unambiguous=old and "T" not in value)
    if day is None or (old and day.year < (1753 if source.name == "datetime" else 1900)):
        return None
    if not clock_text:
        midnight = "" if source.name != "datetimeoffset" else " 00:00:00+00"
        return f"{day.isoformat()}{midnight}"
    clock = _clock(clock_text, source)
    if clock is None or source.name in {"date", "datetimeoffset"}:
        return None
    return f"{day.isoformat()} {clock}"


def _day(text: str, *, unambiguous: bool) -> dt.date | None:
    """Parse a date; the older types may read ``2024-01-02`` as the first of February."""
    match = _DAY.fullmatch(text)
    if not match:
        return None
    try:
        day = dt.date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        return None
    is_ambiguous = bool(match[2]) and day.day <= 12 and day.day != day.month
    return None if unambiguous and is_ambiguous else day


def _clock(text: str, source: SourceType) -> str | None:
    """Drop digits past the sixth; the older types round, so they must have none."""
    match = _CLOCK.fullmatch(text)
    if not match:
        return None
    hour, minute, second = (int(part or 0) for part in match.groups()[:3])
    fraction = (match[4] or "").rstrip("0")
    whole = not fraction and (second == 0 or source.name != "smalldatetime")
    if hour > 23 or minute > 59 or second > 59:
        return None
    if source.name in {"datetime", "smalldatetime"}:
        return f"{hour:02}:{minute:02}:{second:02}" if whole else None
    if len(fraction) > source.scale:
        return None  # SQL Server rounds it
    return f"{hour:02}:{minute:02}:{second:02}" + (f".{fraction[:6]}" if fraction else "")
