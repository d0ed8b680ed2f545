"""Changes to the catalog: where new objects go, and what a rollback or a commit does to them."""

from collections.abc import Callable
from typing import Any

from tableferry_sandbox.engine.database.catalog_objects import Database, Table
from tableferry_sandbox.engine.errors import read_only_database, unknown_database
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.events import SqlError


def place(session: SessionState, path: st.Path) -> tuple[Database, str, str]:
    """Resolve a new object's path to database, schema and name. Raises 2760, 911."""
    name = path[-1]
    if name.startswith(("#", "@")):
        tempdb = session.server.find_database("tempdb")
        assert tempdb is not None  # noqa: S101 - every server has it
        return tempdb, "dbo", name
    database: Database | None = session.current
    if len(path) > 2 and path[-3]:
        database = session.server.find_database(path[-3])
        if database is None:
            raise unknown_database(path[-3])
    assert database is not None  # noqa: S101 - checked above
    schema = path[-2] if len(path) > 1 and path[-2] else "dbo"
    key = database.key(schema)
    if key not in database.schemas:
        raise SqlError(
            2760,
            f'The specified schema name "{schema}" either does not exist or you do not have '
            "permission to use it.",
        )
    refuse_read_only(database)
    return database, database.schemas[key][0], name


def refuse_read_only(database: Database) -> None:
    """Raise 3906 where a database was set READ_ONLY."""
    if database.read_only:
        raise read_only_database(database.name)


def on_rollback(session: SessionState, undo: Callable[[], None]) -> None:
    """Run ``undo`` if the transaction around the DDL is rolled back."""
    if session.transaction is not None:
        session.transaction.on_rollback.append(undo)


def on_commit(session: SessionState, action: Callable[[], None]) -> None:
    """Run an irrevocable action when the transaction commits, or at once without one."""
    if session.transaction is not None:
        session.transaction.on_commit.append(action)
    else:
        action()


def add_table(session: SessionState, table: Table) -> None:
    """Add a complete table to the catalog and the store."""
    store = session.server.store
    store.create(table)
    if table.temporary:
        name = table.name.lower()
        session.temporary[name] = table
        if table.is_variable:
            return
        on_rollback(session, lambda: _take_away(session.temporary, name, session, table))
        return
    key = table.database.path(table.schema, table.name)
    table.database.objects[key] = table
    on_rollback(session, lambda: _take_away(table.database.objects, key, session, table))


def _take_away(holder: dict[Any, Any], key: object, session: SessionState, table: Table) -> None:
    holder.pop(key, None)
    session.server.store.drop(table)


def lock_exclusively(session: SessionState, table: Table) -> None:
    """Wait for the exclusive lock on a table, and hold it until the transaction ends."""
    if table.temporary:
        return
    refuse_read_only(table.database)
    store = session.server.store
    if session.transaction is not None:
        store.versions.lock_for_write(
            table, session.transaction, session.lock_timeout, session.stopped
        )
        return
    brief = store.versions.begin(session.session_id)
    try:
        store.versions.lock_for_write(table, brief, session.lock_timeout, session.stopped)
    finally:
        store.versions.end(brief)
