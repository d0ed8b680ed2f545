"""One attempt at one table, up to the moment before it is published: the order of its steps.

claim -> plan -> extract -> cut -> load (``transfer.table_loader``) -> prepare; ``sync.publish``
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
from tableferry.sync.effort import Effort, Loaded, ReadAgain
from tableferry.sync.make_plan import make_plan, require_unchanged
from tableferry.sync.task import Task
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
    plan = plan.reading_exactly(effort.exactly)
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
<<<<<<< HEAD
=======


def require_unchanged(plan: SyncPlan, fingerprint: str | None) -> None:
    """Stop where the schemas have drifted since the plan that somebody has looked at."""
    if fingerprint not in (None, plan.fingerprint):
        raise SchemaError(
            f"{plan.spec.source} or {plan.spec.target} has changed since the plan was made",
            hint="Nothing was changed. Look at a new plan: tableferry plan.",
        )


def make_plan(
    spec: TableSpec, from_: sqlserver.SourceConnection, into: postgres.TargetConnection
) -> SyncPlan:
    """Ask both catalogs and plan; raises SchemaError where the two sides do not fit."""
    spec = spec.located_in(from_.settings.db)
    strategies = postgres.strategies_for(spec.publish)
    looks = {name: strategy.look for name, strategy in strategies.items()}
    there = postgres.read_schema(into, spec.target, looks)
    names = postgres.similar_names(into, spec.target) if there is None else frozenset()
    if names is None:
        raise SchemaError(
            f"There is no schema to create {spec.target} in",
            hint="CREATE SCHEMA it, or correct 'pg_table'.",
        )
    return plan_table(
        spec,
        sqlserver.read_schema(from_, spec.source),
        there,
        strategies=strategies,
        isolation=sqlserver.read_isolation(from_, spec.source.database),
        details=_details(spec, from_, creates=there is None),
        pg_version=into.version,
        names=names,
    )


def _details(spec: TableSpec, from_: sqlserver.SourceConnection, *, creates: bool) -> TableDetails:
    """Ask the source for what only a table to be created, or a key to be found, needs."""
    if creates:
        return sqlserver.read_details(from_, spec.source)
    return NO_DETAILS if spec.primary_key else sqlserver.read_keys(from_, spec.source)
>>>>>>> 8c990a23 (The target side's names: BisectingCopy, retry_brief_locks, LedgerConnection; errors translated by Known, Meaning and LibpqError, in plainer English)
