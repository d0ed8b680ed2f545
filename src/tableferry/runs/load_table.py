"""One attempt at one table, up to the moment before it is published: the order of its steps.

claim -> plan -> extract -> cut -> load (``transfer.table_loader``) -> prepare; ``runs.publish``
then makes it visible. Nothing in the target is touched before the first rows (or the source's
"there are none") are here; whatever fails before the commit leaves the old rows.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import replace

from tableferry import postgres, sqlserver, values
from tableferry.config import Publish
from tableferry.model.key_range import WHOLE_TABLE
from tableferry.modes import MODES, Extract
from tableferry.planning.plan import SyncPlan
from tableferry.runs.effort import Effort, Loaded, ReadAgain
from tableferry.runs.make_plan import make_plan, require_unchanged
from tableferry.runs.task import Task
from tableferry.transfer.table_loader import TableLoader


def load_table(
    effort: Effort, into: postgres.TargetConnection, stack: contextlib.ExitStack
) -> Loaded | ReadAgain:
    """Plan the table and load it; what it leaves open ends with the stack. TableferryError."""
    task, stats = effort.task, effort.begin_attempt()
    task.claim.begin_attempt(into)
    from_ = task.open_source()
    opened = stack.enter_context(_until_taken(from_))
    plan = make_plan(task.spec, from_, into)
    require_unchanged(plan, task.fingerprint)
    plan = plan.reading_as_utf16(effort.exactly)
    extract = MODES[plan.spec.mode].extract(plan, task.claim.watermark(into, plan), from_.rows)
    load_plan = task.claim.load_plan(into, plan, lambda: _cut(from_, plan, extract))
    effort.begin_reading(load_plan.age)
    loader = TableLoader(
        plan, extract, load_plan, access=effort.access(plan), stats=stats, opened=opened
    )
    task.claim.planned(plan, len(effort.attempts), at_one_moment=loader.at_one_moment)
    try:
        load = loader.fill(into, stack)
    except values.TextsAlteredError as found:
        effort.read_exactly(found.columns)
        return ReadAgain(effort)
    task.claim.progress("prepare", loader.rows_read, load.rows)
    try:
        with task.deadline.ending(into.cancel):
            load.prepare()
    finally:
        stats.built = load.built
    return Loaded(
        effort,
        plan,
        load,
        loader.rows_read,
        load.rows,
        load_plan.warnings + loader.warnings,
        loader.refused,
        extract.complete,
        extract.next_watermark,
    )


def _cut(from_: sqlserver.SourceConnection, plan: SyncPlan, extract: Extract) -> sqlserver.Chunking:
    """Cut the table into its chunks; only part of a table is read in one piece."""
    if not extract.complete:
        return sqlserver.Chunking((WHOLE_TABLE,))
    return sqlserver.split_table(from_, plan)


@contextlib.contextmanager
def _until_taken(
    connection: sqlserver.SourceConnection,
) -> Iterator[list[sqlserver.SourceConnection]]:
    """Close the connection, unless a reader has taken it from the list: then it closes it.

    A reader may be stuck in the driver, where nobody else is to touch it.
    """
    opened = [connection]
    try:
        yield opened
    finally:
        for left in opened:
            left.close()


def with_strategy(task: Task, into: postgres.TargetConnection) -> Task:
    """Return the task with the strategy that ``auto`` chooses for its table as it is now."""
    if task.spec.publish is not Publish.AUTO:
        return task
    with contextlib.closing(task.open_source()) as from_:
        plan = make_plan(task.spec, from_, into)
    if plan.strategy is None:
        return task
    return replace(task, spec=replace(task.spec, publish=Publish(plan.publish)))
