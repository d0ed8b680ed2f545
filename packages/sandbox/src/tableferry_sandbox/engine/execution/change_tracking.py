"""Change Tracking is switched on and off, for a database and for a table.

See Enable and Disable Change Tracking (SQL Server documentation).
"""

from collections.abc import Iterator
from typing import Final

from tableferry_sandbox.engine import tracking_errors
from tableferry_sandbox.engine.database.catalog_objects import Database, Table
from tableferry_sandbox.engine.errors import unknown_database
from tableferry_sandbox.engine.execution.scalars import evaluate
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.tree import definitions as dd
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.events import Event, SqlError, StatementDone

_SYSTEM: Final = frozenset({"master", "tempdb", "model", "msdb"})

MAX_CONTEXT: Final = 128
"""Bytes of a context (WITH CHANGE_TRACKING_CONTEXT)."""


def alter_database(session: SessionState, statement: dd.TrackDatabase) -> Iterator[Event]:
    """ALTER DATABASE ... SET CHANGE_TRACKING. Raises 226, 911, 5088, 5089, 5090, 22115."""
    if session.transaction is not None:
        raise SqlError(
            226, "ALTER DATABASE statement not allowed within multi-statement transaction.", state=6
        )
    found = session.server.find_database(statement.name) if statement.name else session.current
    if found is None:
        raise unknown_database(statement.name)
    if found.name.lower() in _SYSTEM:
        raise tracking_errors.system_database(found.name)
    _change(found, statement)
    yield StatementDone(None, "ALTER DATABASE")


def _change(database: Database, statement: dd.TrackDatabase) -> None:
    """Switch a database's tracking, or change its options. Raises 5088, 5089, 22115."""
    tracking = database.tracking
    if statement.on and tracking.on:
        raise tracking_errors.database_on_already(database.name)
    if not statement.on and not tracking.on:
        raise tracking_errors.database_off_already(database.name)
    if statement.on is False:
        if any(table.tracking is not None for table in database.tables()):
            raise tracking_errors.tables_on(database.name)
        tracking.on = False
        return
    if statement.on:
        tracking.on = True
        tracking.retention, tracking.retention_unit, tracking.auto_cleanup = 2, "DAYS", True
    if statement.retention is not None:
        tracking.retention, tracking.retention_unit = statement.retention, statement.unit
    if statement.auto_cleanup is not None:
        tracking.auto_cleanup = statement.auto_cleanup


def enable(session: SessionState, table: Table, *, with_columns: bool) -> None:
    """ALTER TABLE ... ENABLE CHANGE_TRACKING. Raises 1718, 4996, 4997."""
    if table.temporary or not table.database.tracking.on:
        raise tracking_errors.database_off(table.database.name, table.name)
    if table.tracking is not None:
        raise tracking_errors.table_on_already(table.name)
    if table.primary_key is None:
        raise tracking_errors.no_key(table.name)
    session.server.store.track(table, with_columns=with_columns)


def disable(session: SessionState, table: Table) -> None:
    """ALTER TABLE ... DISABLE CHANGE_TRACKING: its changes are forgotten. Raises 4998."""
    if table.tracking is None:
        raise tracking_errors.table_off_already(table.name)
    session.server.store.stop_tracking(table)


def context_of(
    session: SessionState, statement: st.Insert | st.Update | st.Delete | st.Merge
) -> bytes | None:
    """Return the value of WITH CHANGE_TRACKING_CONTEXT, varbinary(128) at most; raises 22109."""
    if statement.context is None:
        return None
    kind, value = evaluate(session, statement.context)
    if kind.name not in ("varbinary", "binary") or not 0 < kind.length <= MAX_CONTEXT:
        raise tracking_errors.wrong_context()
    return None if value is None else bytes(value)
