"""One run's ledger: records what the run does, and manages its leases.

History never fails a run: an outcome that cannot be recorded becomes a warning, and stays what it
is. What other runs rely on (the beginning of a run, a lease, a staging table) raises.
"""

import datetime as dt
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Final, Self, TypeVar
from uuid import UUID

from tableferry.config import TargetSettings
from tableferry.errors import LeaseHeldError, TableferryError
from tableferry.model.identifiers import TargetTable
from tableferry.model.phase_span import PhaseSpan
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.ledger import checkpoints, runs
from tableferry.postgres.ledger.checkpoints import (
    OldestChunk,
    ResumeLimit,
    StagedTable,
    UnfinishedLoad,
)
from tableferry.postgres.ledger.heartbeat import Heartbeat
from tableferry.postgres.ledger.lease import (
    PACE,
    BegunTable,
    Holder,
    Lease,
    LeaseTiming,
    begin_and_take,
    releasing,
    take,
)
from tableferry.postgres.ledger.many_watermarks import (
    LeftWatermark,
    advance_watermarks,
    read_watermarks,
)
from tableferry.postgres.ledger.migrate import migrate
from tableferry.postgres.ledger.runs import Failure, LoadDescription, TableProgress, TableRun
from tableferry.postgres.ledger.shared_connection import LedgerConnection
from tableferry.postgres.ledger.verifications import RecordedVerification, write_verification
from tableferry.version import VERSION

MIGRATE_SECONDS: Final = 60.0
"""Creating the tables waits for another run that creates them, for half of this at the most."""

T = TypeVar("T")

POLLS_PER_RENEWAL: Final = 4
"""How often another run's lease is polled in the time of one renewal."""

WAIT_SECONDS: Final = 30.0
"""How long to wait for another run's lease: twice the life of an ordinary one. One that lasts
longer belongs to a fan-out, and is not waited for."""


def this_process() -> str:
    """Return host name and process id, which identify the run's process to operators."""
    return f"{socket.gethostname()} pid {os.getpid()}"


class Ledger:
    """One run's ledger, for all of its threads; a context manager around its connection.

    Entering raises ConfigError if the ledger cannot be used (see ``migrate``).
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
        """``process`` names the run's process for operators; empty: this process."""
        self.run_id = run_id
        self._process = process or this_process()
        self._timing = timing
        self._clock = clock
        self._sleep = sleep
        self._connection = LedgerConnection(settings)
        self._heartbeat = Heartbeat(self._connection, run_id, timing, clock)
        self._lock = threading.Lock()
        self._warnings: dict[int, list[str]] = {}

    def __enter__(self) -> Self:
        try:
            self._connection.open(migrate, MIGRATE_SECONDS)
        except BaseException:
            self._connection.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._heartbeat.stop()
        self._connection.close()

    # --- the run and its tables -----------------------------------------------------------------

    def begin_run(self) -> None:
        """Record the beginning of the run and start its heartbeat.

        Also gives silent runs the outcome ``abandoned``, and prunes the oldest history.
        """
        self._connection.run(lambda c: runs.begin_run(c, self.run_id, self._process, VERSION))
        self._heartbeat.start()
        self._try("Outcomes of abandoned runs", lambda c: runs.abandon_silent(c, self._timing.ttl))
        self._try("The deletion of old history", runs.prune)

    def end_run(self, status: str) -> None:
        """Record the run's outcome: ok, partial, failed, skipped, held, cancelled, deadline."""
        self._end("The run", status, lambda c: runs.end_run(c, self.run_id, status))

    def begin_table(self, table_key: str, source: str, target: TargetTable) -> TableRun:
        """Record the beginning of a table's run; the first call for each table."""
        return self._connection.run(
            lambda c: runs.begin_table(c, self.run_id, table_key, source, target)
        )

    def begin_and_take(self, table_key: str, source: str, target: TargetTable) -> BegunTable:
        """Record the beginning of a table's run, and take its lease if nobody holds it.

        The lease is renewed from here on. Where it is not free, ``acquire`` waits for it.
        """
        requested = self._clock()

        def work(connection: TargetConnection) -> BegunTable:
            run = TableRun(self.run_id, table_key, runs.canonical(connection, target))
            return begin_and_take(connection, run, source, self._process, self._timing.ttl)

        begun = self._connection.run(work)
        if begun.lease:
            self._heartbeat.add(begun.lease, requested)
        return begun

    def describe(
        self,
        run: TableRun,
        *,
        publish: str,
        consistency: str,
        fingerprint: str,
        read_at_one_moment: bool,
    ) -> None:
        """Record the plan; raises TableferryError."""
        load = LoadDescription(publish, consistency, fingerprint, read_at_one_moment)
        self._connection.run(lambda c: c.rows_and_commit(runs.describing(run, load)))

    def progress(
        self,
        run: TableRun,
        *,
        phase: str,
        attempt: int = 1,
        rows_read: int = 0,
        rows_written: int = 0,
    ) -> None:
        """Report a table's progress, as often as you like; it is recorded every 2 seconds."""
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
        phases: Sequence[PhaseSpan] = (),
        losses: Mapping[str, str] = runs.NO_LOSSES,
        lease: Lease | None = None,
    ) -> bool:
        """Record a table's outcome; ``seal`` has recorded ``ok``, and its warnings are added here.

        ``lease`` is released with it. Returns whether it could be recorded. Raises nothing: an
        outcome that cannot be recorded is a warning of ``take_warnings``.
        """
        self._heartbeat.discard(run)
        if lease:
            self._heartbeat.remove(lease)
        return self._end(
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
                phases=phases,
                losses=losses,
                also=[releasing(lease)] if lease else [],
            ),
        )

    def verified(self, found: RecordedVerification) -> None:
        """Record what a verification has found.

        Raises nothing: one that cannot be recorded is a warning of ``take_warnings``.
        """
        what = f"{found.table_key}: its verification ({found.verdict})"
        self._try(what, lambda c: write_verification(c, found))

    def take_warnings(self, *, of_all_threads: bool = False) -> tuple[str, ...]:
        """Return the warnings about records of this thread that failed since the last call.

        A table is loaded by one thread, so that none of them is another table's.
        """
        with self._lock:
            threads = list(self._warnings) if of_all_threads else [threading.get_ident()]
            return tuple(text for one in threads for text in self._warnings.pop(one, ()))

    # --- the lease ------------------------------------------------------------------------------

    def acquire(
        self, run: TableRun, on_wait: Callable[[Holder], None] = lambda _holder: None
    ) -> Lease:
        """Acquire the table's lease and keep renewing it.

        If another run holds it, wait until that run renews it (raises LeaseHeldError) or until it
        expires: its run was killed, gets the outcome ``abandoned``, and this one takes over. Raises
        LeaseHeldError at once if the lease would not expire within ``WAIT_SECONDS``. ``on_wait`` is
        called with the holder before each pause.
        """
        seen: Holder | None = None
        until = self._clock() + min(2 * self._timing.ttl, WAIT_SECONDS)
        while True:
            requested = self._clock()
            found = self._connection.run(lambda c: take(c, run, self._process, self._timing.ttl))
            if isinstance(found, Lease):
                self._heartbeat.add(found, requested)
                return found
            # A row that stays locked belongs to a transaction that publishes, maybe a stale one.
            is_alive = seen is not None and seen != found
            is_ours = found.run_id == run.run_id
            if requested > until or (
                found.run_id and (is_alive or is_ours or requested + found.lasts > until)
            ):
                raise _held(run, found)
            seen = found if found.run_id else None
            on_wait(found)
            self._sleep(self._timing.renew / POLLS_PER_RENEWAL)

    def require(self, lease: Lease) -> None:
        """Raise LeaseLostError if this run has lost the lease; costs no query."""
        self._heartbeat.require(lease)

    def release(self, lease: Lease) -> None:
        """Release the lease; if that fails, it is a warning and the lease expires."""
        self._heartbeat.remove(lease)
        self._try(
            f"The release of the lease on {lease.target}", lambda c: c.execute(*releasing(lease))
        )

    # --- tables without a run of their own --------------------------------------------------------

    def watermarks(self, mode: str, tables: Sequence[TargetTable]) -> list[LeftWatermark | None]:
        """Return what the last published runs of this mode have left, table by table."""
        return self._connection.run(lambda c: read_watermarks(c, mode, tables))

    def advance(
        self, mode: str, values: Mapping[LeftWatermark, str], age: float
    ) -> dict[str, dt.datetime]:
        """Replace those watermarks that are still as they were read.

        Returns, by the target's name in the ledger, when the source was asked: ``age`` seconds ago.
        """
        return self._connection.run(lambda c: advance_watermarks(c, self.run_id, mode, values, age))

    # --- staging tables and chunks --------------------------------------------------------------

    def stage(
        self,
        lease: Lease,
        staging: str,
        ranges: Sequence[str] = (),
        watermark: str | None = None,
    ) -> None:
        """Record a staging table before it is created, its chunks' key ranges, and a watermark."""
        table = StagedTable(staging, ranges, watermark)
        self._connection.run(lambda c: checkpoints.begin_load(c, lease, table))

    def begin_load(
        self, lease: Lease, table: StagedTable | None, load: LoadDescription
    ) -> tuple[str, ...]:
        """Record the plan, and a staging table before it is created, where there is a new one.

        Returns the staging tables that earlier runs of this target have left, to be dropped.
        Raises LeaseLostError.
        """
        return self._connection.run(lambda c: checkpoints.begin_load(c, lease, table, load))

    def done_chunks(self, lease: Lease) -> dict[int, int]:
        """Return the rows of each chunk that is done, by its number."""
        return self._connection.run(lambda c: checkpoints.done_chunks(c, lease))

    def oldest_chunk(self, lease: Lease) -> OldestChunk | None:
        """Return the oldest chunk that is done, None if none is."""
        return self._connection.run(lambda c: checkpoints.oldest_chunk(c, lease))

    def unfinished(
        self, lease: Lease, *, fingerprint: str, publish: str, limit: ResumeLimit
    ) -> UnfinishedLoad | None:
        """Return an interrupted load of an earlier run of the same plan, if any."""
        return self._connection.run(
            lambda c: checkpoints.unfinished(
                c, lease, fingerprint=fingerprint, publish=publish, limit=limit
            )
        )

    def resume(self, lease: Lease, left: UnfinishedLoad) -> None:
        """Transfer another run's staging table and chunks to this one."""
        self._connection.run(lambda c: checkpoints.resume(c, lease, left))

    def orphans(self, lease: Lease) -> tuple[str, ...]:
        """Return the staging tables that earlier runs of this target have left, to be dropped.

        Called after ``resume``, it leaves out the resumed one.
        """
        return self._connection.run(lambda c: checkpoints.begin_load(c, lease, None))

    # --------------------------------------------------------------------------------------------

    def _end(self, what: str, status: str, write: Callable[[TargetConnection], str]) -> bool:
        recorded = self._try(f"{what}: its outcome ({status})", write)
        if recorded not in (None, status):
            self._warn(f"{what}: the ledger has the outcome {recorded!r} instead of {status}")
        return recorded is not None

    def _try(self, what: str, write: Callable[[TargetConnection], T]) -> T | None:
        try:
            return self._connection.run(write)
        except TableferryError as error:
            self._warn(f"{what} could not be written to the ledger: {error.message}")
            return None

    def _warn(self, text: str) -> None:
        with self._lock:
            self._warnings.setdefault(threading.get_ident(), []).append(text)


def _held(run: TableRun, holder: Holder) -> LeaseHeldError:
    return LeaseHeldError(
        f"{run.target} is being loaded by {holder}",
        hint="That run, or its last transaction, is alive. This run changed nothing; run it again "
        "when that one has ended.",
    )
