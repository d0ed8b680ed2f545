"""The ledger of one run: what it does is written down, and what it may do is asked.

History is never worth a run: where an outcome cannot be written down it is told as a warning,
and the outcome stays what it is. What others rely on (a run begun, a lease, a staging table)
raises.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Final, Self, TypeVar
from uuid import UUID

from tableferry import __version__
from tableferry.config import TargetSettings
from tableferry.errors import LeaseHeldError, TableferryError
from tableferry.model.identifiers import TargetTable
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.ledger import checkpoints, runs
from tableferry.postgres.ledger.checkpoints import UnfinishedLoad
from tableferry.postgres.ledger.heartbeat import Heartbeat
from tableferry.postgres.ledger.lease import PACE, Holder, Lease, LeaseTiming, release, take
from tableferry.postgres.ledger.migrate import migrate
from tableferry.postgres.ledger.runs import Failure, TableProgress, TableRun
from tableferry.postgres.ledger.shared_connection import LedgerConnection

MIGRATE_SECONDS: Final = 60.0
"""Making the tables waits for another run that makes them, for half of this at the most."""

T = TypeVar("T")

LOOKS: Final = 4
"""A lease that another has is looked at so often while it could be renewed once."""

WATCHED_SECONDS: Final = 30.0
"""How long it is looked at: two lives of an ordinary lease. One that lasts longer belongs to a run
whose steps are processes of their own, and is not waited for."""


def this_process() -> str:
    """Return the host's name and the process id, for people who look for it."""
    return f"{socket.gethostname()} pid {os.getpid()}"


class Ledger:
    """One run's ledger, for all of its threads; a context manager around the connection.

    Entering raises ConfigError where the ledger cannot be used (see ``migrate``).
    """

    def __init__(
        self,
        settings: TargetSettings,
        run_id: UUID,
        *,
        timing: LeaseTiming = PACE,
        process: str = "",
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``process`` is who runs it, for people who look for it; empty: this process."""
        self.run_id = run_id
        self._process = process or this_process()
        self._timing = timing
        self._clock = clock
        self._sleep = sleep
        self._link = LedgerConnection(settings)
        self._heartbeat = Heartbeat(self._link, run_id, timing, clock)
        self._telling = threading.Lock()
        self._warnings: list[str] = []

    def __enter__(self) -> Self:
        try:
            self._link.open(migrate, MIGRATE_SECONDS)
        except BaseException:
            self._link.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._heartbeat.stop()
        self._link.close()

    # --- the run and its tables -----------------------------------------------------------------

    def begin_run(self) -> None:
        """Write down that the run has begun, and show signs of life from now on.

        Runs that have gone silent get their outcome here, and the oldest history goes.
        """
        self._link.run(lambda c: runs.begin_run(c, self.run_id, self._process, __version__))
        self._heartbeat.start()
        self._try("Runs that were cut off", lambda c: runs.abandon_silent(c, self._timing.ttl))
        self._try("Old history that was to be deleted", runs.prune)

    def end_run(self, status: str) -> None:
        """Write down the run's outcome: ok, partial, failed, skipped, held, cancelled, deadline."""
        self._end("The run", status, lambda c: runs.end_run(c, self.run_id, status))

    def begin_table(self, table_key: str, source: str, target: TargetTable) -> TableRun:
        """Write down that a table's turn has come; the first thing to do for it."""
        return self._link.run(lambda c: runs.begin_table(c, self.run_id, table_key, source, target))

    def describe(
        self,
        run: TableRun,
        *,
        publish: str,
        consistency: str,
        fingerprint: str,
        read_at_one_moment: bool,
    ) -> None:
        """Write down what the plan says; raises TableferryError."""
        self._link.run(
            lambda c: runs.describe(
                c,
                run,
                publish=publish,
                consistency=consistency,
                fingerprint=fingerprint,
                read_at_one_moment=read_at_one_moment,
            )
        )

    def progress(
        self,
        run: TableRun,
        *,
        phase: str,
        attempt: int = 1,
        rows_read: int = 0,
        rows_written: int = 0,
    ) -> None:
        """Tell how far a table is: as often as you like, it is written down every 2 seconds."""
        self._heartbeat.report(run, TableProgress(phase, attempt, rows_read, rows_written))

    def end_table(
        self,
        run: TableRun,
        status: str,
        *,
        rows_read: int = 0,
        rows_written: int = 0,
        error: Failure | None = None,
        warnings: Sequence[str] = (),
    ) -> None:
        """Write down a table's outcome; ``ok`` was written by ``seal``, and gets its warnings here.

        Raises nothing: an outcome that cannot be written down is told by ``take_warnings``.
        """
        self._heartbeat.discard(run)
        self._end(
            run.table_key,
            status,
            lambda c: runs.end_table(
                c,
                run,
                status,
                rows_read=rows_read,
                rows_written=rows_written,
                error=error,
                warnings=warnings,
            ),
        )

    def take_warnings(self) -> tuple[str, ...]:
        """Return what could not be written down since this was asked last."""
        with self._telling:
            taken, self._warnings = self._warnings, []
        return tuple(taken)

    # --- the lease ------------------------------------------------------------------------------

    def acquire(self, run: TableRun) -> Lease:
        """Take the lease of the table, and renew it from now on.

        One that is taken is watched until it is renewed, which raises LeaseHeldError, or until it
        expires: then its run was killed, gets the outcome ``abandoned``, and is succeeded. One that
        would not expire in that time raises LeaseHeldError at once.
        """
        seen: Holder | None = None
        until = self._clock() + min(2 * self._timing.ttl, WATCHED_SECONDS)
        while True:
            asked = self._clock()
            found = self._link.run(lambda c: take(c, run, self._process, self._timing.ttl))
            if isinstance(found, Lease):
                self._heartbeat.add(found, asked)
                return found
            # A row that stays locked is being published, maybe by a process that is gone.
            is_alive = seen is not None and seen != found
            is_ours = found.run_id == run.run_id
            if asked > until or (
                found.run_id and (is_alive or is_ours or asked + found.lasts > until)
            ):
                raise _held(run, found)
            seen = found if found.run_id else None
            self._sleep(self._timing.renew / LOOKS)

    def require(self, lease: Lease) -> None:
        """Raise LeaseLostError where the lease is not this run's any more; costs nothing."""
        self._heartbeat.require(lease)

    def release(self, lease: Lease) -> None:
        """Give the lease back; where that fails it is told as a warning, and it expires."""
        self._heartbeat.remove(lease)
        self._try(f"The end of the lease on {lease.target}", lambda c: release(c, lease))

    # --- staging tables and chunks --------------------------------------------------------------

    def stage(self, lease: Lease, staging: str, ranges: Sequence[str] = ()) -> None:
        """Write down a staging table before it is made, and the key ranges that will fill it."""
        self._link.run(lambda c: checkpoints.stage(c, lease, staging, ranges))

    def done_chunks(self, lease: Lease) -> dict[int, int]:
        """Return the rows of each chunk that is stored, by its number."""
        return self._link.run(lambda c: checkpoints.done_chunks(c, lease))

    def oldest_chunk_age(self, lease: Lease) -> float:
        """Return since how many seconds the oldest chunk has been stored, 0 where none is."""
        return self._link.run(lambda c: checkpoints.oldest_chunk_age(c, lease))

    def unfinished(self, lease: Lease, *, fingerprint: str, publish: str) -> UnfinishedLoad | None:
        """Return what an earlier run of the same plan has left of the load, if anything."""
        return self._link.run(
            lambda c: checkpoints.unfinished(c, lease, fingerprint=fingerprint, publish=publish)
        )

    def resume(self, lease: Lease, left: UnfinishedLoad) -> None:
        """Make another run's staging table and chunks this one's."""
        self._link.run(lambda c: checkpoints.resume(c, lease, left))

    def orphans(self, lease: Lease) -> tuple[str, ...]:
        """Return the staging tables that earlier runs have left for this target, to be dropped.

        Asked after ``resume``, it leaves out what is resumed.
        """
        return self._link.run(lambda c: checkpoints.orphans(c, lease))

    # --------------------------------------------------------------------------------------------

    def _end(self, what: str, status: str, write: Callable[[TargetConnection], str]) -> None:
        there = self._try(f"{what}: its outcome ({status})", write)
        if there not in (None, status):
            self._warn(f"{what}: the outcome {status} is not in the ledger, which has {there!r}")

    def _try(self, what: str, write: Callable[[TargetConnection], T]) -> T | None:
        try:
            return self._link.run(write)
        except TableferryError as error:
            self._warn(f"{what} could not be written to the ledger: {error.message}")
            return None

    def _warn(self, text: str) -> None:
        with self._telling:
            self._warnings.append(text)


def _held(run: TableRun, holder: Holder) -> LeaseHeldError:
    return LeaseHeldError(
        f"{run.target} is being loaded by {holder}",
        hint="It is alive, or its last transaction is. Nothing was changed by this run: run it "
        "again when that one has ended.",
    )
