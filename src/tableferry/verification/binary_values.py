"""PostgreSQL's binary forms (``typsend``) as Python values, and as the texts that are shown.

Each form is described by the type's send function: ``numeric_send`` in numeric.c, ``array_send`` in
arrayfuncs.c, ``timestamp_send`` in timestamp.c and so on.
"""

import datetime as dt
import struct
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from tableferry.model.schema import PgType

NAN: Final = 0xC000
INFINITE: Final = 0xD000
NEGATIVELY_INFINITE: Final = 0xF000
_NEGATIVE: Final = 0x4000
"""The sign of a numeric: of one that is not finite, it says which it is."""

_DAY: Final = 86_400_000_000
"""Microseconds."""

_EPOCH: Final = dt.date(2000, 1, 1).toordinal()
"""The day 0 of PostgreSQL's dates and times."""

_LAST_DAY: Final = dt.date.max.toordinal()


def integer(sent: bytes) -> int:
    """Return a whole number, a date (days since 2000) or a time (microseconds)."""
    return int.from_bytes(sent, "big", signed=True)


def numeric(sent: bytes) -> Decimal:
    """Return a numeric with its digits, which count nothing where values are compared."""
    count, weight, sign, scale = struct.unpack_from(">hhHh", sent)
    if sign in _NOT_FINITE:
        return _NOT_FINITE[sign]
    words = struct.unpack_from(f">{count}h", sent, 8)
    digits = "".join(f"{word:04}" for word in words)
    exponent = 4 * (weight - count + 1)
    # As text: Decimal's arithmetic would round to the context's precision, and Python reads no
    # whole number of more than 4,300 digits. What is cut off are the zeros that fill the last word.
    more = exponent + scale
    digits = digits + "0" * more if more >= 0 else digits[:more]
    return Decimal(f"{'-' if sign == _NEGATIVE else ''}{digits or '0'}E{-scale}")


_NOT_FINITE: Final = {
    NAN: Decimal("NaN"),
    INFINITE: Decimal("Infinity"),
    NEGATIVELY_INFINITE: Decimal("-Infinity"),
}


def float_array(sent: bytes) -> tuple[bytes | None, ...]:
    """Return the elements of a one-dimensional array of real, in their binary form."""
    dimensions, _, _ = struct.unpack_from(">iii", sent)
    if not dimensions:
        return ()
    (count, _first) = struct.unpack_from(">ii", sent, 12)
    elements: list[bytes | None] = []
    place = 20
    for _ in range(count):
        (length,) = struct.unpack_from(">i", sent, place)
        place += 4
        elements.append(sent[place : place + length] if length >= 0 else None)
        place += max(0, length)
    return tuple(elements)


def text_of(kind: PgType, sent: bytes | None) -> str | None:
    """Return a value as the text that ``planning.key_texts.bounds_of`` reads; None for NULL.

    Dates and times are in ISO 8601, in UTC; None also stands for those that are not finite.
    """
    return None if sent is None else _TEXTS.get(kind.name, _text)(sent)


def _text(sent: bytes) -> str:
    return sent.decode("utf-8", "replace")


def _bytes(sent: bytes) -> str:
    return f"0x{sent.hex().upper()}"


def _date(sent: bytes) -> str | None:
    return _day(integer(sent))


def _day(days: int) -> str | None:
    number = _EPOCH + days
    return dt.date.fromordinal(number).isoformat() if 0 < number <= _LAST_DAY else None


def _time(sent: bytes) -> str:
    return _clock(integer(sent)).rstrip("0").rstrip(".")


def _clock(microseconds: int) -> str:
    seconds, fraction = divmod(microseconds, 1_000_000)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours:02}:{minutes:02}:{seconds % 60:02}.{fraction:06}"


def _timestamp(sent: bytes) -> str | None:
    days, rest = divmod(integer(sent), _DAY)
    day = _day(days)
    return None if day is None else f"{day}T{_clock(rest)}"


def _single(sent: bytes) -> str:
    """Return the shortest text that is this float32."""
    value = struct.unpack(">f", sent)[0]
    for digits in range(6, 10):
        text = f"{value:.{digits}g}"
        if struct.pack(">f", float(text)) == sent:
            return text
    return str(value)


def _float_array(sent: bytes) -> str:
    elements = ("NULL" if one is None else _single(one) for one in float_array(sent))
    return f"{{{','.join(elements)}}}"


_TEXTS: Final[dict[str, Callable[[bytes], str | None]]] = {
    "bool": lambda sent: str(sent[0]),
    **dict.fromkeys(("int2", "int4", "int8"), lambda sent: str(integer(sent))),
    "numeric": lambda sent: f"{numeric(sent):f}",
    "float4": _single,
    "float8": lambda sent: repr(struct.unpack(">d", sent)[0]),
    "date": _date,
    "time": _time,
    "timestamp": _timestamp,
    "timestamptz": _timestamp,
    "uuid": lambda sent: str(uuid.UUID(bytes=sent)),
    "bpchar": lambda sent: _text(sent).rstrip(" "),
    "jsonb": lambda sent: _text(sent[1:]),
    "_float4": _float_array,
    **dict.fromkeys(("bytea", "geometry", "geography", "vector"), _bytes),
}
"""By the type's name; of all others the binary form is the text."""
