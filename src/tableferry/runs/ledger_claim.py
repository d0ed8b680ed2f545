"""A claim on a table that the ledger keeps: the lease, and what is recorded of the run."""

import contextlib
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tableferry import postgres, sqlserver, values
from tableferry.config import OnInvalid, TargetSettings
from tableferry.errors import CommitUnknownError
from tableferry.model.key_range import KeyRange
from tableferry.model.watermark import ReloadReason, Watermark
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.ledger import (
    BegunTable,
    Holder,
    Lease,
    Ledger,
    LoadDescription,
    NewWatermark,
    ResumeLimit,
    StagedTable,
    TableRun,
    add_amended,
    amended_rows,
    checkpoint,
    quarantine,
    read_watermark,
    refused_counts,
    seal,
    was_published,
    was_row_refused,
    was_stored,
    writing_watermark,
)
from tableferry.postgres.ledger.assignments import altered_values
from tableferry.runs.claim import Cut
from tableferry.transfer.chunk_loader import StoredChunk
from tableferry.transfer.load_plan import LoadPlan, fresh


class LedgerClaim:
    """A lease and its row in the ledger."""

    def __init__(
        self,
        ledger: Ledger,
        run: TableRun,
        settings: TargetSettings,
        *,
        on_wait: Callable[[Holder], None] = lambda _holder: None,
        continues: bool = False,
        begun: BegunTable | None = None,
    ) -> None:
        """Take the lease; raises LeaseHeldError where another run has it (see ``acquire``).

        ``begun``: it may have been taken when the table was begun. ``continues``: see
        ``RunOptions``.
        """
        self._continues = continues
        self._ledger = ledger
        self._run = run
        self._on_wait = on_wait
        taken = begun.lease if begun else None
        self._lease: Lease = taken or ledger.acquire(run, on_wait)
        self._is_new = taken is not None
        self._follows_abandoned = not (begun and begun.lease) or begun.follows_abandoned
        self._is_released = False
        self._settings = settings
        self._attempt = 1
        self.run_id = str(run.run_id)
        self._staging = postgres.staging_name()
        self._staged: _StagedChunks | None = None
        self._may_resume = True
        self._has_staged = False
        self._may_have_chunks = True
        self._to_stage: StagedTable | None = None
        self._into: postgres.TargetConnection | None = None

    @property
    def lease(self) -> Lease:
        """The lease, which is renewed until it is released."""
        return self._lease

    def released(self) -> None:
        """Note that the lease was released with the table's outcome."""
        self._is_released = True

    def release(self) -> None:
        """Release the lease, so that the next run may take the table; once."""
        if not self._is_released:
            self._is_released = True
            self._ledger.release(self._lease)

    def begin_attempt(self, connection: postgres.TargetConnection) -> None:
        """See ``Claim``."""
        if self._is_new:  # taken a moment ago: nothing has been tried yet
            self._is_new = False
            self._ledger.require(self._lease)
        else:
            self._lease = self._ledger.acquire(self._run, self._on_wait)
            self._follows_abandoned = True
        if self._follows_abandoned:
            postgres.end_abandoned_sessions(connection, self._lease.target)

    def load_plan(
        self,
        connection: postgres.TargetConnection,
        plan: SyncPlan,
        cut: Cut,
        watermark: str | None = None,
    ) -> LoadPlan:
        """See ``Claim``."""
        self._into = connection
        self._may_have_chunks = False
        if not plan.staged:
            self._to_stage = None
            self._drop_own(connection)
            return fresh(cut(), watermark)
        if self._staged is None or self._staged.fingerprint != plan.fingerprint:
            self._to_stage = None  # else what an attempt could not record is recorded now
            self._staged = self._resumed(plan) or self._staged_anew(plan, cut(), watermark)
        staged = self._staged
        self._may_have_chunks = staged.resumed or len(staged.ranges) > 1
        untried, self._has_staged = not (self._has_staged or staged.resumed), True
        # Those of an earlier plan are forgotten when this one is recorded.
        goes_on = self._may_have_chunks and self._to_stage is None
        done = self._ledger.done_chunks(self._lease) if goes_on else {}
        refused = refused_counts(connection, self._lease) if done else {}
        altered = altered_values(connection, self._run) if done else {}
        staging = postgres.Staging(
            staged.name,
            parts=len(staged.ranges) > 1,
            resumed=sum(done.values()) + amended_rows(connection, self._lease) if done else None,
            untried=untried,
        )
        oldest = self._ledger.oldest_chunk(self._lease) if done else None
        return LoadPlan(
            staged.ranges,
            done,
            refused,
            altered,
            staging,
            staged.resumed,
            staged.warnings,
            oldest,
            staged.watermark,
        )

    def _resumed(self, plan: SyncPlan) -> "_StagedChunks | None":
        """Resume the chunks of an interrupted run of the same plan, if there are any."""
        if not self._may_resume or plan.spec.chunks == 1:
            return None
        left = self._ledger.unfinished(
            self._lease,
            fingerprint=plan.fingerprint,
            publish=plan.publish,
            limit=ResumeLimit(plan.spec.resume_within, self._continues),
        )
        if left is None:
            return None
        self._ledger.resume(self._lease, left)
        self._staging = left.staging  # also when it has to be made anew
        ranges = tuple(map(KeyRange.from_json, left.ranges))
        return _StagedChunks(
            left.staging, plan.fingerprint, ranges, watermark=left.watermark, resumed=True
        )

    def _staged_anew(
        self, plan: SyncPlan, cut: sqlserver.Chunking, watermark: str | None
    ) -> "_StagedChunks":
        self._may_resume = False  # the table that is begun here must stay the one in the ledger
        chunks = [keys.to_json() for keys in cut.ranges] if len(cut.ranges) > 1 else []
        self._to_stage = StagedTable(self._staging, chunks, watermark)
        return _StagedChunks(
            self._staging,
            plan.fingerprint,
            cut.ranges,
            watermark=watermark,
            warnings=cut.warnings,
        )

    def _drop_own(self, connection: postgres.TargetConnection) -> None:
        """Drop what an attempt of this run has staged, for which ``auto`` chose otherwise."""
        if self._staged is not None:
            self._ledger.stage(self._lease, self._staged.name)  # without any chunks
            postgres.drop_staging(connection, self._staged.name)
            self._staged = None

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
            age=stored.age,
            touched=stored.touched,
            refused=stored.refused,
        )

    def amended(self, connection: postgres.TargetConnection, rows: int) -> None:
        """See ``Claim``."""
        add_amended(connection, self._lease, rows)

    def is_stored(self, number: int) -> bool:
        """See ``Claim``."""
        # Where it cannot be found out the chunk is read again, and its checkpoint is checked off
        # once: if it was stored after all, nothing of the second is.
        with contextlib.suppress(CommitUnknownError):
            return was_stored(self._settings, self._lease, number)
        return False

    def watermark(
        self, connection: postgres.TargetConnection, mode: str, contents: str
    ) -> Watermark | ReloadReason:
        """See ``Claim``."""
        return read_watermark(connection, self._lease.target, mode=mode, contents=contents)

    def planned(
        self, plan: SyncPlan, attempt: int, *, at_one_moment: bool, publish: str = ""
    ) -> None:
        """See ``Claim``."""
        self._attempt = attempt
        self._ledger.require(self._lease)
        consistency = plan.consistency.value
        load = LoadDescription(
            publish or plan.publish, consistency, plan.fingerprint, at_one_moment
        )
        left = self._ledger.begin_load(self._lease, self._to_stage, load)
        self._to_stage = None
        if self._into is not None:
            for name in left:
                postgres.drop_staging(self._into, name)

    def progress(self, phase: str, rows_read: int, rows_written: int) -> None:
        """See ``Claim``."""
        self._ledger.require(self._lease)
        self._ledger.progress(
            self._run,
            phase=str(phase),
            attempt=self._attempt,
            rows_read=rows_read,
            rows_written=rows_written,
        )

    def refused_before(self, connection: postgres.TargetConnection) -> bool:
        """See ``Claim``."""
        return was_row_refused(connection, self._lease.target)

    def quarantine(
        self, connection: postgres.TargetConnection, refused: Sequence[values.RefusedRow]
    ) -> None:
        """See ``Claim``."""
        if refused or self._may_have_chunks:
            quarantine(connection, self._lease, refused)

    def seal(
        self,
        connection: postgres.TargetConnection,
        plan: SyncPlan,
        rows_read: int,
        rows_written: int,
        *,
        watermark: NewWatermark | None = None,
        is_repair: bool = False,
        age: float = 0.0,
    ) -> dt.datetime | None:
        """See ``Claim``."""
        return seal(
            connection,
            self._lease,
            rows_read=rows_read,
            rows_written=rows_written,
            age=None if is_repair else age,
            warnings=plan.warnings,
            every_row=not is_repair and (watermark is None or watermark.every_row),
            read_to=watermark.value if watermark else None,
            fills_file=not is_repair
            and rows_read == rows_written
            and self._fills_file(plan, watermark),
            also=[] if is_repair else [writing_watermark(self._lease, watermark)],
        )

    def _fills_file(self, plan: SyncPlan, watermark: NewWatermark | None) -> bool:
        """Whether the rows are all that the target holds, and were written without gaps.

        A chunk that was begun and not stored leaves one in the staging table, and a quarantine a
        COPY for every few batches.
        """
        if plan.spec.on_invalid is OnInvalid.QUARANTINE:
            return False
        if self._may_have_chunks and (
            self._attempt > 1 or not self._staged or self._staged.resumed
        ):
            return False
        is_new = plan.strategy is None or not plan.strategy.in_place
        return is_new and (watermark is None or watermark.every_row)

    def was_published(self) -> bool:
        """See ``Claim``."""
        return was_published(self._settings, self._lease)


@dataclass(frozen=True, slots=True)
class _StagedChunks:
    """The run's own staging table, as recorded in the ledger."""

    name: str
    fingerprint: str
    ranges: tuple[KeyRange, ...]
    watermark: str | None = None
    resumed: bool = False
    warnings: tuple[str, ...] = ()
