"""Text to values, as CAST and CONVERT read it."""

import re
from datetime import date
from decimal import Context, Decimal, InvalidOperation
from typing import Final

from tableferry_sandbox.engine.types.date_texts import order_of, split_date
from tableferry_sandbox.engine.types.row_errors import RowError
from tableferry_sandbox.physical import TICKS_PER_DAY

_WIDE: Final = Context(prec=120)
"""Python's own 28 digits are too few: T-SQL's numbers have 38."""

_RANGES: Final = {
    "tinyint": (0, 255),
    "smallint": (-(2**15), 2**15 - 1),
    "int": (-(2**31), 2**31 - 1),
    "bigint": (-(2**63), 2**63 - 1),
}
_INTEGER: Final = re.compile(r"[+-]?\s*\d+")
_NUMBER: Final = re.compile(r"[+-]?\s*(\d+\.?\d*|\.\d+)")
_FLOAT: Final = re.compile(r"[+-]?\s*(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?")
_MONEY: Final = re.compile(r"([+-])?\s*[$£€¥]?\s*([+-])?\s*([\d,]*\.?\d*)")
_GUID: Final = re.compile(r"\{?([0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})\}?")
_TIME: Final = re.compile(
    r"(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:[.:](\d{1,9}))?)?)?\s*([AaPp][Mm])?"
)
_ZONE: Final = re.compile(r"\s*(Z|z|[+-]\d{1,2}:\d{2})$")
SECOND: Final = 10_000_000
LAST_TICK: Final = 3_652_059 * TICKS_PER_DAY - 1
"""The end of 9999-12-31, counted from 0001-01-01."""


def integer(text: str, type_name: str, source: str) -> int:
    """Read an integer; blanks count as zero. Raises 245, 248, 244."""
    stripped = text.strip(" ")
    if not stripped:
        return 0
    if not _INTEGER.fullmatch(stripped):
        raise RowError(
            245,
            f"Conversion failed when converting the {source} value '{text}' to data type "
            f"{type_name}.",
        )
    value = int(stripped.replace(" ", ""))
    low, high = _RANGES[type_name]
    if low <= value <= high:
        return value
    if type_name == "int":
        raise RowError(
            248, f"The conversion of the {source} value '{text}' overflowed an int column."
        )
    if type_name == "bigint":
        raise RowError(
            8115, "Arithmetic overflow error converting expression to data type bigint.", state=2
        )
    width = "INT1" if type_name == "tinyint" else "INT2"
    raise RowError(
        244,
        f"The conversion of the {source} value '{text}' overflowed an {width} column. "
        "Use a larger integer column.",
    )


def bit(text: str, source: str) -> bool:
    """Read true, false or a number. Raises 245."""
    stripped = text.strip(" ").lower()
    if stripped in ("true", "false"):
        return stripped == "true"
    if stripped and not _INTEGER.fullmatch(stripped):
        raise RowError(
            245, f"Conversion failed when converting the {source} value '{text}' to data type bit."
        )
    return bool(int(stripped or "0"))


def decimal(text: str, precision: int, scale: int, source: str) -> str:
    """Read a decimal, rounded half away from zero, as canonical text. Raises 8114, 8115."""
    stripped = text.strip(" ")
    if not _NUMBER.fullmatch(stripped):
        raise RowError(8114, f"Error converting data type {source} to numeric.", state=5)
    value = Decimal(stripped.replace(" ", ""))
    try:
        rounded = Decimal(f"{value:f}").quantize(
            Decimal(1).scaleb(-scale), rounding="ROUND_HALF_UP", context=_WIDE
        )
    except InvalidOperation:
        rounded = value
    if rounded.copy_abs() >= Decimal(10) ** (precision - scale):
        raise RowError(
            8115, f"Arithmetic overflow error converting {source} to data type numeric.", state=8
        )
    return f"{rounded:f}"


def floating(text: str, source: str, target: str) -> float:
    """Read a float; blanks count as zero. Raises 8114, 232."""
    stripped = text.strip(" ")
    if not stripped:
        return 0.0
    if not _FLOAT.fullmatch(stripped):
        raise RowError(8114, f"Error converting data type {source} to {target}.", state=5)
    value = float(stripped.replace(" ", "").lower().replace("d", "e"))
    if value in (float("inf"), float("-inf")) or (target == "real" and abs(value) > 3.4028235e38):
        raise RowError(
            232, f"Arithmetic overflow error for type {target}, value = {value:f}.", state=3
        )
    return value


def money(text: str, small: bool) -> str:
    """Read money with a currency sign and commas, as canonical text. Raises 235, 8115."""
    stripped = text.strip(" ")
    match = _MONEY.fullmatch(stripped)
    if not match or (stripped and not any(c.isdigit() for c in stripped)):
        raise RowError(
            235, "Cannot convert a char value to money. The char value has incorrect syntax."
        )
    digits = match[3].replace(",", "") or "0"
    value = Decimal(digits).quantize(Decimal("0.0001"), rounding="ROUND_HALF_UP")
    if "-" in (match[1], match[2]):
        value = -value
    limit = Decimal("214748.3648") if small else Decimal("922337203685477.5808")
    if not -limit <= value < limit:
        kind = "smallmoney" if small else "money"
        raise RowError(8115, f"Arithmetic overflow error converting varchar to data type {kind}.")
    return f"{value:f}"


def guid(text: str) -> bytes:
    """Read a uniqueidentifier's text, what follows it ignored, to wire bytes. Raises 8169."""
    match = _GUID.match(text.strip(" ") if text[:1] == " " else text)
    if not match:
        raise RowError(
            8169,
            "Conversion failed when converting from a character string to uniqueidentifier.",
            state=2,
        )
    raw = bytes.fromhex(match[1].replace("-", ""))
    return raw[3::-1] + raw[5:3:-1] + raw[7:5:-1] + raw[8:]


def _bad_moment(type_name: str) -> RowError:
    if type_name == "smalldatetime":
        return RowError(
            295,
            "Conversion failed when converting character string to smalldatetime data type.",
            state=3,
        )
    return RowError(
        241, "Conversion failed when converting date and/or time from character string."
    )


def _out_of_range(source: str, type_name: str) -> RowError:
    return RowError(
        242,
        f"The conversion of a {source} data type to a {type_name} data type resulted in an "
        "out-of-range value.",
        state=3,
    )


def _clock(text: str, type_name: str) -> int | None:
    """Return the ticks of a time of day, None if the text is none."""
    match = _TIME.fullmatch(text.strip(" "))
    if not match or (match[2] is None and not match[5]):
        return None
    hour, minute, second = int(match[1]), int(match[2] or 0), int(match[3] or 0)
    fraction = match[4] or ""
    if type_name in ("datetime", "smalldatetime") and len(fraction) > 3:
        return None
    if match[5]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match[5].lower() == "pm" else 0)
    if hour > 23 or minute > 59 or second > 59 or len(fraction) > 7:
        return None
    ticks = int(fraction.ljust(7, "0")) if fraction else 0
    return ((hour * 60 + minute) * 60 + second) * SECOND + ticks


def in_utc(ticks: int, zone: int) -> int:
    """Return the moment in UTC, as it is stored; raises 241 outside the years 1 to 9999."""
    utc = ticks - zone * 60 * SECOND
    if not 0 <= utc <= LAST_TICK:
        raise _bad_moment("datetimeoffset")
    return utc


def moment(  # noqa: C901 - the parts of one text, in order
    text: str, type_name: str, style: int, order: str, source: str
) -> tuple[int, int | None]:
    """Read a date and time: ticks since 0001-01-01, and the zone in minutes or None.

    ``order`` is the session's DATEFORMAT. Raises 241, 242, 295.
    """
    body = text.strip(" ")
    zone = None
    match = _ZONE.search(body)
    if match and ":" in body[: match.start()]:
        sign = match[1]
        zone = 0
        if sign not in "Zz":
            hours, minutes = sign[1:].split(":")
            zone = (int(hours) * 60 + int(minutes)) * (-1 if sign[0] == "-" else 1)
            if abs(zone) > 840:
                raise _bad_moment(type_name)
        body = body[: match.start()]
        if type_name in ("datetime", "smalldatetime") and sign not in "Zz":
            raise _bad_moment(type_name)
    legacy = type_name in ("datetime", "smalldatetime")
    parts, rest = split_date(body, order_of(style, order), legacy=legacy)
    days = 693595  # 1900-01-01, which a text without a date means
    if parts is not None:
        try:
            days = date(*parts).toordinal() - 1
        except ValueError:
            raise (_out_of_range(source, type_name) if legacy else _bad_moment(type_name)) from None
    rest = rest[1:] if rest[:1] in "Tt" and parts is not None else rest
    ticks = 0
    if rest.strip(" "):
        found = _clock(rest, type_name)
        if found is None:
            raise _bad_moment(type_name)
        ticks = found
    total = days * TICKS_PER_DAY + ticks
    if type_name == "datetime" and days < 639905:
        raise _out_of_range(source, type_name)
    if type_name == "smalldatetime" and not 693595 <= days <= 759130:
        raise _out_of_range(source, type_name)
    if type_name == "smalldatetime":
        # Up from 29.999 seconds on ("smalldatetime"): by way of datetime, whose unit is 1/300 s.
        total = (total * 3 + 50_000) // 100_000 * 100_000 // 3
    return total, zone
