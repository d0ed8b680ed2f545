"""Existing target columns that follow their source columns: which are altered, and which cannot be.

Pure. The policy ``evolve`` alters them with the load; under every policy a refusal has the
statements that do it by hand.
"""

from collections.abc import Callable
from dataclasses import replace

from tableferry.config import TableSpec
from tableferry.model.identifiers import shown
from tableferry.model.schema import PgType, SourceColumn, TargetColumn, TargetSchema
from tableferry.planning.alter_table import change_type
from tableferry.planning.evolve import (
    FIXES_TYPE,
    KEEPS_NOT_NULL,
    Evolution,
    described,
    evolved_type,
    preventing,
)


class FollowedColumns:
    """The columns of one existing target; ``target`` is None where the table will be created.

    ``evolutions`` are those that the load alters, ``problems`` what prevents others.
    """

    def __init__(self, spec: TableSpec, target: TargetSchema | None) -> None:
        self._spec = spec
        self._uses = target.uses if target else {}
        self._existing = {column.name for column in target.columns} if target else set()
        self.evolutions: list[Evolution] = []
        self.problems: list[str] = []

    def evolve(
        self,
        column: SourceColumn,
        into: TargetColumn,
        wanted: PgType,
        *,
        fits: Callable[[PgType], bool],
    ) -> TargetColumn:
        """Return the existing column as the load will alter it; as it is where it need not be.

        A type stays where it may not be changed: the caller refuses it, as under other policies. A
        column stays NOT NULL then, which ``find_drift`` reports.
        """
        if not self._spec.drift.evolves or into.name not in self._existing:
            return into
        uses = self._uses.get(into.name, ())
        after = into.type if fits(into.type) else evolved_type(into.type, wanted)
        if after is None or not fits(after):
            return into
        if prevented := preventing(uses, into.type, after) if after != into.type else []:
            self.problems.append(
                f"column {shown(into.name)} is not evolved to {after}, as it is used by "
                f"{described(prevented)}"
            )
            return into
        may_be_null = column.nullable and column.name not in self._spec.primary_key
        keeps = any(use.kind in KEEPS_NOT_NULL for use in uses)
        relaxed = may_be_null and not into.nullable and not keeps
        if after == into.type and not relaxed:
            return into
        self.evolutions.append(Evolution(into.name, into.type, after, drops_not_null=relaxed))
        return replace(into, type=after, nullable=into.nullable or relaxed)

    def by_hand(self, into: TargetColumn, wanted: PgType) -> str:
        """Return the statements that give an existing column a type that holds every value.

        "" where PostgreSQL has none: the table would have to be created anew.
        """
        after = evolved_type(into.type, wanted)
        kind = after or wanted
        uses = preventing(self._uses.get(into.name, ()), into.type, kind)
        if any(use.kind in FIXES_TYPE for use in uses):
            return ""
        return change_type(self._spec.target, into.name, kind, uses, by_text=after is None)

    def follows(self, into: TargetColumn, wanted: PgType) -> bool:
        """Whether an existing column can be evolved to the type that the entry asks for."""
        return self._spec.drift.evolves and evolved_type(into.type, wanted) == wanted
