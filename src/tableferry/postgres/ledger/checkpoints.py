"""Staging tables and their chunks: what is stored already, so that nothing is read twice.

A chunk's row says done in the transaction that stored its rows: a cut leaves both or none. The
ranges are kept as they were cut, for a source that has changed since would be cut elsewhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from uuid import UUID

from psycopg.types.json import Jsonb

from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.ledger.lease import Lease, lease_lost, lock_lease
from tableferry.postgres.ledger.quarantine import as_row
from tableferry.values import RefusedRow

RESUMED_HOURS: Final = 24
"""Older rows are read again: what a nightly run has left may be taken up by the next one, and no
reader gets to see rows older than a day as new ones."""

Touched = Mapping[str, Mapping[str, int]]
"""How many values were altered, by source column and reason."""

NOTHING: Final[Touched] = MappingProxyType({})

_STAGE: Final = """\
UPDATE tableferry.table_runs SET staging = %s, updated_at = clock_timestamp()
WHERE run_id = %s AND table_key = %s AND status = 'running' RETURNING staging"""

_FORGET: Final = "DELETE FROM tableferry.chunks WHERE run_id = %s AND table_key = %s"

_PLAN: Final = """\
INSERT INTO tableferry.chunks (run_id, table_key, number, key_range)
SELECT %s, %s, number - 1, key_range
FROM unnest(%s::text[]) WITH ORDINALITY AS given (key_range, number)"""

_CHECKPOINT: Final = """\
UPDATE tableferry.chunks SET rows = %s, touched = %s, refused = %s, done_at = clock_timestamp()
WHERE run_id = %s AND table_key = %s AND number = %s AND done_at IS NULL RETURNING number"""

_DONE: Final = """\
SELECT number, rows FROM tableferry.chunks
WHERE run_id = %s AND table_key = %s AND done_at IS NOT NULL ORDER BY number"""

_STORED_FOR: Final = """\
SELECT extract(epoch FROM clock_timestamp() - min(done_at))::float8
FROM tableferry.chunks WHERE run_id = %s AND table_key = %s"""

_UNFINISHED: Final = """\
SELECT t.run_id, t.table_key, t.staging, array_agg(c.key_range ORDER BY c.number),
  array_agg(c.rows ORDER BY c.number)
FROM tableferry.table_runs t
JOIN tableferry.chunks c ON c.run_id = t.run_id AND c.table_key = t.table_key
JOIN pg_class s ON s.relname = t.staging AND s.relnamespace = 'tableferry'::regnamespace
WHERE t.target = %(target)s AND t.run_id <> %(run_id)s
  AND t.source = (
    SELECT m.source FROM tableferry.table_runs m
    WHERE m.run_id = %(run_id)s AND m.table_key = %(table_key)s)
  AND t.fingerprint = %(fingerprint)s AND t.publish = %(publish)s
  AND (t.status IN ('abandoned', 'cancelled', 'deadline')
    OR t.status = 'failed' AND t.error_kind = 'TransientError')
GROUP BY t.run_id, t.table_key
HAVING min(c.done_at) > clock_timestamp() - make_interval(hours => %(hours)s)
  AND min(c.done_at) > ALL (
    SELECT o.ended_at FROM tableferry.table_runs o
    WHERE o.target = %(target)s AND o.status = 'ok')
ORDER BY count(c.done_at) DESC, t.started_at DESC LIMIT 1"""
"""Of several the one that has most of its chunks; the others are orphans. So is one that was begun
before rows were last published: a run that could not write down its end looks alive for a while,
and the next one does not wait for it. Readers would see older rows again."""

_TAKE_STAGING: Final = """\
UPDATE tableferry.table_runs SET staging = NULL
WHERE run_id = %s AND table_key = %s AND staging = %s RETURNING run_id"""

_TAKE_CHUNKS: Final = """\
UPDATE tableferry.chunks SET run_id = %s, table_key = %s WHERE run_id = %s AND table_key = %s"""

_ORPHANS: Final = """\
SELECT DISTINCT t.staging FROM tableferry.table_runs t
JOIN pg_class c ON c.relname = t.staging AND c.relnamespace = 'tableferry'::regnamespace
WHERE t.target = %s AND t.run_id <> %s AND t.status <> 'running' ORDER BY 1"""


@dataclass(frozen=True, slots=True)
class UnfinishedLoad:
    """A load that was cut off: its staging table, its ranges, and the rows of those done.

    ``rows`` has a None for each range that is still to be read.
    """

    run_id: UUID
    table_key: str
    staging: str
    ranges: tuple[str, ...]
    rows: tuple[int | None, ...]

    @property
    def stored(self) -> int:
        """The rows that the staging table must have."""
        return sum(rows or 0 for rows in self.rows)


def stage(
    connection: TargetConnection, lease: Lease, staging: str, ranges: Sequence[str] = ()
) -> None:
    """Write down the staging table that is about to be made, empty, and how it will be filled.

    A run uses one name for a table, however often it tries: no other is found as an orphan.
    """
    lock_lease(connection, lease)
    mine = (lease.run_id, lease.table_key)
    if not connection.rows(_STAGE, (staging, *mine)):
        raise lease_lost(lease.target)
    connection.execute(_FORGET, mine)
    if ranges:
        connection.execute(_PLAN, (*mine, list(ranges)))


def checkpoint(
    connection: TargetConnection,
    lease: Lease,
    number: int,
    rows: int,
    *,
    touched: Touched = NOTHING,
    refused: Sequence[RefusedRow] = (),
) -> None:
    """Say in the open transaction that it stores the rows of chunk ``number``.

    ``touched`` are the values in them that were altered, ``refused`` the rows that were left out,
    as the specification allows.
    Raises LeaseLostError where another run has taken over, or the chunk was stored already: that
    run may be filling the same staging table.
    """
    if not connection.in_transaction:
        raise RuntimeError("checkpoint() belongs into the transaction that stores the rows")
    lock_lease(connection, lease)
    told = Jsonb({column: dict(reasons) for column, reasons in touched.items()})
    aside = Jsonb([as_row(row) for row in refused]) if refused else None
    mine = (lease.run_id, lease.table_key, number)
    if not connection.rows(_CHECKPOINT, (rows, told, aside, *mine)):
        raise lease_lost(lease.target)


def done_chunks(connection: TargetConnection, lease: Lease) -> dict[int, int]:
    """Return the rows of each chunk that is stored, by its number."""
    found = connection.rows(_DONE, (lease.run_id, lease.table_key))
    return {int(number): int(rows) for number, rows in found}


def oldest_chunk_age(connection: TargetConnection, lease: Lease) -> float:
    """Return since how many seconds the oldest chunk has been stored, 0 where none is."""
    ((seconds,),) = connection.rows(_STORED_FOR, (lease.run_id, lease.table_key))
    return float(seconds or 0.0)


def unfinished(
    connection: TargetConnection, lease: Lease, *, fingerprint: str, publish: str
) -> UnfinishedLoad | None:
    """Return what an earlier run of the same plan has left of this table's load, if anything."""
    parameters = {
        "target": lease.target,
        "run_id": lease.run_id,
        "table_key": lease.table_key,
        "fingerprint": fingerprint,
        "publish": publish,
        "hours": RESUMED_HOURS,
    }
    for run_id, table_key, staging, ranges, rows in connection.rows(_UNFINISHED, parameters):
        return UnfinishedLoad(run_id, table_key, staging, tuple(ranges), tuple(rows))
    return None


def resume(connection: TargetConnection, lease: Lease, left: UnfinishedLoad) -> None:
    """Make another run's staging table and chunks this one's."""
    lock_lease(connection, lease)
    mine, theirs = (lease.run_id, lease.table_key), (left.run_id, left.table_key)
    if not connection.rows(_STAGE, (left.staging, *mine)):
        raise lease_lost(lease.target)
    # Not done twice, when the answer to the first COMMIT was lost.
    if connection.rows(_TAKE_STAGING, (*theirs, left.staging)):
        connection.execute(_FORGET, mine)
        connection.execute(_TAKE_CHUNKS, (*mine, *theirs))


def orphans(connection: TargetConnection, lease: Lease) -> tuple[str, ...]:
    """Return the staging tables that earlier runs have left for this target."""
    found = connection.rows(_ORPHANS, (lease.target, lease.run_id))
    return tuple(str(name) for (name,) in found)
