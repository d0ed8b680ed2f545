"""Conversions of dates and times: rules, ranges and rounding, on ticks of 100 ns.

A *moment* is a value of date, time, or any datetime type without an offset.
"""

from typing import Final

from tableferry_sandbox.engine.errors import (
    no_explicit_conversion,
)
from tableferry_sandbox.engine.types.convert_basics import fit_text
from tableferry_sandbox.engine.types.convert_basics import flag as _flag
from tableferry_sandbox.engine.types.convert_basics import number as _number
from tableferry_sandbox.engine.types.duck_types import quote_text
from tableferry_sandbox.engine.types.row_errors import mark
from tableferry_sandbox.engine.types.type_rules import describe, family, make
from tableferry_sandbox.physical import TICKS_PER_DAY
from tableferry_sandbox.sqltypes import SqlType

BASE_1900: Final = 693595 * TICKS_PER_DAY
"""1900-01-01, day zero of datetime, in ticks."""

_ORDER: Final = "ts_date_order()"
"""The DATEFORMAT of the session that runs the SQL (``SessionState.take_options``)."""

_RANGES: Final = {
    "datetime": (639905 * TICKS_PER_DAY, 3652059 * TICKS_PER_DAY - 1),
    "smalldatetime": (693595 * TICKS_PER_DAY, 759131 * TICKS_PER_DAY - 1),
}


def string_to_moment(sql: str, source: SqlType, target: SqlType, style: int, attempt: bool) -> str:
    """Read a string as a date or time."""
    if target.name == "datetimeoffset":
        pair = f"py_offset({sql}, {style}, {_ORDER}, '{source.name}', {_flag(attempt)})"
        return offset_to_offset(pair, make("datetimeoffset", scale=7), target, 0, attempt)
    kinds = f"'{target.name}', {style}, {_ORDER}, '{source.name}'"
    ticks = f"py_ticks({sql}, {kinds}, {_flag(attempt)})"
    if target.name == "date":
        return f"ts_date({ticks} // {TICKS_PER_DAY})"
    if target.name == "time":
        return round_time(f"({ticks} % {TICKS_PER_DAY})", target.scale)
    return round_moment(ticks, target)


def round_time(ticks: str, scale: int) -> str:
    """Round a time of day to its scale; a result of 24:00 becomes 00:00."""
    if scale == 7:
        return ticks
    unit = 10 ** (7 - scale)
    return f"((({ticks}) + {unit // 2}) // {unit} * {unit} % {TICKS_PER_DAY})"


def round_moment(ticks: str, target: SqlType) -> str:
    """Round ticks to what a datetime type can hold."""
    if target.name == "datetime":
        return f"ts_300({ticks})"
    if target.name == "smalldatetime":
        return f"ts_round({ticks}, 600000000)"
    return ticks if target.scale == 7 else f"ts_round({ticks}, {10 ** (7 - target.scale)})"


def _to_datetime(ticks: str, source: SqlType, target: SqlType, attempt: bool) -> str:
    """Check a legacy type's range and round to its step."""
    bounds = _RANGES.get(target.name)
    if bounds and source.name != target.name:
        if attempt:
            ticks = f"CASE WHEN {ticks} BETWEEN {bounds[0]} AND {bounds[1]} THEN {ticks} END"
        else:
            text = mark(
                242,
                f"The conversion of a {source.name} data type to a {target.name} data type "
                "resulted in an out-of-range value.",
                16,
                3,
            )
            ticks = f"ts_within({ticks}, {bounds[0]}, {bounds[1]}, {quote_text(text)})"
    return round_moment(ticks, target)


def moment_to_moment(sql: str, source: SqlType, target: SqlType, style: int, attempt: bool) -> str:
    """Convert between date, time and the datetime types."""
    del style
    kind, goal = family(source), family(target)
    ticks = sql
    if kind == "date":
        ticks = f"(ts_days({sql}) * {TICKS_PER_DAY})"
    elif kind == "time" and goal != "time":
        ticks = f"({sql} + {BASE_1900})"
    if goal == "date":
        return f"ts_date({ticks} // {TICKS_PER_DAY})"
    if goal == "time":
        return round_time(f"({ticks} % {TICKS_PER_DAY})", target.scale)
    return _to_datetime(ticks, source, target, attempt)


def moment_to_offset(sql: str, source: SqlType, target: SqlType, style: int, attempt: bool) -> str:
    """Give a local time the offset zero."""
    ticks = moment_to_moment(sql, source, make("datetime2", scale=target.scale), style, attempt)
    return f"CASE WHEN {sql} IS NOT NULL THEN {{'utc': {ticks}, 'offset': CAST(0 AS SMALLINT)}} END"


def offset_to_moment(sql: str, source: SqlType, target: SqlType, style: int, attempt: bool) -> str:
    """Take the local time of a datetimeoffset."""
    local = f'(({sql}).utc + ({sql})."offset" * CAST(600000000 AS BIGINT))'
    inner = make("datetime2", scale=source.scale)
    return moment_to_moment(local, inner, target, style, attempt)


def offset_to_offset(sql: str, source: SqlType, target: SqlType, style: int, attempt: bool) -> str:
    """Round a datetimeoffset."""
    del style, attempt
    if target.scale >= source.scale:
        return sql
    unit = 10 ** (7 - target.scale)
    return (
        f"CASE WHEN {sql} IS NOT NULL THEN {{'utc': ts_round(({sql}).utc, {unit}), "
        f"'offset': ({sql}).\"offset\"}} END"
    )


def moment_to_string(sql: str, source: SqlType, target: SqlType, style: int, attempt: bool) -> str:
    """Write a date or time in a style."""
    del attempt
    kind = family(source)
    if kind == "offset":
        text = f'py_offset_text(({sql}).utc, ({sql})."offset", {source.scale}, {style})'
    else:
        ticks = f"(ts_days({sql}) * {TICKS_PER_DAY})" if kind == "date" else sql
        text = f"py_moment_text({ticks}, '{source.name}', {source.scale}, {style})"
    return fit_text(text, target)


def number_to_moment(sql: str, source: SqlType, target: SqlType, style: int, attempt: bool) -> str:
    """Count days from 1900, for datetime and smalldatetime."""
    if target.name not in ("datetime", "smalldatetime"):
        raise no_explicit_conversion(describe(source), describe(target))
    del style
    days = f"CAST({sql} AS INTEGER)" if source.name == "bit" else sql
    if family(source) == "int":
        ticks = f"({BASE_1900} + CAST({days} AS BIGINT) * {TICKS_PER_DAY})"
    else:
        ticks = (
            f"({BASE_1900} + CAST(round(CAST({days} AS DOUBLE) * 25920000) AS BIGINT) * "
            f"100000 // 3)"
        )
    return _to_datetime(ticks, source, target, attempt)


def moment_to_number(sql: str, source: SqlType, target: SqlType, style: int, attempt: bool) -> str:
    """Return the days since 1900 of a datetime or smalldatetime."""
    if source.name not in ("datetime", "smalldatetime"):
        raise no_explicit_conversion(describe(source), describe(target))
    if family(target) == "int":
        days = f"(({sql} - {BASE_1900} + {TICKS_PER_DAY // 2}) // {TICKS_PER_DAY})"
        return _number(days, make("bigint"), target, style, attempt)
    days = f"(CAST({sql} - {BASE_1900} AS DOUBLE) / {TICKS_PER_DAY})"
    return _number(days, make("float"), target, style, attempt)
