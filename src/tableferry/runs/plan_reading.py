"""Plan a table and ask its mode what to read: the changes alone, or every row.

Which of the two it is only the mode knows, and it needs a plan to say so. A plan for changes is
made first where they are what is expected: it asks less of the target. Where every row has to be
read after all, the table is planned again, for that.
"""

from dataclasses import replace

from tableferry import postgres, sqlserver
from tableferry.model.watermark import ReloadReason, Watermark
from tableferry.modes import Extract, mode_of
from tableferry.planning.plan import SyncPlan
from tableferry.runs.claim import contents_of, void_if_new
from tableferry.runs.effort import Effort
from tableferry.runs.make_plan import make_plan, require_unchanged


def plan_reading(
    effort: Effort, from_: sqlserver.SourceConnection, into: postgres.TargetConnection
) -> tuple[SyncPlan, Watermark | None, Extract]:
    """Return the plan, the watermark that the mode was given, and what it reads.

    A plan that was reviewed is made as it was made then. A snapshot that the mode needs has begun.
    Raises TableferryError.
    """
    if effort.task.fingerprint is None and not mode_of(effort.task.spec).complete:
        plan, since, extract = _planned_for(effort, from_, into, changes_alone=True)
        if plan.create is not None or not extract.complete:
            return plan, since, extract
        if from_.in_snapshot:
            from_.end_snapshot()
    return _planned_for(effort, from_, into, changes_alone=False)


def _planned_for(
    effort: Effort,
    from_: sqlserver.SourceConnection,
    into: postgres.TargetConnection,
    *,
    changes_alone: bool,
) -> tuple[SyncPlan, Watermark | None, Extract]:
    task = effort.task
    plan = make_plan(
        task.spec,
        from_,
        into,
        task.others,
        changes_alone=changes_alone,
        answers=task.answers,
        places=task.places,
    )
    require_unchanged(plan, task.fingerprint)
    plan = effort.planned(plan)
    mode = mode_of(plan.spec)
    if mode.at_one_moment:
        from_.begin_snapshot()
    since = _since(effort, plan, into)
    watermark = since if isinstance(since, Watermark) else None
    extract = mode.extract(plan, watermark, from_.rows)
    extract.require_sound(watermark)
    if isinstance(since, ReloadReason) and not mode.complete:
        extract = replace(extract, reason=since)
    return plan if extract.complete else plan.for_changes(), watermark, extract


def _since(
    effort: Effort, plan: SyncPlan, into: postgres.TargetConnection
) -> Watermark | ReloadReason:
    """Return what the last published run has left for the mode, or why nothing counts."""
    mode, task = mode_of(plan.spec), effort.task
    if mode.complete:
        return ReloadReason.FIRST_LOAD
    found = task.claim.watermark(into, mode.name, contents_of(plan, task.settings))
    return void_if_new(plan, found)
