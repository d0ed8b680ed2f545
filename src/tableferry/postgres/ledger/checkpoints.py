"""Records staging tables and their chunks, so that a resumed load reads no chunk twice.

A chunk is marked done in the transaction that stores its rows: a lost connection leaves both or
neither. The key ranges are recorded, since splitting a changed source again would yield others.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from uuid import UUID

from psycopg.types.json import Jsonb

from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.ledger.lease import Lease, lease_lost, lock_lease
from tableferry.postgres.ledger.quarantine import as_row
from tableferry.postgres.ledger.runs import LoadDescription, TableRun, describing
from tableferry.postgres.messages import Question
from tableferry.values import Counts, RefusedRow

NO_COUNTS: Final[Counts] = MappingProxyType({})

_SET_STAGING: Final = """\
UPDATE tableferry.table_runs SET staging = %s, watermark = %s, amended = %s,
  updated_at = clock_timestamp()
WHERE run_id = %s AND table_key = %s AND status = 'running' RETURNING staging"""

_STAGE: Final = """\
WITH held AS (
  SELECT generation FROM tableferry.leases
  WHERE target = %(target)s AND generation = %(generation)s AND run_id = %(run_id)s FOR KEY SHARE)
UPDATE tableferry.table_runs SET staging = %(staging)s, watermark = %(watermark)s, amended = NULL,
  updated_at = clock_timestamp()
WHERE run_id = %(run_id)s AND table_key = %(table_key)s AND status = 'running'
  AND EXISTS (SELECT FROM held)
RETURNING staging"""

_STAGED: Final = """\
EXISTS (SELECT FROM tableferry.table_runs t WHERE t.run_id = %(run_id)s
  AND t.table_key = %(table_key)s AND t.status = 'running' AND t.staging = %(staging)s)"""
"""Whether it was staged: what follows in the same message is done only then."""

_CLEAR_STAGED: Final = f"""\
DELETE FROM tableferry.chunks WHERE run_id = %(run_id)s AND table_key = %(table_key)s
  AND {_STAGED}"""

_INSERT_STAGED: Final = f"""\
INSERT INTO tableferry.chunks (run_id, table_key, number, key_range)
SELECT %(run_id)s, %(table_key)s, number - 1, key_range
FROM unnest(%(ranges)s::text[]) WITH ORDINALITY AS given (key_range, number) WHERE {_STAGED}"""

_DELETE_CHUNKS: Final = "DELETE FROM tableferry.chunks WHERE run_id = %s AND table_key = %s"

_CHECKPOINT: Final = """\
UPDATE tableferry.chunks SET rows = %s, touched = %s, refused = %s, done_at = clock_timestamp(),
  read_at = clock_timestamp() - make_interval(secs => %s)
WHERE run_id = %s AND table_key = %s AND number = %s AND done_at IS NULL RETURNING number"""

_AMEND: Final = """\
UPDATE tableferry.table_runs SET amended = coalesce(amended, 0) + %s
WHERE run_id = %s AND table_key = %s"""

_AMENDED: Final = """\
SELECT coalesce(amended, 0) FROM tableferry.table_runs WHERE run_id = %s AND table_key = %s"""

_DONE: Final = """\
SELECT number, rows FROM tableferry.chunks
WHERE run_id = %s AND table_key = %s AND done_at IS NOT NULL ORDER BY number"""

_OLDEST_CHUNK: Final = """\
SELECT min(coalesce(read_at, done_at)),
  extract(epoch FROM clock_timestamp() - min(coalesce(read_at, done_at)))::float8
FROM tableferry.chunks WHERE run_id = %s AND table_key = %s"""
"""``read_at`` is NULL in a ledger that an older version wrote."""

_UNFINISHED: Final = """\
SELECT t.run_id, t.table_key, t.staging, array_agg(c.key_range ORDER BY c.number),
  array_agg(c.rows ORDER BY c.number), t.watermark, t.amended
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
HAVING CASE WHEN %(continues)s THEN max(c.done_at) ELSE min(coalesce(c.read_at, c.done_at)) END
    > clock_timestamp() - make_interval(secs => %(within)s)
  AND min(coalesce(c.read_at, c.done_at)) > ALL (
    SELECT o.ended_at FROM tableferry.table_runs o
    WHERE o.target = %(target)s AND o.status = 'ok')
ORDER BY count(c.done_at) DESC, t.started_at DESC LIMIT 1"""
"""Of several, the one with the most chunks done; the others are orphans. So is one whose first
chunk was read before the table was last published, since readers would see older rows again: a
run that could not record its end looks alive for a while, and the next run does not wait for it."""

_TAKE_STAGING: Final = """\
UPDATE tableferry.table_runs SET staging = NULL
WHERE run_id = %s AND table_key = %s AND staging = %s RETURNING run_id"""

_TAKE_CHUNKS: Final = """\
UPDATE tableferry.chunks SET run_id = %s, table_key = %s WHERE run_id = %s AND table_key = %s"""

_ORPHANS: Final = """\
SELECT DISTINCT t.staging FROM tableferry.table_runs t
JOIN pg_class c ON c.relname IN (t.staging, t.staging || '_keys')
  AND c.relnamespace = 'tableferry'::regnamespace
WHERE t.target = %s AND t.run_id <> %s AND t.status <> 'running' ORDER BY 1"""
"""The table of the keys of deleted rows (``publish.staging.keys_of``) is committed before the
staging table may be, so either can be there alone."""


@dataclass(frozen=True, slots=True)
class OldestChunk:
    """When the source was asked for the oldest stored chunk; ``age`` is in seconds."""

    read_at: dt.datetime
    age: float


@dataclass(frozen=True, slots=True)
class ResumeLimit:
    """How old what an earlier run has stored may be, to be continued with: ``within`` seconds.

    That is the age of the oldest chunk. For a run that ``continues`` one that ran out of time (the
    next invocation in a chain), it is the time since the last chunk: the chain is one load.
    """

    within: float
    continues: bool = False


@dataclass(frozen=True, slots=True)
class UnfinishedLoad:
    """An interrupted load: its staging table, its key ranges, and the rows of each.

    ``rows`` has None for each range that is still to be read. ``watermark`` is the source's from
    before the first of them was read, None where the mode keeps none.
    """

    run_id: UUID
    table_key: str
    staging: str
    ranges: tuple[str, ...]
    rows: tuple[int | None, ...]
    watermark: str | None = None
    amended: int | None = None

    @property
    def stored(self) -> int:
        """The number of rows that the staging table must have."""
        return sum(rows or 0 for rows in self.rows) + (self.amended or 0)


@dataclass(frozen=True, slots=True)
class StagedTable:
    """A staging table that is about to be created, and its chunks' key ranges.

    ``watermark`` is the source's from before they are read. A run uses the same name for every
    attempt at a table, so none of them becomes an orphan.
    """

    name: str
    ranges: Sequence[str] = ()
    watermark: str | None = None


def begin_load(
    connection: TargetConnection,
    lease: Lease,
    table: StagedTable | None,
    load: LoadDescription | None = None,
) -> tuple[str, ...]:
    """Record a staging table and the plan, where they are given, and commit.

    All in one message. Returns the staging tables that earlier runs of this target have left.
    Raises LeaseLostError, in which case no staging table is recorded.
    """
    about = {
        "target": lease.target,
        "generation": lease.generation,
        "run_id": lease.run_id,
        "table_key": lease.table_key,
    }
    questions: list[Question] = []
    if table:
        about |= {"staging": table.name, "watermark": table.watermark}
        questions += [(_STAGE, about), (_CLEAR_STAGED, about)]
        if table.ranges:
            questions.append((_INSERT_STAGED, {**about, "ranges": list(table.ranges)}))
    if load:
        run = TableRun(lease.run_id, lease.table_key, lease.target)
        questions.append(describing(run, load))
    questions.append((_ORPHANS, (lease.target, lease.run_id)))
    *staged, left = connection.rows_and_commit(*questions)
    if table and not staged[0]:
        raise lease_lost(lease.target)
    return tuple(str(name) for (name,) in left)


def checkpoint(
    connection: TargetConnection,
    lease: Lease,
    number: int,
    rows: int,
    *,
    age: float = 0.0,
    touched: Counts = NO_COUNTS,
    refused: Sequence[RefusedRow] = (),
) -> None:
    """Mark chunk ``number`` as done in the open transaction, which stores its rows.

    ``age`` says how many seconds ago the source was asked for them.
    ``touched`` counts the values that were altered, by column and reason; ``refused`` are the rows
    that were left out, as the specification allows. Raises LeaseLostError if another run took over,
    or the chunk is done already: another process may be filling the same staging table.
    """
    if not connection.in_transaction:
        raise RuntimeError("checkpoint() must be called in the transaction that stores the rows")
    lock_lease(connection, lease)
    counts = Jsonb({column: dict(reasons) for column, reasons in touched.items()})
    refused_rows = Jsonb([as_row(row) for row in refused]) if refused else None
    chunk = (lease.run_id, lease.table_key, number)
    if not connection.rows(_CHECKPOINT, (rows, counts, refused_rows, age, *chunk)):
        raise lease_lost(lease.target)


def done_chunks(connection: TargetConnection, lease: Lease) -> dict[int, int]:
    """Return the rows of each chunk that is done, by its number."""
    found = connection.rows(_DONE, (lease.run_id, lease.table_key))
    return {int(number): int(rows) for number, rows in found}


def add_amended(connection: TargetConnection, lease: Lease, rows: int) -> None:
    """Record in the open transaction that changes have added so many rows to the staging table."""
    lock_lease(connection, lease)
    connection.execute(_AMEND, (rows, lease.run_id, lease.table_key))


def amended_rows(connection: TargetConnection, lease: Lease) -> int:
    """Return how many rows more the staging table has than its chunks."""
    found = connection.rows(_AMENDED, (lease.run_id, lease.table_key))
    return int(found[0][0]) if found else 0


def oldest_chunk(connection: TargetConnection, lease: Lease) -> OldestChunk | None:
    """Return the oldest chunk that is done, None if none is."""
    ((read_at, age),) = connection.rows(_OLDEST_CHUNK, (lease.run_id, lease.table_key))
    return None if read_at is None else OldestChunk(read_at, float(age))


def unfinished(
    connection: TargetConnection,
    lease: Lease,
    *,
    fingerprint: str,
    publish: str,
    limit: ResumeLimit,
) -> UnfinishedLoad | None:
    """Return an interrupted load of this table by an earlier run of the same plan, if any."""
    parameters = {
        "target": lease.target,
        "run_id": lease.run_id,
        "table_key": lease.table_key,
        "fingerprint": fingerprint,
        "publish": publish,
        "within": limit.within,
        "continues": limit.continues,
    }
    for run_id, table_key, staging, ranges, rows, *caught in connection.rows(
        _UNFINISHED, parameters
    ):
        return UnfinishedLoad(run_id, table_key, staging, tuple(ranges), tuple(rows), *caught)
    return None


def resume(connection: TargetConnection, lease: Lease, left: UnfinishedLoad) -> None:
    """Transfer another run's staging table and chunks to this one."""
    lock_lease(connection, lease)
    mine, theirs = (lease.run_id, lease.table_key), (left.run_id, left.table_key)
    if not connection.rows(_SET_STAGING, (left.staging, left.watermark, left.amended, *mine)):
        raise lease_lost(lease.target)
    # Not twice: this may run again when the answer to its first COMMIT was lost.
    if connection.rows(_TAKE_STAGING, (*theirs, left.staging)):
        connection.execute(_DELETE_CHUNKS, mine)
        connection.execute(_TAKE_CHUNKS, (*mine, *theirs))
