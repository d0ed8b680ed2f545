"""Translate column defaults to PostgreSQL: to one of the same value, or not at all."""

import re
from typing import Final

from tableferry.model.schema import UNLIMITED, PgType, SourceType
from tableferry.planning.ddl.tsql_constants import (
    TEXT_TYPES,
    parse_constant,
    pg_literal,
    without_parentheses,
)

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


def translated_default(definition: str, source: SourceType, target: PgType) -> str | None:
    """Return the DEFAULT for PostgreSQL; None where no expression is certainly equivalent.

    ``definition`` is from ``sys.default_constraints``; a default of NULL gives ``NULL``.
    """
    constant = parse_constant(definition)
    if constant is not None:
        return pg_literal(constant, source, target)
    # Blanks and brackets matter in a string literal only, and those were read above or are refused.
    bare = re.sub(r"[\s\[\]]+", "", without_parentheses(definition)).lower()
    if bare == "newid()":
        return _new_guid(source, target)
    part = ""
    if match := _DATE_OR_TIME_OF.fullmatch(bare):
        part = match["part"] or match["part2"]
        bare = match["inner"] or match["inner2"]
    clock = CLOCKS.get(bare)
    return _moment(clock, part, source, target) if clock else None


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
