"""Each column's way: from the source's type to the target's, by the rules of the types.

Pure. Every misfit is refused here, by column name, before anything is touched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tableferry.config import DriftPolicy, TableSpec
from tableferry.errors import SchemaError
from tableferry.model.identifiers import quote_mssql, shown
from tableferry.model.naming import SYSTEM_COLUMNS
from tableferry.model.schema import (
    UNLIMITED,
    PgType,
    SourceColumn,
    SourceType,
    TargetColumn,
    TargetSchema,
)
from tableferry.planning.drift import Drift, Found, Planned, find_drift, type_change
from tableferry.typemap import (
    KEEPS_OFFSET,
    OFFSET_KEPT,
    RULES,
    Companion,
    Conversion,
    parse_pg_type,
)

MOST_COLUMNS: Final = 1600
"""Of a table in PostgreSQL, whatever their types (its appendix "PostgreSQL Limits")."""


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """One column's way: the T-SQL that reads it, the step that converts it, where it lands.

    ``arrives`` is the type of what ``select`` answers. A ``companion`` holds what another target
    column of the same source column cannot. ``as_units`` is set where a text is read as the
    bytes of its UTF-16 units, because the driver alters it on the way (see ``exactly``).
    """

    source: SourceColumn
    target: TargetColumn
    select: str
    convert: str
    loss: str
    arrives: SourceType
    companion: bool = False
    as_units: bool = False


TEXTS: Final = frozenset({"char", "varchar", "nchar", "nvarchar"})
"""The types in which texts arrive."""

MOST_UNITS: Final = 4000
"""SQL Server's limit of nvarchar(n)."""

POLICIES: Final = (
    "'drift': 'add_columns' would add what the target lacks, 'ignore' leave it out; both keep what "
    "only the target has."
)

MISFITS: Final = {
    "widened": "the source's type is the wider one",
    "changed": "neither type holds all values of the other",
}
"""What ``drift.type_change`` says, in words, of types that do not fit."""


@dataclass(frozen=True, slots=True)
class Matched:
    """Every column that is carried, companions behind their own, and how the two sides differ."""

    columns: tuple[ColumnPlan, ...]
    drift: Drift


def match_columns(
    spec: TableSpec,
    found: Found,
    target: TargetSchema | None,
    *,
    left_out: Sequence[SourceColumn] | None = None,
) -> Matched:
    """Plan every column; raises SchemaError that names every misfit.

    ``target`` is None where the table will be created. ``left_out`` are the source's columns that
    ``exclude`` takes out; None where the configuration names the columns.
    """
    matching = _Matching(spec, found, target)
    columns = [plan for column, name in found for plan in matching.column(column, name)]
    drift = Drift()
    if target is not None:
        planned = [Planned(c.source, c.target, c.companion) for c in columns]
        drift = find_drift(spec, found, planned, target, left_out)
    problems = [*matching.problems, *drift.problems, *matching.unfilled(columns)]
    if target is None and len(columns) > MOST_COLUMNS:
        problems.append(
            f"{spec.target} would have {len(columns):,} columns, second columns included: "
            f"PostgreSQL has room for {MOST_COLUMNS:,}"
        )
    if problems:
        hint = (
            f"Change the columns of {spec.target} or the table's configuration; "
            "tableferry creates the table itself where it is missing."
        )
        if drift.problems and spec.drift is DriftPolicy.STOP:
            hint += " " + POLICIES
        raise SchemaError(
            "; ".join([*problems, *drift.renames]),
            hint=hint
            if target
            else "Correct 'type_overrides', or name fewer or other columns in "
            "'columns' and 'pg_columns'.",
        )
    return Matched(tuple(columns), drift)


def one_column(column: SourceColumn, into: TargetColumn, way: Conversion) -> ColumnPlan:
    """Plan one column by this way."""
    select, arrives = _select(way.select, column), way.arrives or column.type
    if column.by_server and arrives.name in {"char", "varchar"}:
        arrives = _as_nvarchar(arrives)
        select = f"CAST({select} AS {arrives})"
    return ColumnPlan(
        source=column,
        target=into,
        select=select,
        convert=way.convert,
        loss=way.loss_of(column.type),
        arrives=arrives,
    )


def _as_nvarchar(type_: SourceType) -> SourceType:
    """Return the nvarchar with room for a char type's characters: no byte makes two of them."""
    bounded = 0 < type_.length <= MOST_UNITS
    return SourceType("nvarchar", 2 * type_.length if bounded else UNLIMITED)


def exactly(columns: Sequence[ColumnPlan], names: frozenset[str]) -> tuple[ColumnPlan, ...]:
    """Return the plan with these source columns' texts read as bytes of UTF-16.

    The driver puts U+FFFD for what it cannot decode; SQL Server's own conversion to nvarchar and
    from there to its bytes alters nothing.
    """
    return tuple(
        replace(
            column,
            select=f"CAST(CAST({column.select} AS nvarchar(max)) AS varbinary(max))",
            arrives=SourceType("varbinary", UNLIMITED),
            as_units=True,
        )
        if column.source.name in names and column.arrives.name in TEXTS and not column.as_units
        else column
        for column in columns
    )


@dataclass(frozen=True, slots=True)
class _Wish:
    """What ``type_overrides`` says of a column."""

    written: str
    type: PgType
    offset: bool


class _Matching:
    """Matches columns one after the other and collects what does not fit."""

    def __init__(self, spec: TableSpec, found: Found, target: TargetSchema | None) -> None:
        self._spec = spec
        self._names = {name for _, name in found}
        self._keys = {name.lower() for name in spec.primary_key}
        self._target: Mapping[str, TargetColumn] | None = None
        # Tables that inherit from this one get the column, too, and keep their rows.
        self._all_nullable = target is not None and target.has_heirs
        if target is not None:
            self._target = {column.name: column for column in target.columns}
        self._overrides = {name.lower(): text for name, text in spec.type_overrides}
        known = {column.name.lower() for column, _ in found}
        self.problems = [
            f"'type_overrides' names {shown(name)}, which is not among the columns"
            for name, _ in spec.type_overrides
            if name.lower() not in known
        ]

    def column(self, column: SourceColumn, target_name: str) -> list[ColumnPlan]:
        """Plan one column and its companion; none where it does not fit."""
        before = len(self.problems)
        wish = self._wish(column)
        into = self._into(column, target_name, wish) if len(self.problems) == before else None
        if into is None:
            return []
        way = RULES[column.type.name].way(column.type, into.type, asked_for=wish is not None)
        if wish and wish.offset:
            way = KEEPS_OFFSET if column.type.name == "datetimeoffset" else None
        if way is None:
            self.problems.append(self._misfit(column, into, wish))
            return []
        plan = one_column(column, into, way)
        if way.companion is None:
            return [plan]
        return self._with_companion(plan, way.companion)

    def unfilled(self, columns: Sequence[ColumnPlan]) -> list[str]:
        """Name the existing target's columns that must have a value and get none."""
        filled = self._names | {plan.target.name for plan in columns}
        return [
            f"column {shown(column.name)} must have a value and is not among 'pg_columns'"
            for column in (self._target or {}).values()
            if column.needs_value and column.name not in filled
        ]

    def _wish(self, column: SourceColumn) -> _Wish | None:
        written = self._overrides.get(column.name.lower())
        if written is None:
            return None
        name, plus, rest = written.partition(OFFSET_KEPT[0])
        offset = bool(plus)
        kind = parse_pg_type(name)
        if kind is None or (offset and rest.strip().lower() != OFFSET_KEPT[1:].strip()):
            self.problems.append(
                f"'type_overrides' of {shown(column.name)}: {shown(written)} is no type that "
                "tableferry can fill"
            )
            return None
        return _Wish(written, kind, offset)

    def _into(self, column: SourceColumn, name: str, wish: _Wish | None) -> TargetColumn | None:
        if self._creates(name):
            if name in SYSTEM_COLUMNS:
                self.problems.append(
                    f"column {shown(name)} cannot be: PostgreSQL has one of that name in any table"
                )
                return None
            kind = wish.type if wish else RULES[column.type.name].create(column.type)
            nullable = column.nullable and column.name.lower() not in self._keys
            return TargetColumn(name, kind, nullable=nullable or self._all_nullable)
        into = (self._target or {}).get(name)
        if into is None:
            return None  # Left out, or refused with the rest of the drift.
        if into.generated:
            self.problems.append(f"column {shown(name)} is generated and takes no values")
        elif wish and wish.type.name != into.type.name:
            self.problems.append(
                f"column {shown(name)} is of type {into.type}, 'type_overrides' of "
                f"{shown(column.name)} says {shown(wish.written)}"
            )
        else:
            return into
        return None

    def _creates(self, name: str) -> bool:
        """Whether the target will get this column."""
        if self._target is None:
            return True
        return name not in self._target and self._spec.drift is DriftPolicy.ADD_COLUMNS

    def _misfit(self, column: SourceColumn, into: TargetColumn, wish: _Wish | None) -> str:
        text = (
            f"column {shown(into.name)} of type {into.type} cannot hold every value of "
            f"{shown(column.name)} of type {column.type}"
        )
        if wish and wish.offset:
            return f"{shown(wish.written)} is for datetimeoffset: {text}"
        if (change := type_change(self._spec, column, into)) in MISFITS:
            text += f" ({change}: {MISFITS[change]})"
        if into.type.name == "bpchar":
            text += (
                " (PostgreSQL fills char(n) up with blanks; text and varchar(n) keep texts whole)"
            )
        other = RULES[column.type.name].way(column.type, into.type, asked_for=True)
        if wish is None and other:
            text += (
                f" in its own form (\"type_overrides\": {{{column.name!r}: '{into.type}'}} "
                f"would give it another: {other.accepts})"
            )
        return text

    def _with_companion(self, plan: ColumnPlan, companion: Companion) -> list[ColumnPlan]:
        name = companion.name(plan.target.name)
        into = self._companion_target(plan, companion, name)
        if into is None:
            loss = "; ".join(filter(None, (plan.loss, companion.missing)))
            return [
                ColumnPlan(plan.source, plan.target, plan.select, plan.convert, loss, plan.arrives)
            ]
        way = RULES[companion.arrives.name].way(companion.arrives, into.type)
        if way is None:
            self.problems.append(
                f"column {shown(name)} of type {into.type} cannot hold what belongs to "
                f"{shown(plan.target.name)}: it takes {companion.type}"
            )
            return [plan]
        source = SourceColumn(plan.source.name, companion.arrives, nullable=plan.source.nullable)
        select = _select(companion.select, source)
        second = ColumnPlan(
            source, into, select, way.convert, "", companion.arrives, companion=True
        )
        return [plan, second]

    def _companion_target(
        self, plan: ColumnPlan, companion: Companion, name: str
    ) -> TargetColumn | None:
        """Return the column for it; None where it is left out, with a declared loss."""
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
                f"column {shown(name)}, which belongs to {shown(plan.target.name)}, has the name "
                "of another of 'pg_columns'"
            )
        elif not companion.missing:
            self.problems.append(
                f"{self._spec.target} has no column {shown(name)} for what "
                f"'type_overrides' of {shown(plan.source.name)} asks to be kept"
            )
        return None


def _select(expression: str, column: SourceColumn) -> str:
    return expression.replace("{}", f"t.{quote_mssql(column.name)}")
