"""Values to text, as CAST and CONVERT write them (CAST and CONVERT, Transact-SQL: styles)."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from tableferry_sandbox.engine.types.row_errors import RowError
from tableferry_sandbox.physical import TICKS_PER_DAY

_EPOCH: Final = datetime(1, 1, 1)  # noqa: DTZ001 - SQL Server's datetime has no zone
_MONTHS: Final = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
]  # fmt: skip
_SECOND: Final = 10_000_000


def float_text(value: float, style: int, *, single: bool) -> str:
    """Return a float's text: 6 digits by default, 8 or 16 with an exponent for styles 1 and 2."""
    if style == 0:
        text = f"{value:.6g}"
        mantissa, _, exponent = text.partition("e")
        return f"{mantissa}e{exponent[0]}{int(exponent[1:]):03d}" if exponent else mantissa
    if style == 3:
        digits = 8 if single else 16
        text = f"{value:.{digits}e}"
    elif style in (1, 2):
        text = f"{value:.{7 if style == 1 else 15}e}"
    else:
        raise RowError(
            281,
            f"{style} is not a valid style number when converting from float to a character "
            f"string.",
        )
    mantissa, _, exponent = text.partition("e")
    return f"{mantissa}e{exponent[0]}{int(exponent[1:]):03d}"


def money_text(value: Decimal, style: int) -> str:
    """Return money's text: two decimals, commas with style 1, four decimals with style 2."""
    if style == 1:
        return f"{value.quantize(Decimal('0.01'), rounding='ROUND_HALF_UP'):,}"
    if style in (2, 126):
        return f"{value:.4f}"
    return f"{value.quantize(Decimal('0.01'), rounding='ROUND_HALF_UP')}"


def _fraction(ticks: int, digits: int) -> str:
    return f"{ticks % _SECOND:07d}"[:digits]


def _twelve_hours(moment: datetime) -> tuple[int, str]:
    return moment.hour % 12 or 12, "AM" if moment.hour < 12 else "PM"


def _date_text(moment: datetime, style: int) -> str | None:
    """Return the text of the styles that show a date only."""
    year, month, day = moment.year, moment.month, moment.day
    name = _MONTHS[month - 1]
    short = f"{year % 100:02d}" if style < 100 else f"{year:04d}"
    return {
        1: f"{month:02d}/{day:02d}/{short}", 2: f"{short}.{month:02d}.{day:02d}",
        3: f"{day:02d}/{month:02d}/{short}", 4: f"{day:02d}.{month:02d}.{short}",
        5: f"{day:02d}-{month:02d}-{short}", 6: f"{day:02d} {name} {short}",
        7: f"{name} {day:02d}, {short}", 10: f"{month:02d}-{day:02d}-{short}",
        11: f"{short}/{month:02d}/{day:02d}", 12: f"{short}{month:02d}{day:02d}",
        23: f"{year:04d}-{month:02d}-{day:02d}",
    }.get(style % 100 if style not in (23, 123) else style)  # fmt: skip


def moment_text(ticks: int, type_name: str, scale: int, style: int) -> str:
    """Return the text of a date, time or datetime given as ticks since 0001-01-01."""
    legacy = type_name in ("datetime", "smalldatetime")
    if style == 0 and not legacy:
        style = 121
    shown = ticks
    digits = scale
    if type_name == "datetime":
        day_ticks = ticks % TICKS_PER_DAY
        shown = ticks - day_ticks + (day_ticks + 5_000) // 10_000 * 10_000
        digits = 3
    elif type_name == "smalldatetime":
        digits = 0
    moment = _EPOCH + timedelta(seconds=shown // _SECOND)
    return _compose(moment, shown, type_name, digits, style)


def _compose(moment: datetime, ticks: int, type_name: str, digits: int, style: int) -> str:
    clock = f"{moment.hour:02d}:{moment.minute:02d}:{moment.second:02d}"
    milli = 3 if type_name in ("datetime", "smalldatetime") else digits
    fraction = _fraction(ticks, milli)
    dotted = f".{fraction}" if milli else ""
    iso_date = f"{moment.year:04d}-{moment.month:02d}-{moment.day:02d}"
    has_date, has_time = type_name != "time", type_name != "date"
    date_only = _date_text(moment, style)
    if date_only is not None and has_date:
        return date_only
    hour, half = _twelve_hours(moment)
    name_date = f"{_MONTHS[moment.month - 1]} {moment.day:2d} {moment.year:04d}"
    day_first = f"{moment.day:02d} {_MONTHS[moment.month - 1]} {moment.year:04d}"
    forms: dict[int, tuple[str, str, str]] = {
        0: (name_date, " ", f"{hour:2d}:{moment.minute:02d}{half}"),
        8: ("", "", clock),
        9: (name_date, " ", (f"{hour:2d}:{moment.minute:02d}:{moment.second:02d}"
            f"{':' if milli == 3 else '.'}{fraction}{half}")),
        13: (day_first, " ", clock + (f":{fraction}" if milli == 3 else dotted)),
        14: ("", "", clock + (f":{fraction}" if milli == 3 else dotted)),
        20: (iso_date, " ", clock),
        21: (iso_date, " ", clock + dotted),
        26: (iso_date, "T", clock + ("" if milli and not int(fraction or "0")
             and type_name in ("datetime", "smalldatetime") else dotted)),
    }  # fmt: skip
    forms[24], forms[25], forms[27] = forms[8], forms[21], forms[26]
    key = style % 100 if style >= 100 else style
    if key == 27:
        date_part, gap, time_part = forms[26]
        if type_name in {"time", "date"}:
            return date_part if type_name == "date" else time_part
        return f"{date_part}T{time_part}Z"
    if key not in forms or style > 127:
        raise RowError(
            281,
            f"{style} is not a valid style number when converting from {type_name} to a "
            "character string.",
        )
    date_part, gap, time_part = forms[key]
    if not has_time:
        return date_part
    if not has_date:
        return time_part.strip()
    return f"{date_part}{gap}{time_part}"


def offset_text(utc: int, offset: int, scale: int, style: int) -> str:
    """Return a datetimeoffset's text; style 127 shows UTC with Z."""
    sign = "-" if offset < 0 else "+"
    zone = f"{sign}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"
    if style == 127:
        return moment_text(utc, "datetime2", scale, 126) + "Z"
    local = moment_text(utc + offset * 60 * _SECOND, "datetime2", scale, style)
    if style in (0, 20, 21, 25, 120, 121, 126, 9, 109, 13, 113, 100):
        return local + ("" if style == 126 else " ") + zone
    return local


def guid_text(value: bytes) -> str:
    """Return a uniqueidentifier's text from its wire bytes."""
    first = value[3::-1] + value[5:3:-1] + value[7:5:-1] + value[8:]
    text = first.hex().upper()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
