"""Which other sessions hold the locks that a load waits for.

It is asked after a request for a lock has given up, so ``pg_blocking_pids`` has nothing to say by
then: what the other sessions hold is compared with what this load holds or wants.
"""

from typing import Final

from tableferry.model.identifiers import TargetTable
from tableferry.postgres.connection import TargetConnection

COMPATIBLE: Final = {
    "ACCESS EXCLUSIVE": (),
    "SHARE ROW EXCLUSIVE": ("AccessShareLock", "RowShareLock"),
    "SHARE UPDATE EXCLUSIVE": ("AccessShareLock", "RowShareLock", "RowExclusiveLock"),
}
"""The locks of others that a request for each of these does not wait for ("Explicit Locking" in
PostgreSQL's manual); whatever is not listed it may wait for."""

_HOLDERS_OF: Final = """\
SELECT DISTINCT l.pid FROM pg_locks l
WHERE l.locktype = 'relation' AND l.granted AND l.pid <> pg_backend_pid()
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.relation IN (SELECT to_regclass(%(table)s) UNION
    SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass(%(table)s))
  AND l.mode <> ALL(%(compatible)s)
ORDER BY 1"""

_SHARERS: Final = """\
SELECT DISTINCT o.pid FROM pg_locks m JOIN pg_locks o ON o.locktype = 'relation'
  AND o.database = m.database AND o.relation = m.relation
WHERE m.pid = pg_backend_pid() AND m.locktype = 'relation' AND m.granted
  AND m.mode IN ('ShareUpdateExclusiveLock', 'ShareRowExclusiveLock', 'AccessExclusiveLock')
  AND o.granted AND o.pid <> m.pid
ORDER BY 1"""
"""Before it asks for ACCESS EXCLUSIVE a load takes one of these locks on the same table, so whoever
has any lock there is in its way."""


def holders_of(connection: TargetConnection, table: TargetTable, mode: str) -> tuple[int, ...]:
    """Return the sessions that keep a request for this lock waiting; raises TableferryError."""
    parameters = {"table": table.sql, "compatible": list(COMPATIBLE.get(mode, ()))}
    return tuple(pid for (pid,) in connection.rows(_HOLDERS_OF, parameters))


def sharers_of_own_tables(connection: TargetConnection) -> tuple[int, ...]:
    """Return the sessions with a lock on a table that this transaction is about to exchange."""
    return tuple(pid for (pid,) in connection.rows(_SHARERS))


def described(pids: tuple[int, ...]) -> str:
    """Name the sessions for a message: ``Other sessions (pid 12, 34)``."""
    if not pids:
        return "Other sessions"
    numbers = ", ".join(map(str, pids))
    return f"{'Another session' if len(pids) == 1 else 'Other sessions'} (pid {numbers})"
