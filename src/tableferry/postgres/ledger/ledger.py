"""One run's ledger: records what the run does, and manages its leases.

History never fails a run: an outcome that cannot be recorded becomes a warning, and stays what it
is. What other runs rely on (the beginning of a run, a lease, a staging table) raises.
"""

import datetime as dt
import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Final, Self
from uuid import UUID

from tableferry.config import TargetSettings
from tableferry.errors import LeaseHeldError
from tableferry.model.identifiers import TargetTable
from tableferry.model.phase_span import PhaseSpan
from tableferry.postgres.ledger import runs
from tableferry.postgres.ledger.begun_table import BegunTable, begin_and_take
from tableferry.postgres.ledger.chunk_records import ChunkRecords
from tableferry.postgres.ledger.heartbeat import Heartbeat
from tableferry.postgres.ledger.lease import (
    PACE,
    Holder,
    Lease,
    LeaseTiming,
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
from tableferry.postgres.ledger.unwritten import Unwritten
from tableferry.postgres.ledger.verifications import RecordedVerification, write_verification
from tableferry.version import VERSION

MIGRATE_SECONDS: Final = 60.0
"""Creating the tables waits for another run that creates them, for half of this at the most."""

POLLS_PER_RENEWAL: Final = 4
"""How often another run's lease is polled in the time of one renewal."""

WAIT_SECONDS: Final = 30.0
"""How long to wait for another run's lease: twice the life of an ordinary one. One that lasts
longer belongs to a fan-out, and is not waited for."""


def this_process() -> str:
    """Return host name and process id, which identify the run's process to operators."""
    return f"{socket.gethostname()} pid {os.getpid()}"


class Ledger(ChunkRecords):
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
        super().__init__(LedgerConnection(settings))
        self.run_id = run_id
        self._process = process or this_process()
        self._timing = timing
        self._clock = clock
        self._sleep = sleep
        self._heartbeat = Heartbeat(self._connection, run_id, timing, clock)
        self._unwritten = Unwritten(self._connection)

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
        ttl = self._timing.ttl
        self._connection.run(
            lambda c: runs.begin_run(c, self.run_id, self._process, VERSION, ttl=ttl)
        )
        self._heartbeat.start()
        self._unwritten.attempt("The deletion of old history", runs.prune)

    def end_run(self, status: str) -> None:
        """Record the run's outcome: ok, partial, failed, skipped, held, cancelled, deadline."""
        self._unwritten.end("The run", status, lambda c: runs.end_run(c, self.run_id, status))

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
        process, ttl = self._process, self._timing.ttl
        begun = self._connection.run(
            lambda c: begin_and_take(
                c, self.run_id, table_key, source, target, process=process, ttl=ttl
            )
        )
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
        return self._unwritten.end(
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
        self._unwritten.attempt(what, lambda c: write_verification(c, found))

    def take_warnings(self, *, of_all_threads: bool = False) -> tuple[str, ...]:
        """Return the warnings about records of this thread that failed since the last call."""
        return self._unwritten.take_warnings(of_all_threads=of_all_threads)

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

    def renumbered(self, lease: Lease, generation: int) -> Lease:
        """Return a lease of this run's under another generation, which is renewed from here on."""
        new = replace(lease, generation=generation)
        self._heartbeat.replace(lease, new)
        return new

    def require(self, lease: Lease) -> None:
        """Raise LeaseLostError if this run has lost the lease; costs no query."""
        self._heartbeat.require(lease)

    def release(self, lease: Lease) -> None:
        """Release the lease; if that fails, it is a warning and the lease expires."""
        self._heartbeat.remove(lease)
        self._unwritten.attempt(
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


def _held(run: TableRun, holder: Holder) -> LeaseHeldError:
    return LeaseHeldError(
        f"{run.target} is being loaded by {holder}",
        hint="That run, or its last transaction, is alive. This run changed nothing; run it again "
        "when that one has ended.",
    )
