"""Indexes added to a table, by CREATE INDEX or inside CREATE TABLE."""

from typing import Final

from tableferry_sandbox.engine.database.catalog_objects import Index, Table, View
from tableferry_sandbox.engine.database.table_columns import TableColumn
from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.execution.catalog_changes import on_rollback
from tableferry_sandbox.engine.execution.row_checks import check_unique_index
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.execution.table_builder import TableBuilder
from tableferry_sandbox.engine.tree import definitions as dd
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import MAX


def add_index(session: SessionState, table: Table, definition: dd.IndexDef) -> Index:
    """Add an index to a table; existing rows are checked if it is unique."""
    _refuse_taken(definition.name, table, f"table '{table.schema}.{table.name}'")
    if table.unreadable is not None:
        raise unsupported("another index while the clustered index is disabled")
    builder = TableBuilder(session, table)
    columns = [(builder.existing(c.name), c.descending) for c in definition.columns]
    _check_columns(table, definition, [column for column, _ in columns])
    if definition.clustered and any(i.clustered for i in table.indexes):
        raise SqlError(
            1902,
            f"Cannot create more than one clustered index on table '{table.schema}.{table.name}'. "
            "Drop the existing clustered index before creating another.",
            state=3,
        )
    index = Index(
        _index_id(table, definition),
        definition.name,
        columns,
        unique=definition.unique,
        clustered=definition.clustered,
        included=_included(builder, definition),
        condition=definition.condition,
        condition_text=definition.text,
        kind=definition.kind,
    )
    if index.unique:
        check_unique_index(session, table, index, created=True)
    table.indexes.append(index)
    builder.mark_disordered_by(index)
    return index


def add_view_index(session: SessionState, view: View, definition: dd.IndexDef) -> None:
    """Add an index to a view, for the catalog alone: rows that break a unique one are not refused.

    Raises 1939, 1940, 1911, 1913.
    """
    if not view.schema_bound:
        raise SqlError(
            1939, f"Cannot create index on view '{view.name}' because the view is not schema bound."
        )
    if not view.indexes and not (definition.unique and definition.clustered):
        raise SqlError(
            1940,
            f"Cannot create index on view '{view.full_name}'. It does not have a unique clustered "
            "index.",
        )
    _refuse_taken(definition.name, view, f"view '{view.schema}.{view.name}'")
    key = view.database.key
    columns = {
        key(name): TableColumn(number, name, kind, nullable)
        for number, (name, kind, nullable) in enumerate(view.shape, 1)
    }
    keys = []
    for part in definition.columns:
        if key(part.name) not in columns:
            raise SqlError(
                1911, f"Column name '{part.name}' does not exist in the target table or view."
            )
        keys.append((columns[key(part.name)], part.descending))
    number = 1 if definition.clustered else max([1, *(i.index_id for i in view.indexes)]) + 1
    index = Index(
        number, definition.name, keys, unique=definition.unique, clustered=definition.clustered
    )
    view.indexes.append(index)
    on_rollback(session, lambda: view.indexes.remove(index))


def _refuse_taken(name: str, holder: Table | View, owner: str) -> None:
    key = holder.database.key
    if any(key(index.name) == key(name) for index in holder.indexes):
        raise SqlError(
            1913,
            "The operation failed because an index or statistics with name "
            f"'{name}' already exists on {owner}.",
        )


def _index_id(table: Table, definition: dd.IndexDef) -> int:
    """Return the next id for an index: 1 for a clustered one, XML and spatial ones from theirs."""
    if definition.clustered:
        return 1
    first = _FIRST_IDS.get(definition.kind, 2)
    same = [i.index_id for i in table.indexes if _FIRST_IDS.get(i.kind, 2) == first]
    return max([first - 1, *same]) + 1


_FIRST_IDS: Final = {"XML": 256_000, "SPATIAL": 384_000}
"""``sys.indexes.index_id`` of the first index of these kinds; B-trees and columnstores: 2."""


def _included(builder: TableBuilder, definition: dd.IndexDef) -> list[TableColumn]:
    """Return the included columns; a clustered columnstore index holds all of them."""
    if definition.kind == "CLUSTERED COLUMNSTORE":
        return list(builder.table.columns)
    return [builder.existing(name) for name in definition.included]


def _check_columns(table: Table, definition: dd.IndexDef, columns: list[TableColumn]) -> None:
    """Raise 1919 for types that no key can have, 6332 or 12008 for the wrong kind of index."""
    if definition.kind == "XML":
        for column in columns:
            if column.type.name != "xml":
                raise SqlError(
                    6341,
                    f"Xml column '{column.name}' is not of type xml: an XML index cannot be "
                    f"created on table '{table.schema}.{table.name}'.",
                )
        if table.primary_key is None or not table.primary_key.clustered:
            raise SqlError(
                6332,
                f"Table '{table.name}' needs to have a clustered primary key with less than 16 "
                "columns in it in order to create a primary XML index on it.",
            )
        return
    for column in columns:
        wide = column.type.length == MAX or column.type.name in ("text", "ntext", "image", "xml")
        if not definition.kind and wide:
            raise SqlError(
                1919,
                f"Column '{column.name}' in table '{table.schema}.{table.name}' is of a type that "
                "is invalid for use as a key column in an index.",
            )
