"""Queries, and the expressions that contain queries."""

from dataclasses import dataclass, field

from tableferry_sandbox.engine.tree.syntax.expressions import Node, OrderItem


@dataclass(frozen=True, slots=True)
class Subquery(Node):
    """A query used as a scalar."""

    query: "Query"


@dataclass(frozen=True, slots=True)
class In(Node):
    """IN with a list or a query."""

    operand: Node
    items: "tuple[Node, ...] | Query"
    negated: bool


@dataclass(frozen=True, slots=True)
class Exists(Node):
    """EXISTS."""

    query: "Query"


@dataclass(frozen=True, slots=True)
class SelectItem(Node):
    """One item of a select list; ``variable`` for ``@v = expression``."""

    expression: Node
    alias: str | None = None
    variable: str | None = None


@dataclass(frozen=True, slots=True)
class Top(Node):
    """TOP."""

    count: Node
    percent: bool = False
    ties: bool = False


@dataclass(frozen=True, slots=True)
class Sample(Node):
    """TABLESAMPLE: so many percent of a table's pages, or as many as hold about so many rows."""

    count: Node
    rows: bool = False
    seed: Node | None = None


@dataclass(frozen=True, slots=True)
class TableRef(Node):
    """A table, view or CTE by name; ``hints`` in lower case."""

    parts: tuple[str, ...]
    alias: str | None = None
    hints: frozenset[str] = frozenset()
    sample: Sample | None = None


@dataclass(frozen=True, slots=True)
class Derived(Node):
    """A query in FROM."""

    query: "Query"
    alias: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableFunction(Node):
    """A table-valued function in FROM; ``schema`` is empty, ``sys`` or a user's.

    ``schema`` and ``name`` are in lower case, ``path`` is the name as written.
    """

    schema: str
    name: str
    arguments: tuple[Node, ...]
    alias: str | None = None
    columns: tuple[str, ...] = ()
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeTable(Node):
    """CHANGETABLE in FROM: (CHANGES table, ``since``) or (VERSION table, (keys), (values)).

    ``since`` is a literal or a variable, None for VERSION.
    """

    table: tuple[str, ...]
    since: Node | None
    keys: tuple[str, ...] = ()
    values: tuple[Node, ...] = ()
    alias: str | None = None
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Join(Node):
    """``kind``: inner, left, right, full, cross, cross apply, outer apply."""

    kind: str
    left: Node
    right: Node
    condition: Node | None = None


@dataclass(frozen=True, slots=True)
class Select(Node):
    """One SELECT without its ORDER BY."""

    items: tuple[SelectItem, ...]
    top: Top | None = None
    distinct: bool = False
    into: tuple[str, ...] | None = None
    source: Node | None = None
    where: Node | None = None
    group_by: tuple[Node, ...] = ()
    having: Node | None = None


@dataclass(frozen=True, slots=True)
class ValuesRows(Node):
    """``VALUES (..), (..)`` as a query."""

    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class SetOperation(Node):
    """UNION, EXCEPT or INTERSECT."""

    operator: str
    every: bool
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class CommonTable(Node):
    """One WITH member."""

    name: str
    columns: tuple[str, ...]
    query: "Query"


@dataclass(frozen=True, slots=True)
class Query(Node):
    """A whole query expression; ``recursions`` is its OPTION (MAXRECURSION)."""

    body: Node
    order_by: tuple[OrderItem, ...] = ()
    offset: Node | None = None
    fetch: Node | None = None
    tables: tuple[CommonTable, ...] = field(default=())
    recursions: int | None = None
