"""The syntax tree of DDL and security statements, and of what they define."""

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


@dataclass(frozen=True, slots=True)
class ColumnDef(Node):
    """A column as defined; ``type`` is None for a computed one, whose ``text`` is its source."""

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
    constraints: tuple[ConstraintDef, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexDef(Node):
    """An index."""

    name: str
    columns: tuple[KeyColumn, ...]
    unique: bool = False
    clustered: bool = False
    included: tuple[str, ...] = ()
    condition: Node | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class CreateTable(Statement):
    """CREATE TABLE, and DECLARE @t TABLE with the variable's name."""

    table: Path
    columns: tuple[ColumnDef, ...]
    constraints: tuple[ConstraintDef, ...] = ()
    indexes: tuple[IndexDef, ...] = ()


@dataclass(frozen=True, slots=True)
class CreateIndex(Statement):
    """CREATE INDEX."""

    table: Path
    index: IndexDef


@dataclass(frozen=True, slots=True)
class CreateView(Statement):
    """CREATE [OR ALTER] VIEW, ALTER VIEW."""

    view: Path
    columns: tuple[str, ...]
    query: Query
    text: str
    replace: bool = False
    must_exist: bool = False


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
    """ALTER TABLE; ``action``: add, drop column, drop constraint, alter column, ..."""

    table: Path
    action: str
    columns: tuple[ColumnDef, ...] = ()
    constraints: tuple[ConstraintDef, ...] = ()
    names: tuple[str, ...] = ()
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class AlterDatabase(Statement):
    """ALTER DATABASE ... SET option value; ``name`` is empty for CURRENT."""

    name: str
    option: str
    value: str


@dataclass(frozen=True, slots=True)
class PrincipalChange(Statement):
    """CREATE, ALTER or DROP of a login, a user or a role.

    ``action``: create, alter, drop, enable, disable, add member, drop member; ``of`` is a user's
    login or a role's member.
    """

    action: str
    kind: str
    name: str
    of: str = ""
    options: tuple[tuple[str, str], ...] = ()
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class Grant(Statement):
    """GRANT, DENY or REVOKE; ``securable_class``: DATABASE, SCHEMA or OBJECT."""

    action: str
    permissions: tuple[str, ...]
    securable_class: str
    securable: Path
    principals: tuple[str, ...]
