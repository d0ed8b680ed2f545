"""The objects in a database's catalog: tables, their indexes and keys, and views."""

from dataclasses import dataclass, field
from typing import Final

from tableferry_sandbox.engine.database.identifiers import Identifiers
from tableferry_sandbox.engine.database.other_objects import (
    Partitioning,
    SchemaObject,
    XmlCollection,
    now_ticks,
)
from tableferry_sandbox.engine.database.principals import Security
from tableferry_sandbox.engine.database.recovery import RecoveryStatus
from tableferry_sandbox.engine.database.security_policies import SecurityPredicate
from tableferry_sandbox.engine.database.table_columns import (
    PSEUDO_COLUMNS,
    AliasType,
    TableColumn,
)
from tableferry_sandbox.engine.database.tracking import DatabaseTracking, TableTracking
from tableferry_sandbox.engine.errors import invalid_object
from tableferry_sandbox.engine.tree.syntax import Node, Query
from tableferry_sandbox.sqltypes import DEFAULT_COLLATION, SqlType

PAGE_ROWS: Final = 100
"""Rows that count as one page, whatever their width."""


@dataclass
class Index:
    """An index or a key; ``columns`` are (column, descending).

    ``kind`` is its ``type_desc`` in the catalog where it is not a B-tree's.
    """

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
    kind: str = ""
    disabled: bool = False


@dataclass
class CheckConstraint:
    """A CHECK constraint; ``untrusted``: rows may violate it, as nothing has checked them."""

    object_id: int
    name: str
    condition: Node
    text: str
    column_id: int = 0
    named_by_system: bool = False
    disabled: bool = False
    untrusted: bool = False
    not_for_replication: bool = False


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
    disabled: bool = False
    untrusted: bool = False
    not_for_replication: bool = False


@dataclass(eq=False)
class Table:
    """A table. Rows live in the DuckDB table ``physical``, with ``v_from`` and ``v_to``.

    ``versioned``: it may hold old or uncommitted row versions, which readers filter out.
    ``disordered``: its rows are not stored in clustered order. ``version`` counts changes, for
    replay keys; ``counted`` is the number of rows at one of these versions, where it is known.
    ``large_pages`` likewise those that its large values have for themselves.
    ``altered`` places the last DDL among the transaction numbers. ``period`` is that of a temporal
    table, ``history`` its history table while SYSTEM_VERSIONING is ON, ``tracking`` what Change
    Tracking remembers of it while that is enabled. ``predicates`` are those of security policies,
    ``column_set`` stands for the sparse columns. ``graph`` is ``node`` or ``edge``, ``graph_next``
    the next id of such.
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
    counted: tuple[int, int] | None = None
    large_pages: tuple[int, int] | None = None
    altered: int = 0
    versioned: bool = False
    disordered: bool = False
    temporary: bool = False
    created: int = field(default_factory=now_ticks)
    next_column_id: int = 1
    period: tuple[TableColumn, TableColumn] | None = None
    history: "Table | None" = None
    tracking: TableTracking | None = None
    predicates: list[SecurityPredicate] = field(default_factory=list)
    column_set: TableColumn | None = None
    graph: str = ""
    graph_next: int = 0

    def column(self, name: str) -> TableColumn | None:
        """Return a column by name, None if there is none; ``$node_id`` is a name as well."""
        key, wanted = self.database.key, self.database.key(name)
        if self.graph and name.lower() in PSEUDO_COLUMNS:
            wanted = wanted.lower() + "_"
            return next((c for c in self.columns if c.name.startswith(wanted)), None)
        return next((c for c in self.columns if key(c.name) == wanted), None)

    @property
    def known_rows(self) -> int | None:
        """The number of rows now, None where it has to be counted."""
        return self.counted[1] if self.counted and self.counted[0] == self.version else None

    def next_version(self, rows: int | None) -> None:
        """Count a change, after which a table has so many rows, None where that is not known."""
        self.version += 1
        self.counted = None if rows is None else (self.version, rows)

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
    def unreadable(self) -> Index | None:
        """The clustered index, where it is disabled, which makes the rows inaccessible."""
        return next((i for i in self.indexes if i.disabled and i.clustered), None)

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
    """A view: its query, bound again at each use. Its indexes are catalog entries only."""

    database: "Database"
    object_id: int
    schema: str
    name: str
    query: Query
    columns: tuple[str, ...]
    text: str
    shape: list[tuple[str, SqlType, bool]] = field(default_factory=list)
    schema_bound: bool = False
    indexes: list[Index] = field(default_factory=list)
    created: int = field(default_factory=now_ticks)

    @property
    def full_name(self) -> str:
        """Database, schema and name, as error texts show them."""
        return f"{self.database.name}.{self.schema}.{self.name}"


@dataclass(eq=False)
class Database(Identifiers):
    """One database. Names are looked up by their key.

    ``others`` shares the namespace of ``objects``: synonyms, sequences, functions, rules, defaults.
    ``properties`` are extended properties, by class, major and minor id, and name.
    """

    database_id: int
    name: str
    collation: str = DEFAULT_COLLATION
    allow_snapshot: bool = False
    read_committed_snapshot: bool = False
    read_only: bool = False
    ansi_null_default: bool = False
    compatibility: int = 160
    schemas: dict[str, tuple[str, int]] = field(default_factory=dict)
    objects: dict[tuple[str, str], Table | View] = field(default_factory=dict)
    others: dict[tuple[str, str], SchemaObject] = field(default_factory=dict)
    types: dict[tuple[str, str], AliasType] = field(default_factory=dict)
    xml_collections: dict[tuple[str, str], XmlCollection] = field(default_factory=dict)
    partitionings: dict[tuple[str, str], Partitioning] = field(default_factory=dict)
    properties: dict[tuple[int, int, int, str], tuple[str, str]] = field(default_factory=dict)
    security: Security = field(default_factory=Security)
    tracking: DatabaseTracking = field(default_factory=DatabaseTracking)
    recovery: RecoveryStatus = field(default_factory=RecoveryStatus)
    next_object_id: int = 901_578_250
    next_type_id: int = 257
    rowversion: int = 2000
    created: int = field(default_factory=now_ticks)
    version: int = 0

    def __post_init__(self) -> None:
        fixed = (("dbo", 1), ("guest", 2), ("INFORMATION_SCHEMA", 3), ("sys", 4))
        for name, schema_id in fixed:
            self.schemas[self.key(name)] = (name, schema_id)

    def new_object_id(self) -> int:
        """Return the next object id; they step as SQL Server's do."""
        self.next_object_id += 16_000_057
        if self.next_object_id > 2_147_483_647:
            self.next_object_id -= 2_000_000_000
        return self.next_object_id

    def find(self, schema: str, name: str) -> Table | View | None:
        """Return an object by schema and name."""
        return self.objects.get(self.path(schema, name))

    def taken(self, schema: str, name: str) -> bool:
        """Whether a name is an object's already, of any kind."""
        key = self.path(schema, name)
        return key in self.objects or key in self.others

    def history_of(self, table: Table) -> Table | None:
        """Return the temporal table whose history a table holds, None if it holds none."""
        for item in self.objects.values():
            if isinstance(item, Table) and item.history is table:
                return item
        return None

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
        return self.schemas[self.key(name)][1]
