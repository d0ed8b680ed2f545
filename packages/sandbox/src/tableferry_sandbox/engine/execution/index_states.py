"""ALTER INDEX: what disabling an index disables with it, and what enables it again.

As "Disable indexes and constraints" and "ALTER INDEX" document them: the definition stays, but
nothing checks what the index checked; rows of a table are found by its clustered index alone.
"""

from collections.abc import Iterator

from tableferry_sandbox.engine.database.catalog_objects import (
    ForeignKeyConstraint,
    Index,
    Table,
    View,
)
from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.execution.catalog_changes import lock_exclusively, on_rollback
from tableferry_sandbox.engine.execution.row_checks import check_unique_index
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.tree import definitions as dd
from tableferry_sandbox.events import Event, Message, SqlError, StatementDone


def alter_index(session: SessionState, statement: dd.AlterIndex) -> Iterator[Event]:
    """ALTER INDEX. Raises 1088, 2727, and 1505 for rows that a unique index refuses."""
    item = session.find_object(statement.table)
    if item is None:
        raise SqlError(
            1088,
            f'Cannot find the object "{".".join(statement.table)}" because it does not exist or '
            "you do not have permissions.",
            state=9,
        )
    if isinstance(item, Table):
        lock_exclusively(session, item)
    chosen = _chosen(item, statement.name)
    if statement.action == "disable":
        yield from _disable(session, item, chosen)
    elif statement.action == "rebuild":
        _rebuild(session, item, chosen, every=not statement.name)
    if isinstance(item, Table):
        item.next_version(item.known_rows)
        session.server.store.versions.note_altered(item)
    yield StatementDone(None, "ALTER INDEX")


def _chosen(item: Table | View, name: str) -> list[Index]:
    if not name:
        return list(item.indexes)
    key = item.database.key
    found = [index for index in item.indexes if key(index.name) == key(name)]
    if not found:
        raise SqlError(2727, f"Cannot find index '{name}'.", severity=11)
    return found


def _disable(session: SessionState, item: Table | View, chosen: list[Index]) -> Iterator[Event]:
    """Disable indexes, those that a clustered one carries, and foreign keys that need them."""
    word = "table" if isinstance(item, Table) else "view"
    for index in chosen:
        _set(session, index, disabled=True)
        for other in item.indexes if index.clustered else ():
            if not other.disabled:
                _set(session, other, disabled=True)
                if other not in chosen:
                    yield Message(
                        3750,
                        f"Warning: Index '{other.name}' on {word} '{item.name}' was disabled as a "
                        f"result of disabling the clustered index on the {word}.",
                    )
        for table, key in _foreign_keys(item, index):
            if not key.disabled:
                _disable_key(session, key)
                yield Message(
                    3731,
                    f"Warning: Foreign key '{key.name}' on table '{table.name}' referencing table "
                    f"'{key.table.name}' was disabled as a result of disabling the index "
                    f"'{index.name}'.",
                )


def _foreign_keys(item: Table | View, index: Index) -> Iterator[tuple[Table, ForeignKeyConstraint]]:
    """Yield the foreign keys that point to an index, with a clustered one all of its table."""
    columns = {column.column_id for column, _ in index.columns}
    for table in item.database.tables():
        for key in table.foreign_keys:
            wanted = {column.column_id for column in key.referenced}
            points_to = key.table is item and index.unique and wanted == columns
            if points_to or (index.clustered and item in (table, key.table)):
                yield table, key


def _rebuild(
    session: SessionState, item: Table | View, chosen: list[Index], *, every: bool
) -> None:
    """Enable indexes; foreign keys stay as they are."""
    for index in sorted(chosen, key=lambda one: not one.clustered):
        blocked = next((i for i in item.indexes if i.clustered and i.disabled), None)
        if blocked is not None and blocked is not index and not every:
            raise unsupported("enabling an index while the clustered index is disabled")
        if index.disabled and index.unique and isinstance(item, Table):
            check_unique_index(session, item, index, created=True)
        _set(session, index, disabled=False)


def _set(session: SessionState, index: Index, *, disabled: bool) -> None:
    old = index.disabled

    def undo() -> None:
        index.disabled = old

    index.disabled = disabled
    on_rollback(session, undo)


def _disable_key(session: SessionState, key: ForeignKeyConstraint) -> None:
    old = key.disabled, key.untrusted

    def undo() -> None:
        key.disabled, key.untrusted = old

    key.disabled = key.untrusted = True
    on_rollback(session, undo)
