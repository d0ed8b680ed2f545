"""The objects in a database's catalog: tables, columns, keys, views and alias types."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from tableferry_sandbox.engine.database.principals import Security
from tableferry_sandbox.engine.errors import invalid_object
from tableferry_sandbox.engine.tree.syntax import Node, Query
from tableferry_sandbox.sqltypes import DEFAULT_COLLATION, SqlType

PAGE_ROWS: Final = 100
"""Rows that count as one page, whatever their width."""


def now_ticks() -> int:
    """Return the current UTC time, in ticks of 100 ns since 0001-01-01."""
    span = datetime.now(UTC).replace(tzinfo=None) - datetime(1, 1, 1)  # noqa: DTZ001
    return ((span.days * 86400 + span.seconds) * 1_000_000 + span.microseconds) * 10


@dataclass
class DefaultConstraint:
    """A column's default."""

    object_id: int
    name: str
    expression: Node
    text: str
    named_by_system: bool


@dataclass
class TableColumn:
    """A column of a table; ``physical`` is its name in DuckDB."""

    column_id: int
    name: str
    type: SqlType
    nullable: bool = True
    identity: tuple[int, int] | None = None
    default: DefaultConstraint | None = None
    computed: Node | None = None
    computed_text: str = ""
    persisted: bool = False
    rowguid: bool = False
    sparse: bool = False
    alias: "AliasType | None" = None

    @property
    def physical(self) -> str:
        """The column's name in DuckDB."""
        return f"c{self.column_id}"

    @property
    def stored(self) -> bool:
        """Whether rows hold the value; other computed columns are evaluated when read."""
        return self.computed is None or self.persisted


@dataclass
class Index:
    """An index or a key; ``columns`` are (column, descending)."""

    index_id: int
    name: str
    columns: list[tuple[TableColumn, bool]]
    unique: bool = False
    primary: bool = False
    constraint_id: int = 0
    clustered: bool = False
    included: list[TableColumn] = field(default_factory=list)
    condition: Node | None = None
    condition_text: str = ""
    named_by_system: bool = False


@dataclass
class CheckConstraint:
    """A CHECK constraint."""

    object_id: int
    name: str
    condition: Node
    text: str
    column_id: int = 0
    named_by_system: bool = False


@dataclass
class ForeignKeyConstraint:
    """A FOREIGN KEY: columns here, and the table and columns it points to."""

    object_id: int
    name: str
    columns: list[TableColumn]
    table: "Table"
    referenced: list[TableColumn]
    on_delete: str = "NO_ACTION"
    on_update: str = "NO_ACTION"
    named_by_system: bool = False


@dataclass(eq=False)
class Table:
    """A table. Rows live in the DuckDB table ``physical``, with ``v_from`` and ``v_to``.

    ``versioned``: it may hold old or uncommitted row versions, which readers filter out.
    ``disordered``: its rows are not stored in clustered order. ``version`` counts changes, for
    replay keys; ``altered`` places the last DDL among the transaction numbers.
    """

    database: "Database"
    object_id: int
    schema: str
    name: str
    physical: str
    columns: list[TableColumn] = field(default_factory=list)
    indexes: list[Index] = field(default_factory=list)
    checks: list[CheckConstraint] = field(default_factory=list)
    foreign_keys: list[ForeignKeyConstraint] = field(default_factory=list)
    identity_next: int = 1
    identity_last: int | None = None
    version: int = 0
    altered: int = 0
    versioned: bool = False
    disordered: bool = False
    temporary: bool = False
    created: int = field(default_factory=now_ticks)
    next_column_id: int = 1
    properties: dict[tuple[int, str], tuple[str, str]] = field(default_factory=dict)

    def column(self, name: str) -> TableColumn | None:
        """Return a column by name, None if there is none."""
        lowered = name.lower()
        return next((c for c in self.columns if c.name.lower() == lowered), None)

    @property
    def is_variable(self) -> bool:
        """Whether this is a table variable, which transactions do not cover."""
        return self.name.startswith("@")

    @property
    def primary_key(self) -> Index | None:
        """The primary key."""
        return next((i for i in self.indexes if i.primary), None)

    @property
    def clustered(self) -> Index | None:
        """The clustered index."""
        return next((i for i in self.indexes if i.clustered), None)

    @property
    def identity(self) -> TableColumn | None:
        """The identity column."""
        return next((c for c in self.columns if c.identity), None)

    @property
    def rowversion(self) -> TableColumn | None:
        """The rowversion column."""
        return next((c for c in self.columns if c.type.name == "timestamp"), None)

    @property
    def full_name(self) -> str:
        """Database, schema and name, as error texts show them."""
        return f"{self.database.name}.{self.schema}.{self.name}"


@dataclass(eq=False)
class View:
    """A view: its query, bound again at each use."""

    database: "Database"
    object_id: int
    schema: str
    name: str
    query: Query
    columns: tuple[str, ...]
    text: str
    shape: list[tuple[str, SqlType, bool]] = field(default_factory=list)
    created: int = field(default_factory=now_ticks)


@dataclass(eq=False)
class AliasType:
    """An alias type: a user's name for a system type."""

    user_type_id: int
    schema: str
    name: str
    type: SqlType
    nullable: bool


@dataclass(eq=False)
class Database:
    """One database. Names are looked up in lower case."""

    database_id: int
    name: str
    collation: str = DEFAULT_COLLATION
    allow_snapshot: bool = False
    read_committed_snapshot: bool = False
    compatibility: int = 160
    schemas: dict[str, tuple[str, int]] = field(default_factory=dict)
    objects: dict[tuple[str, str], Table | View] = field(default_factory=dict)
    types: dict[tuple[str, str], AliasType] = field(default_factory=dict)
    security: Security = field(default_factory=Security)
    next_object_id: int = 901_578_250
    next_type_id: int = 257
    rowversion: int = 2000
    created: int = field(default_factory=now_ticks)
    version: int = 0

    def __post_init__(self) -> None:
        fixed = (("dbo", 1), ("guest", 2), ("INFORMATION_SCHEMA", 3), ("sys", 4))
        for name, schema_id in fixed:
            self.schemas[name.lower()] = (name, schema_id)

    def new_object_id(self) -> int:
        """Return the next object id; they step as SQL Server's do."""
        self.next_object_id += 16_000_057
        if self.next_object_id > 2_147_483_647:
            self.next_object_id -= 2_000_000_000
        return self.next_object_id

    def find(self, schema: str, name: str) -> Table | View | None:
        """Return an object by schema and name."""
        return self.objects.get((schema.lower(), name.lower()))

    def table(self, schema: str, name: str) -> Table:
        """Return a table; raises 208."""
        found = self.find(schema, name)
        if not isinstance(found, Table):
            raise invalid_object(f"{schema}.{name}")
        return found

    def tables(self) -> list[Table]:
        """Return the tables in the order of their creation."""
        found = [o for o in self.objects.values() if isinstance(o, Table)]
        return sorted(found, key=lambda t: t.created)

    def views(self) -> list[View]:
        """Return the views."""
        return [o for o in self.objects.values() if isinstance(o, View)]

    def schema_id(self, name: str) -> int:
        """Return a schema's id."""
        return self.schemas[name.lower()][1]


def default_text(text: str) -> str:
    """Return a default's text as sys.default_constraints shows it."""
    body = text.strip()
    while body.startswith("(") and body.endswith(")") and _balanced(body[1:-1]):
        body = body[1:-1].strip()
    if re.fullmatch(r"[-+]?[\d.]+", body):
        return f"(({body}))"
    if re.fullmatch(r"[A-Za-z_]+\(\)", body):
        body = body.lower()
    return f"({body})"


def _balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0
