"""The last step: the rows of all chunks become visible at once."""

import contextlib
import time
from typing import Final

from tableferry import postgres, sqlserver, values
from tableferry.config import Settings, TableSpec
from tableferry.errors import SchemaError, TransientError
from tableferry.fanout.assignment import LONG, Assignment
from tableferry.fanout.ending import as_written, ended
from tableferry.fanout.step_context import (
    connect_source,
    noting,
    plan_as_begun,
    work_of,
)
from tableferry.fanout.verify_step import verify_outcome
from tableferry.model.counting import counted, verb
from tableferry.model.watermark import ReloadReason
from tableferry.modes import mode_of
from tableferry.planning.exact_keys import require_exact_keys
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.ledger import Ledger, amended_rows, refused_counts
from tableferry.postgres.ledger.assignments import (
    RunRecord,
    all_chunks,
    altered_values,
)
from tableferry.runs.catch_up import CaughtUp, catch_up
from tableferry.runs.deadline import NEVER, Clock, Deadline
from tableferry.runs.effort import Effort, Loaded, Published
from tableferry.runs.events import Phase
from tableferry.runs.ledger_claim import LedgerClaim
from tableferry.runs.load_table import new_watermark
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.outcomes import done
from tableferry.runs.publish import commit_together
from tableferry.runs.retry import Retries
from tableferry.runs.task import Task
from tableferry.transfer.table_loader import refused_rows_of

DEFAULT_RETRIES: Final = Retries()


def publish(
    spec: TableSpec,
    settings: Settings,
    assignment: Assignment,
    *,
    retries: Retries = DEFAULT_RETRIES,
    deadline: Deadline = NEVER,
    clock: Clock = time.monotonic,
) -> TableOutcome:
    """Make the rows of all chunks visible at once, end the run, and verify them if so asked.

    Called again after it was done, it returns the same outcome, verified anew: the first call may
    have been killed meanwhile. Raises TransientError where a chunk is missing, and TableferryError;
    the old rows stay then, and the staging table too.
    """
    outcome = _published(
        spec, settings, assignment, retries=retries, deadline=deadline, clock=clock
    )
    return verify_outcome(
        spec, settings, assignment, outcome, retries=retries, deadline=deadline, clock=clock
    )


def _published(
    spec: TableSpec,
    settings: Settings,
    assignment: Assignment,
    *,
    retries: Retries,
    deadline: Deadline,
    clock: Clock,
) -> TableOutcome:
    """Make the rows of all chunks visible at once, and end the run."""
    began = clock()
    with (
        noting(settings.target, assignment),
        postgres.connect(settings.target, str(assignment.run_id)) as into,
        Ledger(settings.target, assignment.run_id, timing=LONG) as ledger,
    ):
        work = work_of(into, assignment)
        if work.status == Status.OK:
            return ended(ledger, work, as_written(spec, work))
        work.require_held()
        # The lease comes before the heartbeat, which first abandons runs that have neither.
        claim = LedgerClaim(ledger, work.run, settings.target)
        ledger.begin_run()
        task = Task(
            spec,
            settings,
            elapsed=lambda: work.seconds + clock() - began,
            deadline=deadline,
            claim=claim,
        )
        # Chunks are read from the fan-out's beginning on, or were by the run that it goes on with.
        # All steps before this one are its load, by the target's clock: plan, cut and chunks.
        effort = Effort(task, entered=[(Phase.LOAD, 0.0)])
        oldest = ledger.oldest_chunk(work.require_held())
        effort.begin_reading(max(work.seconds, oldest.age if oldest else 0.0))
        outcome = ended(ledger, work, done(_publish(effort, work, into, retries)))
        claim.release()
        return outcome


def _publish(
    effort: Effort, work: RunRecord, into: postgres.TargetConnection, retries: Retries
) -> Published:
    task, stats = effort.task, effort.begin_attempt()
    task.claim.begin_attempt(into)
    with contextlib.ExitStack() as stack:
        from_ = stack.enter_context(connect_source(task.spec, task.settings))
        plan = plan_as_begun(task.spec, work, from_, into)
        stored = _stored(into, work)
        refusals = refused_rows_of(plan.spec, refused_counts(into, work.require_held()))
        if refusals:
            refusals.require_allowed()
        stats.refused = refusals
        read = stored + (refusals.total if refusals else 0)
        staging = postgres.Staging(work.staging, parts=True, resumed=stored + _amended(into, work))
        schema = values.target_schema(plan.columns)
        load = stack.enter_context(postgres.open_load(into, plan, schema, staging, refusals))
        load.keep = True  # dropped with the publishing transaction, or by ``give_up``
        require_exact_keys(plan, values.altered(altered_values(into, work.run)))
        caught = _caught_up(effort, plan, load, work, refusals)
        watermark = new_watermark(
            effort.task, plan, caught.watermark, every_row=True, reconciled=True
        )
        read, refused = read + caught.rows, caught.refused
        effort.enter(Phase.PREPARE)
        task.claim.progress(Phase.PREPARE, read, load.rows)
        with task.deadline.ending(into.cancel):
            load.prepare()
        sqlserver.require_unaltered(from_, plan.spec.source, plan.carried)
        reload = None if plan.merging is None else ReloadReason.FIRST_LOAD
        warnings = tuple(dict.fromkeys((*work.warnings, *caught.warnings)))
        loaded = Loaded(
            effort, plan, load, read, load.rows, warnings, refused, True, reload, watermark
        )
        commit_together([loaded], into, retries)
    stats.touched = altered_values(into, work.run)
    return loaded.published


def _caught_up(
    effort: Effort,
    plan: SyncPlan,
    load: postgres.Load,
    work: RunRecord,
    refusals: values.RefusedRows | None,
) -> CaughtUp:
    """Bring the rows of all chunks to one moment, where the mode reads at one."""
    task = effort.task
    if not mode_of(plan.spec).at_one_moment:
        return CaughtUp(0, (), work.watermark)
    with connect_source(task.spec, task.settings) as from_:
        from_.begin_snapshot()
        caught = catch_up(
            plan,
            load,
            work.watermark,
            from_,
            check=task.deadline.check,
            refusals=refusals,
            restart=lambda: _refuse_stale(plan),
            record=task.claim.amended,
        )
    effort.begin_reading(0.0)
    return caught


def _amended(connection: postgres.TargetConnection, work: RunRecord) -> int:
    """Return how many rows an earlier call has added to those of the chunks, catching up."""
    return amended_rows(connection, work.require_held())


def _refuse_stale(plan: SyncPlan) -> None:
    raise SchemaError(
        f"The chunks of {plan.spec.source} were read in vain: what has changed since can no longer "
        "be asked for",
        hint="The old rows stay. Run it again from the beginning.",
    )


def _stored(connection: postgres.TargetConnection, work: RunRecord) -> int:
    """Return the rows of all chunks; raises TransientError where one is not stored."""
    found = all_chunks(connection, work.run)
    missing = sum(piece.rows is None for piece in found)
    if missing or not found:
        raise TransientError(
            f"{missing} of {counted(len(found), 'chunk')} of {work.run.target} "
            f"{verb(missing, 'is', 'are')} not stored",
            hint="The old rows stay. Load them; a new run goes on with those that are.",
        )
    return sum(piece.rows or 0 for piece in found)
