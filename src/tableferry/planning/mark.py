"""The column that marks rows whose source row is gone: ``deletes: soft:<column>``. Pure.

A row is marked once, with the moment at which that was published, or with true. Rows that a user
has marked by hand count as marked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tableferry.config import DeleteHandling, TableSpec
from tableferry.errors import SchemaError
from tableferry.model.identifiers import quote_pg, shown
from tableferry.model.schema import PgType, TargetColumn, TargetSchema

VALUES: Final = {
    "timestamptz": "pg_catalog.now()",
    "timestamp": "(pg_catalog.now() AT TIME ZONE 'UTC')",
    "bool": "true",
}
"""What marks a row, by the column's type. A timestamp without a time zone is in UTC, whatever the
session's time zone is."""

CREATED: Final = PgType("timestamptz")
"""The type of the column in a table that tableferry creates: it says when, too."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The column, and the SQL that is written into it and asked of it; the target is ``t``."""

    column: TargetColumn

    @property
    def name(self) -> str:
        """The column's name, quoted."""
        return quote_pg(self.column.name)

    @property
    def value(self) -> str:
        """What marks a row."""
        return VALUES[self.column.type.name]

    @property
    def cleared(self) -> str:
        """What a row holds that is not marked."""
        return "false" if self._is_boolean else "NULL"

    @property
    def is_set(self) -> str:
        """The row is marked."""
        return f"t.{self.name} IS TRUE" if self._is_boolean else f"t.{self.name} IS NOT NULL"

    @property
    def is_clear(self) -> str:
        """The row is not marked."""
        return f"t.{self.condition}"

    @property
    def condition(self) -> str:
        """The row is not marked, for an index, whose columns have no prefix."""
        return f"{self.name} IS NOT TRUE" if self._is_boolean else f"{self.name} IS NULL"

    @property
    def _is_boolean(self) -> bool:
        return self.column.type.name == "bool"


def plan_mark(spec: TableSpec, target: TargetSchema | None) -> Mark | None:
    """Return the mark, None where deleted rows are not marked; raises SchemaError.

    ``target`` is None where the table will be created, with the column.
    """
    if spec.deletes.how is not DeleteHandling.SOFT:
        return None
    name = spec.deletes.column
    if target is None:
        return Mark(TargetColumn(name, CREATED))
    found = next((column for column in target.columns if column.name == name), None)
    if found is None:
        raise SchemaError(
            f"{spec.target} has no column {shown(name)}, which 'deletes': {str(spec.deletes)!r} "
            "marks deleted rows in",
            hint=f"ALTER TABLE {spec.target.sql} ADD COLUMN {quote_pg(name)} {CREATED}; a boolean "
            "will do as well.",
        )
    if problem := _problem(found):
        raise SchemaError(
            f"column {shown(name)} of {spec.target} cannot mark deleted rows: it {problem}",
            hint="Name another column in 'deletes': a timestamptz or timestamp that may be NULL, "
            "or a boolean.",
        )
    return Mark(found)


def _problem(column: TargetColumn) -> str:
    if column.type.name not in VALUES:
        return f"is of type {column.type}"
    if column.generated:
        return "is generated and takes no values"
    if column.type.name != "bool" and not column.nullable:
        return "may not be NULL, as it has to be for the other rows"
    return ""


def require_not_carried(spec: TableSpec, mark: Mark | None, names: Iterable[str]) -> None:
    """Refuse a mark in a column that is filled from the source; raises SchemaError."""
    if mark and mark.column.name in names:
        raise SchemaError(
            f"'deletes': {str(spec.deletes)!r} of {spec.target} names "
            f"{shown(mark.column.name)}, which is filled from the source",
            hint="Name another column in 'deletes', or take the source's out with 'exclude'.",
        )


def require_key_to_mark(spec: TableSpec, mark: Mark | None, key: Sequence[str]) -> None:
    """Refuse a table without a key, whose rows cannot be found again; raises SchemaError."""
    if mark and not key:
        raise SchemaError(
            f"{spec.source} is carried without a key, so the deleted rows of {spec.target} cannot "
            "be told from the others",
            hint="Name the columns that identify a row in 'primary_key', and carry all of them; or "
            "omit 'deletes'.",
        )


def without_mark(target: TargetSchema | None, mark: Mark | None) -> TargetSchema | None:
    """Return the target's schema with the columns that the source may fill."""
    if target is None or mark is None:
        return target
    others = tuple(column for column in target.columns if column.name != mark.column.name)
    return replace(target, columns=others)
