"""Schema drift: how the source's columns differ from an existing target table's, and what follows.

Pure. The specification's policy decides: ``stop`` refuses, ``add_columns`` adds the columns that
the target lacks, ``evolve`` adds them, too, and alters others (see ``evolve``), ``ignore`` skips
them; all but the first keep columns that only the target has. A type that cannot hold every value
is refused by ``match_columns``, unless it is evolved.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from tableferry.config import DriftPolicy, TableSpec
from tableferry.model.identifiers import shown
from tableferry.model.naming import pg_name, spelled_alike
from tableferry.model.schema import (
    PgType,
    SourceColumn,
    TargetColumn,
    TargetSchema,
)
from tableferry.planning.alter_table import (
    add_column,
    add_columns_sql,
    drop_column,
    rename_column,
)
from tableferry.planning.column_plan import ColumnPlan
from tableferry.planning.evolve import Evolution, evolve_sql
from tableferry.planning.expected_types import created_type, type_change
from tableferry.planning.pair_columns import RequestedColumns
from tableferry.planning.renamed_columns import Rename, find_renames, say_renamed
from tableferry.typemap import RULES

MAY_NOT_ALTER: Final = "only the owner can, and not those of a partition or a typed table"

_DONE: Final = (("add columns", "to"), ("alter columns", "of"))

FILLED_WITH_DEFAULTS: Final = "each row gets its default or NULL"
KEPT_IN_PLACE: Final = "existing rows keep their values, new ones get its default or NULL"
"""The values of a column that only the target has: where a load replaces all rows, or changes them
in place."""


@dataclass(frozen=True, slots=True)
class Drift:
    """Every difference as a sentence in ``messages``; those to act on are in ``warnings``, too.

    ``problems`` stop the run, ``renames`` are guesses that explain them, ``statements`` would
    settle them. ``added`` are the columns that the target will get, ``evolved`` how others are
    altered, ``alter`` the DDL that does both in the load's transaction. ``left_out`` are those of
    the source that it will not get, by name. ``only_in_target`` describes the columns that only
    the target has, which are kept; ``kept`` as well, until ``settled`` knows their values.
    """

    messages: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    alter: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    renames: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    added: tuple[TargetColumn, ...] = ()
    evolved: tuple[Evolution, ...] = ()
    left_out: tuple[str, ...] = ()
    only_in_target: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def before(self) -> dict[str, PgType]:
        """The types that altered columns have until the load alters them, by name."""
        return {one.column: one.before for one in self.evolved}

    def settled(self, *, in_place: bool) -> "Drift":
        """Return the drift of a load that changes rows ``in_place``, or else replaces them all."""
        rows = KEPT_IN_PLACE if in_place else FILLED_WITH_DEFAULTS
        told = [_is_evolved(one, in_place=in_place) for one in self.evolved]
        told += [f"{column}: it is kept, {rows}" for column in self.kept]
        found = tuple(told)
        return replace(
            self, messages=found + self.messages, warnings=found + self.warnings, kept=()
        )


def find_drift(
    spec: TableSpec,
    requested: RequestedColumns,
    plans: Sequence[ColumnPlan],
    target: TargetSchema,
    excluded: Sequence[SourceColumn] | None,
    *,
    evolved: Sequence[Evolution] = (),
) -> Drift:
    """Compare both sides. ``plans`` are those of the columns that could be planned.

    ``evolved`` is how they follow the source; their target columns are those afterwards.

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
    pairs = find_renames(spec, missing, surplus)
    renames = [say_renamed(spec, *pair) for pair in pairs]
    # A surplus column that requires a value is refused by ``match_columns``.
    unexpected = [column for column in surplus if not column.needs_value]
    if spec.drift is DriftPolicy.STOP:
        problems = [_is_missing(spec, column, name) for column, name in missing]
        problems += [_is_surplus(spec, column, plans) for column in unexpected]
        warnings = []
    else:
        altered = ([column.name for column in new], [one.column for one in evolved])
        problems = _obstacles(spec, requested, missing, altered, target)
        warnings = _changes(spec, missing, added)
        kept = tuple(_is_surplus(spec, column, plans) for column in unexpected)
        warnings += renames
        if spec.drift is DriftPolicy.IGNORE:
            left_out = tuple(column.name for column, _ in missing)
    alter = [add_columns_sql(spec.target, new)] if new else []
    alter += [evolve_sql(spec.target, evolved)] if evolved else []
    return Drift(
        messages=(*warnings, *_differences(spec, plans, existing)),
        warnings=tuple(warnings),
        alter=tuple(alter),
        problems=tuple(problems),
        renames=tuple(renames),
        statements=_statements(spec, missing, unexpected, pairs, alter) if problems else (),
        added=new,
        evolved=tuple(evolved),
        left_out=left_out,
        only_in_target=kept,
        kept=kept,
    )


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


def _is_missing(spec: TableSpec, column: SourceColumn, name: str) -> str:
    return f"{spec.target} has no column {shown(name)} for {shown(column.name)}"


def _is_surplus(spec: TableSpec, column: TargetColumn, plans: Sequence[ColumnPlan]) -> str:
    text = f"{spec.source} has no column for {shown(column.name)} of {spec.target}"
    twins = [plan for plan in plans if spelled_alike(plan.source.name, column.name)]
    return "".join(
        (text, *(f" ({shown(twin.source.name)} fills {shown(twin.target.name)})" for twin in twins))
    )


def _changes(spec: TableSpec, missing: RequestedColumns, added: Sequence[ColumnPlan]) -> list[str]:
    if spec.drift.adds:
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
    altered: tuple[Sequence[str], Sequence[str]],
    target: TargetSchema,
) -> list[str]:
    """``altered`` names the columns that are added, and those that are altered."""
    if not target.may_alter and any(altered):
        return [
            f"this login cannot {verb} ({', '.join(map(shown, names))}) {place} {spec.target}: "
            f"{MAY_NOT_ALTER}"
            for (verb, place), names in zip(_DONE, altered, strict=True)
            if names
        ]
    if spec.drift is DriftPolicy.IGNORE and len(missing) == len(requested):
        return [f"{spec.target} has none of the columns to be carried"]
    return []


def _statements(
    spec: TableSpec,
    missing: RequestedColumns,
    unexpected: Sequence[TargetColumn],
    renames: Sequence[Rename],
    alter: Sequence[str],
) -> tuple[str, ...]:
    """Return what an administrator may run in place of the load that is refused."""
    if spec.drift is not DriftPolicy.STOP:
        return tuple(alter)
    renamed = {name for _, name, _ in renames} | {old.name for *_, old in renames}
    new = [
        add_column(spec.target, name, created_type(spec, column))
        for column, name in missing
        if name not in renamed and column.type.name in RULES
    ]
    gone = [column.name for column in unexpected if column.name not in renamed]
    return (
        *(rename_column(spec.target, old.name, name) for _, name, old in renames),
        *new,
        *(drop_column(spec.target, name) for name in gone),
    )


def _is_evolved(one: Evolution, *, in_place: bool) -> str:
    """Say how a column is altered, and what that costs where the rows stay."""
    said = []
    if one.before != one.after:
        cost = "which writes every row of the table anew" if one.rewrites else "in the catalog only"
        said.append(f"becomes {one.after}, from {one.before}" + (f", {cost}" if in_place else ""))
    if one.drops_not_null:
        said.append("may be NULL from now on, as in the source")
    return f"evolved: column {shown(one.column)} {' and '.join(said)}"


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
