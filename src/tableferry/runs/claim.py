"""A claim on a table: the lease, and what is recorded of the run in the ledger."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tableferry import postgres, sqlserver, values
from tableferry.config import Settings, TableSpec, TargetSettings
from tableferry.errors import CommitUnknownError
from tableferry.model.key_range import KeyRange
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.ledger import (
    Lease,
    Ledger,
    TableRun,
    checkpoint,
    quarantine,
    read_watermark,
    refused_counts,
    seal,
    was_published,
    was_stored,
    write_watermark,
)
from tableferry.postgres.ledger.assignments import altered_values
from tableferry.transfer.chunk_loader import StoredChunk
from tableferry.transfer.load_plan import LoadPlan

Cut = Callable[[], sqlserver.Chunking]


class Claim(Protocol):
    """One table's claim, held from before its plan until after its outcome."""

    @property
    def run_id(self) -> str:
        """The run's id, empty without a ledger."""

    def begin_attempt(self, connection: postgres.TargetConnection) -> None:
        """Renew the lease, and end sessions left by abandoned runs.

        A lease that expired while the target was unreachable is taken again; raises LeaseLostError
        where another run has it by now.
        """

    def load_plan(
        self, connection: postgres.TargetConnection, plan: SyncPlan, cut: Cut
    ) -> LoadPlan:
        """Return where the load starts or resumes; drop staging tables left by other runs."""

    def watermark(self, connection: postgres.TargetConnection, plan: SyncPlan) -> str | None:
        """Return the watermark of the last published run in the plan's mode, None without one."""

    def restart(self) -> None:
        """Discard what an earlier attempt has staged, and start over."""

    def checkpoint(self, connection: postgres.TargetConnection, stored: StoredChunk) -> None:
        """In a part's transaction: check the lease and record that the chunk is stored."""

    def is_stored(self, number: int) -> bool:
        """Whether a chunk is stored, asked when the answer to its COMMIT was lost."""

    def planned(self, plan: SyncPlan, attempt: int, *, at_one_moment: bool) -> None:
        """Record the plan; raises LeaseLostError where the lease is gone."""

    def progress(self, phase: str, rows_read: int, rows_written: int) -> None:
        """Record the progress, at limited frequency; raises LeaseLostError likewise."""

    def quarantine(
        self, connection: postgres.TargetConnection, refused: Sequence[values.RefusedRow]
    ) -> None:
        """In the publishing transaction: record the rows that were left out."""

    def seal(
        self,
        connection: postgres.TargetConnection,
        plan: SyncPlan,
        rows_read: int,
        rows_written: int,
        watermark: str | None = None,
    ) -> None:
        """In the publishing transaction: check the lease, write the outcome and the watermark.

        Raises LeaseLostError where another run holds the table by now.
        """

    def was_published(self) -> bool:
        """Whether ``seal`` was committed, when the answer to COMMIT was lost.

        Raises CommitUnknownError where that cannot be found out.
        """


class LedgerClaim:
    """A lease and its row in the ledger."""

    def __init__(self, ledger: Ledger, run: TableRun, settings: TargetSettings) -> None:
        """Take the lease; raises LeaseHeldError where another run has it."""
        self._ledger = ledger
        self._run = run
        self._lease: Lease = ledger.acquire(run)
        self._settings = settings
        self._attempt = 1
        self.run_id = str(run.run_id)
        self._staging = postgres.staging_name()
        self._staged: _StagedChunks | None = None
        self._may_resume = True

    def release(self) -> None:
        """Release the lease, so that the next run may take the table."""
        self._ledger.release(self._lease)

    def begin_attempt(self, connection: postgres.TargetConnection) -> None:
        """See ``Claim``."""
        self._lease = self._ledger.acquire(self._run)
        postgres.end_abandoned_sessions(connection, self._lease.target)

    def load_plan(
        self, connection: postgres.TargetConnection, plan: SyncPlan, cut: Cut
    ) -> LoadPlan:
        """See ``Claim``."""
        if not plan.staged:
            self._drop_own(connection)
            self._drop_orphans(connection)
            return fresh(cut())
        if self._staged is None or self._staged.fingerprint != plan.fingerprint:
            self._staged = self._resumed(plan) or self._staged_anew(plan, cut())
        self._drop_orphans(connection)
        staged = self._staged
        done = self._ledger.done_chunks(self._lease) if len(staged.ranges) > 1 else {}
        refused = refused_counts(connection, self._lease) if done else {}
        altered = altered_values(connection, self._run) if done else {}
        staging = postgres.Staging(
            staged.name,
            parts=len(staged.ranges) > 1,
            resumed=sum(done.values()) if done else None,
        )
        age = self._ledger.oldest_chunk_age(self._lease) if done else 0.0
        return LoadPlan(
            staged.ranges, done, refused, altered, staging, staged.resumed, staged.warnings, age
        )

    def _resumed(self, plan: SyncPlan) -> "_StagedChunks | None":
        """Resume the chunks of an interrupted run of the same plan, if there are any."""
        if not self._may_resume or plan.spec.chunks == 1:
            return None
        left = self._ledger.unfinished(
            self._lease, fingerprint=plan.fingerprint, publish=plan.publish
        )
        if left is None:
            return None
        self._ledger.resume(self._lease, left)
        self._staging = left.staging  # also when it has to be made anew
        ranges = tuple(map(KeyRange.from_json, left.ranges))
        return _StagedChunks(left.staging, plan.fingerprint, ranges, resumed=True)

    def _staged_anew(self, plan: SyncPlan, cut: sqlserver.Chunking) -> "_StagedChunks":
        self._may_resume = False  # the table that is begun here must stay the one in the ledger
        chunks = [keys.to_json() for keys in cut.ranges] if len(cut.ranges) > 1 else []
        self._ledger.stage(self._lease, self._staging, chunks)
        return _StagedChunks(self._staging, plan.fingerprint, cut.ranges, warnings=cut.warnings)

    def _drop_own(self, connection: postgres.TargetConnection) -> None:
        """Drop what an attempt of this run has staged, for which ``auto`` chose otherwise."""
        if self._staged is not None:
            self._ledger.stage(self._lease, self._staged.name)  # without any chunks
            postgres.drop_staging(connection, self._staged.name)
            self._staged = None

    def _drop_orphans(self, connection: postgres.TargetConnection) -> None:
        for name in self._ledger.orphans(self._lease):
            postgres.drop_staging(connection, name)

    def restart(self) -> None:
        """See ``Claim``."""
        self._staged = None
        self._may_resume = False

    def checkpoint(self, connection: postgres.TargetConnection, stored: StoredChunk) -> None:
        """See ``Claim``."""
        checkpoint(
            connection,
            self._lease,
            stored.number,
            stored.rows,
            touched=stored.touched,
            refused=stored.refused,
        )

    def is_stored(self, number: int) -> bool:
        """See ``Claim``."""
        # Where it cannot be found out the chunk is read again, and its checkpoint is checked off
        # once: if it was stored after all, nothing of the second is.
        with contextlib.suppress(CommitUnknownError):
            return was_stored(self._settings, self._lease, number)
        return False

    def watermark(self, connection: postgres.TargetConnection, plan: SyncPlan) -> str | None:
        """See ``Claim``."""
        return read_watermark(connection, self._lease, plan.spec.mode)

    def planned(self, plan: SyncPlan, attempt: int, *, at_one_moment: bool) -> None:
        """See ``Claim``."""
        self._attempt = attempt
        self._ledger.require(self._lease)
        self._ledger.describe(
            self._run,
            publish=plan.publish,
            consistency=plan.consistency.value,
            fingerprint=plan.fingerprint,
            read_at_one_moment=at_one_moment,
        )

    def progress(self, phase: str, rows_read: int, rows_written: int) -> None:
        """See ``Claim``."""
        self._ledger.require(self._lease)
        self._ledger.progress(
            self._run,
            phase=phase,
            attempt=self._attempt,
            rows_read=rows_read,
            rows_written=rows_written,
        )

    def quarantine(
        self, connection: postgres.TargetConnection, refused: Sequence[values.RefusedRow]
    ) -> None:
        """See ``Claim``."""
        quarantine(connection, self._lease, refused)

    def seal(
        self,
        connection: postgres.TargetConnection,
        plan: SyncPlan,
        rows_read: int,
        rows_written: int,
        watermark: str | None = None,
    ) -> None:
        """See ``Claim``."""
        seal(
            connection,
            self._lease,
            rows_read=rows_read,
            rows_written=rows_written,
            warnings=plan.warnings,
        )
        if watermark is not None:
            write_watermark(connection, self._lease, plan.spec.mode, watermark)

    def was_published(self) -> bool:
        """See ``Claim``."""
        return was_published(self._settings, self._lease)


def origin(spec: TableSpec, settings: Settings) -> str:
    """Return a table's origin for the ledger: its name and the server's.

    Chunks of one server are not completed by those of another, whose table has the same name.
    """
    server = settings.sources[spec.db_type]
    return f"{spec.source} of {server.host}:{server.port}"


def were_published(claims: Sequence[Claim]) -> bool:
    """Whether the one transaction that all of these have sealed was committed.

    Raises CommitUnknownError where that cannot be found out.
    """
    with_a_ledger = [claim for claim in claims if claim.run_id]
    return (with_a_ledger or claims)[0].was_published()


@dataclass(frozen=True, slots=True)
class _StagedChunks:
    """The run's own staging table, as recorded in the ledger."""

    name: str
    fingerprint: str
    ranges: tuple[KeyRange, ...]
    resumed: bool = False
    warnings: tuple[str, ...] = ()


def fresh(cut: sqlserver.Chunking) -> LoadPlan:
    """Return the plan of a load from the beginning."""
    return LoadPlan(cut.ranges, warnings=cut.warnings)
