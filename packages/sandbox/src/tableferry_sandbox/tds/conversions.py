"""Converts a parameter's value to its declared type where the client sent another one.

The conversions follow T-SQL's assignment to a variable. A pair of types without a conversion here
is refused.
"""

import datetime as dt
import decimal
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from tableferry_sandbox import code_pages
from tableferry_sandbox.collations import collation
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.physical import ANSI, BINARY, LAST_DAY, TICKS_PER_DAY, UNICODE, base_name
from tableferry_sandbox.sqltypes import DEFAULT_COLLATION, MAX, SqlType
from tableferry_sandbox.surrogates import freed, from_utf16

_INTEGERS: Final = {
    "bit": (0, 1),
    "tinyint": (0, 255),
    "smallint": (-(2**15), 2**15 - 1),
    "int": (-(2**31), 2**31 - 1),
    "bigint": (-(2**63), 2**63 - 1),
}
_FAMILIES: Final = {
    **dict.fromkeys(ANSI | UNICODE, "text"),
    **dict.fromkeys(BINARY, "binary"),
    **dict.fromkeys(_INTEGERS, "integer"),
    **dict.fromkeys(("decimal", "numeric", "money", "smallmoney"), "exact"),
    **dict.fromkeys(("real", "float"), "float"),
    **dict.fromkeys(("datetime2", "datetime", "smalldatetime"), "moment"),
}
_RANGES: Final = {
    # type: its first and last day, counted from 0001-01-01
    "datetime": (639_905, LAST_DAY),
    "smalldatetime": (693_595, 759_130),
    "datetime2": (0, LAST_DAY),
    "datetimeoffset": (0, LAST_DAY),
}
_CONTEXT: Final = decimal.Context(prec=80, rounding=decimal.ROUND_HALF_UP)


def convert(value: Any, source: SqlType, target: SqlType) -> Any:
    """Convert ``value`` from one type to another, both in their physical form.

    Raises SqlError 8115 when a number or date does not fit, 8114 for a pair without a conversion.
    """
    old, new = base_name(source), base_name(target)
    if value is None:
        return None
    converter = _CONVERTERS.get((_FAMILIES.get(old, old), _FAMILIES.get(new, new)))
    if converter is not None:
        return converter(value, source, target)
    if old == new:
        return value
    raise SqlError(8114, f"Error converting data type {source.name} to {target.name}.")


def _text(value: str, source: SqlType, target: SqlType) -> str:
    old, name = base_name(source), base_name(target)
    if name in ANSI and old in UNICODE:
        value = code_pages.through(value, _codec(target))
    if target.length == MAX or name in {"text", "ntext", "xml"}:
        return value
    # Assignment to a shorter variable truncates silently, in bytes or in UTF-16 units.
    if name in UNICODE:
        units = freed(value).encode("utf-16-le", "surrogatepass")
        cut = units[: 2 * target.length]
        value = value if len(cut) == len(units) else from_utf16(cut)
        return value.ljust(target.length) if name == "nchar" else value
    value = code_pages.cut(value, target.length, _codec(target))
    padding = target.length - len(code_pages.encode(value, _codec(target)))
    return value + " " * padding if name == "char" else value


def _codec(target: SqlType) -> str:
    return collation(target.collation or DEFAULT_COLLATION).codec


def _bytes(value: bytes, _source: SqlType, target: SqlType) -> bytes:
    name = base_name(target)
    if target.length == MAX or name == "image":
        return value
    length = 8 if name == "timestamp" else target.length
    value = value[:length]
    return value.ljust(length, b"\0") if name in {"binary", "timestamp"} else value


def _integer(value: int, _source: SqlType, target: SqlType) -> int | bool:
    name = base_name(target)
    value = int(value)
    if name == "bit":
        return value != 0
    low, high = _INTEGERS[name]
    if not low <= value <= high:
        raise _overflow(name)
    return value


def _decimal(value: decimal.Decimal | int, _source: SqlType, target: SqlType) -> decimal.Decimal:
    value = decimal.Decimal(value)
    name = base_name(target)
    precision, scale = {"money": (19, 4), "smallmoney": (10, 4)}.get(
        name, (target.precision, target.scale)
    )
    rounded = value.quantize(decimal.Decimal(1).scaleb(-scale), context=_CONTEXT)
    units = int(rounded.scaleb(scale, _CONTEXT))
    limit = {"money": 2**63 - 1, "smallmoney": 2**31 - 1}.get(name, 10**precision - 1)
    if abs(units) > limit:
        raise _overflow(name)
    return rounded


def _float(value: Any, _source: SqlType, target: SqlType) -> float:
    number = float(value)
    if target.name == "real":
        with np.errstate(over="ignore"):
            single = float(np.float32(number))
        if single in {float("inf"), float("-inf")}:
            raise _overflow("real")
        return single
    return number


def _moment(ticks: int, _source: SqlType, target: SqlType) -> int:
    name = base_name(target)
    if name == "datetime2":
        return _in_range(_rounded(ticks, 10 ** (7 - target.scale)), name)
    if name == "smalldatetime":
        return _in_range(_rounded(ticks, 600_000_000), name)
    days, time = divmod(ticks, TICKS_PER_DAY)
    thirds = (time * 3 + 50_000) // 100_000
    return _in_range(days * TICKS_PER_DAY + (thirds * 10 + 1) // 3 * 10_000, name)


def _midnight(value: dt.date, source: SqlType, target: SqlType) -> int:
    return _moment((value.toordinal() - 1) * TICKS_PER_DAY, source, target)


def _time(ticks: int, _source: SqlType, target: SqlType) -> int:
    """Round to the target's scale. As in T-SQL, the end of a day rounds to midnight."""
    return _rounded(ticks, 10 ** (7 - target.scale)) % TICKS_PER_DAY


def _instant(value: dict[str, int], _source: SqlType, target: SqlType) -> dict[str, int]:
    utc = _in_range(_rounded(value["utc"], 10 ** (7 - target.scale)), base_name(target))
    return {**value, "utc": utc}


def _in_range(ticks: int, name: str) -> int:
    first, last = _RANGES[name]
    if not first * TICKS_PER_DAY <= ticks < (last + 1) * TICKS_PER_DAY:
        raise _overflow(name)
    return ticks


def _rounded(ticks: int, unit: int) -> int:
    return (ticks + unit // 2) // unit * unit


def _overflow(name: str) -> SqlError:
    return SqlError(8115, f"Arithmetic overflow error converting expression to data type {name}.")


_CONVERTERS: Final[dict[tuple[str, str], Callable[[Any, SqlType, SqlType], Any]]] = {
    ("text", "text"): _text,
    ("binary", "binary"): _bytes,
    ("integer", "integer"): _integer,
    ("integer", "exact"): _decimal,
    ("exact", "exact"): _decimal,
    ("integer", "float"): _float,
    ("exact", "float"): _float,
    ("float", "float"): _float,
    ("moment", "moment"): _moment,
    ("date", "moment"): _midnight,
    ("time", "time"): _time,
    ("datetimeoffset", "datetimeoffset"): _instant,
}
