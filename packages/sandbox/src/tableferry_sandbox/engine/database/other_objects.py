"""Objects of a database other than tables and views."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar

from tableferry_sandbox.engine.tree.definitions import FunctionParameter
from tableferry_sandbox.engine.tree.statements import Statement
from tableferry_sandbox.engine.tree.syntax import Node, Query, TypeName
from tableferry_sandbox.sqltypes import SqlType


def now_ticks() -> int:
    """Return the current UTC time, in ticks of 100 ns since 0001-01-01."""
    span = datetime.now(UTC).replace(tzinfo=None) - datetime(1, 1, 1)  # noqa: DTZ001
    return ((span.days * 86400 + span.seconds) * 1_000_000 + span.microseconds) * 10


@dataclass(eq=False, kw_only=True)
class SchemaObject:
    """An object in a schema; ``kind`` and ``description`` are those of ``sys.objects``."""

    object_id: int
    schema: str
    name: str
    created: int = field(default_factory=now_ticks)
    kind: ClassVar[str]
    description: ClassVar[str]


@dataclass(eq=False, kw_only=True)
class Synonym(SchemaObject):
    """A synonym; what ``base`` names is looked up at each use."""

    base: tuple[str, ...]
    kind: ClassVar[str] = "SN"
    description: ClassVar[str] = "SYNONYM"


@dataclass(eq=False, kw_only=True)
class Sequence(SchemaObject):
    """A sequence. The DuckDB sequence ``physical`` counts; a restart makes a new one."""

    type: SqlType
    start: int
    increment: int
    minimum: int
    maximum: int
    cycle: bool
    physical: str
    kind: ClassVar[str] = "SO"
    description: ClassVar[str] = "SEQUENCE_OBJECT"


@dataclass(eq=False, kw_only=True)
class ScalarFunction(SchemaObject):
    """A scalar function; ``body`` becomes part of the statements that call it."""

    parameters: tuple[FunctionParameter, ...]
    returns: TypeName
    body: tuple[Statement, ...]
    text: str
    schema_bound: bool
    called_on_null: bool
    kind: ClassVar[str] = "FN"
    description: ClassVar[str] = "SQL_SCALAR_FUNCTION"


@dataclass(eq=False, kw_only=True)
class InlineFunction(SchemaObject):
    """An inline table-valued function: its query, bound again at each use, and its columns."""

    parameters: tuple[FunctionParameter, ...]
    query: Query
    text: str
    schema_bound: bool
    shape: list[tuple[str, SqlType, bool]] = field(default_factory=list)
    kind: ClassVar[str] = "IF"
    description: ClassVar[str] = "SQL_INLINE_TABLE_VALUED_FUNCTION"


@dataclass(eq=False, kw_only=True)
class BoundObject(SchemaObject):
    """What CREATE RULE and CREATE DEFAULT make, to be bound to columns."""

    expression: Node
    text: str


@dataclass(eq=False, kw_only=True)
class RuleObject(BoundObject):
    """A rule: a condition on the values of the columns it is bound to."""

    kind: ClassVar[str] = "R "
    description: ClassVar[str] = "RULE"


@dataclass(eq=False, kw_only=True)
class DefaultObject(BoundObject):
    """A default for the columns it is bound to."""

    kind: ClassVar[str] = "D "
    description: ClassVar[str] = "DEFAULT_CONSTRAINT"


@dataclass(eq=False)
class XmlCollection:
    """An XML schema collection: its documents, and the target namespaces in them."""

    collection_id: int
    schema: str
    name: str
    documents: list[str]
    namespaces: list[str]
    created: int = field(default_factory=now_ticks)


@dataclass(eq=False)
class Partitioning:
    """A partition function or scheme (``kind``); partitions change where rows are, not which."""

    number: int
    kind: str
    name: str
    right: bool = False
    boundaries: int = 0
    function: str = ""
