"""Indexes added to a table, by CREATE INDEX or inside CREATE TABLE."""

from tableferry_sandbox.engine.database.catalog_objects import Index, Table
from tableferry_sandbox.engine.execution.row_checks import check_unique_index
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.execution.table_builder import TableBuilder
from tableferry_sandbox.engine.tree import definitions as dd
from tableferry_sandbox.events import SqlError


def add_index(session: SessionState, table: Table, definition: dd.IndexDef) -> Index:
    """Add an index to a table; existing rows are checked if it is unique."""
    if any(i.name.lower() == definition.name.lower() for i in table.indexes):
        raise SqlError(
            1913,
            "The operation failed because an index or statistics with name "
            f"'{definition.name}' already exists on table '{table.schema}.{table.name}'.",
        )
    builder = TableBuilder(session, table)
    columns = [(builder.existing(c.name), c.descending) for c in definition.columns]
    if definition.clustered and any(i.clustered for i in table.indexes):
        raise SqlError(
            1902,
            f"Cannot create more than one clustered index on table '{table.schema}.{table.name}'. "
            "Drop the existing clustered index before creating another.",
            state=3,
        )
    index = Index(
        1 if definition.clustered else builder.next_index_id(),
        definition.name,
        columns,
        unique=definition.unique,
        clustered=definition.clustered,
        included=[builder.existing(n) for n in definition.included],
        condition=definition.condition,
        condition_text=definition.text,
    )
    if index.unique:
        check_unique_index(session, table, index, created=True)
    table.indexes.append(index)
    builder.mark_disordered_by(index)
    return index
