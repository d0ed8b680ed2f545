"""One attempt at one table, up to the moment before it is published: the order of its steps.

plan_load: claim -> plan -> extract -> cut; load_table: load (``transfer.table_loader``) -> prepare;
``runs.publish`` then makes it visible. Nothing in the target is touched before the first rows (or
the source's "there are none") have arrived; a failure before the commit leaves the old rows.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from tableferry import postgres, sqlserver, values
from tableferry.model.key_range import WHOLE_TABLE
from tableferry.modes import MODES, Extract
from tableferry.planning.plan import SyncPlan
from tableferry.runs.effort import Effort, Loaded, ReadAgain
from tableferry.runs.make_plan import make_plan, require_unchanged
from tableferry.transfer.load_plan import LoadPlan
from tableferry.transfer.table_loader import TableLoader


@dataclass(frozen=True, slots=True)
class PlannedLoad:
    """A table that is planned and cut, with the connection in ``opened`` that planned it."""

    effort: Effort
    plan: SyncPlan
    extract: Extract
    load_plan: LoadPlan
    loader: TableLoader
    opened: list[sqlserver.SourceConnection]

    @property
    def holds_transaction(self) -> bool:
        """Whether its rows go straight into the target, in a transaction open until the commit.

        A load into a staging table commits in between, so it must be complete before such a one.
        """
        if self.plan.strategy is None:
            return not self.load_plan.in_chunks
        return not self.plan.strategy.staged

    def disconnect(self) -> None:
        """Close the source connection: other tables are loaded first; a reader opens its own."""
        while self.opened:
            self.opened.pop().close()


def plan_load(
    effort: Effort, into: postgres.TargetConnection, stack: contextlib.ExitStack
) -> PlannedLoad:
    """Plan the table and cut it into chunks; raises TableferryError."""
    task, stats = effort.task, effort.begin_attempt()
    task.claim.begin_attempt(into)
    from_ = task.open_source()
    opened = stack.enter_context(_until_taken(from_))
    plan = make_plan(task.spec, from_, into)
    require_unchanged(plan, task.fingerprint)
    plan = plan.reading_as_utf16(effort.exactly)
    # A new table or column has no values of the rows that have not changed since.
    lacks_rows = plan.create is not None or plan.drift.added
    watermark = None if lacks_rows else task.claim.watermark(into, plan)
    extract = MODES[plan.spec.mode].extract(plan, watermark, from_.rows)
    extract.require_sound(watermark)
    load_plan = task.claim.load_plan(into, plan, lambda: _cut(from_, plan, extract))
    effort.begin_reading(load_plan.age)
    loader = TableLoader(
        plan, extract, load_plan, access=effort.access(plan), stats=stats, opened=opened
    )
    task.claim.planned(plan, len(effort.attempts), at_one_moment=loader.at_one_moment)
    return PlannedLoad(effort, plan, extract, load_plan, loader, opened)


def load_table(
    planned: PlannedLoad, into: postgres.TargetConnection, stack: contextlib.ExitStack
) -> Loaded | ReadAgain:
    """Load the rows and prepare them for publishing; ``stack`` closes what stays open.

    Raises TableferryError.
    """
    effort, plan, loader = planned.effort, planned.plan, planned.loader
    if not planned.load_plan.age:
        effort.begin_reading(0.0)
    try:
        load = loader.fill(into, stack)
    except values.TextsAlteredError as found:
        effort.read_exactly(found.columns)
        return ReadAgain(effort)
    effort.task.claim.progress("prepare", loader.rows_read, load.rows)
    try:
        with effort.task.deadline.ending(into.cancel):
            load.prepare()
    finally:
        effort.stats.built = load.built
    return Loaded(
        effort,
        plan,
        load,
        loader.rows_read,
        load.rows,
        planned.load_plan.warnings + loader.warnings,
        loader.refused,
        planned.extract.complete,
        planned.extract.next_watermark,
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
    """Close the connection, unless a reader has taken it from the list: then the reader closes it.

    A reader may be stuck in the driver, where no other thread may touch the connection.
    """
    opened = [connection]
    try:
        yield opened
    finally:
        for left in opened:
            left.close()
