"""The column types that ``mode: watermark`` can follow, and the T-SQL that calculates with them.

Only SQL Server calculates and compares: a value arrives as its exact text and goes back as a
literal of the column's type, so no digit is lost, whatever the type.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tableferry.model.literals import exact_text, tsql_literal
from tableferry.model.schema import SourceType

DEFAULT_TIME_OVERLAP: Final = 600
"""Seconds that are read again where the column holds times: a transaction of an application seldom
commits more than ten minutes after it has taken the time."""

_MOST_SECONDS: Final = 2_000_000_000
"""DATEADD takes an int: 63 years."""


@dataclass(frozen=True, slots=True)
class TimeUnit:
    """How far a type of dates or times can be moved: by whole units of so many seconds.

    ``least`` is the type's lowest value.
    """

    name: str
    seconds: int
    least: str


TIMES: Final[Mapping[str, TimeUnit]] = {
    "date": TimeUnit("day", 86_400, "0001-01-01"),
    "smalldatetime": TimeUnit("minute", 60, "1900-01-01T00:00:00"),
    "datetime": TimeUnit("second", 1, "1753-01-01T00:00:00.000"),
    "datetime2": TimeUnit("second", 1, "0001-01-01T00:00:00"),
    "datetimeoffset": TimeUnit("second", 1, "0001-01-01 00:00:00 +00:00"),
}

_LEAST_INTEGERS: Final = {"tinyint": 0, "smallint": -(2**15), "int": -(2**31), "bigint": -(2**63)}


def can_be_followed(kind: SourceType) -> bool:
    """Whether a column of this type can be a watermark: integers, dates with or without a time."""
    if kind.name in {"decimal", "numeric"}:
        return kind.scale == 0
    return kind.name in TIMES or kind.name in _LEAST_INTEGERS or kind.name == "timestamp"


def holds_times(kind: SourceType) -> bool:
    """Whether the column's values come from a clock."""
    return kind.name in TIMES


def lowered(kind: SourceType, text: str, by: int) -> str:
    """Return T-SQL for the value ``by`` units below the one of this text, not below the lowest.

    The units are seconds for dates and times, where parts of the type's own unit count as a whole
    one; otherwise ones.
    """
    value = tsql_literal(kind, text)
    if by == 0:
        return value
    if unit := TIMES.get(kind.name):
        count = min(-(-by // unit.seconds), _MOST_SECONDS)
        least = tsql_literal(kind, unit.least)
        return (
            f"CASE WHEN DATEDIFF_BIG({unit.name}, {least}, {value}) <= {count} THEN {least} "
            f"ELSE DATEADD({unit.name}, -{count}, {value}) END"
        )
    if kind.name == "timestamp":
        # A literal beyond an int is a numeric, whose bytes are of another form than a bigint's.
        number, less = f"CONVERT(bigint, {value})", f"CAST({by} AS bigint)"
        return (
            f"CASE WHEN {number} <= {less} THEN {tsql_literal(kind, '0x0000000000000000')} "
            f"ELSE CAST({number} - {less} AS binary(8)) END"
        )
    least = f"CAST('{_least_integer(kind)}' AS decimal(38,0))"
    number = f"CAST({value} AS decimal(38,0))"
    return (
        f"CAST(CASE WHEN {number} < {least} + {by} THEN {least} ELSE {number} - {by} END AS {kind})"
    )


def newest_text(kind: SourceType, newest: str) -> str:
    """Return T-SQL for the exact text of the newest value, of one that is not in the future.

    A value that is later than the source's clock would hide all rows that are written until then.
    In its place the clock's time is taken, a minute earlier, whatever the type rounds: those rows
    are read again in each run until their time has come. The clock is the later of local and
    universal time, since nobody says which one the column holds.
    """
    if not holds_times(kind):
        return exact_text(kind, newest)
    earlier = f"CAST(DATEADD(minute, -1, {_now(kind)}) AS {kind})"
    kept = f"CASE WHEN {is_ahead(kind, newest)} THEN {earlier} ELSE {newest} END"
    return exact_text(kind, kept)


def is_ahead(kind: SourceType, newest: str) -> str:
    """Return the T-SQL condition that a time is later than the source's clock, by over a minute.

    A minute, since rows may be committed while the query runs.
    """
    wide = newest if kind.name == "datetimeoffset" else f"CAST({newest} AS datetime2(7))"
    return f"{wide} > DATEADD(minute, 1, {_now(kind)})"


def _now(kind: SourceType) -> str:
    if kind.name == "datetimeoffset":
        return "SYSDATETIMEOFFSET()"
    return "CASE WHEN SYSDATETIME() > SYSUTCDATETIME() THEN SYSDATETIME() ELSE SYSUTCDATETIME() END"


def _least_integer(kind: SourceType) -> int:
    if kind.name in _LEAST_INTEGERS:
        return _LEAST_INTEGERS[kind.name]
    return 1 - int("1" + "0" * kind.precision)
