"""Parse PostgreSQL type names as people write them into the catalog's form."""

import re
from typing import Final

from tableferry.model.schema import PgType

_ALIASES: Final = {
    "boolean": "bool",
    "smallint": "int2",
    "integer": "int4",
    "int": "int4",
    "bigint": "int8",
    "real": "float4",
    "double precision": "float8",
    "float": "float8",
    "decimal": "numeric",
    "character varying": "varchar",
    "character": "bpchar",
    "char": "bpchar",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "time without time zone": "time",
}
_PLAIN: Final = frozenset(
    {"bool", "int2", "int4", "int8", "float4", "float8", "date", "text", "bytea", "uuid", "xml"}
    | {"json", "jsonb", "citext", "geometry", "geography", "enum"}
)
_WRITTEN: Final = re.compile(
    r"(?P<name>[a-z][a-z0-9 ]*?)\s*(\(\s*(?P<first>\d{1,8})\s*(,\s*(?P<second>\d{1,4})\s*)?\))?"
    r"(?P<zone>\s+with(out)?\s+time\s+zone)?\s*(?P<array>\[\s*\])?"
)
_MAX_DIMENSIONS: Final = 16_000
"""pgvector's limit of vector(n)."""

_MAX_DIGITS: Final = 1000
_MAX_CHARACTERS: Final = 10_485_760
"""PostgreSQL's limits of numeric(p) and varchar(n)."""


def parse_pg_type(written: str) -> PgType | None:
    """Return the type that ``written`` names; None where tableferry cannot fill such a column.

    Names, aliases and modifiers follow PostgreSQL's chapter "Data Types": ``timestamp(3) with time
    zone`` is ``timestamptz(3)``, ``numeric(9)`` is ``numeric(9,0)``, ``real[]`` is an array.
    ``enum`` stands for any enumerated type.
    """
    match = _WRITTEN.fullmatch(written.strip().lower())
    if match is None:
        return None
    words = " ".join((match["name"] + (match["zone"] or "")).split())
    name = _ALIASES.get(words, words)
    modifier = tuple(int(match[group]) for group in ("first", "second") if match[group])
    if match["array"]:
        return PgType("_float4") if name == "float4" and not modifier else None
    return _checked(name, modifier)


def _checked(name: str, modifier: tuple[int, ...]) -> PgType | None:
    match (name, modifier):
        case (_, ()) if name in _PLAIN:
            return PgType(name)
        case ("numeric" | "varchar" | "timestamp" | "timestamptz" | "time" | "vector", ()):
            return PgType(name)
        case ("bpchar", ()):
            return PgType(name, (1,))
        case ("numeric", (digits,)) if 1 <= digits <= _MAX_DIGITS:
            return PgType(name, (digits, 0))
        case ("numeric", (digits, scale)) if scale <= digits <= _MAX_DIGITS and digits:
            return PgType(name, modifier)
        case ("varchar" | "bpchar", (length,)) if 1 <= length <= _MAX_CHARACTERS:
            return PgType(name, modifier)
        case ("timestamp" | "timestamptz" | "time", (digits,)) if digits <= 6:
            return PgType(name, modifier)
        case ("vector", (dimensions,)) if 1 <= dimensions <= _MAX_DIMENSIONS:
            return PgType(name, modifier)
    return None
