"""Transactions that began before a table was filled: they would see it without its newest rows.

COPY FREEZE makes rows visible to everybody, but only in the transaction that makes the table. One
that was filled in parts must not be shown to a transaction whose view is older than the last part.
"""

import time
from collections.abc import Callable
from typing import Final

from tableferry.errors import TransientError
from tableferry.postgres.blocking import described
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.locks import FIRST_PAUSE, LONGEST_PAUSE, PATIENCE_SECONDS

View = tuple[int, str, str]
"""A session's pid, its transaction, and the oldest one that it may not see the outcome of."""

_VIEWS: Final = """\
SELECT s.pid, l.virtualxid, s.backend_xmin::text FROM pg_stat_activity s
JOIN pg_locks l ON l.pid = s.pid AND l.locktype = 'virtualxid' AND l.granted
WHERE s.backend_xmin IS NOT NULL AND s.pid <> pg_backend_pid() AND s.usesysid IS NOT NULL
  AND s.datname = current_database()"""
"""All of this is shown to everybody, also of others' sessions. Whoever has no user is PostgreSQL's
own worker, which shows nobody any rows."""


def open_views(connection: TargetConnection) -> frozenset[View]:
    """Return the views that others have of the database at this moment."""
    return frozenset(
        (pid, transaction, oldest) for pid, transaction, oldest in connection.rows(_VIEWS)
    )


def await_closed(
    connection: TargetConnection,
    views: frozenset[View],
    *,
    patience: float = PATIENCE_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Wait until each transaction with one of these views has ended, or taken another.

    ``connection.on_wait`` is called before each pause. Raises TransientError after ``patience``
    seconds.
    """
    started = clock()
    pause = FIRST_PAUSE
    while views and (views := views & open_views(connection)):
        pids = tuple(sorted({view[0] for view in views}))
        waited = clock() - started
        connection.on_wait(pids, waited)
        if waited + pause > patience:
            raise TransientError(
                f"{described(pids)} began a transaction before the last rows were stored, which "
                f"went on for {patience:g} seconds and would see a table without these rows",
                hint="The old rows stay. See pg_stat_activity for long queries and idle "
                "transactions; run it again.",
            )
        sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
    if pause > FIRST_PAUSE:
        connection.on_wait(None, clock() - started)
