"""Values written through implicit columns: the XML of a column set, the two nodes of an edge."""

from collections.abc import Sequence
from typing import Final

from tableferry_sandbox.engine.binding.binder import Binder
from tableferry_sandbox.engine.binding.scope import Scope, Typed
from tableferry_sandbox.engine.database.catalog_objects import Table
from tableferry_sandbox.engine.database.table_columns import TableColumn
from tableferry_sandbox.engine.execution import row_checks
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.duck_types import quote_text
from tableferry_sandbox.engine.types.row_errors import raising
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import MAX, SqlType

ENDS: Final = frozenset({5, 8})
"""``graph_type`` of ``$from_id`` and ``$to_id``; those of what they show are less by 1 and by 2."""


def refuse_set_and_column(columns: Sequence[TableColumn]) -> None:
    """Raise 360 where a statement writes a column set and a column in it."""
    if any(c.column_set for c in columns) and any(c.sparse for c in columns):
        raise SqlError(
            360,
            "The target column list of an INSERT, UPDATE, or MERGE statement cannot contain both a "
            "sparse column and the column set that contains the sparse column. Rewrite the "
            "statement to include either the sparse column or the column set, but not both.",
        )


def written(binder: Binder, table: Table, column: TableColumn, value: Typed) -> dict[int, str]:
    """Return SQL of what a value written to a column gives to stored columns, by their ids."""
    if column.column_set:
        return _from_column_set(binder, table, column, value)
    if column.graph in ENDS:
        return _from_node(binder, table, column, value)
    return {column.column_id: row_checks.assigned(binder, value.sql, value.type, column)}


def _from_column_set(
    binder: Binder, table: Table, column: TableColumn, value: Typed
) -> dict[int, str]:
    """Return the values of all sparse columns: NULL for those that the XML does not name."""
    sparse = [c for c in table.columns if c.sparse]
    xml = binder.to_type(value, column.type)
    names = quote_text("|".join(c.name for c in sparse))
    text = SqlType("nvarchar", MAX)
    found = {}
    for c in sparse:
        shown = f"py_column_set({xml}, {quote_text(c.name)}, {names}, {quote_text(column.name)})"
        found[c.column_id] = row_checks.assigned(binder, shown, text, c)
    return found


def _from_node(binder: Binder, table: Table, column: TableColumn, value: Typed) -> dict[int, str]:
    """Return the table and the id of the node that a ``$node_id`` stands for."""
    shown = f"${'from' if column.graph == min(ENDS) else 'to'}_id"
    malformed = raising(
        13921, f"JSON data for INSERT/UPDATE of graph pseudocolumn '{shown}' is malformed."
    )
    text = SqlType("nvarchar", MAX)
    json = binder.to_type(value, text)
    parts = {n: f"py_json_member({json}, '{n}')" for n in ("schema", "table", "id")}
    name = Typed(f"('[' || {parts['schema']} || '].[' || {parts['table']} || ']')", text)
    saved, binder.context.local = binder.context.local, {"@node": name}
    try:
        node = s.Call("object_id", (s.Variable("@node"),))
        found = binder.to_type(binder.value(node, Scope()), t.INT)
    finally:
        binder.context.local = saved
    number = f"TRY_CAST({parts['id']} AS BIGINT)"
    by_type = {c.graph: c.column_id for c in table.columns if c.graph}
    return {
        by_type[column.graph - 1]: f"coalesce({found}, {malformed})",
        by_type[column.graph - 2]: f"coalesce({number}, {malformed})",
    }
