"""One table's verification: plan, compare, look again at what differs, repair it; the verdict.

The target is read in one transaction, begun before the source is asked: whatever the source has
that the target lacks was there later, and is looked for again, or explained by a later change.
"""

import datetime as dt
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import Final

from tableferry import sqlserver, values
from tableferry.config import Consistency, DriftPolicy, TableSpec
from tableferry.errors import ErrorReport
from tableferry.model.key_range import WHOLE_TABLE, KeyRange
from tableferry.model.watermark import Watermark
from tableferry.modes import mode_of
from tableferry.modes.shown_watermark import shown_watermark
from tableferry.planning.consistency import with_fallbacks, without_nolock
from tableferry.planning.plan import SyncPlan
from tableferry.postgres import TargetConnection
from tableferry.postgres.ledger import find_watermark
from tableferry.runs.claim import contents_of
from tableferry.runs.events import Phase, PhaseStarted
from tableferry.runs.make_plan import make_plan, require_unchanged
from tableferry.runs.outcome import TableOutcome
from tableferry.runs.repair import repair_table
from tableferry.runs.retry import Retries, retried
from tableferry.runs.run_options import RunOptions
from tableferry.runs.stop_signal import STOPS
from tableferry.runs.task import Task
from tableferry.runs.verdict import (
    Found,
    as_of,
    not_verified,
    unknown_yet,
    unrepairable,
    verification_of,
)
from tableferry.verification.again import read_again
from tableferry.verification.confirm import Confirmed, confirm
from tableferry.verification.depths import Comparison, compare, look_independently
from tableferry.verification.differences import Key
from tableferry.verification.held import begin_reading
from tableferry.verification.options import DEFAULT_OPTIONS, Depth, VerifyOptions
from tableferry.verification.quarantined import kept, quarantined_of_a_count
from tableferry.verification.result import TableVerification
from tableferry.verification.sides import Sides

Repair = Callable[[Sequence[Key]], TableOutcome]
"""Makes the rows with these keys equal in the target; returns what came of it."""

MISSING_TABLE: Final = "the target table does not exist yet"
SEED_BITS: Final = 32
"""Of the seed of a sample, which is told with it: a seed that a person can copy."""

NOLOCK: Final = (
    "its entry asks for NOLOCK, and a read that may miss rows, or show them twice, proves nothing: "
    "set 'consistency' to 'read_committed', or omit it"
)


def unaltered(spec: TableSpec) -> TableSpec:
    """Return the spec by which no existing column is evolved: a comparison reads them as they are.

    Those that the next load would widen are refused, with the statement that does it.
    """
    return replace(spec, drift=DriftPolicy.ADD_COLUMNS) if spec.drift.evolves else spec


class NotVerifiableError(Exception):
    """A table that cannot be verified, for a reason that is nobody's failure."""


def repair_of(task: Task, options: RunOptions) -> Repair:
    """Return the repair of a task's table, as a run of its own within the same deadline.

    It raises a signal's exception where one has stopped it.
    """

    def repair(keys: Sequence[Key]) -> TableOutcome:
        task.on_event(PhaseStarted(task.spec.key, Phase.REPAIR))
        run = repair_table(task.spec, task.settings, keys, options=options)
        if run.stopped_by is not None:
            raise STOPS[run.stopped_by]  # it was rolled back; nothing else is begun
        return run.tables[0]

    return repair


def verify_table(
    task: Task, wanted: VerifyOptions, retries: Retries, repair: Repair | None = None
) -> TableVerification:
    """Verify one table, and with ``repair`` make it equal; raises no Exception."""
    unknown = unknown_yet(task.spec, wanted)
    try:
        found = _Verifying(task, wanted, retries).verify(unknown, repair)
    except NotVerifiableError as why:
        found = replace(unknown, reason=str(why))
    except Exception as error:  # noqa: BLE001 - one table's error never stops the others
        found = not_verified(unknown, ErrorReport.of(error))
    return replace(found, seconds=task.elapsed())


def verify_ranges(
    task: Task, wanted: VerifyOptions, retries: Retries, ranges: Sequence[KeyRange]
) -> TableVerification:
    """Verify the rows of these key ranges, under the plan that the task's fingerprint names.

    Raises NotVerifiableError, SchemaError where the plan is another, and TableferryError.
    """
    verifying = _Verifying(task, wanted, retries, tuple(ranges))
    found = verifying.verify(unknown_yet(task.spec, wanted), None)
    return replace(found, seconds=task.elapsed())


def plan_to_verify(task: Task, into: TargetConnection) -> SyncPlan:
    """Plan a table's verification; raises NotVerifiableError and TableferryError."""
    return _Verifying(task, DEFAULT_OPTIONS, Retries()).plan(into)


@dataclass(frozen=True, slots=True)
class _Verifying:
    """One table, or some key ranges of it, being verified."""

    task: Task
    wanted: VerifyOptions
    retries: Retries
    ranges: tuple[KeyRange, ...] = (WHOLE_TABLE,)

    def verify(self, unknown: TableVerification, repair: Repair | None) -> TableVerification:
        """Return ``unknown`` with what is known afterwards; raises what keeps it unknown."""
        found = self._compared_retried()
        verification = verification_of(unknown, found, self.wanted.limit)
        if repair is None or not found.differences.total:
            return verification
        if problem := unrepairable(found):
            warning = f"It was not repaired: {problem}. Load the table anew: tableferry sync."
            return replace(verification, warnings=(*verification.warnings, warning))
        outcome = repair([one.key for one in found.differences.kept])
        if not outcome.ok:
            warnings = verification.warnings + outcome.warnings
            return replace(verification, warnings=warnings, error=outcome.error)
        found = retried(partial(self._look_again, found), self.retries, self.task.deadline)
        added = outcome.changes.get("inserted", 0) - outcome.changes.get("deleted", 0)
        found.differences.repaired(added)
        again = verification_of(unknown, found, self.wanted.limit)
        warnings = again.warnings + outcome.warnings
        return replace(again, repaired=dict(outcome.changes), warnings=warnings)

    def _look_again(self, found: Found) -> Found:
        """Return what still differs after its repair, and not by a later change."""
        plan = found.plan
        while True:
            differences = found.differences.copy()
            try:
                with self.task.open_target() as into:
                    sides = self._sides(into)
                    begin_reading(plan, sides)
                    read_again(plan, sides, differences, 0.0)
                    since = confirm(
                        plan,
                        sides,
                        differences,
                        settle=0.0,
                        watermark_of=partial(self._watermark, plan),
                    )
                confirmed = found.confirmed.with_more(since)
                return replace(found, differences=differences, confirmed=confirmed)
            except values.TextsAlteredError:
                plan = plan.reading_as_utf16(None)

    def _compared_retried(self) -> Found:
        return retried(self._compared, self.retries, self.task.deadline)

    def _compared(self) -> Found:
        """Compare both sides; once more where some texts have to be read as bytes."""
        exactly: frozenset[str] | None = frozenset()
        while True:
            self.task.deadline.check()
            try:
                with self.task.open_target() as into:
                    plan = self.plan(into).reading_as_utf16(exactly)
                    return self._compare(plan, into)
            except values.TextsAlteredError as found:
                exactly = None if exactly else found.columns

    def plan(self, into: TargetConnection) -> SyncPlan:
        """Plan the table as a load would; raises NotVerifiableError where that proves nothing."""
        task = self.task
        task.on_event(PhaseStarted(task.spec.key, Phase.PLAN))
        with task.open_source() as from_:
            plan = make_plan(unaltered(task.spec), from_, into, task.others)
            require_unchanged(plan, task.fingerprint)
            if plan.create is not None:
                raise NotVerifiableError(MISSING_TABLE)
            plan = without_nolock(with_fallbacks(plan, partial(sqlserver.probe, from_)))
        if plan.consistency is Consistency.NOLOCK:
            raise NotVerifiableError(NOLOCK)
        return plan

    def _compare(self, plan: SyncPlan, into: TargetConnection) -> Found:
        task = self.task
        task.on_event(PhaseStarted(task.spec.key, Phase.VERIFY))
        sides = self._sides(into)
        begin_reading(plan, sides)
        watermark = self._watermark(plan, into)
        moment = as_of(plan, dt.datetime.now(dt.UTC))
        confirmed, confidence = Confirmed(), []
        seed = secrets.randbits(SEED_BITS) if self.wanted.seed is None else self.wanted.seed
        rng = Random(seed)  # noqa: S311 - chooses a sample; no secret
        with task.deadline.ending(into.cancel):
            found = compare(plan, sides, self.wanted, rng, self.ranges)
            if self.wanted.depth is Depth.COUNT:
                found, confirmed = self._counted(plan, sides, found, rng)
            elif found.differences.total or found.differences.left_out_rows:
                confirmed = confirm(
                    plan,
                    sides,
                    found.differences,
                    settle=self.wanted.settle,
                    watermark_of=partial(self._watermark, plan),
                    show_values=self.wanted.show_values,
                )
            confidence += [found.confidence] if found.confidence else []
            if self.wanted.independent:
                confidence.append(look_independently(plan, sides, self.wanted, found, rng))
        confidence += [f"seed {seed}"] if confidence else []
        value = shown_watermark(watermark.value) if watermark else ""
        return Found(plan, found.differences, "; ".join(confidence), confirmed, value, moment)

    def _counted(
        self, plan: SyncPlan, sides: Sides, found: Comparison, rng: Random
    ) -> tuple[Comparison, Confirmed]:
        """Return what was counted, without the rows that need not be there.

        Where that differs it is what a second count finds after a while: rows that were inserted or
        deleted while the first was made made it differ.
        """
        stay = kept(plan, found.differences)
        refused, undecided, warnings = quarantined_of_a_count(plan, sides.into, found.differences)
        if found.differences.total or undecided:
            sides.into.rollback()
            self.task.deadline.sleep(self.wanted.settle)
            begin_reading(plan, sides)
            found = compare(plan, sides, self.wanted, rng)
            stay = kept(plan, found.differences)
            refused, undecided, warnings = quarantined_of_a_count(
                plan, sides.into, found.differences
            )
        return found, Confirmed(
            quarantined=refused, kept=stay, undecided=undecided, warnings=warnings
        )

    def _sides(self, into: TargetConnection) -> Sides:
        task = self.task
        return Sides(
            open_source=task.open_source,
            into=into,
            check=task.deadline.check,
            remaining=lambda: task.deadline.remaining,
            budget=task.budget,
        )

    def _watermark(self, plan: SyncPlan, into: TargetConnection) -> Watermark | None:
        """Return how far the target's rows have been read, None where that is not known."""
        mode = mode_of(plan.spec)
        if mode.complete:
            return None
        contents = contents_of(plan, self.task.settings)
        found = find_watermark(into, plan.spec.target, mode=mode.name, contents=contents)
        return found if isinstance(found, Watermark) else None
