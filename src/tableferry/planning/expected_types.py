"""The target type to expect for a source column, and how an existing column's differs. Pure."""

from typing import Final

from tableferry.config import TableSpec
from tableferry.model.schema import (
    CHARACTER_TYPES,
    UNLIMITED,
    PgType,
    SourceColumn,
    TargetColumn,
)
from tableferry.typemap import RULES, parse_override, pg_type_holds

MAX_HIERARCHYID_TEXT: Final = 4000
"""Characters of a hierarchyid as ``ToString()`` writes it, nvarchar(4000)."""


def type_change(spec: TableSpec, column: SourceColumn, into: TargetColumn) -> str:
    """Return how the source's type differs from the target's, empty where it does not.

    ``widened``: the source's type has values that the target's cannot hold, and the target's has
    none that the source's lacks. ``narrowed``: the reverse. ``changed``: neither. A type that
    ``type_overrides`` asks for is a choice, not a change.
    """
    if _override(spec, column):
        return ""
    expected = expected_type(column, into.type)
    if pg_type_holds(into.type, expected):
        return "" if pg_type_holds(expected, into.type) else "narrowed"
    return "widened" if pg_type_holds(expected, into.type) else "changed"


def created_type(spec: TableSpec, column: SourceColumn) -> PgType:
    """Return the type of the column that would be created."""
    return _override(spec, column) or RULES[column.type.name].create(column.type)


def expected_type(column: SourceColumn, into: PgType) -> PgType:
    """Return the type to compare an existing column's type with.

    A text is created as ``text``, whatever its length; an existing varchar(n) is compared by the
    source's length in code units, as the type rules do it.
    """
    kind = column.type
    if into.name in {"citext", "bpchar"} and RULES[kind.name].fits(kind, into):
        return into
    bounded = kind.name in CHARACTER_TYPES and kind.length != UNLIMITED
    if into.name == "varchar" and into.modifier and bounded:
        units = kind.length // 2 if kind.name.startswith("n") else kind.length
        return PgType("varchar", (units,))
    if into.name == "varchar" and into.modifier and kind.name == "hierarchyid":
        return PgType("varchar", (MAX_HIERARCHYID_TEXT,))
    return RULES[kind.name].create(kind)


def _override(spec: TableSpec, column: SourceColumn) -> PgType | None:
    written = dict(spec.type_overrides).get(column.name)
    override = parse_override(written) if written else None
    return override.type if override else None
