"""Defaults of SQL Server's columns in PostgreSQL's words: the same value, or none at all."""

import re
from typing import Final

from tableferry.model.schema import UNLIMITED, PgType, SourceType
from tableferry.planning.ddl.tsql_constants import TEXTS, pg_literal, read_constant, unwrapped

LOCAL, UTC, INSTANT = "local", "utc", "instant"

CLOCKS: Final = {
    "getdate()": LOCAL,
    "sysdatetime()": LOCAL,
    "current_timestamp": LOCAL,
    "getutcdate()": UTC,
    "sysutcdatetime()": UTC,
    "sysdatetimeoffset()": INSTANT,
}
"""What each clock tells: the server's local time, the time in UTC, or both."""

MOMENTS: Final = {
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
"""A clock and the column's type. A local time stays one: ``LOCALTIMESTAMP`` is ``now()`` without
its zone, as the session's clock shows it. A local or UTC time becomes a datetimeoffset of +00:00,
as SQL Server converts it."""

_ONE_PART: Final = re.compile(
    r"(?:convert\((?P<part>date|time),(?P<inner>.*?\(\)|current_timestamp)(?:,\(?\d+\)?)?\)"
    r"|cast\((?P<inner2>.*?\(\)|current_timestamp)as(?P<part2>date|time)\))"
)
"""``CONVERT([date],getdate())``: today. CAST is shown as CONVERT by newer servers only."""

GUID_LENGTH: Final = 36


def translated_default(definition: str, source: SourceType, target: PgType) -> str | None:
    """Return the DEFAULT for PostgreSQL; None where there is no expression that is surely the same.

    ``definition`` is what ``sys.default_constraints`` shows; NULL is translated, to NULL.
    """
    constant = read_constant(definition)
    if constant is not None:
        return pg_literal(constant, source, target)
    # Spaces and brackets inside a text would matter; a text has been read above, or is refused.
    bare = re.sub(r"[\s\[\]]+", "", unwrapped(definition)).lower()
    if bare == "newid()":
        return _new_guid(source, target)
    part = ""
    if match := _ONE_PART.fullmatch(bare):
        part = match["part"] or match["part2"]
        bare = match["inner"] or match["inner2"]
    clock = CLOCKS.get(bare)
    return _moment(clock, part, source, target) if clock else None


def _moment(clock: str, part: str, source: SourceType, target: PgType) -> str | None:
    if part == "time" and target.name != "time":
        return None
    if part == "date":
        return MOMENTS[clock, "date"] if target.name in {"date", "timestamp"} else None
    found = MOMENTS.get((clock, target.name))
    if found and source.name == "smalldatetime":
        return f"date_trunc('minute', {found} + interval '30 seconds')"  # it rounds to minutes
    return found


def _new_guid(source: SourceType, target: PgType) -> str | None:
    """Return a random UUID; as text SQL Server writes it in capitals."""
    if target.name == "uuid":
        return "gen_random_uuid()"
    if source.name not in TEXTS or target.name not in {"text", "varchar"}:
        return None
    units = source.length // 2 if source.name.startswith("n") else source.length
    exact = source.name in {"char", "nchar"}
    fits = units == GUID_LENGTH if exact else source.length == UNLIMITED or units >= GUID_LENGTH
    return "upper(gen_random_uuid()::text)" if fits else None
