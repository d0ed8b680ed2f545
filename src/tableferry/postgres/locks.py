"""Takes ACCESS EXCLUSIVE locks without making readers queue.

A request for ACCESS EXCLUSIVE that waits for a running query makes every later query queue behind
it. So each request waits for a moment only, gives up, and is repeated; no session is terminated.
"""

import random
import time
from collections.abc import Callable, Sequence
from typing import Final

from tableferry.errors import TransientError
from tableferry.model.identifiers import TargetTable
from tableferry.postgres.blocking import described, holders_of, sharers_of_own_tables
from tableferry.postgres.connection import TargetConnection

REQUEST_SECONDS: Final = 0.08
"""How long one request waits, and so how long a query may queue behind it: together with the time
that the locks are then held, a reader's wait must stay under 100 ms."""

PATIENCE_SECONDS: Final = 30.0
"""How long requests are repeated in all; a query that runs longer is left to the next run."""

FIRST_REQUEST_SECONDS: Final = 1.0
"""How long a lock that keeps no reader waiting is requested before the sessions that hold it are
looked up, for whoever watches the run."""

FIRST_PAUSE: Final = 0.05
LONGEST_PAUSE: Final = 1.0
"""Seconds between two requests, doubled from the first to the longest, with random jitter."""

NOT_AVAILABLE: Final = "55P03"

_ALONE: Final = "ACCESS EXCLUSIVE"

_SAVEPOINT: Final = "SAVEPOINT tableferry_lock"

LockStep = str | Callable[[], None]


def lock_exclusively(
    connection: TargetConnection,
    table: TargetTable,
    *,
    only: bool = True,
    patience: float = PATIENCE_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Lock the table ACCESS EXCLUSIVE in the open transaction; ``only``: without its children.

    Raises TransientError if other sessions held it for ``patience`` seconds; the transaction stays
    usable.
    """
    locked = f"ONLY {table.sql}" if only else table.sql
    # Mostly nobody is in the way, and one message is enough.
    both = (f"LOCK TABLE {locked} IN {mode} MODE" for mode in ("SHARE UPDATE EXCLUSIVE", _ALONE))
    if _locked(connection, "; ".join(both), min(REQUEST_SECONDS, patience), PATIENCE_SECONDS):
        return
    lock_beside_readers(connection, table, "SHARE UPDATE EXCLUSIVE", only=only, patience=patience)
    steps = [f"LOCK TABLE {locked} IN {_ALONE} MODE"]
    retry_brief_locks(connection, steps, str(table), patience=patience, sleep=sleep, clock=clock)


def lock_beside_readers(
    connection: TargetConnection,
    table: TargetTable,
    mode: str,
    *,
    only: bool = True,
    patience: float = PATIENCE_SECONDS,
) -> None:
    """Take a lock that blocks no reader, neither while it is held nor while it is waited for.

    SHARE UPDATE EXCLUSIVE does not block writers, either. It is taken before every ACCESS EXCLUSIVE
    lock, since PostgreSQL cancels an autovacuum only for a request that waits for a second
    (``deadlock_timeout``), as a brief one never does. Raises TransientError; the transaction stays
    usable.
    """
    lock = f"LOCK TABLE {'ONLY ' if only else ''}{table.sql} IN {mode} MODE"
    # In two requests, so that what is waited for can be told after the first. The second is long
    # enough for ``deadlock_timeout``.
    first = min(FIRST_REQUEST_SECONDS, patience)
    if _locked(connection, lock, first, patience):
        return
    pids = holders_of(connection, table, mode)
    connection.on_wait(pids, first)
    if patience > first and _locked(connection, lock, patience - first, patience):
        connection.on_wait(None, 0.0)
        return
    raise lock_timeout_error(str(table), patience, holders_of(connection, table, mode) or pids)


def retry_brief_locks(
    connection: TargetConnection,
    steps: Sequence[LockStep],
    what: str,
    *,
    patience: float = PATIENCE_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Run the steps in the open transaction, all or none, repeated until they get their locks.

    The steps are statements that take locks which block readers, and functions. All statements
    together wait ``REQUEST_SECONDS`` at the most. A function is called once the locks before it are
    held; what it does is rolled back if a later lock is not available. ``connection.on_wait`` is
    called after each request that gives up. Raises TransientError naming ``what`` after
    ``patience`` seconds; the transaction stays usable.
    """
    started = clock()
    pause = FIRST_PAUSE
    while True:
        try:
            _run(connection, steps, clock)
        except TransientError as error:
            if error.code != NOT_AVAILABLE:
                raise
            connection.execute(f"ROLLBACK TO {_SAVEPOINT}; RELEASE {_SAVEPOINT}")
            pids = sharers_of_own_tables(connection)
            waited = clock() - started
            connection.on_wait(pids, waited)
            if waited + pause > patience:
                raise lock_timeout_error(what, patience, pids) from error
            sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
            pause = min(2 * pause, LONGEST_PAUSE)
        else:
            if pause > FIRST_PAUSE:
                connection.on_wait(None, clock() - started)
            return


def _run(
    connection: TargetConnection, steps: Sequence[LockStep], clock: Callable[[], float]
) -> None:
    """Run the steps after a savepoint, which stays where one of them fails."""
    connection.defer(_SAVEPOINT)
    started: float | None = None
    for step in steps:
        if not isinstance(step, str):
            step()
            continue
        started = clock() if started is None else started
        left = max(0.001, REQUEST_SECONDS - (clock() - started))
        # SET LOCAL, since a session setting would not survive a connection pooler. One round trip
        # for both, since readers wait while a busy machine gets around to the second.
        connection.execute(f"SET LOCAL lock_timeout = {round(left * 1000)}; {step}")
    # What follows takes no lock that blocks readers, but must not wait forever, either.
    limit = f"SET LOCAL lock_timeout = {round(PATIENCE_SECONDS * 1000)}"
    connection.defer(f"{limit}; RELEASE {_SAVEPOINT}")


def _locked(connection: TargetConnection, lock: str, seconds: float, patience: float) -> bool:
    """Run the LOCK statements for so long; whether all was granted. The transaction stays usable.

    Once it is held, later statements of the transaction may wait ``patience`` seconds for theirs:
    longer than ``deadlock_timeout``, so that a deadlock is found to be one.
    """
    try:
        connection.execute(
            f"{_SAVEPOINT}; SET LOCAL lock_timeout = {max(1, round(seconds * 1000))}; {lock}; "
            f"SET LOCAL lock_timeout = {max(1, round(patience * 1000))}; RELEASE {_SAVEPOINT}"
        )
    except TransientError as error:
        if error.code != NOT_AVAILABLE:
            raise
        connection.execute(f"ROLLBACK TO {_SAVEPOINT}; RELEASE {_SAVEPOINT}")
        return False
    return True


def lock_timeout_error(what: str, seconds: float, pids: tuple[int, ...]) -> TransientError:
    """Return the error of a lock that was not available in time; ``pids`` are its holders."""
    have = "has" if len(pids) == 1 else "have"
    return TransientError(
        f"{described(pids)} {have} held {what} for {seconds:g} seconds ({NOT_AVAILABLE})",
        hint="No session was interrupted; the old rows stay. See pg_stat_activity for long queries "
        "and idle transactions; run it again.",
        code=NOT_AVAILABLE,
    )
