"""The right to load one table: a row, a generation that rises with each holder, and an expiry.

Every time in it is the database's: two machines never compare their clocks. It is a row and not
a lock of a session, so it holds behind a connection pooler; and because a holder may have slept
through its expiry, who publishes looks into the row once more (``seal``).

Locks on the row: a transaction that stores rows takes FOR KEY SHARE, which lets renewing go on
(an UPDATE of other columns) and others of its kind (parallel chunks), and keeps a successor out,
who takes FOR UPDATE first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from tableferry.errors import LeaseLostError
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.ledger.runs import TableRun, abandon


@dataclass(frozen=True, slots=True)
class LeaseTiming:
    """How often a lease is renewed, and how long it lasts without, in seconds.

    One small transaction every 2 seconds is nothing to a database, and shows a second run within
    that time that the first is alive. 15 seconds outlast a lost connection (an answer awaited
    for 5, a new connection made in 10), and are how long a killed run keeps its tables to itself.
    """

    renew: float = 2.0
    ttl: float = 15.0


PACE: Final = LeaseTiming()

_ENSURE: Final = """\
INSERT INTO tableferry.leases
  (target, generation, process, acquired_at, renewed_at, expires_at)
VALUES (%s, 0, '', clock_timestamp(), clock_timestamp(), clock_timestamp())
ON CONFLICT (target) DO NOTHING"""

_LOCK: Final = """\
SELECT generation, run_id, table_key, expires_at <= clock_timestamp()
FROM tableferry.leases WHERE target = %s FOR UPDATE SKIP LOCKED"""
"""A locked row is not waited for: its holder is publishing, or somebody else is taking it."""

_TAKE: Final = """\
UPDATE tableferry.leases SET generation = generation + 1, run_id = %s, table_key = %s,
  process = %s, acquired_at = clock_timestamp(), renewed_at = clock_timestamp(),
  expires_at = clock_timestamp() + make_interval(secs => %s)
WHERE target = %s RETURNING generation"""

_RECORD: Final = """\
UPDATE tableferry.table_runs SET generation = %s
WHERE run_id = %s AND table_key = %s AND status = 'running' RETURNING generation"""

_LOOK: Final = """\
SELECT process, run_id, generation, acquired_at, renewed_at,
  extract(epoch FROM expires_at - clock_timestamp())::float8
FROM tableferry.leases WHERE target = %s"""

_RENEW: Final = """\
UPDATE tableferry.leases l SET renewed_at = clock_timestamp(),
  expires_at = clock_timestamp() + make_interval(secs => %(ttl)s)
FROM unnest(%(targets)s::text[], %(generations)s::bigint[]) mine (target, generation)
WHERE l.target = mine.target AND l.generation = mine.generation AND l.run_id = %(run_id)s
RETURNING l.target"""

_LIVE: Final = """\
UPDATE tableferry.runs SET updated_at = clock_timestamp()
WHERE run_id = %s AND status = 'running' RETURNING run_id"""

_RELEASE: Final = """\
UPDATE tableferry.leases SET run_id = NULL, table_key = NULL, expires_at = clock_timestamp()
WHERE target = %s AND generation = %s AND run_id = %s"""

_HOLD: Final = """\
SELECT generation FROM tableferry.leases WHERE target = %s AND generation = %s AND run_id = %s
FOR KEY SHARE"""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of one table's run to load ``target``; ``generation`` tells it from all others."""

    run_id: UUID
    table_key: str
    target: str
    generation: int


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a lease: ``process`` is host and process id, ``since`` the database's time.

    ``lasts`` is in how many seconds it expires, should it not be renewed.
    """

    process: str
    run_id: UUID | None
    generation: int
    since: datetime
    renewed_at: datetime
    lasts: float = field(default=0.0, compare=False)

    def __str__(self) -> str:
        since = self.since.astimezone(UTC)
        return f"{self.process} since {since:%Y-%m-%d %H:%M:%S} UTC (run {self.run_id})"


def take(connection: TargetConnection, run: TableRun, process: str, ttl: float) -> Lease | Holder:
    """Take the lease where it is free or has expired, else return who has it.

    The run that let it expire gets the outcome ``abandoned``; a run that has it already raises
    LeaseLostError.
    """
    connection.execute(_ENSURE, (run.target,))
    found = connection.rows(_LOCK, (run.target,))
    if found:
        generation, holder, table_key, expired = found[0]
        if (holder, table_key) == (run.run_id, run.table_key) and not expired:
            lease = Lease(run.run_id, run.table_key, run.target, generation)
            renew(connection, run.run_id, [lease], ttl)
            return lease
        if holder is None or expired:
            if holder not in (None, run.run_id):
                abandon(connection, holder)
            return _taken(connection, run, process, ttl)
    [row] = connection.rows(_LOOK, (run.target,))
    return Holder(*row)


def _taken(connection: TargetConnection, run: TableRun, process: str, ttl: float) -> Lease:
    mine = (run.run_id, run.table_key, process, ttl, run.target)
    [(generation,)] = connection.rows(_TAKE, mine)
    if not connection.rows(_RECORD, (generation, run.run_id, run.table_key)):
        raise lease_lost(run.target)
    return Lease(run.run_id, run.table_key, run.target, generation)


def renew(
    connection: TargetConnection, run_id: UUID, leases: Sequence[Lease], ttl: float
) -> frozenset[str]:
    """Put off the expiry of a run's leases; returns the targets that are still its own.

    Nothing is its own any more when it was taken for dead.
    """
    parameters = {
        "run_id": run_id,
        "targets": [lease.target for lease in leases],
        "generations": [lease.generation for lease in leases],
        "ttl": ttl,
    }
    # The lease before the run, as ``take`` does it: in one order nobody waits for the other.
    own = frozenset(target for (target,) in connection.rows(_RENEW, parameters))
    return own if connection.rows(_LIVE, (run_id,)) else frozenset()


def release(connection: TargetConnection, lease: Lease) -> None:
    """Let the next run have it at once; nothing happens where another one has it already."""
    connection.execute(_RELEASE, (lease.target, lease.generation, lease.run_id))


def lock_lease(connection: TargetConnection, lease: Lease) -> None:
    """Keep every successor out until the open transaction ends; raises LeaseLostError."""
    if not connection.rows(_HOLD, (lease.target, lease.generation, lease.run_id)):
        raise lease_lost(lease.target)


def lease_lost(target: str, why: str = "") -> LeaseLostError:
    """Return the error of a run that has come too late."""
    return LeaseLostError(
        f"Another run took over {target}{why}; nothing was published by this one",
        hint="This one had shown no sign of life: it hung, or the ledger could not be reached. "
        "SELECT * FROM tableferry.leases tells who goes on.",
    )
