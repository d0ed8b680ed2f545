"""Functions of dates and times, on ticks of 100 ns since 0001-01-01."""

from typing import Final

from tableferry_sandbox.engine.binding.bind_predicates import PredicateBinder
from tableferry_sandbox.engine.binding.function_arguments import Scalar, arguments
from tableferry_sandbox.engine.binding.scope import Scope, Typed
from tableferry_sandbox.engine.database.other_objects import now_ticks
from tableferry_sandbox.engine.errors import unsupported, wrong_argument_count
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.convert import convert
from tableferry_sandbox.engine.types.duck_types import literal, quote_text
from tableferry_sandbox.engine.types.row_errors import mark
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.physical import TICKS_PER_DAY
from tableferry_sandbox.sqltypes import SqlType

_PARTS: Final = {
    "year": "year yyyy yy", "quarter": "quarter qq q", "month": "month mm m",
    "dayofyear": "dayofyear dy y", "day": "day dd d", "week": "week wk ww",
    "weekday": "weekday dw w", "hour": "hour hh", "minute": "minute mi n",
    "second": "second ss s", "millisecond": "millisecond ms", "microsecond": "microsecond mcs",
    "nanosecond": "nanosecond ns", "tzoffset": "tzoffset tz", "iso_week": "iso_week isowk isoww",
}  # fmt: skip
_BY_NAME: Final = {word: part for part, words in _PARTS.items() for word in words.split()}
UNITS: Final = {
    "day": TICKS_PER_DAY, "hour": 36_000_000_000, "minute": 600_000_000, "second": 10_000_000,
    "millisecond": 10_000, "microsecond": 10,
}  # fmt: skip
WIDE: Final = t.make("datetime2", scale=7)


def _now(binder: PredicateBinder, sql_type: SqlType) -> Typed:
    """Return the current time, the same for every call in a statement."""
    binder.context.volatile = True
    if binder.context.now is None:
        binder.context.now = now_ticks()
    ticks = binder.context.now
    if sql_type.name == "datetimeoffset":
        return Typed(literal((ticks, 0), sql_type), sql_type, nullable=False)
    wide = literal(ticks, WIDE)
    return Typed(convert(wide, WIDE, sql_type), sql_type, nullable=False)


def _clock(sql_type: SqlType) -> Scalar:
    def bind(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
        arguments(binder, node, scope, 0)
        return _now(binder, sql_type)

    return bind


def part_of(node: s.Call, name: str) -> str:
    """Return the datepart that a call's first argument names; raises 155."""
    first = node.arguments[0]
    word = first.parts[0].lower() if isinstance(first, s.Name) else ""
    if word not in _BY_NAME:
        raise SqlError(155, f"'{word}' is not a recognized {name} option.", severity=15)
    return _BY_NAME[word]


def local_ticks(value: Typed) -> str:
    """Return a value's local ticks; strings are read as datetime2, numbers as datetime."""
    kind = t.family(value.type)
    if kind in t.NUMERIC_FAMILIES:
        return convert(convert(value.sql, value.type, t.DATETIME), t.DATETIME, WIDE)
    return convert(value.sql, value.type, WIDE)


def timestamp(ticks: str) -> str:
    """Return a DuckDB TIMESTAMP of ticks; the last digit is dropped."""
    return f"make_timestamp({ticks} // 10 - 62135596800000000)"


def _calendar_number(part: str, ticks: str) -> str:
    """Return the number of the period that contains ticks, counted from year 1."""
    stamp = timestamp(ticks)
    if part == "year":
        return f"date_part('year', {stamp})"
    if part in ("month", "quarter"):
        months = f"(date_part('year', {stamp}) * 12 + date_part('month', {stamp}) - 1)"
        return months if part == "month" else f"({months} // 3)"
    if part == "week":  # weeks begin on Sunday here, whatever DATEFIRST says
        return f"(({ticks} // {TICKS_PER_DAY} + 1) // 7)"
    if part in ("day", "dayofyear", "weekday"):
        return f"({ticks} // {TICKS_PER_DAY})"
    if part in UNITS:
        return f"({ticks} // {UNITS[part]})"
    if part == "nanosecond":
        return f"({ticks} * CAST(100 AS HUGEINT))"
    raise SqlError(9806, f"The datepart {part} is not supported by date function datediff.")


def _datediff(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    if len(node.arguments) != 3:
        raise wrong_argument_count(node.name, 3)
    part = part_of(node, node.name)
    a, b = (local_ticks(binder.value(x, scope)) for x in node.arguments[1:])
    result = t.BIGINT if node.name == "datediff_big" else t.INT
    difference = f"({_calendar_number(part, b)} - {_calendar_number(part, a)})"
    if result is t.INT:
        message = (
            "The datediff function resulted in an overflow. The number of dateparts separating two "
            "date/time instances is too large. Try to use datediff with a less precise datepart."
        )
        bounds = f"{-(2**31)}, {2**31 - 1}, {quote_text(mark(535, message, 16, 0))}"
        return Typed(f"CAST(ts_within({difference}, {bounds}) AS INTEGER)", result)
    return Typed(f"CAST({difference} AS BIGINT)", result)


def _dateadd(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    if len(node.arguments) != 3:
        raise wrong_argument_count("dateadd", 3)
    part = part_of(node, "dateadd")
    count = binder.to_type(binder.value(node.arguments[1], scope), t.BIGINT, explicit=True)
    value = binder.value(node.arguments[2], scope)
    kind = t.family(value.type)
    result = value.type if kind in ("date", "time", "datetime", "offset") else t.DATETIME
    ticks = local_ticks(value if kind != "string" else Typed(
        convert(value.sql, value.type, t.DATETIME), t.DATETIME))  # fmt: skip
    if kind == "date" and part in (
        "hour",
        "minute",
        "second",
        "millisecond",
        "microsecond",
        "nanosecond",
    ):
        raise SqlError(
            9810,
            f"The datepart {part} is not supported by date function dateadd for data type date.",
        )
    moved = _moved(part, count, ticks)
    message = f"Adding a value to a '{result.name}' column caused an overflow."
    low = 639905 * TICKS_PER_DAY if result.name == "datetime" else 0
    limits = f"{low}, {3652059 * TICKS_PER_DAY - 1}, {quote_text(mark(517, message, 16, 1))}"
    if kind == "time":
        return Typed(
            convert(f"({moved} % {TICKS_PER_DAY})", t.make("time", scale=7), result), result
        )
    checked = f"ts_within({moved}, {limits})"
    if kind == "offset":
        sql = (
            f"CASE WHEN {value.sql} IS NOT NULL THEN {{'utc': {checked} - "
            f'({value.sql})."offset" * CAST(600000000 AS BIGINT), '
            f"'offset': ({value.sql}).\"offset\"}} END"
        )
        return Typed(sql, result)
    return Typed(convert(checked, WIDE, result), result)


def _moved(part: str, count: str, ticks: str) -> str:
    if part in ("year", "quarter", "month"):
        months = {"year": 12, "quarter": 3, "month": 1}[part]
        stamp = (
            f"({timestamp(f'({ticks} // {TICKS_PER_DAY} * {TICKS_PER_DAY})')} + "
            f"to_months(CAST({count} * {months} AS INTEGER)))"
        )
        day = f"date_diff('day', TIMESTAMP '0001-01-01', {stamp})"
        return f"({day} * {TICKS_PER_DAY} + {ticks} % {TICKS_PER_DAY})"
    units = {
        **UNITS,
        "week": 7 * TICKS_PER_DAY,
        "dayofyear": TICKS_PER_DAY,
        "weekday": TICKS_PER_DAY,
    }
    if part in units:
        return f"({ticks} + {count} * {units[part]})"
    if part == "nanosecond":
        return f"({ticks} + {count} // 100)"
    raise SqlError(9806, f"The datepart {part} is not supported by date function dateadd.")


def _part_number(binder: PredicateBinder, part: str, value: Typed) -> str:
    ticks = local_ticks(value)
    if value.type.name == "datetime":  # shown to the millisecond, as .000, .003 and .007
        ticks = f"(({ticks} + 5000) // 10000 * 10000)"
    stamp = timestamp(ticks)
    if part in ("year", "quarter", "month", "day", "hour", "minute", "second"):
        return f"CAST(date_part('{part}', {stamp}) AS INTEGER)"
    if part == "dayofyear":
        return f"CAST(date_part('doy', {stamp}) AS INTEGER)"
    first_day = int(binder.context.session.options["datefirst"])  # 1 is Monday
    if part == "weekday":
        return f"CAST(({ticks} // {TICKS_PER_DAY} + {8 - first_day}) % 7 + 1 AS INTEGER)"
    if part == "week":
        first = f"date_trunc('year', {stamp})"
        before = f"(date_part('dow', {first}) + {7 - first_day}) % 7"
        return f"CAST((date_part('doy', {stamp}) + {before} - 1) // 7 + 1 AS INTEGER)"
    if part == "iso_week":
        return f"CAST(date_part('week', {stamp}) AS INTEGER)"
    if part in ("millisecond", "microsecond", "nanosecond"):
        fraction = f"({ticks} % 10000000)"
        scaled = {"millisecond": f"{fraction} // 10000", "microsecond": f"{fraction} // 10",
                  "nanosecond": f"{fraction} * 100"}[part]  # fmt: skip
        return f"CAST({scaled} AS INTEGER)"
    if part == "tzoffset" and value.type.name == "datetimeoffset":
        return f'CAST(({value.sql})."offset" AS INTEGER)'
    raise SqlError(9806, f"The datepart {part} is not supported by date function datepart.")


def _datepart(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    if len(node.arguments) != 2:
        raise wrong_argument_count("datepart", 2)
    value = binder.value(node.arguments[1], scope)
    return Typed(_part_number(binder, part_of(node, "datepart"), value), t.INT)


def _single(part: str) -> Scalar:
    def bind(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
        (value,) = arguments(binder, node, scope, 1)
        return Typed(_part_number(binder, part, value), t.INT)

    return bind


def _datename(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    if len(node.arguments) != 2:
        raise wrong_argument_count("datename", 2)
    part, value = part_of(node, "datename"), binder.value(node.arguments[1], scope)
    result = SqlType("nvarchar", 30)
    if part in ("month", "weekday"):
        pattern = "%B" if part == "month" else "%A"
        return Typed(f"strftime({timestamp(local_ticks(value))}, '{pattern}')", result)
    if part == "tzoffset":
        raise unsupported("DATENAME of tzoffset")
    return Typed(f"CAST({_part_number(binder, part, value)} AS VARCHAR)", result)


def _eomonth(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    values = arguments(binder, node, scope, 1, 2)
    stamp = timestamp(local_ticks(values[0]))
    if len(values) == 2:
        stamp = f"({stamp} + to_months(CAST({binder.to_type(values[1], t.INT)} AS INTEGER)))"
    return Typed(f"CAST(last_day({stamp}) AS DATE)", t.make("date"))


FUNCTIONS: Final[dict[str, Scalar]] = {
    "getdate": _clock(t.DATETIME), "getutcdate": _clock(t.DATETIME),
    "current_timestamp": _clock(t.DATETIME), "sysdatetime": _clock(WIDE),
    "sysutcdatetime": _clock(WIDE), "current_date": _clock(t.make("date")),
    "sysdatetimeoffset": _clock(t.make("datetimeoffset", scale=7)),
    "datediff": _datediff, "datediff_big": _datediff, "dateadd": _dateadd, "datepart": _datepart,
    "datename": _datename, "year": _single("year"), "month": _single("month"),
    "day": _single("day"), "eomonth": _eomonth,
}  # fmt: skip
