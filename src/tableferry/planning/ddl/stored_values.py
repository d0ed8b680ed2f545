"""The value that a SQL Server column holds for a constant, where that is certain. Pure.

A default is converted to its column's type, and a filtered index compares a column with a constant
of its own type (CREATE INDEX; CAST and CONVERT; Data type precedence). Where the documentation does
not say what a conversion gives, or it depends on a setting, the result is None.
"""

import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from math import inf, nextafter
from typing import Final

from tableferry.model.schema import UNLIMITED, SourceType
from tableferry.planning.ddl.moments import stored_moment
from tableferry.planning.ddl.tsql_constants import (
    EXACT,
    INTEGER_RANGES,
    MONEY_DIGITS,
    TEXT_TYPES,
    Constant,
    rounded,
)
from tableferry.typemap.fitting import is_single

Value = bool | int | Decimal | str | bytes | None

CERTAIN_DIGITS: Final = 15
CERTAIN_EXPONENT: Final = 22
"""A decimal number of so many digits and of no larger power of ten is the quotient or product of
two doubles that are exact, so that every way of converting it gives the nearest float."""

_MONEY_UNITS: Final = {"money": 2**63, "smallmoney": 2**31}
"""The range, in ten-thousandths."""

_GUID = re.compile(r"\{?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?")
_MOMENTS: Final = frozenset(
    {"date", "time", "smalldatetime", "datetime", "datetime2", "datetimeoffset"}
)
_SINGLE_BYTE: Final = frozenset({437, 850, 874, *range(1250, 1259)})
_UTF8: Final = 65001
_WESTERN: Final = 1252
_NOTHING_SIMILAR: Final = re.compile("[\u0410-\u044f\u3041-\u3096\u4e00-\u9fff\uac00-\ud7a3]")
"""Letters for which Windows' table of similar characters has none in code page 1252 (bestfit1252):
Russian, Hiragana, Chinese, Korean. SQL Server stores a question mark for each."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A column's value; dates and times are texts as PostgreSQL reads them.

    ``comparable``: a comparison of the column with the constant is one with this value.
    """

    value: Value
    comparable: bool = True


def stored_value(constant: Constant, source: SourceType, code_page: int = 0) -> Stored | None:
    """Return what a column of this type holds for the constant; None where that is not certain.

    ``code_page`` is that of a text column's collation, 0 where it is unknown; the database's is
    taken to be the same.
    """
    if constant.value is None:
        return Stored(None)
    if source.name in TEXT_TYPES:
        return _text(constant, source, code_page)
    if source.name in _MOMENTS:
        found = stored_moment(constant.value, source)
        return None if found is None else Stored(found.text, comparable=found.whole)
    convert = _CONVERSIONS.get(source.name)
    return convert(constant, source) if convert else None


def _bit(constant: Constant, _source: SourceType) -> Stored | None:
    """Any number but 0 is true; of texts, those that CAST accepts.

    A number that is neither 0 nor 1 equals no bit, for the bit is compared as a number.
    """
    value = constant.value
    if isinstance(value, str):
        known = {"true": True, "1": True, "false": False, "0": False}.get(value.lower())
        return None if known is None else Stored(known)
    if isinstance(value, Decimal):
        return Stored(bool(value), comparable=value in {0, 1} and not constant.is_float)
    return None


def _integer(constant: Constant, source: SourceType) -> Stored | None:
    value = constant.value
    if isinstance(value, str):
        value = Decimal(value) if re.fullmatch(r"[-+]?[0-9]+", value) else None
    if not isinstance(value, Decimal) or value != value.to_integral_value():
        return None
    low, high = INTEGER_RANGES[source.name]
    fits = low <= value <= high and (not constant.is_float or _is_certain(value))
    return Stored(int(value), comparable=not constant.is_float) if fits else None


def _decimal(constant: Constant, source: SourceType) -> Stored | None:
    number = _exact_number(constant)
    if number is None:
        return None
    value = number.quantize(Decimal(1).scaleb(-source.scale), ROUND_HALF_UP, EXACT)
    same = value == number
    fits = abs(value) < Decimal(1).scaleb(source.precision - source.scale)
    if not fits or (isinstance(constant.value, str) and not same):
        return None
    return Stored(number) if same else Stored(value, comparable=False)


def _money(constant: Constant, source: SourceType) -> Stored | None:
    number = _exact_number(constant)
    value = None if number is None else rounded(number, MONEY_DIGITS)
    if value is None or (isinstance(constant.value, str) and value != number):
        return None
    units, limit = value.scaleb(MONEY_DIGITS), _MONEY_UNITS[source.name]
    if not -limit <= units < limit:
        return None
    return Stored(number) if value == number else Stored(value, comparable=False)


def _float(constant: Constant, source: SourceType) -> Stored | None:
    """Return the number, of which the column holds the nearest float.

    A real is compared with a float as a float, with all other numbers as a real.
    """
    number = constant.value if constant.is_float else _exact_number(constant)
    if not isinstance(number, Decimal) or not _is_certain(number):
        return None
    if not is_single(source):
        return Stored(number)
    known = nearest_single(number) is not None
    return Stored(number, comparable=not constant.is_float) if known else None


def nearest_single(number: Decimal) -> Decimal | None:
    """Return the real nearest to a number; None close to halfway between two, or beyond them all.

    Rounding to a double first would decide halfway cases differently.
    """
    double = float(number)
    try:
        below, above = (
            struct.unpack("f", struct.pack("f", nextafter(double, end)))[0] for end in (-inf, inf)
        )
    except OverflowError:
        return None
    return Decimal(repr(below)) if below == above else None


def _is_certain(number: Decimal) -> bool:
    digits = number.normalize(EXACT).as_tuple()
    exponent = digits.exponent
    return (
        len(digits.digits) <= CERTAIN_DIGITS
        and isinstance(exponent, int)
        and abs(exponent) <= CERTAIN_EXPONENT
    )


def _exact_number(constant: Constant) -> Decimal | None:
    """Return a number that is no float, or the number that a text is."""
    value = constant.value
    if isinstance(value, str):
        is_number = re.fullmatch(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)", value)
        return Decimal(value) if is_number else None
    return value if isinstance(value, Decimal) and not constant.is_float else None


def _text(constant: Constant, source: SourceType, code_page: int) -> Stored | None:
    """Pad for char and nchar, whose lengths count bytes and UTF-16 code units."""
    text = constant.value if isinstance(constant.value, str) else _number_text(constant)
    if text is None or re.search("[\0\ud800-\udfff]", text):
        return None
    national = source.name.startswith("n")
    given = text
    if not national and code_page == _WESTERN:
        text = _NOTHING_SIMILAR.sub("?", text)
    is_kept = text == given
    if national and not constant.is_national and _code_page_bytes(text, code_page) is None:
        return None
    size = len(text.encode("utf-16-le")) // 2 if national else _code_page_bytes(text, code_page)
    limit = source.length // 2 if national else source.length
    bounded = source.length != UNLIMITED and source.name not in {"text", "ntext"}
    if size is None or (bounded and size > limit):
        return None  # a conversion to the code page alters it, or SQL Server refuses the row
    if source.name in {"char", "nchar"}:
        text += " " * (limit - size)
    return Stored(text, comparable=is_kept and isinstance(constant.value, str))


def _number_text(constant: Constant) -> str | None:
    """Return the text of a number that is no float; money has two digits after the point there."""
    number = constant.value
    if not isinstance(number, Decimal) or constant.is_float:
        return None
    if constant.is_money:
        number = rounded(number, 2)
    return None if number is None else f"{number or abs(number):f}"


def _code_page_bytes(text: str, code_page: int) -> int | None:
    """Return a text's bytes in a code page; None where it may lack a character of it.

    SQL Server stores a similar character then, or a question mark.
    """
    if text.isascii():
        return len(text)
    if code_page not in _SINGLE_BYTE | {_UTF8}:
        return None
    try:
        return len(text.encode("utf-8" if code_page == _UTF8 else f"cp{code_page}"))
    except UnicodeEncodeError:
        return None


def _binary(constant: Constant, source: SourceType) -> Stored | None:
    value = constant.value
    if not isinstance(value, bytes):
        return None
    if source.length != UNLIMITED and source.name != "image" and len(value) > source.length:
        return None
    return Stored(value.ljust(source.length, b"\0") if source.name == "binary" else value)


def _guid(constant: Constant, _source: SourceType) -> Stored | None:
    match = _GUID.fullmatch(constant.value) if isinstance(constant.value, str) else None
    return Stored(match[1].lower()) if match else None


_CONVERSIONS: Final[Mapping[str, Callable[[Constant, SourceType], Stored | None]]] = {
    "bit": _bit,
    **dict.fromkeys(INTEGER_RANGES, _integer),
    **dict.fromkeys(("decimal", "numeric"), _decimal),
    **dict.fromkeys(_MONEY_UNITS, _money),
    **dict.fromkeys(("real", "float"), _float),
    **dict.fromkeys(("binary", "varbinary", "image"), _binary),
    "uniqueidentifier": _guid,
}
