"""Isolation: the rows of a table that a session may read now, as DuckDB SQL."""

from typing import Final

from tableferry_sandbox.engine.database.catalog_objects import Database, Table
from tableferry_sandbox.engine.database.versions import Snapshot, visible
from tableferry_sandbox.engine.errors import (
    altered_since_snapshot,
    disabled_index,
    read_only_database,
    snapshot_not_allowed,
    snapshot_not_begun,
)
from tableferry_sandbox.engine.execution.session_state import SessionState

_DIRTY: Final = frozenset({"nolock", "readuncommitted"})
_LOCKING: Final = frozenset({"readcommittedlock", "readcommitted"})
"""Under SNAPSHOT they read what is committed now ("Table hints")."""

_REPEATABLE: Final = frozenset(
    {"repeatableread", "serializable", "holdlock", "updlock", "xlock", "tablockx"}
)


def readable(session: SessionState, table: Table, hints: frozenset[str]) -> str:
    """Return DuckDB SQL of a table's rows as a session may see them now.

    Waits for writers where READ COMMITTED does. Raises 3951, 3952, 3961, 1222, 1205.
    """
    own = session.transaction.number if session.transaction else None
    versions = session.server.store.versions
    note_access(session)
    if table.temporary:
        return _filtered(table, "v_to IS NULL")
    if hints & _DIRTY or (session.isolation == "read uncommitted" and not hints & _REPEATABLE):
        return _filtered(table, "v_to IS NULL")
    if session.isolation == "snapshot" and not hints & _LOCKING:
        shown = visible(snapshot_of(session, table), own)
        # Whether it holds versions or not: another session may write between here and the read.
        return _filtered(table, shown, always=True)
    repeatable = session.isolation in ("repeatable read", "serializable") or hints & _REPEATABLE
    if "readpast" in hints and not repeatable:
        return _filtered(table, _not_locked(session))
    row_versions = table.database.read_committed_snapshot and not hints & {"readcommittedlock"}
    if repeatable or not row_versions:
        versions.wait_to_read(table, session.session_id, session.lock_timeout, session.stopped)
        if repeatable and session.transaction is not None:
            versions.lock_for_read(table, session.transaction)
    return _filtered(table, visible(versions.now(), own))


def readable_for_write(session: SessionState, table: Table, hints: frozenset[str]) -> str:
    """Return a table's rows with their ids, as the sources of UPDATE and DELETE see them."""
    if table.temporary:
        return f"(SELECT rowid AS rid, * FROM {table.physical} WHERE v_to IS NULL)"
    versions = session.server.store.versions
    own = session.writer_number
    snapshot = session.transaction.snapshot if session.transaction else None
    if hints & _DIRTY or not table.versioned:
        shown = "v_to IS NULL"
    else:
        shown = visible(snapshot or versions.now(), own)
    return f"(SELECT rowid AS rid, * FROM {table.physical} WHERE {shown})"


def refuse_write(table: Table) -> None:
    """Raise 3906 in a database that is read-only, 8655 where rows are not accessible."""
    if table.database.read_only and not table.temporary:
        raise read_only_database(table.database.name)
    unreadable = table.unreadable
    if unreadable is not None:
        raise disabled_index(unreadable.name, table.name)


def note_access(session: SessionState) -> None:
    """Record the isolation level of a transaction's first access to data, where it starts."""
    if session.transaction is not None and not session.transaction.level:
        session.transaction.level = session.isolation


def snapshot_of(session: SessionState, table: Table) -> Snapshot:
    """Return the snapshot by which a session under SNAPSHOT isolation reads a table.

    Raises 3952, 3951, 3961.
    """
    snapshot = snapshot_in(session, table.database)
    if session.transaction is not None and table.altered >= snapshot.limit:
        raise altered_since_snapshot(table.database.name)
    return snapshot


def snapshot_in(session: SessionState, database: Database) -> Snapshot:
    """Return the snapshot by which a session under SNAPSHOT isolation reads a database.

    Raises 3952, 3951.
    """
    versions = session.server.store.versions
    if not database.allow_snapshot:
        raise snapshot_not_allowed(database.name)
    if session.transaction is None:
        return versions.now()
    if session.transaction.level != "snapshot":
        raise snapshot_not_begun(database.name)
    return versions.hold(session.transaction)


def _not_locked(session: SessionState) -> str:
    """Return the condition of READPAST: rows that others have changed are skipped."""
    own = session.transaction.number if session.transaction else None
    now = session.server.store.versions.now()
    others = sorted(now.active - {own})
    if not others:
        return visible(now, own)
    listed = ", ".join(map(str, others))
    return f"{visible(now, own)} AND (v_to IS NULL OR v_to NOT IN ({listed}))"


def _filtered(table: Table, condition: str, *, always: bool = False) -> str:
    if always or table.versioned:
        return f"(SELECT * FROM {table.physical} WHERE {condition})"
    return table.physical
