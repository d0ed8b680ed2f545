"""Expressions without queries in them: constants, names, operators, calls, predicates."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from tableferry_sandbox.sqltypes import SqlType


class Node:
    """Any part of a tree."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class TypeName(Node):
    """A type as written: ``arguments`` are its numbers, -1 for MAX; ``schema`` may be empty.

    ``collection`` is the XML schema collection of ``xml(...)``; ``document`` its word DOCUMENT.
    ``name`` is in lower case, as system types have no case; ``spelled`` is what an alias type has.
    """

    name: str
    arguments: tuple[int, ...] = ()
    schema: str = ""
    collection: tuple[str, ...] = ()
    document: bool = False
    spelled: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A constant: a Python value in the physical form of ``type``."""

    value: Any
    type: SqlType


@dataclass(frozen=True, slots=True)
class Null(Node):
    """The NULL constant."""


@dataclass(frozen=True, slots=True)
class Default(Node):
    """The DEFAULT word in VALUES or SET."""


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A column reference with its qualifiers, outermost first."""

    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Star(Node):
    """``*`` or ``t.*``."""

    qualifier: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Variable(Node):
    """``@name`` or ``@@name``."""

    name: str


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """``-x``, ``+x`` or ``~x``."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """Arithmetic, bitwise operators and ``+`` on strings."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Frame(Node):
    """The text of a window frame, words in upper case."""

    text: str


@dataclass(frozen=True, slots=True)
class OrderItem(Node):
    """One ORDER BY item."""

    expression: Node
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Over(Node):
    """The OVER clause."""

    partition: tuple[Node, ...] = ()
    order: tuple[OrderItem, ...] = ()
    frame: Frame | None = None


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function call; ``name`` in lower case; ``star`` for COUNT(*)."""

    name: str
    arguments: tuple[Node, ...] = ()
    distinct: bool = False
    star: bool = False
    over: Over | None = None
    within: tuple[OrderItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Let(Node):
    """``body`` with variables that have these values; ``isolated`` from all other names."""

    names: tuple[str, ...]
    values: tuple[Node, ...]
    body: Node
    isolated: bool = False


@dataclass(frozen=True, slots=True)
class NextValue(Node):
    """NEXT VALUE FOR a sequence."""

    sequence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Method(Node):
    """``operand.name(...)`` of a CLR type, ``operand.name`` for a property.

    A static method's operand (``geometry::Point``) is a TypeName.
    """

    operand: Node
    name: str
    arguments: tuple[Node, ...] = ()
    is_property: bool = False


@dataclass(frozen=True, slots=True)
class Cast(Node):
    """CAST, CONVERT and their TRY_ forms."""

    operand: Node
    target: TypeName
    style: Node | None = None
    attempt: bool = False


@dataclass(frozen=True, slots=True)
class Case(Node):
    """CASE; with ``operand`` the simple form. ``whens`` are pairs of condition and result."""

    operand: Node | None
    whens: tuple[tuple[Node, Node], ...]
    otherwise: Node | None


@dataclass(frozen=True, slots=True)
class Collate(Node):
    """``x COLLATE name``."""

    operand: Node
    collation: str


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """``= <> < <= > >=``; with ``quantifier`` (any, all) the right side is a query."""

    operator: str
    left: Node
    right: Node
    quantifier: str = ""


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """AND or OR."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Not(Node):
    """NOT."""

    operand: Node


@dataclass(frozen=True, slots=True)
class IsNull(Node):
    """IS [NOT] NULL."""

    operand: Node
    negated: bool


@dataclass(frozen=True, slots=True)
class IsDistinct(Node):
    """IS [NOT] DISTINCT FROM."""

    left: Node
    right: Node
    negated: bool


@dataclass(frozen=True, slots=True)
class Like(Node):
    """LIKE."""

    operand: Node
    pattern: Node
    escape: Node | None
    negated: bool


@dataclass(frozen=True, slots=True)
class Between(Node):
    """BETWEEN."""

    operand: Node
    low: Node
    high: Node
    negated: bool


def nodes(root: Any) -> Iterator[Node]:
    """Yield a tree's nodes, parents first; ``root`` may be a tuple of nodes."""
    if isinstance(root, tuple):
        for item in root:
            yield from nodes(item)
    elif isinstance(root, Node):
        yield root
        if is_dataclass(root):
            for part in fields(root):
                yield from nodes(getattr(root, part.name))
