"""Locking readers out, briefly: nobody waits long behind a lock that is not to be had yet.

Whoever asks for ACCESS EXCLUSIVE while a query runs makes every later query queue behind it. So
the locks are asked for a moment only, given up, and asked for again; no session is ever ended.
"""

import contextlib
import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from tableferry.errors import TransientError
from tableferry.model.identifiers import TargetTable
from tableferry.postgres.connection import TargetConnection

ASKED_SECONDS: Final = 0.08
"""How long locks are asked for at once, and so how long a query may queue behind us: a reader's
wait has to stay under 100 ms, with what the locks are then held for."""

PATIENCE_SECONDS: Final = 30.0
"""How long it is tried in all: a query that runs longer is waited for by the next run."""

FIRST_PAUSE: Final = 0.05
LONGEST_PAUSE: Final = 1.0
"""Seconds between two tries, doubled from the first to the longest, each shortened by chance."""

NOT_AVAILABLE: Final = "55P03"

Ask = str | Callable[[], None]


def lock_exclusively(
    connection: TargetConnection,
    table: TargetTable,
    *,
    only: bool = True,
    patience: float = PATIENCE_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Take ACCESS EXCLUSIVE in the open transaction, of the table, with ``only`` without its heirs.

    Raises TransientError where others held the table for ``patience`` seconds; the transaction can
    go on then, too.
    """
    locked = f"ONLY {table.sql}" if only else table.sql
    lock_beside_readers(connection, table, "SHARE UPDATE EXCLUSIVE", only=only, patience=patience)
    ask = [f"LOCK TABLE {locked} IN ACCESS EXCLUSIVE MODE"]
    retry_brief_locks(connection, ask, str(table), patience=patience, sleep=sleep, clock=clock)


def lock_beside_readers(
    connection: TargetConnection,
    table: TargetTable,
    mode: str,
    *,
    only: bool = True,
    patience: float = PATIENCE_SECONDS,
) -> None:
    """Take a lock that no reader minds, neither while it is held nor while it is waited for.

    SHARE UPDATE EXCLUSIVE lets writers go on, too. It comes before every ACCESS EXCLUSIVE because
    PostgreSQL has an autovacuum give way to whoever waits for a second (``deadlock_timeout``),
    which a brief ask never does. Raises TransientError; the transaction can go on then, too.
    """
    locked = f"ONLY {table.sql}" if only else table.sql
    with lock_timeout(connection, patience, str(table)):
        connection.execute(f"LOCK TABLE {locked} IN {mode} MODE")


def retry_brief_locks(
    connection: TargetConnection,
    asks: Sequence[Ask],
    what: str,
    *,
    patience: float = PATIENCE_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Run the statements in the open transaction, all of them or none, until they get their locks.

    They are what takes locks that lock readers out: the first waits ``ASKED_SECONDS`` at the most,
    each other one for what the earlier ones have left of that. A function among them is called
    when the locks before it are there; it is undone with them. Raises TransientError that names
    ``what`` after ``patience`` seconds; the transaction can go on then, too.
    """
    until = clock() + patience
    pause = FIRST_PAUSE
    while True:
        connection.execute("SAVEPOINT tableferry_lock")
        try:
            _ask(connection, asks, clock)
        except TransientError as error:
            if error.code != NOT_AVAILABLE:
                raise
            connection.execute("ROLLBACK TO SAVEPOINT tableferry_lock")
            if clock() + pause > until:
                raise lock_timeout_error(what, patience) from error
            sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
            pause = min(2 * pause, LONGEST_PAUSE)
        else:
            # What follows takes no lock that readers mind; it must not wait for ever either.
            connection.execute(
                f"SET LOCAL lock_timeout = {round(PATIENCE_SECONDS * 1000)}; "
                "RELEASE SAVEPOINT tableferry_lock"
            )
            return


def _ask(connection: TargetConnection, asks: Sequence[Ask], clock: Callable[[], float]) -> None:
    begun: float | None = None
    for ask in asks:
        if not isinstance(ask, str):
            ask()
            continue
        begun = clock() if begun is None else begun
        left = max(0.001, ASKED_SECONDS - (clock() - begun))
        # In the transaction: a session's own setting would not survive a connection pooler. In one
        # message: a machine that is busy takes its time to come back to us, and readers wait.
        connection.execute(f"SET LOCAL lock_timeout = {round(left * 1000)}; {ask}")


@contextlib.contextmanager
def lock_timeout(connection: TargetConnection, seconds: float, what: str) -> Iterator[None]:
    """Let no statement of the block wait longer for a lock; raises TransientError.

    The setting outlives the block, to the end of the transaction. What the block did is undone
    where it fails, the transaction can go on.
    """
    try:
        with connection.transaction():
            connection.execute(f"SET LOCAL lock_timeout = {max(1, round(seconds * 1000))}")
            yield
    except TransientError as error:
        if error.code != NOT_AVAILABLE:
            raise
        raise lock_timeout_error(what, seconds) from error


def lock_timeout_error(what: str, seconds: float) -> TransientError:
    """Return the error of a lock that was not to be had."""
    return TransientError(
        f"Other sessions have held {what} for {seconds:g} seconds ({NOT_AVAILABLE})",
        hint="Nobody was interrupted; the old rows stay. See pg_stat_activity for long queries "
        "and idle transactions; run it again.",
        code=NOT_AVAILABLE,
    )
