"""Match the source's columns with the target's: which conversion each one takes, or why none fits.

Pure. Every mismatch is refused here, by column name, before either database is touched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tableferry.config import DriftPolicy, TableSpec
from tableferry.errors import SchemaError
from tableferry.model.identifiers import shown
from tableferry.model.naming import SYSTEM_COLUMNS
from tableferry.model.schema import PgType, SourceColumn, TargetColumn, TargetSchema
from tableferry.planning.column_plan import ColumnPlan, plan_column, plan_companion
from tableferry.planning.drift import Drift, RequestedColumns, find_drift, type_change
from tableferry.typemap import (
    OFFSET_SUFFIX,
    RULES,
    WITH_OFFSET,
    Companion,
    parse_pg_type,
)

MAX_TABLE_COLUMNS: Final = 1600
"""PostgreSQL's limit, whatever the columns' types (its appendix "PostgreSQL Limits")."""

DRIFT_HINT: Final = (
    "'drift': 'add_columns' adds the columns that the target lacks, 'ignore' skips them; both keep "
    "the columns that only the target has."
)

TYPE_CHANGES: Final = {
    "widened": "the source's type is the wider one",
    "changed": "neither type holds all values of the other",
}
"""The results of ``drift.type_change`` for types that do not fit, explained."""


@dataclass(frozen=True, slots=True)
class ColumnMatch:
    """Every column that is carried, each companion after its main column, and the drift."""

    columns: tuple[ColumnPlan, ...]
    drift: Drift


def match_columns(
    spec: TableSpec,
    requested: RequestedColumns,
    target: TargetSchema | None,
    *,
    excluded: Sequence[SourceColumn] | None = None,
) -> ColumnMatch:
    """Plan every requested column; raises SchemaError that names every mismatch.

    ``target`` is None where the table will be created. ``excluded`` are the source's columns that
    the specification's ``exclude`` takes out; None where the configuration lists the columns.
    """
    matcher = _ColumnMatcher(spec, requested, target)
    columns = [plan for column, name in requested for plan in matcher.plan(column, name)]
    drift = Drift()
    if target is not None:
        drift = find_drift(spec, requested, columns, target, excluded)
    problems = [*matcher.problems, *drift.problems, *matcher.unfilled(columns)]
    if target is None and len(columns) > MAX_TABLE_COLUMNS:
        problems.append(
            f"{spec.target} would have {len(columns):,} columns, companion columns included: "
            f"PostgreSQL has room for {MAX_TABLE_COLUMNS:,}"
        )
    if problems:
        stopped = bool(drift.problems) and spec.drift is DriftPolicy.STOP
        raise SchemaError(
            "; ".join([*problems, *drift.renames]), hint=_hint(spec, target, stopped=stopped)
        )
    return ColumnMatch(tuple(columns), drift)


def _hint(spec: TableSpec, target: TargetSchema | None, *, stopped: bool) -> str:
    if target is None:
        return (
            "Correct 'type_overrides', or name fewer or other columns in 'columns' and "
            "'pg_columns'."
        )
    hint = (
        f"Change the columns of {spec.target} or the table's configuration; tableferry creates "
        "the table itself where it is missing."
    )
    return f"{hint} {DRIFT_HINT}" if stopped else hint


@dataclass(frozen=True, slots=True)
class _TypeOverride:
    """One entry of ``type_overrides``: as written, its type, and whether the offset is kept."""

    written: str
    type: PgType
    offset: bool


class _ColumnMatcher:
    """Matches one column after the other and collects what does not fit."""

    def __init__(
        self, spec: TableSpec, requested: RequestedColumns, target: TargetSchema | None
    ) -> None:
        self._spec = spec
        self._names = {name for _, name in requested}
        self._keys = {name.lower() for name in spec.primary_key}
        self._target: Mapping[str, TargetColumn] | None = None
        # Child tables get an added column as well, and their rows stay without a value for it.
        self._all_nullable = target is not None and target.has_children
        if target is not None:
            self._target = {column.name: column for column in target.columns}
        self._overrides = {name.lower(): text for name, text in spec.type_overrides}
        known = {column.name.lower() for column, _ in requested}
        self.problems = [
            f"'type_overrides' names {shown(name)}, which is not among the columns"
            for name, _ in spec.type_overrides
            if name.lower() not in known
        ]

    def plan(self, column: SourceColumn, target_name: str) -> list[ColumnPlan]:
        """Plan one column and its companion; empty where it does not fit."""
        before = len(self.problems)
        override = self._override(column)
        if len(self.problems) > before:
            return []
        into = self._target_column(column, target_name, override)
        if into is None:
            return []
        rule = RULES[column.type.name]
        conversion = rule.conversion(column.type, into.type, requested=override is not None)
        if override and override.offset:
            conversion = WITH_OFFSET if column.type.name == "datetimeoffset" else None
        if conversion is None:
            self.problems.append(self._mismatch(column, into, override))
            return []
        plan = plan_column(column, into, conversion)
        if conversion.companion is None:
            return [plan]
        return self._with_companion(plan, conversion.companion)

    def unfilled(self, columns: Sequence[ColumnPlan]) -> list[str]:
        """Name the existing target's columns that require a value and get none."""
        filled = self._names | {plan.target.name for plan in columns}
        return [
            f"column {shown(column.name)} requires a value and is not among 'pg_columns'"
            for column in (self._target or {}).values()
            if column.needs_value and column.name not in filled
        ]

    def _override(self, column: SourceColumn) -> _TypeOverride | None:
        written = self._overrides.get(column.name.lower())
        if written is None:
            return None
        name, plus, rest = written.partition(OFFSET_SUFFIX[0])
        offset = bool(plus)
        kind = parse_pg_type(name)
        if kind is None or (offset and rest.strip().lower() != OFFSET_SUFFIX[1:].strip()):
            self.problems.append(
                f"'type_overrides' of {shown(column.name)}: {shown(written)} is not a type that "
                "tableferry can fill"
            )
            return None
        return _TypeOverride(written, kind, offset)

    def _target_column(
        self, column: SourceColumn, name: str, override: _TypeOverride | None
    ) -> TargetColumn | None:
        """Return the column to fill; None where it is refused, or skipped by the drift policy."""
        if self._creates(name):
            return self._new_column(column, name, override)
        into = (self._target or {}).get(name)
        if into is None:
            return None
        if into.generated:
            self.problems.append(f"column {shown(name)} is generated and takes no values")
        elif override and override.type.name != into.type.name:
            self.problems.append(
                f"column {shown(name)} is of type {into.type}, 'type_overrides' of "
                f"{shown(column.name)} says {shown(override.written)}"
            )
        else:
            return into
        return None

    def _new_column(
        self, column: SourceColumn, name: str, override: _TypeOverride | None
    ) -> TargetColumn | None:
        if name in SYSTEM_COLUMNS:
            self.problems.append(
                f"column {shown(name)} cannot be created: every PostgreSQL table has a system "
                "column of that name"
            )
            return None
        kind = override.type if override else RULES[column.type.name].create(column.type)
        nullable = column.nullable and column.name.lower() not in self._keys
        return TargetColumn(name, kind, nullable=nullable or self._all_nullable)

    def _creates(self, name: str) -> bool:
        """Whether this load will create the target column."""
        if self._target is None:
            return True
        return name not in self._target and self._spec.drift is DriftPolicy.ADD_COLUMNS

    def _mismatch(
        self, column: SourceColumn, into: TargetColumn, override: _TypeOverride | None
    ) -> str:
        text = (
            f"column {shown(into.name)} of type {into.type} cannot hold every value of "
            f"{shown(column.name)} of type {column.type}"
        )
        if override and override.offset:
            return f"{shown(override.written)} is for datetimeoffset: {text}"
        if (change := type_change(self._spec, column, into)) in TYPE_CHANGES:
            text += f" ({change}: {TYPE_CHANGES[change]})"
        if into.type.name == "bpchar":
            text += " (PostgreSQL pads char(n) with blanks; text and varchar(n) keep texts whole)"
        other = RULES[column.type.name].conversion(column.type, into.type, requested=True)
        if override is None and other:
            text += (
                f" in its own form (\"type_overrides\": {{{column.name!r}: '{into.type}'}} "
                f"would convert it: {other.accepts})"
            )
        return text

    def _with_companion(self, plan: ColumnPlan, companion: Companion) -> list[ColumnPlan]:
        name = companion.name(plan.target.name)
        into = self._companion_target(plan, companion, name)
        if into is None:
            loss = "; ".join(filter(None, (plan.loss, companion.missing)))
            return [replace(plan, loss=loss)]
        conversion = RULES[companion.arrives.name].conversion(companion.arrives, into.type)
        if conversion is None:
            self.problems.append(
                f"column {shown(name)} of type {into.type} cannot hold the companion of "
                f"{shown(plan.target.name)}, which is of type {companion.type}"
            )
            return [plan]
        return [plan, plan_companion(plan, companion, into, conversion)]

    def _companion_target(
        self, plan: ColumnPlan, companion: Companion, name: str
    ) -> TargetColumn | None:
        """Return the column for the companion; None where it is skipped, with a declared loss."""
        into: TargetColumn | None
        if self._creates(name):
            nullable = plan.target.nullable or self._all_nullable
            into = TargetColumn(name, companion.type, nullable=nullable)
        else:
            into = (self._target or {}).get(name)
            if into is not None and into.generated:
                into = None
        if into is not None and name not in self._names:
            return into
        if self._target is None:
            self.problems.append(
                f"column {shown(name)}, the companion of {shown(plan.target.name)}, has the name "
                "of another of 'pg_columns'"
            )
        elif not companion.missing:
            self.problems.append(
                f"{self._spec.target} has no column {shown(name)} for the offset that "
                f"'type_overrides' of {shown(plan.source.name)} asks to keep"
            )
        return None
