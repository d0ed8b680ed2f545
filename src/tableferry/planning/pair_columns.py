"""Pair source columns with existing target columns whose names are only spelled differently. Pure.

A target table that tableferry did not create may have ``customername`` or ``"CustomerName"`` where
tableferry would have named the column ``customer_name``. Adding a column beside it would leave the
one that is queried without values, under any drift policy. So a derived name gives way to the only
column that is spelled like it; everything else that looks alike is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tableferry.config import TableSpec
from tableferry.model.identifiers import shown
from tableferry.model.naming import pg_name, spelled_alike
from tableferry.model.schema import SourceColumn, TargetSchema
from tableferry.planning.alter_table import rename_column
from tableferry.typemap import RULES

RequestedColumns = Sequence[tuple[SourceColumn, str]]
"""The source columns that the configuration asks for, each with its target column's name."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """The requested columns with the names of the target columns they fill.

    ``messages`` name the pairs that are spelled differently; ``problems`` stop the run, and
    ``hint`` says how to name the target columns, empty where nothing is to be corrected;
    ``statements`` would name the target's like the configuration, where it is clear which.
    """

    requested: RequestedColumns
    messages: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    hint: str = ""
    statements: tuple[str, ...] = ()


def pair_columns(
    spec: TableSpec,
    requested: RequestedColumns,
    target: TargetSchema,
    others: Sequence[SourceColumn],
) -> Pairing:
    """Pair each requested column with one of the existing target table.

    A target column of exactly the requested name always comes first. ``others`` are the source's
    columns that are not requested: one of them may be what a target column is named after.
    """
    pairs = _Pairs(spec, requested, target, others)
    found: dict[SourceColumn, str] = {}
    problems: list[str] = []
    statements: list[str] = []
    for column, name in requested:
        alike = pairs.alike(column)
        rivals = pairs.rivals(column, alike)
        if not alike:
            continue
        if len(alike) > 1 or rivals:
            problems.append(_ambiguous(spec, [column, *rivals], alike))
        elif spec.derived_names:
            found[column] = alike[0]
        else:
            problems.append(
                f"{spec.target} has no column {shown(name)}, only {shown(alike[0])}, which is "
                "spelled differently"
            )
            statements.append(rename_column(spec.target, alike[0], name))
    return Pairing(
        requested=[(column, found.get(column, name)) for column, name in requested],
        messages=tuple(
            f"spelled differently: {shown(column.name)} fills column {shown(name)}"
            for column, name in found.items()
        ),
        problems=tuple(problems),
        hint=pairs.hint() if problems else "",
        statements=tuple(statements),
    )


class _Pairs:
    """Which unfilled columns of the target are spelled like which source columns."""

    def __init__(
        self,
        spec: TableSpec,
        requested: RequestedColumns,
        target: TargetSchema,
        others: Sequence[SourceColumn],
    ) -> None:
        self._spec = spec
        self._requested = requested
        existing = {column.name for column in target.columns}
        written = [*requested, *((column, pg_name(column.name)) for column in others)]
        taken = {name for _, name in written} | set(_companions(requested))
        free = [column.name for column in target.columns if column.name not in taken]
        self._alike: Mapping[SourceColumn, list[str]] = {
            column: [
                other
                for other in free
                if spelled_alike(column.name if spec.derived_names else name, other)
            ]
            for column, name in written
            if name not in existing
        }

    def alike(self, column: SourceColumn) -> list[str]:
        """Return the target columns that may be meant; empty where the exact one exists."""
        return self._alike.get(column, [])

    def rivals(self, column: SourceColumn, alike: Sequence[str]) -> list[SourceColumn]:
        """Return the other source columns that are spelled like one of these target columns."""
        return [
            other
            for other, names in self._alike.items()
            if other != column and not set(names).isdisjoint(alike)
        ]

    def hint(self) -> str:
        """Return the keys of the entry that name every target column, to be pasted.

        Where several target columns may be meant, the first one is written, the others follow.
        """
        names: list[str] = []
        others = ""
        for column, name in self._requested:
            first, *rest = [alike for alike in self.alike(column) if alike not in names] or [name]
            names.append(first)
            if rest:
                others += f" If it is meant, write {' or '.join(map(repr, rest))} for {first!r}."
        columns = f"'columns': {[column.name for column, _ in self._requested]}, "
        return (
            f"Name the columns to fill: {columns if self._spec.derived_names else ''}"
            f"'pg_columns': {names}.{others}"
        )


def _companions(requested: RequestedColumns) -> list[str]:
    """Return the names that companion columns of the requested ones may have."""
    return [
        conversion.companion.name(name)
        for column, name in requested
        for conversion in RULES[column.type.name].conversions
        if conversion.companion
    ]


def _ambiguous(spec: TableSpec, columns: Sequence[SourceColumn], alike: Sequence[str]) -> str:
    sources = " or ".join(shown(column.name) for column in columns)
    targets = " or ".join(map(shown, alike))
    return f"{sources} of {spec.source} may be meant to fill {targets} of {spec.target}"
