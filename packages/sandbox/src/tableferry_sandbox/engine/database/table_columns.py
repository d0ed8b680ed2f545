"""The columns of tables, their defaults, and the alias types that they may have."""

from dataclasses import dataclass
from typing import Final

from tableferry_sandbox.engine.database.other_objects import BoundObject, XmlCollection
from tableferry_sandbox.engine.tree.syntax import Node
from tableferry_sandbox.sqltypes import SqlType


@dataclass(eq=False)
class AliasType:
    """An alias type: a user's name for a system type."""

    user_type_id: int
    schema: str
    name: str
    type: SqlType
    nullable: bool


SYSNAME: Final = AliasType(256, "sys", "sysname", SqlType("nvarchar", 128), nullable=False)
"""The alias type that every database has ("sysname", nchar and nvarchar)."""


PSEUDO_COLUMNS: Final = frozenset({"$node_id", "$edge_id", "$from_id", "$to_id"})
"""Names under which queries read the implicit columns of node and edge tables."""


GRAPH_ID: Final = 1
GRAPH_ID_COMPUTED: Final = 2
"""``graph_type`` of a row's own id, and of what queries see of it."""

INTERNAL_GRAPH_TYPES: Final = frozenset({1, 3, 4, 6, 7})
"""``graph_type`` of the implicit columns that no query may name (SQL Graph architecture)."""


@dataclass
class DefaultConstraint:
    """A column's default; ``bound`` is what CREATE DEFAULT made, where that is bound to it."""

    object_id: int
    name: str
    expression: Node
    text: str
    named_by_system: bool
    bound: BoundObject | None = None


@dataclass
class TableColumn:
    """A column of a table; ``physical`` is its name in DuckDB.

    ``generated`` is ``start`` or ``end`` for the columns of a period (see ``tree.definitions``),
    ``masked`` the masking function, ``graph`` the ``graph_type`` of an implicit column of a node
    or edge table. A column set has an expression as a computed column does.
    """

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
    alias: AliasType | None = None
    generated: str = ""
    hidden: bool = False
    masked: str = ""
    column_set: bool = False
    graph: int = 0
    xml_collection: XmlCollection | None = None
    rule: BoundObject | None = None

    @property
    def physical(self) -> str:
        """The column's name in DuckDB."""
        return f"c{self.column_id}"

    @property
    def stored(self) -> bool:
        """Whether rows hold the value; other computed columns are evaluated when read."""
        return self.computed is None or self.persisted

    @property
    def is_computed(self) -> bool:
        """Whether the catalog calls it a computed column."""
        return self.computed is not None and not (self.column_set or self.graph)
