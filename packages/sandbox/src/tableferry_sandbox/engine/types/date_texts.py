"""Where year, month and day are in a text (SET DATEFORMAT, CAST and CONVERT)."""

import re
from typing import Final

ORDERS: Final = frozenset({"mdy", "dmy", "ymd", "ydm", "myd", "dym"})
"""What SET DATEFORMAT accepts."""

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "jan january",
            "feb february",
            "mar march",
            "apr april",
            "may",
            "jun june",
            "jul july",
            "aug august",
            "sep sept september",
            "oct october",
            "nov november",
            "dec december",
        ),
        1,
    )
    for name in names.split()
}
_OF_STYLES: Final = {
    **dict.fromkeys((1, 10), "mdy"),
    **dict.fromkeys((3, 4, 5, 13), "dmy"),
    **dict.fromkeys((2, 11, 20, 21, 23, 25, 26, 27), "ymd"),
}
"""By the last two digits of the style. The others have a name for the month, or no date."""

_NUMBERS: Final = re.compile(r"(\d{1,4})[-/.](\d{1,4})[-/.](\d{1,4})(?!\d)")
_YEAR_DIGITS: Final = 4

YearMonthDay = tuple[int, int, int]


def order_of(style: int, session: str) -> str:
    """Return the order of a style of CONVERT: its own, or that of the session."""
    return _OF_STYLES.get(style % 100, session)


def split_date(text: str, order: str, *, legacy: bool) -> tuple[YearMonthDay | None, str]:
    """Return year, month, day and the rest of the text; None where it holds no date.

    ``legacy`` is for datetime and smalldatetime, which read some forms otherwise than the newer
    types do.
    """
    match = re.match(r"(\d{4})(\d{2})(\d{2})(?!\d)", text)
    if match:
        return (int(match[1]), int(match[2]), int(match[3])), text[match.end() :]
    match = _NUMBERS.match(text)
    if match:
        rest = text[match.end() :]
        is_iso = rest[:1] in ("T", "t")
        parts = _in_order((match[1], match[2], match[3]), order, legacy=legacy and not is_iso)
        return (parts, rest) if parts else (None, text)
    match = re.match(r"([A-Za-z]+)\s*(\d{1,2})(?:,\s*|\s+)(\d{4})(?!\d)", text)
    if match and match[1].lower() in _MONTHS:
        return (int(match[3]), _MONTHS[match[1].lower()], int(match[2])), text[match.end() :]
    match = re.match(r"(\d{1,2})[\s-]*([A-Za-z]+)[\s,-]*(\d{4}|\d{2})(?!\d)", text)
    if match and match[2].lower() in _MONTHS:
        return (_full_year(match[3]), _MONTHS[match[2].lower()], int(match[1])), text[match.end() :]
    return None, text


def _in_order(parts: tuple[str, str, str], order: str, *, legacy: bool) -> YearMonthDay | None:
    """Return three numbers as year, month and day, None where the type does not read them.

    A year of four digits is known by its place: DATEFORMAT then says only whether the month is
    before the day. The newer types read it as year, month, day where it comes first, in the middle
    only where DATEFORMAT has it there, and nothing else under ``ydm``.
    """
    years = [place for place, part in enumerate(parts) if len(part) == _YEAR_DIGITS]
    if len(years) > 1 or any(len(part) == _YEAR_DIGITS - 1 for part in parts):
        return None
    if years == [0] and not legacy:
        order = "ymd"
    elif not legacy and order == "ydm":
        return None
    elif years:
        if years == [1] and not legacy and order[1] != "y":
            return None
        rest = order.replace("y", "")
        order = rest[: years[0]] + "y" + rest[years[0] :]
    by_letter = dict(zip(order, parts, strict=True))
    if max(len(by_letter["m"]), len(by_letter["d"])) >= _YEAR_DIGITS:
        return None
    return _full_year(by_letter["y"]), int(by_letter["m"]), int(by_letter["d"])


def _full_year(text: str) -> int:
    """Two-digit years end in 2049 (the ``two digit year cutoff`` option's default)."""
    year = int(text)
    return year if len(text) == _YEAR_DIGITS else year + (2000 if year < 50 else 1900)
