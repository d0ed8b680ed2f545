"""Identity values: those an INSERT gives out, and where the next one goes on."""

from tableferry_sandbox.engine.database.catalog_objects import Table
from tableferry_sandbox.engine.database.table_columns import TableColumn
from tableferry_sandbox.engine.execution.output_clause import STAGE
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.types.duck_types import duck_type


def values(table: Table, column: TableColumn) -> str:
    """Return DuckDB SQL of the identity values of the rows of a query."""
    assert column.identity is not None  # noqa: S101 - callers check it
    step = column.identity[1]
    number = f"{table.identity_next} + {step} * (row_number() OVER () - 1)"
    return f"CAST({number} AS {duck_type(column.type)})"


def advance(session: SessionState, table: Table, rows: int, *, explicit: bool) -> None:
    """Go on after staged rows; ``explicit`` values (IDENTITY_INSERT) can only move it on."""
    column = table.identity
    if column is None or column.identity is None or not rows:
        return
    _, step = column.identity
    if explicit:
        extreme = "max" if step > 0 else "min"
        last = int(session.rows(f"SELECT {extreme}({column.physical}) FROM {STAGE}")[0][0])
        beyond = last >= table.identity_next if step > 0 else last <= table.identity_next
        if beyond:
            table.identity_next = last + step
    else:
        last = table.identity_next + step * (rows - 1)
        table.identity_next = last + step
    table.identity_last = last
    session.last_identity = last
