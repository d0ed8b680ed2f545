"""Values of one type given to a parameter declared as another one.

Clients mostly send what they declare. Where they differ, the conversions below follow T-SQL's
assignment to a variable; any other pair is refused instead of guessed at.
"""

import datetime
import decimal
from typing import Any, Final

import numpy as np

from tableferry.sandbox.events import SqlError
from tableferry.sandbox.sqltypes import DEFAULT_COLLATION, MAX, SqlType
from tableferry.sandbox.tds.collations import collation
from tableferry.sandbox.tds.text import decode_code_page, to_code_page
from tableferry.sandbox.tds.typeinfo import ANSI, BINARY, UNICODE, base_name

_INTEGERS: Final = {
    "bit": (0, 1),
    "tinyint": (0, 255),
    "smallint": (-(2**15), 2**15 - 1),
    "int": (-(2**31), 2**31 - 1),
    "bigint": (-(2**63), 2**63 - 1),
}
_EXACT: Final = frozenset({"decimal", "numeric", "money", "smallmoney"})
_FLOATS: Final = frozenset({"real", "float"})
_TICKS_A_DAY: Final = 864_000_000_000
_CONTEXT: Final = decimal.Context(prec=80, rounding=decimal.ROUND_HALF_UP)


def convert(value: Any, source: SqlType, target: SqlType) -> Any:
    """Return ``value`` as the target type holds it; both in the physical form.

    Raises SqlError 8115 when a number does not fit, 8114 for pairs without a conversion here.
    """
    if value is None:
        return None
    old, new = base_name(source), base_name(target)
    if new in ANSI | UNICODE and old in ANSI | UNICODE:
        return _text(value, old, target)
    if new in BINARY and old in BINARY:
        return _bytes(value, target)
    if new in _INTEGERS and old in _INTEGERS:
        return _integer(int(value), new)
    if new in _EXACT and old in _EXACT | _INTEGERS.keys():
        return _decimal(decimal.Decimal(int(value)) if old in _INTEGERS else value, target)
    if new in _FLOATS and old in _FLOATS | _EXACT | _INTEGERS.keys():
        return _float(float(value), new)
    if new in {"datetime2", "datetime", "smalldatetime"} and isinstance(value, int | datetime.date):
        if old in {"datetime2", "datetime", "smalldatetime"}:
            return _moment(value, target)
        if old == "date":
            return (value.toordinal() - 1) * _TICKS_A_DAY
    if new == "time" and old == "time":
        return _rounded(value, 10 ** (7 - target.scale)) % _TICKS_A_DAY
    if new == "datetimeoffset" and old == "datetimeoffset":
        return {**value, "utc": _rounded(value["utc"], 10 ** (7 - target.scale))}
    if old == new:
        return value
    raise SqlError(8114, f"Error converting data type {source.name} to {target.name}.")


def _text(value: str, old: str, target: SqlType) -> str:
    name = base_name(target)
    if name in ANSI and old in UNICODE:
        value = _through_code_page(value, target)
    if target.length == MAX or name in {"text", "ntext", "xml"}:
        return value
    # An assignment to a shorter variable cuts silently, in bytes or in UTF-16 units.
    if name in UNICODE:
        units = value.encode("utf-16-le")
        cut = units[: 2 * target.length]
        value = value if len(cut) == len(units) else cut.decode("utf-16-le", errors="ignore")
    else:
        value = value[: target.length]
    return value.ljust(target.length) if name in {"char", "nchar"} else value


def _through_code_page(value: str, target: SqlType) -> str:
    codec = collation(target.collation or DEFAULT_COLLATION).codec
    raw = value.encode("utf-8")
    offsets = np.array([0, len(raw)], np.int64)
    _, encoded = to_code_page(offsets, np.frombuffer(raw, np.uint8), codec)
    return decode_code_page(encoded.tobytes(), codec)


def _bytes(value: bytes, target: SqlType) -> bytes:
    name = base_name(target)
    if target.length == MAX or name == "image":
        return value
    length = 8 if name == "timestamp" else target.length
    value = value[:length]
    return value.ljust(length, b"\0") if name in {"binary", "timestamp"} else value


def _integer(value: int, name: str) -> int | bool:
    if name == "bit":
        return value != 0
    low, high = _INTEGERS[name]
    if not low <= value <= high:
        raise _overflow(name)
    return value


def _decimal(value: decimal.Decimal, target: SqlType) -> decimal.Decimal:
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


def _float(value: float, name: str) -> float:
    if name == "real":
        with np.errstate(over="ignore"):
            single = float(np.float32(value))
        if single in {float("inf"), float("-inf")}:
            raise _overflow(name)
        return single
    return value


def _moment(ticks: int, target: SqlType) -> int:
    name = base_name(target)
    if name == "datetime2":
        return _rounded(ticks, 10 ** (7 - target.scale))
    if name == "smalldatetime":
        return _rounded(ticks, 600_000_000)
    days, time = divmod(ticks, _TICKS_A_DAY)
    thirds = (time * 3 + 50_000) // 100_000
    return days * _TICKS_A_DAY + (thirds * 10 + 1) // 3 * 10_000


def _rounded(ticks: int, unit: int) -> int:
    return (ticks + unit // 2) // unit * unit


def _overflow(name: str) -> SqlError:
    return SqlError(8115, f"Arithmetic overflow error converting expression to data type {name}.")
