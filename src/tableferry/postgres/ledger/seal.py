"""What must be true with the rows: checked and written on the connection that stores them.

``seal`` is the last statement before COMMIT. The outcome is visible if and only if the rows are,
so a link that is lost at COMMIT is decided by looking for it.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from tableferry.config import TargetSettings
from tableferry.errors import CommitUnknownError, TableferryError, TransientError
from tableferry.postgres.connection import Parameters, TargetConnection, connect
from tableferry.postgres.ledger.lease import Lease, lease_lost, lock_lease
from tableferry.postgres.ledger.runs import json_list
from tableferry.postgres.ledger.shared_connection import time_limit

LOCK_TIMEOUT: Final = "5s"
"""For the lease's row: others lock it for one statement, to look whether it has expired."""

DECIDED_SECONDS: Final = 60.0
"""How long a link lost at COMMIT is looked into: a server starts again within that time, and
notices that its client is gone, or finishes the COMMIT that it has got."""

ASKED_SECONDS: Final = 5.0
"""How long one look waits for a transaction that is still committing."""

PAUSE_SECONDS: Final = 0.5

_SEAL: Final = """\
UPDATE tableferry.table_runs SET status = 'ok', phase = 'publish', rows_read = %s,
  rows_written = %s, warnings = %s, updated_at = clock_timestamp(), ended_at = clock_timestamp()
WHERE run_id = %s AND table_key = %s AND status = 'running' RETURNING status"""

_OUTCOME: Final = """\
SELECT status FROM tableferry.table_runs WHERE run_id = %s AND table_key = %s FOR NO KEY UPDATE"""

_STORED: Final = """\
SELECT done_at IS NOT NULL FROM tableferry.chunks
WHERE run_id = %s AND table_key = %s AND number = %s FOR NO KEY UPDATE"""


def seal(
    connection: TargetConnection,
    lease: Lease,
    *,
    rows_read: int,
    rows_written: int,
    warnings: Sequence[str] = (),
) -> None:
    """Write the outcome ``ok`` into the open transaction, which must be READ COMMITTED.

    Raises LeaseLostError where another run has taken over; from then until the transaction ends
    none can.
    """
    if not connection.in_transaction:
        raise RuntimeError("seal() belongs into the transaction that publishes")
    connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
    lock_lease(connection, lease)
    told = (rows_read, rows_written, json_list(warnings), lease.run_id, lease.table_key)
    if not connection.rows(_SEAL, told):
        # Taken for dead by a run that had no use for this table.
        raise lease_lost(lease.target)


def was_published(
    settings: TargetSettings,
    lease: Lease,
    *,
    patience: float = DECIDED_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> bool:
    """Whether the transaction that was sealed has been committed, asked over a new connection.

    One that is still committing is waited for: it has the row locked. Raises CommitUnknownError
    where this cannot be found out within ``patience`` seconds.
    """
    asked = (_OUTCOME, (lease.run_id, lease.table_key))
    until = clock() + patience
    return bool(_decided(settings, lease.target, asked, until, sleep=sleep, clock=clock) == "ok")


def was_stored(settings: TargetSettings, lease: Lease, number: int) -> bool:
    """Whether the transaction that stored a chunk has been committed, likewise."""
    asked = (_STORED, (lease.run_id, lease.table_key, number))
    until = time.monotonic() + DECIDED_SECONDS
    return bool(_decided(settings, lease.target, asked, until))


def _decided(
    settings: TargetSettings,
    target: str,
    asked: tuple[str, Parameters],
    until: float,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Any:
    while True:
        try:
            return _answer(settings, asked)
        except TableferryError as error:
            if not isinstance(error, TransientError) or clock() + PAUSE_SECONDS > until:
                raise CommitUnknownError(
                    f"The link to {settings} was lost while {target} was committed, and it "
                    f"could not be found out whether it was: {error.message}",
                    hint="Readers see all the old rows or all the new ones. The next run finds "
                    "out; run it again.",
                    code=error.code,
                ) from error
        sleep(PAUSE_SECONDS)


def _answer(settings: TargetSettings, asked: tuple[str, Parameters]) -> Any:
    """Return the one value of the one row, None where there is no row."""
    with (
        connect(settings) as connection,
        time_limit(connection, 2 * ASKED_SECONDS),
        connection.transaction(),
    ):
        connection.execute(f"SET LOCAL lock_timeout = '{ASKED_SECONDS:g}s'")
        found = connection.rows(*asked)
    return found[0][0] if found else None
