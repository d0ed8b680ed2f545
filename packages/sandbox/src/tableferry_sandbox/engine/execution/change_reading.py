"""Change Tracking: which version and which changes a session sees now.

Changes are seen once they are committed, so a transaction does not see its own. Under SNAPSHOT all
of it is as of the snapshot, removed changes included (Work with Change Tracking, SQL Server
documentation).
"""

from tableferry_sandbox.engine.database.catalog_objects import Database, Table
from tableferry_sandbox.engine.database.versions import Snapshot
from tableferry_sandbox.engine.execution.isolation import note_access, snapshot_in, snapshot_of
from tableferry_sandbox.engine.execution.session_state import SessionState


class ChangeReader:
    """What one session sees; ``waits`` is off for queries that never run."""

    def __init__(self, session: SessionState, *, waits: bool) -> None:
        self._session = session
        self._waits = waits

    def version(self, database: Database) -> int | None:
        """Return the version of the last commit seen, None if the database tracks no changes.

        Under SNAPSHOT it begins the snapshot, as a read of a table does.
        """
        if not database.tracking.on:
            return None
        session = self._session
        if session.isolation == "snapshot" and database.allow_snapshot:
            note_access(session)
            snapshot = snapshot_in(session, database)
        else:
            snapshot = session.server.store.versions.now()
        return database.tracking.seen_by(snapshot.limit, snapshot.active)

    def seen(self, table: Table) -> str:
        """Return the condition on a tracked table's log; waits for writers as a read would.

        Raises 3952, 3951, 3961, 1222, 1205.
        """
        assert table.tracking is not None  # noqa: S101 - the caller checked it
        if not self._waits:
            return "FALSE"
        snapshot = self._snapshot(table)
        seen = table.database.tracking.seen_by(snapshot.limit, snapshot.active)
        condition = f"version <= {seen}"
        if table.tracking.removed:
            condition += f" AND (gone IS NULL OR NOT {self._known(snapshot)})"
        return condition

    def _snapshot(self, table: Table) -> Snapshot:
        session = self._session
        versions = session.server.store.versions
        note_access(session)
        if session.isolation == "snapshot":
            return snapshot_of(session, table)
        if session.isolation != "read uncommitted" and not table.database.read_committed_snapshot:
            versions.wait_to_read(table, session.session_id, session.lock_timeout, session.stopped)
        return versions.now()

    def _known(self, snapshot: Snapshot) -> str:
        """Return whether the transaction ``gone`` is in a snapshot, or the session's own."""
        own = self._session.transaction
        active = snapshot.active - {own.number if own else -1}
        outside = f" AND gone NOT IN ({', '.join(map(str, sorted(active)))})" if active else ""
        mine = f" OR gone = {own.number}" if own else ""
        return f"(gone < {snapshot.limit}{outside}{mine})"
