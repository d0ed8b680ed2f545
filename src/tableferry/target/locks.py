"""Locking readers out, briefly: nobody waits long behind a lock that is not to be had yet.

Whoever asks for ACCESS EXCLUSIVE while a query runs makes every later query queue behind it. So
the lock is asked for a moment only, given up, and asked for again; no session is ever ended.
"""

import random
import time
from collections.abc import Callable
from typing import Final

from tableferry.errors import TransientError
from tableferry.identifiers import TargetTable
from tableferry.target.connection import TargetConnection

ASKED_SECONDS: Final = 0.08
"""How long the lock is asked for at once, and so how long a query may queue behind us: a reader's
wait has to stay under 100 ms, with what the lock is then held for."""

PATIENCE_SECONDS: Final = 30.0
"""How long it is tried in all: a query that runs longer is waited for by the next run."""

FIRST_PAUSE: Final = 0.05
LONGEST_PAUSE: Final = 1.0
"""Seconds between two tries, doubled from the first to the longest, each shortened by chance."""

NOT_AVAILABLE: Final = "55P03"


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
    until = clock() + patience
    pause = FIRST_PAUSE
    while True:
        connection.execute("SAVEPOINT tableferry_lock")
        # In the transaction: a session's own setting would not survive a connection pooler.
        connection.execute(f"SET LOCAL lock_timeout = {round(ASKED_SECONDS * 1000)}")
        try:
            connection.execute(f"LOCK TABLE {locked} IN ACCESS EXCLUSIVE MODE")
        except TransientError as error:
            if error.code != NOT_AVAILABLE:
                raise
            connection.execute("ROLLBACK TO SAVEPOINT tableferry_lock")
            if clock() + pause > until:
                raise TransientError(
                    f"Queries have held {table} for {patience:g} seconds ({NOT_AVAILABLE})",
                    hint="Nobody was interrupted; the old rows stay. See pg_stat_activity for "
                    "long queries and idle transactions; run it again.",
                    code=NOT_AVAILABLE,
                ) from error
            sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
            pause = min(2 * pause, LONGEST_PAUSE)
        else:
            connection.execute("RELEASE SAVEPOINT tableferry_lock")
            return
