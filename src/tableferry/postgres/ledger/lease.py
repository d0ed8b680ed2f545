"""Leases: the right to load one table, as a row with a fencing generation and an expiry.

All its times are the database's: the clocks of two machines are never compared. It is a row rather
than a session lock, so it works behind a connection pooler. Since a holder may have been suspended
beyond its expiry, publishing checks the row once more (``seal``).

Row locks: a transaction that stores rows takes FOR KEY SHARE. This admits renewals (an UPDATE of
other columns) and other such transactions (parallel chunks), and blocks a successor, which takes
FOR UPDATE first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from tableferry.errors import LeaseLostError
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.ledger.runs import TableRun, abandon
from tableferry.postgres.messages import Question


@dataclass(frozen=True, slots=True)
class LeaseTiming:
    """How often a lease is renewed, and after how long without renewal it expires, in seconds.

    One small transaction every 2 seconds costs a database nothing, and shows a second run within
    that time that the first is alive. 15 seconds outlast a lost connection (5 s for an answer, 10 s
    for a new connection), and are how long the tables of a killed run stay locked.
    """

    renew: float = 2.0
    ttl: float = 15.0


PACE: Final = LeaseTiming()

_ENSURE: Final = """\
INSERT INTO tableferry.leases
  (target, generation, process, acquired_at, renewed_at, expires_at)
VALUES (%s, 0, '', clock_timestamp(), clock_timestamp(), clock_timestamp())
ON CONFLICT (target) DO NOTHING"""

_LOCK_ROW: Final = """\
SELECT generation, run_id, table_key, expires_at <= clock_timestamp()
FROM tableferry.leases WHERE target = %s FOR UPDATE SKIP LOCKED"""
"""Does not wait for a locked row: its holder is publishing, or another run is taking the lease."""

_TAKE: Final = """\
UPDATE tableferry.leases SET generation = generation + 1, run_id = %s, table_key = %s,
  process = %s, acquired_at = clock_timestamp(), renewed_at = clock_timestamp(),
  expires_at = clock_timestamp() + make_interval(secs => %s)
WHERE target = %s RETURNING generation"""

_SET_GENERATION: Final = """\
UPDATE tableferry.table_runs SET generation = %s
WHERE run_id = %s AND table_key = %s AND status = 'running' RETURNING generation"""

_HOLDER: Final = """\
SELECT process, run_id, generation, acquired_at, renewed_at,
  extract(epoch FROM expires_at - clock_timestamp())::float8
FROM tableferry.leases WHERE target = %s"""

_RENEW: Final = """\
UPDATE tableferry.leases l SET renewed_at = clock_timestamp(),
  expires_at = clock_timestamp() + make_interval(secs => %(ttl)s)
FROM unnest(%(targets)s::text[], %(generations)s::bigint[]) mine (target, generation)
WHERE l.target = mine.target AND l.generation = mine.generation AND l.run_id = %(run_id)s
RETURNING l.target"""

_TOUCH_RUN: Final = """\
UPDATE tableferry.runs SET updated_at = clock_timestamp()
WHERE run_id = %s AND status = 'running' RETURNING run_id"""

_RELEASE: Final = """\
UPDATE tableferry.leases SET run_id = NULL, table_key = NULL, expires_at = clock_timestamp()
WHERE target = %s AND generation = %s AND run_id = %s"""

_LOCK_LEASE: Final = """\
SELECT generation FROM tableferry.leases WHERE target = %s AND generation = %s AND run_id = %s
FOR KEY SHARE"""


@dataclass(frozen=True, slots=True)
class Lease:
    """A run's right to load ``target``; ``generation`` distinguishes it from all other leases."""

    run_id: UUID
    table_key: str
    target: str
    generation: int


@dataclass(frozen=True, slots=True)
class Holder:
    """The holder of a lease: ``process`` is host and process id, ``since`` the database's time.

    ``lasts`` is the seconds until the lease expires, if it is not renewed.
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
    """Take the lease if it is free or has expired, else return its holder.

    The run that let it expire gets the outcome ``abandoned``. A lease that this run holds already
    is renewed. Raises LeaseLostError in a run that has ended.
    """
    connection.execute(_ENSURE, (run.target,))
    found = connection.rows(_LOCK_ROW, (run.target,))
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
    [row] = connection.rows(_HOLDER, (run.target,))
    return Holder(*row)


def _taken(connection: TargetConnection, run: TableRun, process: str, ttl: float) -> Lease:
    parameters = (run.run_id, run.table_key, process, ttl, run.target)
    [(generation,)] = connection.rows(_TAKE, parameters)
    if not connection.rows(_SET_GENERATION, (generation, run.run_id, run.table_key)):
        raise lease_lost(run.target)
    return Lease(run.run_id, run.table_key, run.target, generation)


def renew(
    connection: TargetConnection, run_id: UUID, leases: Sequence[Lease], ttl: float
) -> frozenset[str]:
    """Renew a run's leases; returns the targets whose leases it still holds.

    None if another run has marked this one as abandoned.
    """
    parameters = {
        "run_id": run_id,
        "targets": [lease.target for lease in leases],
        "generations": [lease.generation for lease in leases],
        "ttl": ttl,
    }
    # The lease's row before the run's, as in ``take``: the same order avoids deadlocks.
    held = frozenset(target for (target,) in connection.rows(_RENEW, parameters))
    return held if connection.rows(_TOUCH_RUN, (run_id,)) else frozenset()


def releasing(lease: Lease) -> Question:
    """Return what frees the lease for the next run; nothing where another run holds it already."""
    return (_RELEASE, (lease.target, lease.generation, lease.run_id))


def lock_lease(connection: TargetConnection, lease: Lease) -> None:
    """Block any successor until the open transaction ends; raises LeaseLostError."""
    if not connection.rows(_LOCK_LEASE, (lease.target, lease.generation, lease.run_id)):
        raise lease_lost(lease.target)


def lease_lost(target: str, reason: str = "") -> LeaseLostError:
    """Return the error of a run whose lease another run took over."""
    return LeaseLostError(
        f"Another run took over {target}{reason}; this run published nothing",
        hint="This run did not renew its lease in time: it hung, or could not reach the ledger. "
        "SELECT * FROM tableferry.leases shows the new holder.",
    )
