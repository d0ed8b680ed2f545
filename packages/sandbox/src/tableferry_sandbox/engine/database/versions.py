"""Row versions, snapshots and locks.

Every stored row carries ``v_from`` and ``v_to``, the transactions that created and ended it. A
reader sees the versions its snapshot allows; a writer locks its tables until its transaction ends.
Locks are held on whole tables: a reader under READ COMMITTED waits for any open writer of a table.
Where no reader can need an old version (a statement outside a transaction, no snapshot open) rows
are changed in place, and readers need no filter.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tableferry_sandbox.engine.database.catalog_objects import Table
from tableferry_sandbox.engine.database.other_objects import now_ticks
from tableferry_sandbox.engine.errors import cancelled, deadlock, lock_timeout


@dataclass(frozen=True)
class Snapshot:
    """What was committed at one moment: transactions before ``limit`` that were not ``active``."""

    limit: int
    active: frozenset[int]


@dataclass(eq=False)
class Transaction:
    """An open transaction. ``snapshot`` is set at its first read under SNAPSHOT isolation.

    ``began`` is the moment of its begin, in ticks. ``level`` is the isolation level of its first
    access to data, empty before. ``tracked`` are the tables of which it logged changes,
    ``truncated`` those of which it removed them.
    """

    number: int
    session_id: int
    began: int = field(default_factory=now_ticks)
    level: str = ""
    snapshot: Snapshot | None = None
    written: set[Table] = field(default_factory=set)
    read_locked: set[Table] = field(default_factory=set)
    rowversions: dict[str, int] = field(default_factory=dict)
    tracked: set[Table] = field(default_factory=set)
    truncated: set[Table] = field(default_factory=set)
    on_commit: list[Callable[[], None]] = field(default_factory=list)
    on_rollback: list[Callable[[], None]] = field(default_factory=list)


def visible(snapshot: Snapshot, own: int | None) -> str:
    """Return SQL for the versions that a snapshot shows, plus the transaction's own changes."""
    active = sorted(snapshot.active - {own})
    outside = f" AND {{0}} NOT IN ({', '.join(map(str, active))})" if active else ""
    mine = "" if own is None else f" OR {{0}} = {own}"
    known = f"({{0}} < {snapshot.limit}{outside}{mine})"
    return f"{known.format('v_from')} AND (v_to IS NULL OR NOT {known.format('v_to')})"


class Versions:
    """The transactions of an instance: their order, snapshots and locks."""

    def __init__(self, purge: Callable[[Table], None], writing: threading.RLock) -> None:
        # Order of the two locks: ``writing`` (statements that write) before ``_changed``.
        self._writing = writing
        self._changed = threading.Condition()
        self._next = 1
        self._active: dict[int, Transaction] = {}
        self._snapshots: list[Snapshot] = []
        self._writers: dict[Table, Transaction] = {}
        self._readers: dict[Table, set[Transaction]] = {}
        self._waiting: dict[int, set[int]] = {}
        self._priorities: dict[int, int] = {}
        self._versioned: set[Table] = set()
        self._purge = purge

    def begin(self, session_id: int) -> Transaction:
        """Begin a transaction."""
        with self._changed:
            transaction = Transaction(self._next, session_id)
            self._next += 1
            self._active[transaction.number] = transaction
            return transaction

    def hold(self, transaction: Transaction) -> Snapshot:
        """Give a transaction its snapshot, kept until it ends."""
        with self._writing, self._changed:
            if transaction.snapshot is None:
                transaction.snapshot = self._now()
                self._snapshots.append(transaction.snapshot)
            return transaction.snapshot

    def now(self) -> Snapshot:
        """Return a snapshot of what is committed."""
        with self._changed:
            return self._now()

    def note_altered(self, table: Table) -> None:
        """Record DDL on a table: snapshots taken earlier can no longer read it."""
        table.altered = self.draw()

    def _now(self) -> Snapshot:
        # Every open transaction may still write, so all count as active.
        return Snapshot(self._next, frozenset(self._active))

    def take(self) -> tuple[Snapshot, Callable[[], None]]:
        """Keep a snapshot; returns it with the function that releases it."""
        with self._changed:
            snapshot = self._now()
            self._snapshots.append(snapshot)
        return snapshot, lambda: self._release(snapshot)

    def _release(self, snapshot: Snapshot) -> None:
        with self._changed:
            for index, kept in enumerate(self._snapshots):
                if kept is snapshot:
                    del self._snapshots[index]
                    break
        self.tidy()

    def in_place(self, own: Snapshot | None = None) -> bool:
        """Return whether no snapshot but ``own`` is open, so that rows may change in place."""
        with self._changed:
            return all(kept is own for kept in self._snapshots)

    def keep_versions(self, table: Table) -> None:
        """Record that a table holds row versions from now on."""
        with self._changed:
            table.versioned = True
            self._versioned.add(table)

    def tidy(self) -> None:
        """Remove row versions that are no longer visible, unless a snapshot is open."""
        with self._writing, self._changed:
            if self._snapshots:
                return
            free = [t for t in self._versioned if t not in self._writers]
            for table in free:
                self._purge(table)
                table.versioned = False
                self._versioned.discard(table)

    def lowest_rowversion(self, database: str, following: int) -> int:
        """Return the first rowversion that an open transaction gave out in a database."""
        with self._changed:
            return min(
                (t.rowversions.get(database, following) for t in self._active.values()),
                default=following,
            )

    def written(self) -> set[Table]:
        """Return the tables in which open transactions have written."""
        with self._changed:
            return set(self._writers)

    def draw(self) -> int:
        """Draw the number of a change that is committed at once: later snapshots have it."""
        with self._changed:
            self._next += 1
            return self._next - 1

    def forget(self, table: Table) -> None:
        """Forget a dropped table."""
        with self._changed:
            self._versioned.discard(table)

    def wait_to_read(
        self, table: Table, session_id: int, timeout: int, stop: Callable[[], bool]
    ) -> None:
        """Wait until no other session has uncommitted changes in a table."""

        def blockers() -> set[int]:
            writer = self._writers.get(table)
            return {writer.session_id} - {session_id} if writer else set()

        self._wait(blockers, session_id, timeout, stop)

    def lock_for_read(self, table: Table, transaction: Transaction) -> None:
        """Keep other sessions from writing a table until the transaction ends."""
        with self._changed:
            transaction.read_locked.add(table)
            self._readers.setdefault(table, set()).add(transaction)

    def lock_for_write(
        self, table: Table, transaction: Transaction, timeout: int, stop: Callable[[], bool]
    ) -> None:
        """Wait for the exclusive lock on a table, and hold it until the transaction ends."""

        def blockers() -> set[int]:
            others = {t.session_id for t in self._readers.get(table, ())}
            writer = self._writers.get(table)
            if writer is not None:
                others.add(writer.session_id)
            return others - {transaction.session_id}

        with self._changed:
            self._wait(blockers, transaction.session_id, timeout, stop)
            self._writers[table] = transaction
            transaction.written.add(table)

    def _wait(
        self,
        blockers: Callable[[], set[int]],
        session_id: int,
        timeout: int,
        stop: Callable[[], bool],
    ) -> None:
        """Wait for a lock, ``timeout`` milliseconds or (-1) forever. Raises 1222, 1205, 3617."""
        deadline = None if timeout < 0 else time.monotonic() + timeout / 1000
        with self._changed:
            try:
                while others := blockers():
                    self._waiting[session_id] = others
                    if self._is_victim(session_id):
                        raise deadlock(session_id)
                    if stop():
                        raise cancelled()
                    left = None if deadline is None else deadline - time.monotonic()
                    if left is not None and left <= 0:
                        raise lock_timeout()
                    # Every end of a transaction wakes this wait; it is short to notice a cancel.
                    self._changed.wait(0.05 if left is None else min(left, 0.05))
            finally:
                self._waiting.pop(session_id, None)

    def set_deadlock_priority(self, session_id: int, priority: int) -> None:
        """Record SET DEADLOCK_PRIORITY; 0, the default, forgets the session."""
        with self._changed:
            self._priorities.pop(session_id, None)
            if priority:
                self._priorities[session_id] = priority

    def _is_victim(self, session_id: int) -> bool:
        """Whether the session is in a deadlock, and no other in it has a lower priority.

        Of equal ones it is the session that closes the circle, since that is the first to look.
        """
        circle = {
            other for other in self._waits_for(session_id) if session_id in self._waits_for(other)
        }
        priority = self._priorities.get(session_id, 0)
        return session_id in circle and all(
            priority <= self._priorities.get(other, 0) for other in circle
        )

    def _waits_for(self, session_id: int) -> set[int]:
        """Return the sessions that must go on before this one can, directly or not."""
        seen: set[int] = set()
        queue = list(self._waiting.get(session_id, ()))
        while queue:
            item = queue.pop()
            if item not in seen:
                seen.add(item)
                queue += self._waiting.get(item, ())
        return seen

    def end(self, transaction: Transaction) -> None:
        """Forget a transaction that was committed or rolled back, and free its locks."""
        with self._changed:
            self._active.pop(transaction.number, None)
            for table in transaction.written:
                if self._writers.get(table) is transaction:
                    del self._writers[table]
            for table in transaction.read_locked:
                self._readers.get(table, set()).discard(transaction)
            if transaction.snapshot is not None:
                self._snapshots = [k for k in self._snapshots if k is not transaction.snapshot]
            self._changed.notify_all()
        self.tidy()
