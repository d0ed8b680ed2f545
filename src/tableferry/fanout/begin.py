"""The first step: the lease, the plan, the cut, and the staging table that chunks go into."""

from dataclasses import dataclass, replace
from typing import Final

from tableferry import postgres, sqlserver, values
from tableferry.config import Settings, TableSpec
from tableferry.errors import ConfigError, SchemaError, VerificationError
from tableferry.fanout.assignment import LONG, Assignment, Begun, Route, route_of
from tableferry.fanout.step_context import connect_source, noting
from tableferry.model.key_range import KeyRange
from tableferry.model.watermark import Watermark
from tableferry.modes import Extract, mode_of
from tableferry.planning.consistency import with_fallbacks
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.ledger import Lease, Ledger, ResumeLimit, TableRun, amended_rows
from tableferry.postgres.ledger.assignments import RunRecord, all_chunks, find_run, record_warnings
from tableferry.runs.claim import origin
from tableferry.runs.make_plan import make_plan, require_unchanged
from tableferry.transfer.table_loader import refused_rows_of

DIFFERENT_MOMENTS: Final = "the chunks were read at different moments"


def begin(
    spec: TableSpec, settings: Settings, assignment: Assignment, *, fingerprint: str | None = None
) -> Begun:
    """Take the lease, plan, cut, and make the staging table, or go on with one that was left.

    With a ``fingerprint`` nothing is begun unless the plan still has it.

    Called again with the same assignment it goes on with what the first call has done. Raises
    LeaseHeldError where another run has the table, and TableferryError.
    """
    route, why = route_of(spec)
    if route is Route.WHOLE:
        raise ConfigError(f"{spec.key} is carried whole: {why}", hint="Sync it in one task.")
    with noting(settings.target, assignment):
        return _begin(spec, settings, assignment, fingerprint)


def _begin(
    spec: TableSpec, settings: Settings, assignment: Assignment, fingerprint: str | None
) -> Begun:
    process = f"fan-out of {spec.key}"
    with (
        Ledger(settings.target, assignment.run_id, timing=LONG, process=process) as ledger,
        postgres.connect(settings.target, str(assignment.run_id)) as into,
        connect_source(spec, settings) as from_,
    ):
        ledger.begin_run()
        run = ledger.begin_table(spec.key, origin(spec, settings), spec.target)
        lease = ledger.acquire(run)
        postgres.end_abandoned_sessions(into, lease.target)
        plan = make_plan(spec, from_, into)
        require_unchanged(plan, fingerprint)
        _require_staged(plan)
        before = find_run(into, assignment.run_id, assignment.table)
        chunks = _chunks(_Beginning(ledger, run, lease, plan, from_, into), before)
        for name in ledger.orphans(lease):
            postgres.drop_staging(into, name)
        done = ledger.done_chunks(lease)
    pending = tuple(number for number in range(chunks) if number not in done)
    return Begun(assignment, pending, chunks, spec.parallel)


def _chunks(beginning: "_Beginning", before: RunRecord | None) -> int:
    """Return how many chunks there are, cut under an isolation that the source does not refuse."""

    def work(plan: SyncPlan) -> int:
        fallen = plan is not beginning.plan
        warnings = plan.warnings[-1:] if fallen else ()
        return replace(beginning, plan=plan, warnings=warnings).chunks(before)

    return with_fallbacks(beginning.plan, work)


def _require_staged(plan: SyncPlan) -> None:
    if not plan.staged:
        raise SchemaError(
            f"{plan.spec.target} cannot be loaded in chunks by several processes: "
            f"'publish': 'auto' chose {plan.publish!r} ({plan.strategy_reason})",
            hint="Set 'chunks' to 1, or remove what prevents 'swap' and 'merge'.",
        )


@dataclass(frozen=True, slots=True)
class _Beginning:
    """Everything that a table's chunks are cut and kept with."""

    ledger: Ledger
    run: TableRun
    lease: Lease
    plan: SyncPlan
    from_: sqlserver.SourceConnection
    into: postgres.TargetConnection
    warnings: tuple[str, ...] = ()

    def extract(self, since: str | None = None) -> Extract:
        """Ask the mode for every row; with a watermark, for what has changed since."""
        mode = mode_of(self.plan.spec)
        watermark = None if since is None else Watermark(since, is_of_this_load=True)
        if not mode.at_one_moment:
            return mode.extract(self.plan, watermark, self.from_.rows)
        self.from_.begin_snapshot()
        found = mode.extract(self.plan, watermark, self.from_.rows)
        self.from_.end_snapshot()
        return found

    def chunks(self, before: RunRecord | None) -> int:
        """Return how many there are: those of this run, of one that was cut off, or new ones."""
        self.ledger.describe(
            self.run,
            publish=self.plan.publish,
            consistency=self.plan.consistency.value,
            fingerprint=self.plan.fingerprint,
            read_at_one_moment=False,
        )
        found = self._own(before) or self._left()
        if found is not None:
            name, ranges = found
            try:
                self._make(postgres.Staging(name, parts=True, resumed=self._stored()))
            except VerificationError:
                # The server has lost its rows, or somebody has: they are read again.
                postgres.drop_staging(self.into, name)
            else:
                return ranges
        if before is not None and before.staging:
            # Of an earlier call, with another plan; the ledger is about to name another table.
            postgres.drop_staging(self.into, before.staging)
        return self._cut()

    def _own(self, before: RunRecord | None) -> tuple[str, int] | None:
        """Return what an earlier call has staged, whose answer was lost."""
        if before is None or before.fingerprint != self.plan.fingerprint:
            return None
        if not self.ledger.done_chunks(self.lease):
            return None
        return before.staging, len(all_chunks(self.into, before.run))

    def _left(self) -> tuple[str, int] | None:
        """Take up what an earlier run of the same plan has left."""
        left = self.ledger.unfinished(
            self.lease,
            fingerprint=self.plan.fingerprint,
            publish=self.plan.publish,
            limit=ResumeLimit(self.plan.spec.resume_within),
        )
        if left is None or not self._can_be_caught_up(left.watermark):
            return None
        for text in left.ranges:
            KeyRange.from_json(text)
        self.ledger.resume(self.lease, left)
        return left.staging, len(left.ranges)

    def _can_be_caught_up(self, since: str | None) -> bool:
        """Whether the source still says what has changed since the chunks were read."""
        at_one_moment = mode_of(self.plan.spec).at_one_moment
        return not (at_one_moment and self.extract(since).complete)

    def _cut(self) -> int:
        watermark = self.extract().next_watermark
        cut = sqlserver.split_table(self.from_, self.plan)
        name = f"staging_{self.lease.run_id.hex}"
        self.ledger.stage(self.lease, name, [keys.to_json() for keys in cut.ranges], watermark)
        is_one_moment = len(cut.ranges) < 2 or mode_of(self.plan.spec).at_one_moment
        moments = () if is_one_moment else (DIFFERENT_MOMENTS,)
        record_warnings(self.into, self.lease, self.warnings + cut.warnings + moments)
        self._make(postgres.Staging(name, parts=True))
        return len(cut.ranges)

    def _make(self, staging: postgres.Staging) -> None:
        """Make the staging table, or see that it has the rows it should have; it stays."""
        schema = values.target_schema(self.plan.columns)
        refusals = refused_rows_of(self.plan.spec)
        with postgres.open_load(self.into, self.plan, schema, staging, refusals) as load:
            load.keep = True

    def _stored(self) -> int:
        stored = sum(self.ledger.done_chunks(self.lease).values())
        return stored + amended_rows(self.into, self.lease)
