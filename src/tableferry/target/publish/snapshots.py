"""Transactions that began before a table was filled: they would see it without its newest rows.

COPY FREEZE makes rows visible to everybody, but only in the transaction that makes the table. One
that was filled in parts must not be shown to a transaction whose view is older than the last part.
"""

import time
from collections.abc import Callable
from typing import Final

from tableferry.errors import TransientError
from tableferry.target.connection import TargetConnection
from tableferry.target.locks import FIRST_PAUSE, LONGEST_PAUSE, PATIENCE_SECONDS

_VIEWS: Final = """\
SELECT pid, xact_start::text, backend_xmin::text FROM pg_stat_activity
WHERE backend_xmin IS NOT NULL AND pid <> pg_backend_pid() AND datname = current_database()
  AND backend_type = 'client backend'"""
"""Whoever has a view, and which; ``xact_start`` is shown of one's own sessions, or to
``pg_read_all_stats``."""


def await_older(
    connection: TargetConnection,
    *,
    patience: float = PATIENCE_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Wait until each transaction that has a view now has ended, or taken another.

    Raises TransientError after ``patience`` seconds.
    """
    until = clock() + patience
    pause = FIRST_PAUSE
    older = set(connection.rows(_VIEWS))
    while older:
        if clock() + pause > until:
            raise TransientError(
                f"{len(older)} transactions that began before the last rows were stored have not "
                f"ended for {patience:g} seconds: they would see a table without these rows",
                hint="The old rows stay. See pg_stat_activity for long queries and idle "
                "transactions; run it again.",
            )
        sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
        older &= set(connection.rows(_VIEWS))
