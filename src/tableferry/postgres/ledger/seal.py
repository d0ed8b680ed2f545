"""The outcome ``ok``, recorded in the transaction that publishes the rows.

``seal`` runs just before COMMIT. The outcome is visible if and only if the rows are, so after a
connection is lost at COMMIT, the outcome in the ledger tells whether it was committed.
"""

import datetime as dt
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from tableferry.config import TargetSettings
from tableferry.errors import CommitUnknownError, TableferryError, TransientError
from tableferry.postgres.connection import TargetConnection, connect
from tableferry.postgres.ledger.lease import Lease, lease_lost, locking, require_locked
from tableferry.postgres.ledger.runs import json_list
from tableferry.postgres.ledger.shared_connection import time_limit
from tableferry.postgres.ledger.watermarks import BECOMES, becoming
from tableferry.postgres.messages import Parameters, Question

LOCK_TIMEOUT: Final = "5s"
"""For the lease's row: other runs lock it for one statement, to see whether it has expired."""

RESOLVE_SECONDS: Final = 60.0
"""How long to query a COMMIT whose answer was lost: within that time a server restarts, notices
that its client is gone, or finishes the COMMIT."""

LOOKUP_SECONDS: Final = 5.0
"""How long one query waits for a transaction that is still committing."""

PAUSE_SECONDS: Final = 0.5
"""Between two queries."""

_SEAL: Final = f"""\
UPDATE tableferry.table_runs SET status = 'ok', phase = 'publish', rows_read = %s,
  rows_written = %s, warnings = %s, updated_at = clock_timestamp(), ended_at = clock_timestamp(),
  rows_as_of = clock_timestamp() - make_interval(secs => %s), every_row = %s, read_to = %s,
  published_file =
    CASE WHEN %s AND amended IS NULL THEN pg_relation_filenode({BECOMES})::bigint END,
  published_bytes = CASE WHEN %s AND amended IS NULL THEN pg_relation_size({BECOMES}) END
WHERE run_id = %s AND table_key = %s AND status = 'running' RETURNING rows_as_of"""

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
    age: float | None = 0.0,
    warnings: Sequence[str] = (),
    every_row: bool = True,
    read_to: str | None = None,
    fills_file: bool = False,
    also: Sequence[Question] = (),
) -> dt.datetime | None:
    """Record the outcome ``ok`` in the open transaction, which must be READ COMMITTED.

    ``age`` says how many seconds ago the source was asked for the oldest row; returns that moment,
    by the database's clock, None where it is not said: only some rows are that new. ``every_row``:
    the source was read as a whole, up to the watermark ``read_to`` if the mode keeps one.
    ``fills_file``: the target holds these rows alone, in a file that they have filled. What is to
    be done ``also``, in the same message, returns no rows. Raises LeaseLostError if another run
    took over; from here until the transaction ends, none can.
    """
    if not connection.in_transaction:
        raise RuntimeError("seal() must be called in the transaction that publishes")
    becomes = becoming(lease)
    outcome = (
        rows_read,
        rows_written,
        json_list(warnings, connection.encoding),
        age,
        every_row,
        read_to,
        fills_file,
        *becomes,
        fills_file,
        *becomes,
        lease.run_id,
        lease.table_key,
    )
    locked, sealed = connection.ask(
        (f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'", ()),
        locking(lease),
        (_SEAL, outcome),
        *also,
    )
    require_locked(lease, locked)
    for (as_of,) in sealed:
        return cast("dt.datetime | None", as_of)
    # Marked as abandoned by a run that did not load this table.
    raise lease_lost(lease.target)


def was_published(
    settings: TargetSettings,
    lease: Lease,
    *,
    patience: float = RESOLVE_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> bool:
    """Return whether the sealed transaction was committed, queried over a new connection.

    Waits for one that is still committing: it has the row locked. Raises CommitUnknownError if the
    query does not succeed within ``patience`` seconds.
    """
    query = (_OUTCOME, (lease.run_id, lease.table_key))
    until = clock() + patience
    return bool(_resolve(settings, lease.target, query, until, sleep=sleep, clock=clock) == "ok")


def was_stored(settings: TargetSettings, lease: Lease, number: int) -> bool:
    """Return whether the transaction that stored a chunk was committed, like ``was_published``."""
    query = (_STORED, (lease.run_id, lease.table_key, number))
    until = time.monotonic() + RESOLVE_SECONDS
    return bool(_resolve(settings, lease.target, query, until))


def _resolve(
    settings: TargetSettings,
    target: str,
    query: tuple[str, Parameters],
    until: float,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Any:
    while True:
        try:
            return _lookup(settings, query)
        except TableferryError as error:
            if not isinstance(error, TransientError) or clock() + PAUSE_SECONDS > until:
                raise CommitUnknownError(
                    f"The connection to {settings} was lost at the COMMIT of {target}, and whether "
                    f"it was committed could not be determined: {error.message}",
                    hint="Readers see all the old rows or all the new ones. Run it again: the next "
                    "run determines it.",
                    code=error.code,
                ) from error
        sleep(PAUSE_SECONDS)


def _lookup(settings: TargetSettings, query: tuple[str, Parameters]) -> Any:
    """Return the value of the only row, None if there is no row."""
    with (
        connect(settings) as connection,
        time_limit(connection, 2 * LOOKUP_SECONDS),
        connection.transaction(),
    ):
        connection.execute(f"SET LOCAL lock_timeout = '{LOOKUP_SECONDS:g}s'")
        found = connection.rows(*query)
    return found[0][0] if found else None
