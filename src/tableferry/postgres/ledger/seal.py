"""The outcome ``ok``, recorded in the transaction that publishes the rows.

A seal is what is sent for that, mostly with the COMMIT. The outcome is visible if and only if the
rows are, so after a connection is lost at COMMIT, the outcome in the ledger tells whether it was
committed (``lost_seal``).
"""

import contextlib
import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tableferry.errors import TableferryError
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.ledger.lease import Lease, lease_lost
from tableferry.postgres.ledger.stored_texts import json_list
from tableferry.postgres.ledger.watermarks import BECOMES, becoming
from tableferry.postgres.messages import MOMENT, Question, Rows, moment

LOCK_TIMEOUT: Final = "5s"
"""For the lease's row: other runs lock it for one statement, to see whether it has expired."""

NOT_HELD: Final = "2201G"
"""The error of ``width_bucket`` with no bucket at all. COMMIT follows in the same message, so what
is not as it must be has to be an error, and one that no other statement makes by chance."""

_REQUIRE_ONE: Final = "width_bucket(1, 0, 2, count(*)::integer)"

_LOCK_LEASE: Final = f"""\
SELECT {_REQUIRE_ONE} FROM (
  SELECT FROM tableferry.leases WHERE target = %s AND generation = %s AND run_id = %s
  FOR KEY SHARE) AS held"""

_SEAL: Final = f"""\
WITH sealed AS (
  UPDATE tableferry.table_runs SET status = 'ok', phase = 'publish', rows_read = %s,
    rows_written = %s, warnings = %s, updated_at = clock_timestamp(), ended_at = clock_timestamp(),
    rows_as_of = clock_timestamp() - make_interval(secs => %s), every_row = %s, read_to = %s,
    published_file =
      CASE WHEN %s AND amended IS NULL THEN pg_relation_filenode({BECOMES})::bigint END,
    published_bytes = CASE WHEN %s AND amended IS NULL THEN pg_relation_size({BECOMES}) END
  WHERE run_id = %s AND table_key = %s AND status = 'running' RETURNING rows_as_of)
SELECT {_REQUIRE_ONE}, {MOMENT.format("max(rows_as_of)")} FROM sealed"""
"""Not one that another run has marked as abandoned, which did not load this table."""


RETURNING: Final = 2
"""How many of a seal's questions return rows."""


@dataclass(frozen=True, slots=True)
class Seal:
    """What records the outcome of one table."""

    lease: Lease
    questions: tuple[Question, ...]


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
) -> Seal:
    """Return what records the outcome ``ok`` in a transaction, which must be READ COMMITTED.

    ``age`` says how many seconds ago the source was asked for the oldest row, None where it is not
    said: only some rows are that new. ``every_row``:
    the source was read as a whole, up to the watermark ``read_to`` if the mode keeps one.
    ``fills_file``: the target holds these rows alone, in a file that they have filled. What is to
    be done ``also`` returns no rows. Once it is done, no other run can take over until the
    transaction ends.
    """
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
    held = (lease.target, lease.generation, lease.run_id)
    limit = f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"
    return Seal(lease, ((limit, ()), (_LOCK_LEASE, held), (_SEAL, outcome), *also))


@contextlib.contextmanager
def sealing(seals: Sequence[Seal]) -> Iterator[None]:
    """Send these seals in the block; raises LeaseLostError where another run has taken over."""
    try:
        yield
    except TableferryError as error:
        if error.code != NOT_HELD or not seals:
            raise
        raise lease_lost(" or ".join(one.lease.target for one in seals)) from None


def moments(seals: Sequence[Seal], answers: Sequence[Rows]) -> list[dt.datetime | None]:
    """Return when the source was asked for the oldest row of each, by the database's clock.

    ``answers`` are those to the seals' questions, and before them any others.
    """
    found = answers[len(answers) - RETURNING * len(seals) :]
    return [moment(rows[0][1]) for rows in found[1::RETURNING]]
