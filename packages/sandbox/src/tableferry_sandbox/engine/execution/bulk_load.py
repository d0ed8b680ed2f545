"""Bulk load: Arrow rows in the physical form, appended to a table."""

from collections.abc import Iterable

import pyarrow as pa

from tableferry_sandbox.engine.database.catalog_objects import Table
from tableferry_sandbox.engine.database.table_columns import TableColumn
from tableferry_sandbox.engine.errors import invalid_column
from tableferry_sandbox.engine.execution.row_writer import Writer
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.execution.statement_binding import binder_for
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.convert import round_moment
from tableferry_sandbox.engine.types.duck_types import duck_type


def load(
    session: SessionState, table: Table, rows: pa.Table | pa.RecordBatch | Iterable[pa.RecordBatch]
) -> int:
    """Append Arrow rows to a table; see ``DatabaseHandle.load``."""
    if isinstance(rows, pa.RecordBatch):
        return _load_table(session, table, pa.Table.from_batches([rows]))
    if isinstance(rows, pa.Table):
        return _load_table(session, table, rows)
    return sum(_load_table(session, table, _as_table(batch)) for batch in rows)


def _as_table(batch: pa.RecordBatch | pa.Table) -> pa.Table:
    return batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch])


def _load_table(session: SessionState, table: Table, rows: pa.Table) -> int:
    columns: dict[int, str] = {}
    for name in rows.column_names:
        column = table.column(name)
        if column is None:
            raise invalid_column(name)
        quoted = '"' + name.replace('"', '""') + '"'
        columns[column.column_id] = _as_stored(column, f"q.{quoted}")
    binder = binder_for(session)
    with Writer(session, table, "INSERT") as writer:
        name = session.register(rows)
        try:
            return writer.insert_with_defaults(binder, f"SELECT * FROM {name}", columns)
        finally:
            session.unregister()


def _as_stored(column: TableColumn, sql: str) -> str:
    """Return SQL of an Arrow column, cast to the table column's type and precision."""
    cast = f"CAST({sql} AS {duck_type(column.type)})"
    if t.family(column.type) == "datetime" and column.type.name != "datetime2":
        return round_moment(cast, column.type)
    return cast
