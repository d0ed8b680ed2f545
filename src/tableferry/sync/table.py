"""One table's load: the order of its steps, written once.

claim -> plan -> cut -> load (``sync.loading``) -> prepare. Then ``sync.publishing`` makes it
visible. Nothing in the target is touched before the first rows (or the source's "there are none")
are here; whatever fails before the commit leaves the old rows.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tableferry import postgres, sqlserver, values
from tableferry.config import Publish, TableSpec
from tableferry.errors import SchemaError
from tableferry.model.table_details import NO_DETAILS, TableDetails
from tableferry.planning.plan import SyncPlan, plan_table
from tableferry.sync.task import Task
from tableferry.transfer.load_table import Loading


@dataclass(frozen=True, slots=True)
class Loaded:
    """A table whose rows are all there and that is ready to be published.

    Of the rows ``read`` those that are not written are in quarantine: ``refused`` what does not
    wait there with its chunk.
    """

    task: Task
    plan: SyncPlan
    load: postgres.Load
    read: int
    rows: int
    warnings: tuple[str, ...] = ()
    refused: Sequence[values.RefusedRow] = ()


def load_table(task: Task, into: postgres.TargetConnection, stack: contextlib.ExitStack) -> Loaded:
    """Plan the table and load it; what it leaves open ends with the stack.

    Raises TableferryError, and TextsAlteredError where it is to be read again: ``task.tally``
    knows then which columns exactly.
    """
    task.tally.begin_attempt()
    task.claim.begin_attempt(into)
    from_ = task.open_source()
    opened = stack.enter_context(_until_taken(from_))
    plan = make_plan(task.spec, from_, into)
    require_unchanged(plan, task.fingerprint)
    plan = plan.reading_exactly(task.tally.exactly)
    load_plan = task.claim.load_plan(into, plan, lambda: sqlserver.cut_table(from_, plan))
    task.begin_reading(load_plan.age)
    loading = Loading(task, plan, load_plan, opened)
    task.claim.planned(plan, task.tally.attempts, at_one_moment=loading.at_one_moment)
    try:
        load = loading.fill(into, stack)
    except values.TextsAlteredError as found:
        task.tally.read_exactly(found.columns)
        raise
    task.claim.progress("prepare", loading.rows_read, load.rows)
    _prepare(task, load, into)
    warnings = load_plan.warnings + loading.warnings
    return Loaded(task, plan, load, loading.rows_read, load.rows, warnings, loading.refused)


def _prepare(task: Task, load: postgres.Load, into: postgres.TargetConnection) -> None:
    try:
        with task.deadline.ending(into.cancel):
            load.prepare()
    finally:
        task.tally.built += load.built


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
    names = postgres.names_beside(into, spec.target) if there is None else frozenset()
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
