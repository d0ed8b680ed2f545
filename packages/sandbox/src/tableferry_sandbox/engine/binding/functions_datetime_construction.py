"""Functions that construct dates and times: from parts, truncated, or at an offset."""

from typing import Final

from tableferry_sandbox.engine.binding.bind_predicates import PredicateBinder
from tableferry_sandbox.engine.binding.function_arguments import Scalar, arguments
from tableferry_sandbox.engine.binding.functions_datetime import (
    UNITS,
    WIDE,
    local_ticks,
    part_of,
    timestamp,
)
from tableferry_sandbox.engine.binding.scope import Scope, Typed
from tableferry_sandbox.engine.errors import unsupported, wrong_argument_count
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.convert import convert
from tableferry_sandbox.engine.types.row_errors import raising
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.physical import TICKS_PER_DAY
from tableferry_sandbox.sqltypes import SqlType

_DATE_PARTS: Final = ("year", "month", "day")
_TIME_PARTS: Final = ("hour", "minute", "second")
_SMALL_PARTS: Final = frozenset({"hour", "minute", "second", "millisecond", "microsecond"})
_LIMITS: Final = {"hour": 24, "minute": 60, "second": 60, "millisecond": 1000}
_NO_OFFSET: Final = "CAST(0 AS BIGINT)"
_MAKERS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "datefromparts": ("date", _DATE_PARTS),
    "timefromparts": ("time", (*_TIME_PARTS, "fraction", "precision")),
    "smalldatetimefromparts": ("smalldatetime", (*_DATE_PARTS, "hour", "minute")),
    "datetimefromparts": ("datetime", (*_DATE_PARTS, *_TIME_PARTS, "millisecond")),
    "datetime2fromparts": (
        "datetime2",
        (*_DATE_PARTS, *_TIME_PARTS, "fraction", "precision"),
    ),
    "datetimeoffsetfromparts": (
        "datetimeoffset",
        (*_DATE_PARTS, *_TIME_PARTS, "fraction", "offset hours", "offset minutes", "precision"),
    ),
}


def _from_parts(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    """DATEFROMPARTS and the like; NULL if a part is NULL, error 289 for an impossible date."""
    name, parts = _MAKERS[node.name]
    values = arguments(binder, node, scope, len(parts))
    given = {
        part: f"CAST({binder.to_type(value, t.INT)} AS BIGINT)"
        for part, value in zip(parts, values, strict=True)
    }
    scale = 0
    if given.pop("precision", None):
        scale = binder.constant_integer(node.arguments[-1])
        if not 0 <= scale <= 7:
            raise SqlError(1002, f"Line 1: Specified scale {scale} is invalid.", severity=15)
    result = t.make(name, scale=scale) if "fraction" in parts else t.make(name)
    tests = [f"{given[p]} BETWEEN 0 AND {top - 1}" for p, top in _LIMITS.items() if p in given]
    if "fraction" in given:
        tests.append(f"{given['fraction']} BETWEEN 0 AND {10**scale - 1}")
    pieces = [f"{given[p]} * {UNITS[p]}" for p in _LIMITS if p in given]
    if "year" in given:
        date = f"TRY(make_date({', '.join(given[p] for p in _DATE_PARTS)}))"
        tests += [f"{given['year']} BETWEEN 1 AND 9999", f"{date} IS NOT NULL"]
        pieces.append(f"ts_days({date}) * {TICKS_PER_DAY}")
    if "fraction" in given:
        pieces.append(f"{given['fraction']} * {10 ** (7 - scale)}")
    ticks = f"CAST({' + '.join(pieces)} AS BIGINT)"
    if name == "datetimeoffset":
        minutes = f"({given['offset hours']} * 60 + {given['offset minutes']})"
        tests.append(f"{minutes} BETWEEN -840 AND 840")
        made = _at_offset(ticks, minutes)
    else:
        wide = t.make("time", scale=7) if name == "time" else WIDE
        made = convert(ticks, wide, result)
    known = " AND ".join(f"{value} IS NOT NULL" for value in given.values())
    refusal = raising(
        289,
        f"Cannot construct data type {name}, some of the arguments have values which are not "
        "valid.",
    )
    return Typed(
        f"CASE WHEN {known} THEN CASE WHEN {' AND '.join(tests)} THEN {made} ELSE {refusal} END "
        "END",
        result,
    )


def _datetrunc(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    """DATETRUNC keeps the type; a string is a datetime2(7)."""
    if len(node.arguments) != 2:
        raise wrong_argument_count("datetrunc", 2)
    part = part_of(node, "datetrunc")
    value = binder.value(node.arguments[1], scope)
    kind = t.family(value.type)
    if kind == "offset":
        raise unsupported("DATETRUNC of datetimeoffset")
    result = value.type if kind in ("date", "time", "datetime") else WIDE
    if (kind == "date" and part in _SMALL_PARTS) or (kind == "time" and part not in _SMALL_PARTS):
        raise SqlError(
            9810,
            f"The datepart {part} is not supported by date function datetrunc for data type "
            f"{value.type.name}.",
        )
    ticks = value.sql if kind == "time" else local_ticks(value)
    wide = t.make("time", scale=7) if kind == "time" else WIDE
    return Typed(convert(_begin(part, ticks), wide, result), result, value.nullable)


def _begin(part: str, ticks: str) -> str:
    """Return the ticks of the start of the period that contains ``ticks``."""
    if part in UNITS:
        return f"({ticks} - {ticks} % {UNITS[part]})"
    if part == "dayofyear":
        return f"({ticks} - {ticks} % {TICKS_PER_DAY})"
    if part in ("week", "iso_week"):  # 0001-01-01 was a Monday; DATEFIRST is 7, Sunday
        since = f"(({ticks} // {TICKS_PER_DAY} + {int(part == 'week')}) % 7)"
        return f"({ticks} - {ticks} % {TICKS_PER_DAY} - {since} * {TICKS_PER_DAY})"
    if part in ("year", "quarter", "month"):
        begin = f"CAST(date_trunc('{part}', {timestamp(ticks)}) AS DATE)"
        return f"(ts_days({begin}) * {TICKS_PER_DAY})"
    raise SqlError(9810, f"The datepart {part} is not supported by date function datetrunc.")


def _at_offset(local: str, minutes: str) -> str:
    """Return the datetimeoffset of local ticks."""
    return f"{{'utc': {local} - {minutes} * 600000000, 'offset': CAST({minutes} AS SMALLINT)}}"


def _minutes(binder: PredicateBinder, node: s.Node, scope: Scope) -> str:
    """Return an offset as SQL of minutes, from a string like '+02:00' or a number of minutes."""
    value = binder.value(node, scope)
    if t.family(value.type) != "string":
        return f"CAST({binder.to_type(value, t.INT)} AS BIGINT)"
    text = binder.constant_text(node)
    if text is None:
        raise unsupported("an offset that is a string but not a constant")
    hours, colon, minutes = text[1:].partition(":")
    digits = (hours + minutes).isdigit() and len(hours) <= 2 and len(minutes) == 2
    if text[:1] not in ("+", "-") or not colon or not digits:
        raise SqlError(9812, "The timezone provided to builtin function is invalid.")
    number = int(hours) * 60 + int(minutes)
    return f"CAST({-number if text[0] == '-' else number} AS BIGINT)"


def _todatetimeoffset(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    value, _ = arguments(binder, node, scope, 2)
    minutes = _minutes(binder, node.arguments[1], scope)
    return _with_offset(value, minutes)


def _with_offset(value: Typed, minutes: str) -> Typed:
    """Give a local time an offset."""
    kind = t.family(value.type)
    scale = value.type.scale if kind in ("datetime", "offset") else 7
    result = t.make("datetimeoffset", scale=scale)
    local = local_ticks(value)
    made = f"CASE WHEN {value.sql} IS NOT NULL THEN {_at_offset(local, minutes)} END"
    return Typed(made, result, value.nullable)


def _switchoffset(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    value, _ = arguments(binder, node, scope, 2)
    scale = value.type.scale if t.family(value.type) == "offset" else 7
    result = t.make("datetimeoffset", scale=scale)
    sql = binder.to_type(value, result)
    minutes = _minutes(binder, node.arguments[1], scope)
    return _moved(sql, minutes, result, nullable=value.nullable)


def _moved(sql: str, minutes: str, result: SqlType, *, nullable: bool) -> Typed:
    """Show the same instant at another offset."""
    made = f"{{'utc': ({sql}).utc, 'offset': CAST({minutes} AS SMALLINT)}}"
    return Typed(f"CASE WHEN {sql} IS NOT NULL THEN {made} END", result, nullable)


def _at_time_zone(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    """AT TIME ZONE 'UTC': shifts a datetimeoffset, gives other values the offset zero."""
    value = binder.value(node.arguments[0], scope)
    zone = binder.constant_text(node.arguments[1])
    if zone is None or zone.upper() != "UTC":
        raise unsupported("AT TIME ZONE of anything but 'UTC'")
    kind = t.family(value.type)
    if kind == "offset":
        return _moved(value.sql, _NO_OFFSET, value.type, nullable=value.nullable)
    if kind != "datetime":
        raise SqlError(
            8116,
            f"Argument data type {value.type.name} is invalid for argument 1 of AT TIME ZONE "
            "function.",
        )
    return _with_offset(value, _NO_OFFSET)


FUNCTIONS: Final[dict[str, Scalar]] = {
    **dict.fromkeys(_MAKERS, _from_parts),
    "datetrunc": _datetrunc,
    "todatetimeoffset": _todatetimeoffset,
    "switchoffset": _switchoffset,
    "at time zone": _at_time_zone,
}
