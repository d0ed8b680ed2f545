"""Columns whose values come from others or from nowhere: column sets, and those of graph tables.

A column set is the XML of all sparse columns that are not NULL ("Use column sets"). A node table
has an id, shown as JSON in ``$node_id``; an edge table an id and those of two nodes ("SQL Graph
architecture"). What such columns show is an expression of the table, as that of a computed column.
"""

import json
import uuid
from typing import Final

from tableferry_sandbox.engine.database.catalog_objects import Index, Table
from tableferry_sandbox.engine.database.table_columns import (
    GRAPH_ID,
    GRAPH_ID_COMPUTED,
    TableColumn,
)
from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.parsing.literals import string_literal
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import SqlType

_TEXT: Final = s.TypeName("nvarchar", (-1,))
_ESCAPED: Final = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))
_STYLES: Final = {"datetime": 126, "date": 126, "time": 126, "offset": 126, "money": 2}
_SHOWN: Final = {"int", "decimal", "string", "guid", *_STYLES}
_ID: Final = SqlType("nvarchar", 1000)


def refresh_column_set(table: Table) -> None:
    """Let a table's column set show its sparse columns as they are now. Raises 1732, 1733."""
    sets = [column for column in table.columns if column.column_set]
    table.column_set = sets[0] if sets else None
    if not sets:
        return
    first, *more = sets
    if more:
        raise SqlError(
            1732,
            f"Cannot create the sparse column set '{more[0].name}' in the table '{table.name}' "
            "because a table cannot have more than one sparse column set. Modify the statement so "
            "that only one column is specified as COLUMN_SET FOR ALL_SPARSE_COLUMNS.",
            state=2,
        )
    if first.type.name != "xml" or not first.nullable:
        raise SqlError(
            1733,
            f"Cannot create the sparse column set '{first.name}' in the table '{table.name}' "
            "because a sparse column set must be a nullable xml column. Modify the column "
            "definition to allow null values.",
            state=3,
        )
    elements: s.Node = s.Cast(string_literal("", national=True), _TEXT)
    for column in (c for c in table.columns if c.sparse):
        elements = s.Binary("+", elements, _element(column))
    shown = s.Call("nullif", (elements, string_literal("", national=True)))
    first.computed = s.Cast(shown, s.TypeName("xml"))


def refuse_late_column_set(table: Table, name: str) -> None:
    """Raise 1734 for a column set that is added to a table with sparse columns."""
    if any(column.sparse for column in table.columns):
        raise SqlError(
            1734,
            f"Cannot create the sparse column set '{name}' in the table '{table.name}' because the "
            "table already contains one or more sparse columns. A sparse column set cannot be "
            "added to a table if the table contains a sparse column.",
        )


def _element(column: TableColumn) -> s.Node:
    """Return the XML of a sparse column, empty where it is NULL."""
    kind = t.family(column.type)
    if kind not in _SHOWN or not column.name.isidentifier():
        raise unsupported(
            f"a column set with the column {column.name}, of the type {column.type.name}"
        )
    style = s.Literal(_STYLES[kind], t.INT) if kind in _STYLES else None
    text: s.Node = s.Cast(s.Name((column.name,)), _TEXT, style)
    if kind == "string":
        for plain, escaped in _ESCAPED:
            old, new = (string_literal(one, national=True) for one in (plain, escaped))
            text = s.Call("replace", (text, old, new))
    opened = string_literal(f"<{column.name}>", national=True)
    closed = string_literal(f"</{column.name}>", national=True)
    whole = s.Binary("+", s.Binary("+", opened, text), closed)
    known = s.IsNull(s.Name((column.name,)), negated=True)
    return s.Case(None, ((known, whole),), string_literal("", national=True))


def add_graph_columns(table: Table, kind: str) -> None:
    """Add the implicit columns of a node or edge table. Raises 13914 for a temporary one."""
    if table.temporary:
        raise SqlError(13914, "Cannot create a node or edge table as a temporary table.")
    table.graph = kind
    number = _add(table, "graph_id", GRAPH_ID, t.BIGINT, nullable=False)
    parts = {"type": kind, "schema": table.schema, "table": table.name, "id": 0}
    whole = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    begin = string_literal(whole.removesuffix("0}"), national=True)
    own = s.Cast(s.Name((number.name,)), s.TypeName("nvarchar", (30,)))
    text = s.Binary("+", s.Binary("+", begin, own), string_literal("}", national=True))
    _add(table, f"${kind}_id", GRAPH_ID_COMPUTED, _ID, nullable=False).computed = text
    for end, first in (("from", 3), ("to", 6)) if kind == "edge" else ():
        _add(table, f"{end}_obj_id", first + 1, t.INT, nullable=False)
        _add(table, f"{end}_id", first, t.BIGINT, nullable=False)
        node = _node(table)
        _add(table, f"${end}_id", first + 2, _ID).computed = node


def _node(table: Table) -> s.Node:
    """Return the ``$node_id`` of the node whose table and id are the last two columns."""
    owner, number = (s.Name((column.name,)) for column in table.columns[-2:])
    shown: s.Node = string_literal('{"type":"node","schema":"', national=True)
    for text, value in (
        ('","table":"', s.Call("object_schema_name", (owner,))),
        ('","id":', s.Call("object_name", (owner,))),
        ("}", s.Cast(number, s.TypeName("nvarchar", (30,)))),
    ):
        known = s.Binary("+", shown, value)
        shown = s.Binary("+", known, string_literal(text, national=True))
    return shown


def index_graph_id(table: Table) -> None:
    """Add the unique index that a node or edge table has where its definition has none."""
    own = next(column for column in table.columns if column.graph == GRAPH_ID)
    if any(index.unique and [c for c, _ in index.columns] == [own] for index in table.indexes):
        return
    number = max([1, *(index.index_id for index in table.indexes)]) + 1
    name = f"GRAPH_UNIQUE_INDEX_{uuid.uuid4().hex.upper()}"
    table.indexes.append(Index(number, name, [(own, False)], unique=True))


def _add(
    table: Table, name: str, graph: int, kind: SqlType, *, nullable: bool = True
) -> TableColumn:
    """Add one column, whose name ends in 32 digits that no other has."""
    kind = t.with_collation(kind, table.database.collation) if kind.length == 1000 else kind
    made = TableColumn(
        table.next_column_id,
        f"{name}_{uuid.uuid4().hex.upper()}",
        kind,
        nullable,
        hidden=not name.startswith("$"),
        graph=graph,
    )
    table.next_column_id += 1
    table.columns.append(made)
    return made
