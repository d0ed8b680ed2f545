"""Translate column defaults to PostgreSQL: to one of the same value, or not at all."""

import re
from typing import Final

from tableferry.model.schema import UNLIMITED, PgType, SourceType
from tableferry.planning.ddl.pg_literals import pg_literal
from tableferry.planning.ddl.stored_values import stored_value
from tableferry.planning.ddl.tsql_constants import (
    TEXT_TYPES,
    parse_constant,
    without_parentheses,
)
from tableferry.typemap import may_alter

LOCAL, UTC, INSTANT = "local", "utc", "instant"

CLOCKS: Final = {
    "getdate()": LOCAL,
    "sysdatetime()": LOCAL,
    "current_timestamp": LOCAL,
    "getutcdate()": UTC,
    "sysutcdatetime()": UTC,
    "sysdatetimeoffset()": INSTANT,
}
"""What each function returns: the server's local time, UTC, or an instant with its offset."""

NOW_EXPRESSIONS: Final = {
    (LOCAL, "timestamp"): "LOCALTIMESTAMP",
    (LOCAL, "date"): "CURRENT_DATE",
    (LOCAL, "time"): "LOCALTIME",
    (LOCAL, "timestamptz"): "(LOCALTIMESTAMP AT TIME ZONE 'UTC')",
    (UTC, "timestamp"): "(now() AT TIME ZONE 'UTC')",
    (UTC, "date"): "((now() AT TIME ZONE 'UTC')::date)",
    (UTC, "time"): "((now() AT TIME ZONE 'UTC')::time)",
    (UTC, "timestamptz"): "now()",
    (INSTANT, "timestamp"): "LOCALTIMESTAMP",
    (INSTANT, "date"): "CURRENT_DATE",
    (INSTANT, "time"): "LOCALTIME",
    (INSTANT, "timestamptz"): "now()",
}
"""By clock and column type. A local time stays local: ``LOCALTIMESTAMP`` is ``now()`` in the
session's time zone, without the zone. In a datetimeoffset, SQL Server gives a local or UTC time the
offset +00:00, and so does this."""

_DATE_OR_TIME_OF: Final = re.compile(
    r"(?:convert\((?P<part>date|time),(?P<inner>.*?\(\)|current_timestamp)(?:,\(?\d+\)?)?\)"
    r"|cast\((?P<inner2>.*?\(\)|current_timestamp)as(?P<part2>date|time)\))"
)
"""``CONVERT([date],getdate())`` is today. Only newer servers show CAST as CONVERT."""

GUID_LENGTH: Final = 36


def translated_default(
    definition: str, source: SourceType, target: PgType, code_page: int = 0
) -> str | None:
    """Return the DEFAULT for PostgreSQL; None where no expression is certainly equivalent.

    ``definition`` is from ``sys.default_constraints``; a default of NULL gives ``NULL``.
    ``code_page`` is that of a text column, 0 where it is unknown.
    """
    constant = parse_constant(definition)
    if may_alter(source, target) and (constant is None or constant.value is not None):
        return None  # the target's type may refuse or round it
    if constant is not None:
        stored = stored_value(constant, source, code_page)
        return pg_literal(stored, source, target) if stored else None
    bare = _bare(definition)
    if bare == "newid()":
        return _new_guid(source, target)
    clock, part = _clock(bare)
    return _moment(clock, part, source, target) if clock else None


def translated_offset(definition: str) -> str | None:
    """Return the DEFAULT of the column for a datetimeoffset's offset, in minutes; None as above.

    Only ``sysdatetimeoffset()`` has an offset, the server's: here the session's. Every other time,
    and a text without an offset, gets +00:00.
    """
    constant = parse_constant(definition)
    if constant is not None:
        return "NULL" if constant.value is None else "0"
    clock, _ = _clock(_bare(definition))
    if clock == INSTANT:
        return "(EXTRACT(timezone FROM now()) / 60)::smallint"
    return "0" if clock else None


def _bare(definition: str) -> str:
    """Return an expression without blanks and brackets, which matter in a string literal only."""
    return re.sub(r"[\s\[\]]+", "", without_parentheses(definition)).lower()


def _clock(bare: str) -> tuple[str | None, str]:
    """Return which clock an expression reads, and the part of it that is kept, empty for all."""
    match = _DATE_OR_TIME_OF.fullmatch(bare)
    if match is None:
        return CLOCKS.get(bare), ""
    return CLOCKS.get(match["inner"] or match["inner2"]), match["part"] or match["part2"]


def _moment(clock: str, part: str, source: SourceType, target: PgType) -> str | None:
    if part == "time" and target.name != "time":
        return None
    if part == "date":
        return NOW_EXPRESSIONS[clock, "date"] if target.name in {"date", "timestamp"} else None
    found = NOW_EXPRESSIONS.get((clock, target.name))
    if found and source.name == "smalldatetime":
        # smalldatetime rounds to minutes
        return f"date_trunc('minute', {found} + interval '30 seconds')"
    return found


def _new_guid(source: SourceType, target: PgType) -> str | None:
    """Return the default of a random UUID; as text, in upper case like SQL Server's."""
    if target.name == "uuid":
        return "gen_random_uuid()"
    if source.name not in TEXT_TYPES or target.name not in {"text", "varchar"}:
        return None
    units = source.length // 2 if source.name.startswith("n") else source.length
    exact = source.name in {"char", "nchar"}
    fits = units == GUID_LENGTH if exact else source.length == UNLIMITED or units >= GUID_LENGTH
    return "upper(gen_random_uuid()::text)" if fits else None
