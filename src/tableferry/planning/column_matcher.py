"""Match one source column with its target column: its conversion, its companion, or what is wrong.

Pure. What does not fit is collected, by column name, with the statements that would mend it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from tableferry.config import TableSpec
from tableferry.model.identifiers import shown
from tableferry.model.naming import SYSTEM_COLUMNS, spelled_alike
from tableferry.model.schema import SourceColumn, TargetColumn, TargetSchema
from tableferry.planning.alter_table import add_column, drop_expression, drop_not_null
from tableferry.planning.column_plan import ColumnPlan, plan_column, plan_companion
from tableferry.planning.expected_types import expected_type, type_change
from tableferry.planning.followed_columns import FollowedColumns
from tableferry.planning.pair_columns import RequestedColumns
from tableferry.typemap import RULES, Companion, Conversion, TypeOverride, parse_override

TYPE_CHANGES: Final = {
    "widened": "the source's type is the wider one",
    "changed": "neither type holds all values of the other",
}
"""The results of ``drift.type_change`` for types that do not fit, explained."""


class ColumnMatcher:
    """Matches one column after the other and collects what does not fit."""

    def __init__(
        self, spec: TableSpec, requested: RequestedColumns, target: TargetSchema | None
    ) -> None:
        self._spec = spec
        self._names = {name for _, name in requested}
        self._target: Mapping[str, TargetColumn] | None = None
        # Child tables get an added column as well, and their rows stay without a value for it.
        self._all_nullable = target is not None and target.has_children
        if target is not None:
            self._target = {column.name: column for column in target.columns}
        self._overrides = dict(spec.type_overrides)
        self.followed = FollowedColumns(spec, target)
        self.statements: list[str] = []
        known = {column.name for column, _ in requested}
        self.problems = [
            f"'type_overrides' names {shown(name)}, which is not among the columns"
            for name, _ in spec.type_overrides
            if name not in known
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
        form = override.form if override else ""
        asked = override is not None
        fits = partial(rule.conversion, column.type, requested=asked, form=form)
        wanted = override.type if override else expected_type(column, into.type)
        into = self.followed.evolve(
            column,
            into,
            wanted,
            fits=lambda kind: (
                fits(kind) is not None and (override is None or override.type.name == kind.name)
            ),
        )
        conversion = fits(into.type)
        if conversion is None:
            self.problems.append(self._mismatch(column, into, override))
            self.statements.append(self.followed.by_hand(into, wanted))
            return []
        plan = plan_column(column, into, conversion)
        if conversion.companion is None:
            return [plan]
        return self._with_companion(plan, conversion.companion)

    def unfilled(self, columns: Sequence[ColumnPlan]) -> list[str]:
        """Name the existing target's columns that require a value and get none."""
        filled = self._names | {plan.target.name for plan in columns}
        empty = [
            column.name
            for column in (self._target or {}).values()
            if column.needs_value and column.name not in filled
        ]
        self.statements += [drop_not_null(self._spec.target, name) for name in empty]
        return [
            f"column {shown(name)} requires a value and is not among 'pg_columns'" for name in empty
        ]

    def _override(self, column: SourceColumn) -> TypeOverride | None:
        written = self._overrides.get(column.name)
        if written is None:
            return None
        override = parse_override(written)
        if override is None:
            self.problems.append(
                f"'type_overrides' of {shown(column.name)}: {shown(written)} is not a type that "
                "tableferry can fill"
            )
        return override

    def _target_column(
        self, column: SourceColumn, name: str, override: TypeOverride | None
    ) -> TargetColumn | None:
        """Return the column to fill; None where it is refused, or skipped by the drift policy."""
        if self._creates(name):
            return self._new_column(column, name, override)
        into = (self._target or {}).get(name)
        if into is None:
            return None
        if into.generated:
            self.problems.append(f"column {shown(name)} is generated and takes no values")
            self.statements.append(drop_expression(self._spec.target, name))
        elif (
            override
            and override.type.name != into.type.name
            and not self.followed.follows(into, override.type)
        ):
            if override.type.name != "enum":
                self.statements.append(self.followed.by_hand(into, override.type))
            self.problems.append(
                f"column {shown(name)} is of type {into.type}, 'type_overrides' of "
                f"{shown(column.name)} says {shown(override.written)}"
            )
        else:
            return into
        return None

    def _new_column(
        self, column: SourceColumn, name: str, override: TypeOverride | None
    ) -> TargetColumn | None:
        if name in SYSTEM_COLUMNS:
            self.problems.append(
                f"column {shown(name)} cannot be created: every PostgreSQL table has a system "
                "column of that name"
            )
            return None
        if override and override.type.name == "enum":
            self.problems.append(
                f"column {shown(name)} for {shown(column.name)} is not created, as 'enum' does not "
                "say which enumerated type it is to have: create the type and the column first"
            )
            return None
        kind = override.type if override else RULES[column.type.name].create(column.type)
        nullable = column.nullable and column.name not in self._spec.primary_key
        return TargetColumn(name, kind, nullable=nullable or self._all_nullable)

    def _spelling(self, name: str) -> str:
        """Return the only unfilled target column that is spelled like a derived name, or that."""
        existing = self._target or {}
        alike = [
            other for other in existing if other not in self._names and spelled_alike(name, other)
        ]
        return alike[0] if name not in existing and len(alike) == 1 else name

    def _creates(self, name: str) -> bool:
        """Whether this load will create the target column."""
        if self._target is None:
            return True
        return name not in self._target and self._spec.drift.adds

    def _mismatch(
        self, column: SourceColumn, into: TargetColumn, override: TypeOverride | None
    ) -> str:
        text = (
            f"column {shown(into.name)} of type {into.type} cannot hold every value of "
            f"{shown(column.name)} of type {column.type}"
        )
        if (change := type_change(self._spec, column, into)) in TYPE_CHANGES:
            text += f" ({change}: {TYPE_CHANGES[change]})"
        other = RULES[column.type.name].possible(column.type, into.type)
        if other and other.on_request and (override is None or override.form != other.form):
            text += f" ({_proposal(column, into, other)})"
        return text

    def _with_companion(self, plan: ColumnPlan, companion: Companion) -> list[ColumnPlan]:
        name = self._spelling(companion.name(plan.target.name))
        into = self._companion_target(plan, companion, name)
        if into is None:
            loss = "; ".join(filter(None, (plan.loss, companion.missing)))
            return [replace(plan, loss=loss)]
        rule = RULES[companion.arrives.name]
        arriving = SourceColumn(plan.source.name, companion.arrives, nullable=plan.source.nullable)
        into = self.followed.evolve(
            arriving, into, companion.type, fits=lambda kind: rule.fits(companion.arrives, kind)
        )
        conversion = rule.conversion(companion.arrives, into.type)
        if conversion is None:
            self.statements.append(self.followed.by_hand(into, companion.type))
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
            self.statements.append(add_column(self._spec.target, name, companion.type))
        return None


def _proposal(column: SourceColumn, into: TargetColumn, conversion: Conversion) -> str:
    """Say which override would convert the column, what it checks and what is lost."""
    kind = "enum" if into.type.enum else str(into.type)
    written = f"{kind} {conversion.form}".rstrip()
    loss = conversion.loss_of(column.type)
    parts = [f'"type_overrides": {{{column.name!r}: {written!r}}} would convert it']
    parts += [f"each value is checked: {conversion.checks}"] if conversion.checks else []
    parts += [f"lost: {loss}"] if loss else []
    return "; ".join(parts)
