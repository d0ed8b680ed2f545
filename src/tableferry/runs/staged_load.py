"""What a table's run stages: from the beginning, or on from where an earlier run was cut off.

Nothing is recorded before the plan is (``to_record``).
"""

from collections.abc import Callable
from dataclasses import dataclass

from tableferry import postgres, sqlserver
from tableferry.model.key_range import KeyRange
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.ledger import (
    Lease,
    Ledger,
    ResumeLimit,
    StagedTable,
    TableRun,
    amended_rows,
    refused_counts,
)
from tableferry.postgres.ledger.assignments import altered_values
from tableferry.transfer.load_plan import LoadPlan, fresh


class StagedLoad:
    """The staging table of a run, for all of its attempts.

    ``to_record`` is a table that is not in the ledger yet. ``may_have_chunks``: some may be stored.
    """

    def __init__(self, ledger: Ledger, run: TableRun, *, continues: bool) -> None:
        """``continues``: see ``RunOptions``."""
        self._ledger = ledger
        self._run = run
        self._continues = continues
        self._name = postgres.staging_name()
        self._staged: _StagedChunks | None = None
        self._may_resume = True
        self._has_staged = False
        self.may_have_chunks = True
        self.to_record: StagedTable | None = None

    @property
    def is_whole(self) -> bool:
        """Whether every chunk is of this attempt, if it is the first."""
        return self._staged is not None and not self._staged.resumed

    def restart(self) -> None:
        """Discard what an earlier attempt has staged, and start over."""
        self._staged = None
        self._may_resume = False

    def plan(
        self,
        connection: postgres.TargetConnection,
        lease: Lease,
        plan: SyncPlan,
        cut: Callable[[], sqlserver.Chunking],
        watermark: str | None,
    ) -> LoadPlan:
        """Return where the load starts or resumes (see ``Claim``)."""
        self.may_have_chunks = False
        if not plan.staged:
            self.to_record = None
            self._drop_own(connection, lease)
            return fresh(cut(), watermark)
        if self._staged is None or self._staged.fingerprint != plan.fingerprint:
            self.to_record = None  # else what an attempt could not record is recorded now
            self._staged = self._resumed(lease, plan) or self._staged_anew(plan, cut(), watermark)
        staged = self._staged
        self.may_have_chunks = staged.resumed or len(staged.ranges) > 1
        untried, self._has_staged = not (self._has_staged or staged.resumed), True
        # Those of an earlier plan are forgotten when this one is recorded.
        goes_on = self.may_have_chunks and self.to_record is None
        done = self._ledger.done_chunks(lease) if goes_on else {}
        staging = postgres.Staging(
            staged.name,
            parts=len(staged.ranges) > 1,
            resumed=sum(done.values()) + amended_rows(connection, lease) if done else None,
            untried=untried,
        )
        return LoadPlan(
            staged.ranges,
            done,
            refused_counts(connection, lease) if done else {},
            altered_values(connection, self._run) if done else {},
            staging,
            staged.resumed,
            staged.warnings,
            self._ledger.oldest_chunk(lease) if done else None,
            staged.watermark,
        )

    def _resumed(self, lease: Lease, plan: SyncPlan) -> "_StagedChunks | None":
        """Resume the chunks of an interrupted run of the same plan, if there are any."""
        if not self._may_resume or plan.spec.chunks == 1:
            return None
        left = self._ledger.unfinished(
            lease,
            fingerprint=plan.fingerprint,
            publish=plan.publish,
            limit=ResumeLimit(plan.spec.resume_within, self._continues),
        )
        if left is None:
            return None
        self._ledger.resume(lease, left)
        self._name = left.staging  # also when it has to be made anew
        ranges = tuple(map(KeyRange.from_json, left.ranges))
        return _StagedChunks(
            left.staging, plan.fingerprint, ranges, watermark=left.watermark, resumed=True
        )

    def _staged_anew(
        self, plan: SyncPlan, cut: sqlserver.Chunking, watermark: str | None
    ) -> "_StagedChunks":
        self._may_resume = False  # the table that is begun here must stay the one in the ledger
        chunks = [keys.to_json() for keys in cut.ranges] if len(cut.ranges) > 1 else []
        self.to_record = StagedTable(self._name, chunks, watermark)
        return _StagedChunks(
            self._name,
            plan.fingerprint,
            cut.ranges,
            watermark=watermark,
            warnings=cut.warnings,
        )

    def _drop_own(self, connection: postgres.TargetConnection, lease: Lease) -> None:
        """Drop what an attempt of this run has staged, for which ``auto`` chose otherwise."""
        if self._staged is not None:
            self._ledger.stage(lease, self._staged.name)  # without any chunks
            postgres.drop_staging(connection, self._staged.name)
            self._staged = None


@dataclass(frozen=True, slots=True)
class _StagedChunks:
    """The run's own staging table, as recorded in the ledger."""

    name: str
    fingerprint: str
    ranges: tuple[KeyRange, ...]
    watermark: str | None = None
    resumed: bool = False
    warnings: tuple[str, ...] = ()
