"""Whether a COMMIT whose answer was lost took effect, by what it was to write into the ledger.

Its message may still be on its way, in a pooler or in the server's own memory. So the answer no
must also make it so: the lease gets another generation, without which the seal in such a message
fails, and the COMMIT behind it is not reached.
"""

import datetime as dt
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tableferry.config import TargetSettings
from tableferry.errors import CommitUnknownError, TableferryError, TransientError
from tableferry.postgres.connection import connect
from tableferry.postgres.ledger.lease import Lease
from tableferry.postgres.ledger.shared_connection import time_limit
from tableferry.postgres.messages import MOMENT, Question, Rows, moment

RESOLVE_SECONDS: Final = 60.0
"""How long to query a COMMIT whose answer was lost: within that time a server restarts, notices
that its client is gone, or finishes the COMMIT."""

LOOKUP_SECONDS: Final = 5.0
"""How long one query waits for a transaction that is still committing."""

PAUSE_SECONDS: Final = 0.5
"""Between two queries."""

_LOCK_OWN: Final = """\
SELECT generation FROM tableferry.leases
WHERE target = %(target)s AND run_id = %(run_id)s AND table_key = %(table_key)s FOR UPDATE"""
"""First, as in the seal, which holds it FOR KEY SHARE until its transaction ends."""

_OUTCOME: Final = f"""\
SELECT status, {MOMENT.format("rows_as_of")} FROM tableferry.table_runs
WHERE run_id = %(run_id)s AND table_key = %(table_key)s FOR NO KEY UPDATE"""

_FENCE: Final = """\
WITH fenced AS (
  UPDATE tableferry.leases l SET generation = l.generation + 1 FROM tableferry.table_runs t
  WHERE l.target = %(target)s AND l.run_id = %(run_id)s AND l.table_key = %(table_key)s
    AND t.run_id = l.run_id AND t.table_key = l.table_key AND t.status = 'running'
  RETURNING l.generation)
UPDATE tableferry.table_runs t SET generation = f.generation FROM fenced f
WHERE t.run_id = %(run_id)s AND t.table_key = %(table_key)s RETURNING t.generation"""

_STORED: Final = """\
SELECT done_at IS NOT NULL FROM tableferry.chunks
WHERE run_id = %s AND table_key = %s AND number = %s FOR NO KEY UPDATE"""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a sealed transaction was committed, and the moment that it has written as ``as_of``.

    Where it was not, it cannot be any more; ``generation`` is the lease's by now, None where
    another run has it.
    """

    was_committed: bool
    as_of: dt.datetime | None = None
    generation: int | None = None


def decide_seal(
    settings: TargetSettings,
    lease: Lease,
    *,
    patience: float = RESOLVE_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Decision:
    """Decide whether the sealed transaction was committed, over a new connection.

    Waits for one that is still committing: it has the lease's row locked. Raises CommitUnknownError
    if that does not succeed within ``patience`` seconds.
    """
    about = {"target": lease.target, "run_id": lease.run_id, "table_key": lease.table_key}
    questions = ((_LOCK_OWN, about), (_OUTCOME, about), (_FENCE, about))
    until = clock() + patience
    _, outcome, fenced = _resolve(
        settings, lease.target, questions, until, sleep=sleep, clock=clock
    )
    for status, as_of in outcome:
        if status == "ok":
            return Decision(was_committed=True, as_of=moment(as_of))
    return Decision(was_committed=False, generation=fenced[0][0] if fenced else None)


def was_stored(settings: TargetSettings, lease: Lease, number: int) -> bool:
    """Return whether the transaction that stored a chunk was committed, like ``decide_seal``."""
    query = (_STORED, (lease.run_id, lease.table_key, number))
    until = time.monotonic() + RESOLVE_SECONDS
    (found,) = _resolve(settings, lease.target, (query,), until)
    return bool(found and found[0][0])


def _resolve(
    settings: TargetSettings,
    target: str,
    questions: Sequence[Question],
    until: float,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Sequence[Rows]:
    while True:
        try:
            return _lookup(settings, questions)
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


def _lookup(settings: TargetSettings, questions: Sequence[Question]) -> Sequence[Rows]:
    limit = (f"SET LOCAL lock_timeout = '{LOOKUP_SECONDS:g}s'", ())
    with (
        connect(settings) as connection,
        time_limit(connection, 3 * LOOKUP_SECONDS),
        connection.transaction(),
    ):
        return connection.rows_and_commit(limit, *questions)
