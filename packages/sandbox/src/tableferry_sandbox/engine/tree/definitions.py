"""The syntax tree of DDL, and of what it defines."""

from dataclasses import dataclass

from tableferry_sandbox.engine.tree.statements import Path, Statement
from tableferry_sandbox.engine.tree.syntax import Node, Query, TypeName


@dataclass(frozen=True, slots=True)
class ForeignKey(Node):
    """REFERENCES of a FOREIGN KEY."""

    table: Path
    columns: tuple[str, ...]
    on_delete: str = "NO_ACTION"
    on_update: str = "NO_ACTION"


@dataclass(frozen=True, slots=True)
class KeyColumn(Node):
    """A column of a key or an index."""

    name: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class ConstraintDef(Node):
    """A constraint; ``kind``: primary, unique, check, default, foreign."""

    kind: str
    name: str | None = None
    columns: tuple[KeyColumn, ...] = ()
    clustered: bool | None = None
    expression: Node | None = None
    text: str = ""
    references: ForeignKey | None = None
    not_for_replication: bool = False


@dataclass(frozen=True, slots=True)
class ColumnDef(Node):
    """A column as defined; ``type`` is None for a computed one, whose ``text`` is its source.

    ``generated`` is ``start`` or ``end`` for the columns GENERATED ALWAYS AS ROW START or END,
    ``masked`` the function of MASKED; ``column_set`` stands for all sparse columns.
    """

    name: str
    type: TypeName | None
    nullable: bool | None = None
    identity: tuple[int, int] | None = None
    collation: str | None = None
    computed: Node | None = None
    text: str = ""
    persisted: bool = False
    sparse: bool = False
    rowguid: bool = False
    generated: str = ""
    hidden: bool = False
    masked: str | None = None
    column_set: bool = False
    constraints: tuple[ConstraintDef, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexDef(Node):
    """An index; ``kind`` is ``sys.indexes.type_desc`` where it is not a B-tree's."""

    name: str
    columns: tuple[KeyColumn, ...]
    unique: bool = False
    clustered: bool = False
    included: tuple[str, ...] = ()
    condition: Node | None = None
    text: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Versioning(Node):
    """SYSTEM_VERSIONING = ON or OFF, with the history table's name, empty without one."""

    on: bool
    history: Path = ()


@dataclass(frozen=True, slots=True)
class CreateTable(Statement):
    """CREATE TABLE, and DECLARE @t TABLE with the variable's name.

    ``period`` names the columns of PERIOD FOR SYSTEM_TIME. ``graph`` is ``node`` or ``edge``.
    """

    table: Path
    columns: tuple[ColumnDef, ...]
    constraints: tuple[ConstraintDef, ...] = ()
    indexes: tuple[IndexDef, ...] = ()
    period: tuple[str, ...] = ()
    versioning: Versioning | None = None
    graph: str = ""


@dataclass(frozen=True, slots=True)
class CreateIndex(Statement):
    """CREATE INDEX."""

    table: Path
    index: IndexDef


@dataclass(frozen=True, slots=True)
class AlterIndex(Statement):
    """ALTER INDEX; an empty ``name`` is ALL. ``action``: disable, rebuild, or another word."""

    table: Path
    name: str
    action: str


@dataclass(frozen=True, slots=True)
class CreateView(Statement):
    """CREATE [OR ALTER] VIEW, ALTER VIEW."""

    view: Path
    columns: tuple[str, ...]
    query: Query
    text: str
    replace: bool = False
    must_exist: bool = False
    schema_bound: bool = False


@dataclass(frozen=True, slots=True)
class CreateNamed(Statement):
    """CREATE SCHEMA or CREATE DATABASE."""

    kind: str
    name: str
    collation: str | None = None


@dataclass(frozen=True, slots=True)
class CreateType(Statement):
    """CREATE TYPE ... FROM."""

    name: Path
    base: TypeName
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Drop(Statement):
    """DROP; ``kind``: table, view, schema, database, type, index. ``on`` is an index's table."""

    kind: str
    names: tuple[Path, ...]
    if_exists: bool = False
    on: Path = ()


@dataclass(frozen=True, slots=True)
class AlterTable(Statement):
    """ALTER TABLE; ``action``: add, drop column, drop constraint, alter column, ...

    ``check`` is what WITH CHECK or WITH NOCHECK says of existing rows, None without either.
    """

    table: Path
    action: str
    columns: tuple[ColumnDef, ...] = ()
    constraints: tuple[ConstraintDef, ...] = ()
    names: tuple[str, ...] = ()
    if_exists: bool = False
    check: bool | None = None
    period: tuple[str, ...] = ()
    versioning: Versioning | None = None
    track_columns: bool = False


@dataclass(frozen=True, slots=True)
class CreateSynonym(Statement):
    """CREATE SYNONYM."""

    name: Path
    base: Path


@dataclass(frozen=True, slots=True)
class SequenceChange(Statement):
    """CREATE or ALTER SEQUENCE; what is not given is None. ``restart`` is ALTER's RESTART."""

    name: Path
    create: bool
    type: TypeName | None = None
    start: int | None = None
    increment: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    cycle: bool | None = None
    restart: bool = False


@dataclass(frozen=True, slots=True)
class FunctionParameter(Node):
    """A parameter of a function."""

    name: str
    type: TypeName
    default: Node | None = None


@dataclass(frozen=True, slots=True)
class CreateFunction(Statement):
    """CREATE [OR ALTER] FUNCTION ... RETURNS a scalar type."""

    name: Path
    parameters: tuple[FunctionParameter, ...]
    returns: TypeName
    body: tuple[Statement, ...]
    text: str
    replace: bool = False
    must_exist: bool = False
    schema_bound: bool = False
    called_on_null: bool = True


@dataclass(frozen=True, slots=True)
class CreateInlineFunction(Statement):
    """CREATE [OR ALTER] FUNCTION ... RETURNS TABLE AS RETURN a query."""

    name: Path
    parameters: tuple[FunctionParameter, ...]
    query: Query
    text: str
    replace: bool = False
    must_exist: bool = False
    schema_bound: bool = False


@dataclass(frozen=True, slots=True)
class CreateBound(Statement):
    """CREATE RULE or CREATE DEFAULT, to be bound with sp_bindrule or sp_bindefault."""

    kind: str
    name: Path
    expression: Node
    text: str


@dataclass(frozen=True, slots=True)
class XmlCollectionChange(Statement):
    """CREATE or ALTER XML SCHEMA COLLECTION; ``schemas`` is the documents' expression."""

    name: Path
    create: bool
    schemas: Node


@dataclass(frozen=True, slots=True)
class CreatePartitioning(Statement):
    """CREATE PARTITION FUNCTION or SCHEME; ``values`` are a function's boundaries."""

    kind: str
    name: str
    type: TypeName | None = None
    right: bool = False
    values: tuple[Node, ...] = ()
    function: str = ""


@dataclass(frozen=True, slots=True)
class AlterDatabase(Statement):
    """ALTER DATABASE ... SET option value; ``name`` is empty for CURRENT."""

    name: str
    option: str
    value: str


@dataclass(frozen=True, slots=True)
class TrackDatabase(Statement):
    """ALTER DATABASE ... SET CHANGE_TRACKING; ``name`` is empty for CURRENT.

    ``on`` is None where only options change; what is not given is None.
    """

    name: str
    on: bool | None
    retention: int | None = None
    unit: str = ""
    auto_cleanup: bool | None = None
