"""A claim on a table that the ledger keeps: the lease, and what is recorded of the run."""

import contextlib
import datetime as dt
from collections.abc import Callable, Sequence

from tableferry import postgres, values
from tableferry.config import OnInvalid, TargetSettings
from tableferry.errors import CommitUnknownError
from tableferry.model.watermark import ReloadReason, Watermark
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.ledger import (
    BegunTable,
    Holder,
    Lease,
    Ledger,
    LoadDescription,
    NewWatermark,
    Seal,
    TableRun,
    add_amended,
    checkpoint,
    decide_seal,
    quarantine,
    read_watermark,
    seal,
    was_row_refused,
    was_stored,
    writing_watermark,
)
from tableferry.runs.claim import Cut
from tableferry.runs.staged_load import StagedLoad
from tableferry.transfer.chunk_loader import StoredChunk
from tableferry.transfer.load_plan import LoadPlan


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
        self._staged = StagedLoad(ledger, run, continues=continues)
        self._into: postgres.TargetConnection | None = None
        self._as_of: dt.datetime | None = None

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
        return self._staged.plan(connection, self._lease, plan, cut, watermark)

    def restart(self) -> None:
        """See ``Claim``."""
        self._staged.restart()

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
        left = self._ledger.begin_load(self._lease, self._staged.to_record, load)
        self._staged.to_record = None
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
        if refused or self._staged.may_have_chunks:
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
    ) -> Seal:
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
        if self._staged.may_have_chunks and (self._attempt > 1 or not self._staged.is_whole):
            return False
        is_new = plan.strategy is None or not plan.strategy.in_place
        return is_new and (watermark is None or watermark.every_row)

    def was_published(self) -> bool:
        """See ``Claim``."""
        decision = decide_seal(self._settings, self._lease)
        if decision.generation is not None:
            self._lease = self._ledger.renumbered(self._lease, decision.generation)
        self._as_of = decision.as_of
        return decision.was_committed

    @property
    def as_of(self) -> dt.datetime | None:
        """See ``Claim``."""
        return self._as_of
