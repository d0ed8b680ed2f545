"""Takes ACCESS EXCLUSIVE locks without making readers queue.

A request for ACCESS EXCLUSIVE that waits for a running query makes every later query queue behind
it. So each request waits for a moment only, gives up, and is repeated; no session is terminated.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tableferry.errors import TransientError
from tableferry.model.identifiers import TargetTable
from tableferry.postgres.blocking import described, holders_of, sharers_of_own_tables
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.messages import Question, Rows, headed

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


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked between locks, and what looks at the answers, of which there are ``returns``.

    What ``look`` raises ends the steps. ``patiently`` takes locks of its own that block no reader,
    once the first request has found any that is not available. ``comes_first``: before the seal.
    """

    questions: Callable[[], Sequence[Question]]
    returns: int
    look: Callable[[Sequence[Rows]], None]
    patiently: Callable[[], None] | None = None
    comes_first: bool = False


LockStep = str | Asked
"""A statement that takes locks which block readers, or what is asked before or after."""


def briefly_beside_readers(table: TargetTable) -> Question:
    """Return the statement that takes a lock as ``lock_beside_readers`` does, if it is free."""
    lock = f"LOCK TABLE ONLY {table.sql} IN SHARE UPDATE EXCLUSIVE MODE"
    limit = f"SET LOCAL lock_timeout = {round(REQUEST_SECONDS * 1000)}"
    return (headed(lock, f"{limit}; {lock}"), ())


def lock_exclusively(
    connection: TargetConnection,
    table: TargetTable,
    *,
    only: bool = True,
    also: Sequence[Question] = (),
    patience: float = PATIENCE_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Sequence[Rows]:
    """Lock the table ACCESS EXCLUSIVE in the open transaction; ``only``: without its children.

    What is to be done ``also`` is sent with the lock's request, and done when it is held; returns
    the rows of each that returns any. Raises TransientError if other sessions held it for
    ``patience`` seconds; the transaction stays usable.
    """
    locked = f"ONLY {table.sql}" if only else table.sql
    # Mostly nobody is in the way, and one message is enough.
    both = (f"LOCK TABLE {locked} IN {mode} MODE" for mode in ("SHARE UPDATE EXCLUSIVE", _ALONE))
    first = min(REQUEST_SECONDS, patience)
    found = _locked(connection, "; ".join(both), first, PATIENCE_SECONDS, also)
    if found is not None:
        return found
    lock_beside_readers(connection, table, "SHARE UPDATE EXCLUSIVE", only=only, patience=patience)
    steps = [f"LOCK TABLE {locked} IN {_ALONE} MODE"]
    retry_brief_locks(connection, steps, str(table), patience=patience, sleep=sleep, clock=clock)
    return connection.ask(*also) if also else ()


def lock_beside_readers(
    connection: TargetConnection,
    table: TargetTable,
    mode: str,
    *,
    only: bool = True,
    also: Sequence[Question] = (),
    patience: float = PATIENCE_SECONDS,
) -> Sequence[Rows]:
    """Take a lock that blocks no reader, neither while it is held nor while it is waited for.

    ``also`` and what is returned are as in ``lock_exclusively``.
    SHARE UPDATE EXCLUSIVE does not block writers, either. It is taken before every ACCESS EXCLUSIVE
    lock, since PostgreSQL cancels an autovacuum only for a request that waits for a second
    (``deadlock_timeout``), as a brief one never does. Raises TransientError; the transaction stays
    usable.
    """
    lock = f"LOCK TABLE {'ONLY ' if only else ''}{table.sql} IN {mode} MODE"
    # In two requests, so that what is waited for can be told after the first. The second is long
    # enough for ``deadlock_timeout``.
    first = min(FIRST_REQUEST_SECONDS, patience)
    found = _locked(connection, lock, first, patience, also)
    if found is not None:
        return found
    pids = holders_of(connection, table, mode)
    connection.on_wait(pids, first)
    if patience > first:
        found = _locked(connection, lock, patience - first, patience, also)
    if found is not None:
        connection.on_wait(None, 0.0)
        return found
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

    All locks together are waited for ``REQUEST_SECONDS`` at the most. What is asked is asked once
    the locks before it are held; what it does is rolled back if a later lock is not available.
    ``connection.on_wait`` is called after each request that gives up. Raises TransientError naming
    ``what`` after ``patience`` seconds; the transaction stays usable.
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
            if pause == FIRST_PAUSE:
                _take_patiently(steps)
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
    started = clock()
    for message in _messages(steps):
        left = max(0.001, REQUEST_SECONDS - (clock() - started))
        questions: list[Question] = []
        for step in message:
            if isinstance(step, Asked):
                questions += step.questions()
            else:
                # SET LOCAL, since a session setting would not survive a connection pooler.
                limit = f"SET LOCAL lock_timeout = {round(left * 1000)}"
                questions.append((headed(step, f"{limit}; {step}"), ()))
        found = list(connection.ask(*questions))
        for step in message:
            if isinstance(step, Asked):
                step.look(found[: step.returns])
                del found[: step.returns]
    # What follows takes no lock that blocks readers, but must not wait forever, either.
    limit = f"SET LOCAL lock_timeout = {round(PATIENCE_SECONDS * 1000)}"
    connection.defer(f"{limit}; RELEASE {_SAVEPOINT}")


def _take_patiently(steps: Sequence[LockStep]) -> None:
    for step in steps:
        if isinstance(step, Asked) and step.patiently:
            step.patiently()


def _messages(steps: Sequence[LockStep]) -> Iterator[Sequence[LockStep]]:
    """Group the steps: one lock in each message, and with it what is asked before and after.

    Few round trips, since readers wait while a busy machine gets around to the next.
    """
    message: list[LockStep] = []
    for step in steps:
        if isinstance(step, str) and any(isinstance(one, str) for one in message):
            yield message
            message = []
        message.append(step)
    if message:
        yield message


def _locked(
    connection: TargetConnection,
    lock: str,
    seconds: float,
    patience: float,
    also: Sequence[Question],
) -> Sequence[Rows] | None:
    """Run the LOCK statements for so long, and then the others; None where not all was granted.

    The transaction stays usable then. Once the lock is held, later statements of the transaction
    may wait ``patience`` seconds for theirs: longer than ``deadlock_timeout``, so that a deadlock
    is found to be one.
    """
    request = (
        f"{_SAVEPOINT}; SET LOCAL lock_timeout = {max(1, round(seconds * 1000))}; {lock}; "
        f"SET LOCAL lock_timeout = {max(1, round(patience * 1000))}"
    )
    try:
        return connection.ask((headed(lock, request), ()), *also, (f"RELEASE {_SAVEPOINT}", ()))
    except TransientError as error:
        if error.code != NOT_AVAILABLE:
            raise
        connection.execute(f"ROLLBACK TO {_SAVEPOINT}; RELEASE {_SAVEPOINT}")
        return None


def lock_timeout_error(what: str, seconds: float, pids: tuple[int, ...]) -> TransientError:
    """Return the error of a lock that was not available in time; ``pids`` are its holders."""
    have = "has" if len(pids) == 1 else "have"
    return TransientError(
        f"{described(pids)} {have} held {what} for {seconds:g} seconds ({NOT_AVAILABLE})",
        hint="No session was interrupted; the old rows stay. See pg_stat_activity for long queries "
        "and idle transactions; run it again.",
        code=NOT_AVAILABLE,
    )
