"""Schema drift: how the source's columns differ from an existing target table's, and what follows.

Pure. The specification's policy decides: ``stop`` refuses, ``add_columns`` adds the columns that
the target lacks, ``ignore`` skips them; the latter two keep columns that only the target has. A
type that cannot hold every value is refused by ``match_columns`` under every policy.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from tableferry.config import DriftPolicy, TableSpec
from tableferry.model.identifiers import TargetTable, quote_pg, shown
from tableferry.model.naming import pg_name, shortened, spelled_alike
from tableferry.model.schema import (
    CHARACTER_TYPES,
    UNLIMITED,
    PgType,
    SourceColumn,
    SourceSchema,
    TargetColumn,
    TargetSchema,
    find_column,
)
from tableferry.planning.column_plan import ColumnPlan
from tableferry.planning.pair_columns import RequestedColumns
from tableferry.typemap import RULES, parse_override, pg_type_holds

MAY_NOT_ALTER: Final = "only the owner can add them, and not to a partition or a typed table"

FILLED_WITH_DEFAULTS: Final = "each row gets its default or NULL"
KEPT_IN_PLACE: Final = "existing rows keep their values, new ones get its default or NULL"
"""The values of a column that only the target has: where a load replaces all rows, or changes them
in place."""

MAX_HIERARCHYID_TEXT: Final = 4000
"""Characters of a hierarchyid as ``ToString()`` writes it, nvarchar(4000)."""


@dataclass(frozen=True, slots=True)
class Drift:
    """Every difference as a sentence in ``messages``; those to act on are in ``warnings``, too.

    ``problems`` stop the run, ``renames`` are guesses that explain them. ``added`` are the columns
    that the target will get, ``alter`` the DDL that adds them in the load's transaction.
    ``left_out`` are those of the source that it will not get, by name. ``only_in_target`` describes
    the columns that only the target has, which are kept; ``kept`` as well, until ``settled`` knows
    their values.
    """

    messages: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    alter: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    renames: tuple[str, ...] = ()
    added: tuple[TargetColumn, ...] = ()
    left_out: tuple[str, ...] = ()
    only_in_target: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    def settled(self, *, in_place: bool) -> "Drift":
        """Return the drift of a load that changes rows ``in_place``, or else replaces them all."""
        rows = KEPT_IN_PLACE if in_place else FILLED_WITH_DEFAULTS
        kept = tuple(f"{column}: it is kept, {rows}" for column in self.kept)
        return replace(self, messages=kept + self.messages, warnings=kept + self.warnings, kept=())


def find_drift(
    spec: TableSpec,
    requested: RequestedColumns,
    plans: Sequence[ColumnPlan],
    target: TargetSchema,
    excluded: Sequence[SourceColumn] | None,
) -> Drift:
    """Compare both sides. ``plans`` are those of the columns that could be planned.

    ``excluded`` are the source's columns that the specification's ``exclude`` takes out. None
    where the configuration lists the columns: columns of the target that it does not list are
    then left alone.
    """
    existing = {column.name for column in target.columns}
    missing = [(column, name) for column, name in requested if name not in existing]
    surplus = [] if excluded is None else _surplus(requested, plans, target, excluded)
    added = [plan for plan in plans if plan.target.name not in existing]
    new = tuple(plan.target for plan in added)
    kept: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    renames = _renames(spec, missing, surplus)
    # A surplus column that requires a value is refused by ``match_columns``.
    unexpected = [column for column in surplus if not column.needs_value]
    if spec.drift is DriftPolicy.STOP:
        problems = [_is_missing(spec, column, name) for column, name in missing]
        problems += [_is_surplus(spec, column, plans) for column in unexpected]
        warnings = []
    else:
        problems = _obstacles(spec, requested, missing, added, target)
        warnings = _changes(spec, missing, added)
        kept = tuple(_is_surplus(spec, column, plans) for column in unexpected)
        warnings += renames
        if spec.drift is DriftPolicy.IGNORE:
            left_out = tuple(column.name for column, _ in missing)
    return Drift(
        messages=(*warnings, *_differences(spec, plans, existing)),
        warnings=tuple(warnings),
        alter=(add_columns_sql(spec.target, new),) if new else (),
        problems=tuple(problems),
        renames=tuple(renames),
        added=new,
        left_out=left_out,
        only_in_target=kept,
        kept=kept,
    )


def type_change(spec: TableSpec, column: SourceColumn, into: TargetColumn) -> str:
    """Return how the source's type differs from the target's, empty where it does not.

    ``widened``: the source's type has values that the target's cannot hold, and the target's has
    none that the source's lacks. ``narrowed``: the reverse. ``changed``: neither. A type that
    ``type_overrides`` asks for is a choice, not a change.
    """
    if _override(spec, column):
        return ""
    expected = _expected_type(column, into.type)
    if pg_type_holds(into.type, expected):
        return "" if pg_type_holds(expected, into.type) else "narrowed"
    return "widened" if pg_type_holds(expected, into.type) else "changed"


def likely_new_name(
    name: str, spec: TableSpec, source: SourceSchema, target: TargetSchema | None
) -> str:
    """Guess the new name of a configured column that the source lacks, empty for no guess.

    The guess is the only column that the configuration does not name, provided that a column
    created for it would have the target column's type.
    """
    into = next((c for c in target.columns if c.name == name), None) if target else None
    configured = (find_column(written, source.columns) for written, _ in spec.columns)
    known = {column.name for column in configured if column}
    unknown = [column for column in source.columns if column.name not in known]
    if into is None or len(unknown) != 1 or unknown[0].type.name not in RULES:
        return ""
    same_type = RULES[unknown[0].type.name].create(unknown[0].type) == into.type
    return unknown[0].name if same_type else ""


def _override(spec: TableSpec, column: SourceColumn) -> PgType | None:
    written = dict(spec.type_overrides).get(column.name)
    override = parse_override(written) if written else None
    return override.type if override else None


def _created_type(spec: TableSpec, column: SourceColumn) -> PgType:
    """Return the type of the column that would be created."""
    return _override(spec, column) or RULES[column.type.name].create(column.type)


def _expected_type(column: SourceColumn, into: PgType) -> PgType:
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


def _surplus(
    requested: RequestedColumns,
    plans: Sequence[ColumnPlan],
    target: TargetSchema,
    excluded: Sequence[SourceColumn],
) -> list[TargetColumn]:
    """Return the target's columns that no source column fills, except generated ones."""
    expected = {name for _, name in requested} | {plan.target.name for plan in plans}
    for column in excluded:
        name = pg_name(column.name)
        conversions = RULES[column.type.name].conversions if column.type.name in RULES else ()
        companions = (conversion.companion for conversion in conversions)
        expected |= {name, *(name + companion.suffix for companion in companions if companion)}
    return [
        c
        for c in target.columns
        if c.name not in expected
        and not c.generated
        and not any(spelled_alike(column.name, c.name) for column in excluded)
    ]


def _renames(
    spec: TableSpec, missing: RequestedColumns, surplus: Sequence[TargetColumn]
) -> list[str]:
    """Pair a missing and a surplus column where each is the only one of its type."""
    by_type: dict[PgType, list[tuple[SourceColumn, str]]] = {}
    for column, name in missing:
        by_type.setdefault(_created_type(spec, column), []).append((column, name))
    renames = []
    for kind, new in by_type.items():
        gone = [column for column in surplus if column.type == kind]
        if len(new) == len(gone) == 1:
            (column, name), old = new[0], gone[0]
            renames.append(
                f"{shown(column.name)} of {spec.source} looks like {shown(old.name)} of "
                f"{spec.target} renamed: both are {kind}; ALTER TABLE {spec.target.sql} RENAME "
                f"COLUMN {quote_pg(old.name)} TO {quote_pg(name)} would follow it"
            )
    return renames


def _is_missing(spec: TableSpec, column: SourceColumn, name: str) -> str:
    return f"{spec.target} has no column {shown(name)} for {shown(column.name)}"


def _is_surplus(spec: TableSpec, column: TargetColumn, plans: Sequence[ColumnPlan]) -> str:
    text = f"{spec.source} has no column for {shown(column.name)} of {spec.target}"
    twins = [plan for plan in plans if spelled_alike(plan.source.name, column.name)]
    return "".join(
        (text, *(f" ({shown(twin.source.name)} fills {shown(twin.target.name)})" for twin in twins))
    )


def _changes(spec: TableSpec, missing: RequestedColumns, added: Sequence[ColumnPlan]) -> list[str]:
    if spec.drift is DriftPolicy.ADD_COLUMNS:
        return [
            f"{_is_missing(spec, plan.source, plan.target.name)}: "
            f"it is added, of type {plan.target.type}"
            for plan in added
        ]
    return [f"{_is_missing(spec, column, name)}: it is left out" for column, name in missing]


def _obstacles(
    spec: TableSpec,
    requested: RequestedColumns,
    missing: RequestedColumns,
    added: Sequence[ColumnPlan],
    target: TargetSchema,
) -> list[str]:
    if added and not target.may_alter:
        names = ", ".join(shown(plan.target.name) for plan in added)
        return [f"this login cannot add columns ({names}) to {spec.target}: {MAY_NOT_ALTER}"]
    if spec.drift is DriftPolicy.IGNORE and len(missing) == len(requested):
        return [f"{spec.target} has none of the columns to be carried"]
    return []


def _differences(spec: TableSpec, plans: Sequence[ColumnPlan], existing: set[str]) -> list[str]:
    """Describe differences in columns that both sides have and that do not stop the load."""
    messages = []
    for plan in plans:
        source, into = plan.source, plan.target
        if plan.companion or into.name not in existing:
            continue
        if change := type_change(spec, source, into):
            messages.append(
                f"{change}: {shown(source.name)} is of type {source.type}, column "
                f"{shown(into.name)} of type {into.type}, which holds every value"
            )
        if source.nullable and not into.nullable:
            messages.append(
                f"{shown(source.name)} may be NULL, column {shown(into.name)} may not: a NULL "
                "would fail the load"
            )
    return messages


def add_columns_sql(
    table: TargetTable,
    columns: Sequence[TargetColumn],
    *,
    nullable: bool = False,
    final_name: TargetTable | None = None,
) -> str:
    """Return the ALTER TABLE that adds the columns, all of them nullable with ``nullable``.

    ``final_name`` is the name that the table will get: its NOT NULL constraints are named after it.
    """

    def added(column: TargetColumn) -> str:
        text = f"ADD COLUMN {quote_pg(column.name)} {column.type}"
        if column.nullable or nullable:
            return text
        if final_name is None:
            return f"{text} NOT NULL"
        constraint = shortened(f"{final_name.name}_{column.name}_not_null")
        return f"{text} CONSTRAINT {quote_pg(constraint)} NOT NULL"

    return f"ALTER TABLE {table.sql} {', '.join(map(added, columns))}"
