"""Temporal tables: their period, their history table, and the old rows that go there.

A row's period starts when the transaction that wrote it began. An UPDATE or DELETE leaves the old
row in the history table, with that moment as its end (Temporal tables, SQL Server documentation).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from tableferry_sandbox.engine.database.catalog_objects import Index, Table, View
from tableferry_sandbox.engine.database.table_columns import TableColumn
from tableferry_sandbox.engine.errors import invalid_column
from tableferry_sandbox.engine.execution.catalog_changes import add_table, on_rollback
from tableferry_sandbox.engine.execution.output_clause import ENDED
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.tree import definitions as dd
from tableferry_sandbox.events import SqlError

_FOREVER: Final = 3_155_378_975_999_999_999
"""9999-12-31 23:59:59.9999999, in ticks."""


def set_period(table: Table, names: Sequence[str]) -> None:
    """Give a table its period. Raises 207, 13501, 13502 and 13518 for unsuitable columns."""
    found: list[TableColumn] = []
    for name, side in zip(names, ("start", "end"), strict=True):
        column = table.column(name)
        if column is None:
            raise invalid_column(name)
        if column.type.name != "datetime2":
            raise SqlError(
                13501,
                f"Temporal generated always column '{name}' has invalid data type.",
            )
        if column.generated and column.generated != side:
            raise SqlError(
                13504 if side == "start" else 13506,
                f"Temporal 'GENERATED ALWAYS AS ROW {side.upper()}' column definition missing in "
                "table.",
            )
        if column.nullable:
            raise SqlError(13587, f"Period column '{name}' in a system-versioned temporal table "
                           "cannot be nullable.")  # fmt: skip
        column.generated = side
        found.append(column)
    table.period = (found[0], found[1])


def drop_period(table: Table) -> None:
    """DROP PERIOD FOR SYSTEM_TIME: the columns remain. Raises 13592 while versioning is ON."""
    if table.history is not None:
        raise SqlError(
            13591,
            "Temporal period cannot be dropped while SYSTEM_VERSIONING is ON for table "
            f"'{table.full_name}'.",
        )
    if table.period is None:
        raise SqlError(13592, f"Period SYSTEM_TIME is not defined on table '{table.full_name}'.")
    for column in table.period:
        column.generated = ""
    table.period = None


def check_generated(table: Table) -> None:
    """Raise 13509 for a generated column without a period."""
    if table.period is None and any(c.generated for c in table.columns):
        raise SqlError(
            13509,
            "Cannot create generated always column when SYSTEM_TIME period is not defined.",
        )


def set_versioning(session: SessionState, table: Table, wanted: dd.Versioning) -> None:
    """SYSTEM_VERSIONING = ON or OFF. Raises 13510, 13553, 13523, 13524, 13539."""
    old = table.history
    if not wanted.on:
        table.history = None
    else:
        if table.period is None:
            raise SqlError(
                13510,
                "Cannot set SYSTEM_VERSIONING to ON when SYSTEM_TIME period is not defined and the "
                "LEDGER=ON option is not specified.",
            )
        if table.primary_key is None:
            raise SqlError(
                13553,
                f"System versioned temporal table '{table.full_name}' must have primary key "
                "defined.",
            )
        table.history = _history_table(session, table, wanted)

    def undo() -> None:
        table.history = old

    on_rollback(session, undo)


def _history_table(session: SessionState, table: Table, wanted: dd.Versioning) -> Table:
    path = wanted.history
    if path and len(path) < 2:
        raise SqlError(
            13539,
            "Setting SYSTEM_VERSIONING to ON failed because history table "
            f"'{path[-1]}' is not specified in two-part name format.",
        )
    schema, name = (path[-2], path[-1]) if path else (table.schema, "")
    name = name or f"MSSQL_TemporalHistoryFor_{table.object_id}"
    found = table.database.find(schema, name)
    if isinstance(found, View):
        raise SqlError(13511, f"'{schema}.{name}' is not a table.")
    if found is not None:
        _check_history(table, found)
        return found
    return _create_history(session, table, schema, name)


def _check_history(table: Table, history: Table) -> None:
    """Raise 13523 or 13524 where an existing table cannot hold a table's history."""
    current = [c for c in table.columns if c.computed is None]
    if len(current) != len(history.columns):
        raise SqlError(
            13523,
            f"Setting SYSTEM_VERSIONING to ON failed because table '{table.full_name}' has "
            f"{len(current)} columns and table '{history.full_name}' has "
            f"{len(history.columns)} columns.",
        )
    for position, (here, there) in enumerate(zip(current, history.columns, strict=True), 1):
        if table.database.key(here.name) != table.database.key(there.name):
            raise SqlError(
                13524,
                f"Setting SYSTEM_VERSIONING to ON failed because column '{there.name}' at ordinal "
                f"{position} in history table '{history.full_name}' has a different name than the "
                f"column '{here.name}' at the same ordinal in table '{table.full_name}'.",
            )


def _create_history(session: SessionState, table: Table, schema: str, name: str) -> Table:
    """Create a history table: the same columns without constraints, clustered by period."""
    database = table.database
    history = Table(
        database, database.new_object_id(), schema, name, session.server.store.new_name()
    )
    for column in table.columns:
        history.columns.append(
            replace(
                column,
                identity=None,
                default=None,
                computed=None,
                computed_text="",
                persisted=False,
                rowguid=False,
                generated="",
                hidden=False,
                masked="",
                rule=None,
            )
        )
    history.next_column_id = table.next_column_id
    assert table.period is not None  # noqa: S101 - the caller checked it
    start, end = (history.column(c.name) for c in table.period)
    if start is not None and end is not None:
        keys = [(end, False), (start, False)]
        history.indexes.append(Index(1, f"ix_{name}", keys, clustered=True))
    add_table(session, history)
    return history


def generated_value(column: TableColumn, moment: int) -> str:
    """Return DuckDB SQL of a period column's value for a row written at a moment, in ticks."""
    if column.generated == "end":
        unit = 10 ** (7 - column.type.scale)
        return f"CAST({_FOREVER // unit * unit} AS BIGINT)"
    return f"CAST({_rounded(moment, column)} AS BIGINT)"


def _rounded(moment: int, column: TableColumn) -> int:
    unit = 10 ** (7 - column.type.scale)
    rounded: int = moment // unit * unit
    return rounded


def keep_history(session: SessionState, table: Table, number: int, moment: int) -> None:
    """Copy the ended rows into the history table, ended at a moment, in ticks."""
    history, period = table.history, table.period
    assert history is not None and period is not None  # noqa: S101, PT018 - callers check it
    names, values = [], []
    for column in (c for c in table.columns if c.computed is None or c.persisted):
        there = history.column(column.name)
        assert there is not None  # noqa: S101 - both tables have the same columns
        names.append(there.physical)
        ends = column is period[1]
        values.append(str(_rounded(moment, column)) if ends else column.physical)
    session.run_sql(
        f"INSERT INTO {history.physical} ({', '.join(names)}, v_from, v_to) "
        f"SELECT {', '.join(values)}, {number}, NULL FROM {ENDED}"
    )
    history.disordered = True


def refuse_write_of_history(table: Table, verb: str) -> None:
    """Raise 13559, 13560 or 13561 where a statement writes a temporal table's history."""
    if table.database.history_of(table) is None:
        return
    number, what = {
        "INSERT": (13559, "insert rows in"),
        "DELETE": (13560, "delete rows from"),
        "UPDATE": (13561, "update rows in"),
    }[verb]
    raise SqlError(number, f"Cannot {what} a temporal history table '{table.full_name}'.")


def refuse_truncate(table: Table) -> None:
    """Raise 13545 for TRUNCATE of a temporal table or its history."""
    if table.history is not None or table.database.history_of(table) is not None:
        raise SqlError(
            13545,
            f"Truncate failed on table '{table.full_name}' because it is not a supported operation "
            "on system-versioned tables.",
        )


def refuse_drop_of_temporal(table: Table) -> None:
    """Raise 13552 for DROP TABLE of a temporal table or its history."""
    if table.history is not None or table.database.history_of(table) is not None:
        raise SqlError(
            13552,
            f"Drop table operation failed on table '{table.full_name}' because it is not a "
            "supported operation on system-versioned temporal tables.",
        )
