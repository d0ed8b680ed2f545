"""Scopes: what a name can mean at a place in a query."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tableferry_sandbox.engine.errors import ambiguous_column, invalid_column, unbound_identifier
from tableferry_sandbox.engine.types.type_rules import with_collation
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import Column, SqlType


@dataclass(frozen=True, slots=True)
class Typed:
    """A bound expression: DuckDB SQL and its T-SQL type.

    ``digits`` counts the digits of an integer constant: its precision in decimal arithmetic.
    ``hidden`` columns are not part of ``*``. ``mask`` is the function behind which the value is
    shown to this session, ``refusal`` the error of reading a column that may not be read.
    """

    sql: str
    type: SqlType
    nullable: bool = True
    name: str = ""
    identity: bool = False
    computed: bool = False
    explicit_collation: bool = False
    digits: int = 0
    hidden: bool = False
    mask: str = ""
    refusal: SqlError | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Source:
    """One source in FROM: the alias it is known by, its full name, and its columns.

    ``key`` gives what spellings of the same name have in common (``database.identifiers``).
    ``refusals`` has the error of reading rows of it without naming a column, which takes the
    permission on all columns: until one is named, and if some may not be read.
    """

    alias: str
    path: tuple[str, ...]
    columns: tuple[Typed, ...]
    key: Callable[[str], str]
    refusals: list[SqlError] = field(default_factory=list, compare=False)
    _by_key: dict[str, list[Typed]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_key: dict[str, list[Typed]] = {}
        for column in self.columns:
            by_key.setdefault(self.key(column.name), []).append(column)
        object.__setattr__(self, "_by_key", by_key)

    def answers_to(self, qualifier: tuple[str, ...]) -> bool:
        """Return whether a column's qualifier names this source."""
        wanted = [self.key(part) for part in qualifier]
        if len(wanted) == 1 and wanted[0] == self.key(self.alias):
            return True
        own = [self.key(part) for part in self.path][-len(wanted) :]
        return (
            bool(own)
            and len(own) == len(wanted)
            and all(w in (o, "") for w, o in zip(wanted, own, strict=True))
        )

    def named(self, name: str) -> list[Typed]:
        """Return the columns of a name."""
        found = self._by_key.get(self.key(name))
        if found is None and name.startswith("$"):  # $node_id is short for $node_id_ and 32 digits
            return [c for c in self.columns if c.name.startswith(f"{name.lower()}_")]
        return found or []


@dataclass
class Scope:
    """The sources of one SELECT, inside those of the queries around it.

    ``groups`` maps the SQL of each GROUP BY expression to its value in a group; None before
    grouping.
    """

    sources: list[Source] = field(default_factory=list)
    parent: "Scope | None" = None
    groups: dict[str, Typed] | None = None

    def find(self, parts: tuple[str, ...]) -> tuple[Typed, "Scope", Source]:
        """Return a column, the scope and the source it is from. Raises 207, 209, 230, 4104."""
        qualifier = parts[:-1]
        scope: Scope | None = self
        while scope is not None:
            found = [
                (column, scope, source)
                for source in scope.sources
                if not qualifier or source.answers_to(qualifier)
                for column in source.named(parts[-1])
            ]
            if len(found) > 1:
                raise ambiguous_column(parts[-1])
            if found:
                column, _, source = found[0]
                if column.refusal is not None:
                    raise column.refusal
                source.refusals.clear()
                return found[0]
            if qualifier and any(source.answers_to(qualifier) for source in scope.sources):
                raise invalid_column(parts[-1])
            scope = scope.parent
        if qualifier:
            raise unbound_identifier(".".join(parts))
        raise invalid_column(parts[-1])


@dataclass(frozen=True)
class BoundQuery:
    """A query ready to run. ``sql`` gives columns ``c1`` ... ``cn``."""

    sql: str
    columns: tuple[Typed, ...]

    def result_columns(self, collation: str) -> list[Column]:
        """Return the columns as the client sees them; ``collation`` is the database's."""
        return [
            Column(c.name, _shown_type(c.type, collation), c.nullable, c.identity, c.computed)
            for c in self.columns
        ]


def _shown_type(kind: SqlType, collation: str) -> SqlType:
    if kind.name == "null":
        return SqlType("int", 4, 10)
    return with_collation(kind, kind.collation or collation)
