"""The first step: the lease, the plan, the cut, and the staging table that chunks go into."""

from dataclasses import dataclass
from typing import Final

from tableferry import source, target, values
from tableferry.chunks import KeyRange
from tableferry.errors import ConfigError, VerificationError
from tableferry.plan import SyncPlan
from tableferry.settings import Settings
from tableferry.spec import TableSpec
from tableferry.sync.claim import origin
from tableferry.sync.fanout.assignment import LONG, Assignment, Begun, Way, way_of
from tableferry.sync.fanout.step import connect_source, noting
from tableferry.sync.loading import refusals_of
from tableferry.sync.table import make_plan, require_unchanged
from tableferry.target.ledger import Lease, Ledger
from tableferry.target.ledger.relay import Work, look_up, pieces, warn

DIFFERENT_MOMENTS: Final = "the chunks were read at different moments"


def begin(
    spec: TableSpec, settings: Settings, assignment: Assignment, *, fingerprint: str | None = None
) -> Begun:
    """Take the lease, plan, cut, and make the staging table, or go on with one that was left.

    With a ``fingerprint`` nothing is begun unless the plan still has it.

    Called again with the same assignment it goes on with what the first call has done. Raises
    LeaseHeldError where another run has the table, and TableferryError.
    """
    way, why = way_of(spec)
    if way is Way.WHOLE:
        raise ConfigError(f"{spec.key} is carried whole: {why}", hint="Sync it in one task.")
    with noting(settings.target, assignment):
        return _begin(spec, settings, assignment, fingerprint)


def _begin(
    spec: TableSpec, settings: Settings, assignment: Assignment, fingerprint: str | None
) -> Begun:
    who = f"fan-out of {spec.key}"
    with (
        Ledger(settings.target, assignment.run_id, pace=LONG, process=who) as ledger,
        target.connect(settings.target, str(assignment.run_id)) as into,
        connect_source(spec, settings) as from_,
    ):
        ledger.begin_run()
        run = ledger.begin_table(spec.key, origin(spec, settings), spec.target)
        lease = ledger.acquire(run)
        target.end_abandoned_sessions(into, lease.target)
        plan = make_plan(spec, from_, into)
        require_unchanged(plan, fingerprint)
        before = look_up(into, assignment.run_id, assignment.table)
        ledger.describe(
            run,
            publish=plan.spec.publish.value,
            consistency=plan.consistency.value,
            fingerprint=plan.fingerprint,
            read_at_one_moment=False,
        )
        beginning = _Beginning(ledger, lease, plan, from_, into)
        chunks = beginning.chunks(before)
        for name in ledger.orphans(lease):
            target.drop_staging(into, name)
        done = ledger.done_chunks(lease)
    pending = tuple(number for number in range(chunks) if number not in done)
    return Begun(assignment, pending, chunks, spec.parallel)


@dataclass(frozen=True, slots=True)
class _Beginning:
    """Everything that a table's chunks are cut and kept with."""

    ledger: Ledger
    lease: Lease
    plan: SyncPlan
    from_: source.SourceConnection
    into: target.TargetConnection

    def chunks(self, before: Work | None) -> int:
        """Return how many there are: those of this run, of one that was cut off, or new ones."""
        found = self._own(before) or self._left()
        if found is not None:
            name, ranges = found
            try:
                self._make(target.Staging(name, parts=True, resumed=self._stored()))
            except VerificationError:
                # The server has lost its rows, or somebody has: they are read again.
                target.drop_staging(self.into, name)
            else:
                return ranges
        return self._cut()

    def _own(self, before: Work | None) -> tuple[str, int] | None:
        """Return what an earlier call has staged, whose answer was lost."""
        if before is None or before.fingerprint != self.plan.fingerprint:
            return None
        if not self.ledger.done_chunks(self.lease):
            return None
        return before.staging, len(pieces(self.into, before.run))

    def _left(self) -> tuple[str, int] | None:
        """Take up what an earlier run of the same plan has left."""
        left = self.ledger.unfinished(
            self.lease, fingerprint=self.plan.fingerprint, publish=self.plan.spec.publish.value
        )
        if left is None:
            return None
        for text in left.ranges:
            KeyRange.of_json(text)
        self.ledger.resume(self.lease, left)
        return left.staging, len(left.ranges)

    def _cut(self) -> int:
        cut = source.cut_table(self.from_, self.plan)
        name = f"staging_{self.lease.run_id.hex}"
        self.ledger.stage(self.lease, name, [keys.as_json() for keys in cut.ranges])
        moments = (DIFFERENT_MOMENTS,) if len(cut.ranges) > 1 else ()
        warn(self.into, self.lease, cut.warnings + moments)
        self._make(target.Staging(name, parts=True))
        return len(cut.ranges)

    def _make(self, staging: target.Staging) -> None:
        """Make the staging table, or see that it has the rows it should have; it stays."""
        schema = values.target_schema(self.plan.columns)
        refusals = refusals_of(self.plan.spec)
        with target.open_load(self.into, self.plan, schema, staging, refusals) as load:
            if not isinstance(load, target.StagedLoad):
                raise TypeError("a load in chunks goes by way of a staging table")
            load.keep = True

    def _stored(self) -> int:
        return sum(self.ledger.done_chunks(self.lease).values())
