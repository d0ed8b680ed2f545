"""Parse the date formats that do not depend on the language (Write International T-SQL). Pure."""

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tableferry.model.schema import SourceType

_DAY = re.compile(r"(\d{4})(-?)(\d\d)\2(\d\d)", re.ASCII)
_CLOCK = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,7}))?)?", re.ASCII)

OLDER: Final = {"datetime": (1753, 9999), "smalldatetime": (1900, 2078)}
"""The first and the last whole year of the two older types. They read some formats by the language,
round, and take a number as days since 1900."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A date or time as PostgreSQL reads it; ``whole``: no seventh digit of a second was cut."""

    text: str
    whole: bool = True


def stored_moment(value: Decimal | str | bytes, source: SourceType) -> Moment | None:
    """Return what a column of a date or time type holds; None where that is not certain."""
    older = source.name in OLDER
    if isinstance(value, Decimal):
        days_fit = value == value.to_integral_value() and 0 <= value < 65_000
        day = dt.date(1900, 1, 1) + dt.timedelta(days=int(value)) if older and days_fit else None
        return Moment(day.isoformat()) if day else None
    if isinstance(value, bytes):
        return None
    day_text, _, clock_text = value.strip().replace("T", " ").partition(" ")
    if source.name == "time":
        return _clock(value.strip(), source)
    day = _day(day_text, unambiguous=older and "T" not in value)
    first, last = OLDER.get(source.name, (1, 9999))
    if day is None or not first <= day.year <= last:
        return None
    if not clock_text:
        midnight = "" if source.name != "datetimeoffset" else " 00:00:00+00"
        return Moment(f"{day.isoformat()}{midnight}")
    clock = _clock(clock_text, source)
    if clock is None or source.name in {"date", "datetimeoffset"}:
        return None
    return Moment(f"{day.isoformat()} {clock.text}", clock.whole)


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


def _clock(text: str, source: SourceType) -> Moment | None:
    """Cut digits past the sixth; the older types round, so they must have none."""
    match = _CLOCK.fullmatch(text)
    if not match:
        return None
    hour, minute, second = (int(part or 0) for part in match.groups()[:3])
    fraction = (match[4] or "").rstrip("0")
    whole = not fraction and (second == 0 or source.name != "smalldatetime")
    if hour > 23 or minute > 59 or second > 59:
        return None
    if source.name in OLDER:
        return Moment(f"{hour:02}:{minute:02}:{second:02}") if whole else None
    if len(fraction) > source.scale:
        return None  # SQL Server rounds it
    kept = f".{fraction[:6]}" if fraction else ""
    return Moment(f"{hour:02}:{minute:02}:{second:02}{kept}", whole=len(fraction) <= 6)
