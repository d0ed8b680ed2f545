"""One attempt at one table, up to the moment before it is published: the order of its steps.

plan_load: claim -> plan -> extract -> cut; load_rows (``transfer.table_loader``); for rows of
several moments catch_up: the changes since; prepare; ``runs.publish`` then makes it visible.
Nothing in the target is touched before the first rows (or
the source's "there are none") have arrived; a failure before the commit leaves the old rows.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tableferry import postgres, sqlserver, values
from tableferry.errors import TransientError
from tableferry.model.key_range import WHOLE_TABLE
from tableferry.model.watermark import Watermark
from tableferry.modes import Extract, mode_of
from tableferry.planning.exact_keys import require_exact_keys
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.ledger import NewWatermark
from tableferry.runs.catch_up import CaughtUp
from tableferry.runs.catch_up import catch_up as apply_changes
from tableferry.runs.claim import contents_of, settings_of
from tableferry.runs.effort import Effort, Loaded
from tableferry.runs.events import Phase
from tableferry.runs.plan_reading import plan_reading
from tableferry.runs.task import Task
from tableferry.transfer.load_plan import LoadPlan
from tableferry.transfer.table_loader import TableLoader


@dataclass(frozen=True, slots=True)
class PlannedLoad:
    """A table that is planned and cut, with the connection in ``opened`` that planned it.

    ``since`` is the watermark that the mode was given.
    """

    effort: Effort
    plan: SyncPlan
    extract: Extract
    load_plan: LoadPlan
    loader: TableLoader
    since: Watermark | None
    opened: list[sqlserver.SourceConnection]

    @property
    def caught_up(self) -> bool:
        """Whether its rows are of several moments, and get the changes of a later snapshot."""
        return mode_of(self.plan.spec).at_one_moment and self.load_plan.in_chunks

    @property
    def watermark(self) -> str | None:
        """How far the source was read when its first row was."""
        if self.load_plan.in_chunks:
            return self.load_plan.watermark
        return self.extract.next_watermark

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
    effort: Effort, into: postgres.TargetConnection, stack: contextlib.ExitStack, *, alone: bool
) -> PlannedLoad:
    """Plan the table and cut it into chunks; raises TableferryError.

    Where it is not loaded ``alone``, a mode that reads at one moment is asked again later.
    """
    task, stats = effort.task, effort.begin_attempt()
    into.on_wait = effort.await_sessions
    if len(effort.attempts) > 1:
        effort.enter(Phase.CONNECT)
        if task.answers:
            task.answers.forget(task.source)
    task.claim.begin_attempt(into)
    from_ = task.open_source()
    opened = stack.enter_context(_until_taken(from_))
    effort.enter(Phase.PLAN)
    plan, since, extract = plan_reading(effort, from_, into)
    mode = mode_of(plan.spec)
    load_plan = task.claim.load_plan(
        into, plan, lambda: _cut(from_, plan, extract), extract.next_watermark
    )
    caught_up = mode.at_one_moment and load_plan.in_chunks
    effort.sifts = effort.keeps_refused and (
        effort.sifts
        or load_plan.in_chunks
        or not extract.complete
        or task.claim.refused_before(into)
    )
    if mode.at_one_moment and (caught_up or not alone):
        from_.end_snapshot()
    effort.begin_reading(load_plan.age)
    loader = TableLoader(
        plan,
        extract,
        load_plan,
        access=effort.access(plan, complete=extract.complete),
        stats=stats,
        opened=opened,
        caught_up=caught_up,
        sifts=effort.sifts,
    )
    task.claim.planned(plan, len(effort.attempts), at_one_moment=loader.at_one_moment)
    return PlannedLoad(effort, plan, extract, load_plan, loader, since, opened)


def load_rows(
    planned: PlannedLoad,
    into: postgres.TargetConnection,
    stack: contextlib.ExitStack,
    *,
    locked: bool = False,
) -> postgres.Load | None:
    """Load the rows; None where texts have to be read again as bytes, as the effort has noted.

    ``stack`` closes what stays open. ``locked``: readers of another table wait for the open
    transaction. Raises TableferryError.
    """
    effort = planned.effort
    into.on_wait = effort.await_sessions
    effort.enter(Phase.LOAD)
    if not planned.load_plan.age:
        effort.begin_reading(0.0)
    try:
        return planned.loader.fill(into, stack, locked=locked)
    except values.TextsAlteredError as found:
        effort.read_exactly(found.columns)
        return None


def planned_in_snapshot(planned: PlannedLoad, from_: sqlserver.SourceConnection) -> PlannedLoad:
    """Ask the mode again, over a connection in a snapshot that other tables are read in, too.

    Raises TransientError where what it wants to read is of another kind now.
    """
    effort, plan, extract = planned.effort, planned.plan, planned.extract
    mode = mode_of(plan.spec)
    again = mode.extract(plan, planned.since, from_.rows)
    changed = again.complete != extract.complete
    if again.complete and extract.next_watermark is not None:
        # The catalog is not in the snapshot, which has begun before it was asked about this table:
        # what was found before that has to hold still.
        known = Watermark(extract.next_watermark, is_of_this_load=True)
        changed = changed or mode.extract(plan, known, from_.rows).complete
    if changed:
        raise TransientError(
            f"{plan.spec.source} has changed between its plan and its snapshot",
            hint="Nothing was changed. The next attempt plans again.",
        )
    again = replace(again, reason=extract.reason or again.reason)
    loader = TableLoader(
        plan,
        again,
        planned.load_plan,
        access=effort.access(plan, complete=again.complete),
        stats=effort.stats,
        opened=[from_],
        sifts=effort.sifts,
    )
    return replace(planned, extract=again, loader=loader)


def catch_up(
    planned: PlannedLoad, load: postgres.Load, from_: sqlserver.SourceConnection
) -> CaughtUp | None:
    """Bring a load in chunks to the moment of the connection's snapshot; None as ``load_rows``."""
    effort = planned.effort
    try:
        caught = apply_changes(
            planned.plan,
            load,
            planned.load_plan.watermark,
            from_,
            check=effort.task.deadline.check,
            refusals=planned.loader.refusals,
            restart=effort.task.claim.restart,
            record=effort.task.claim.amended,
        )
    except values.TextsAlteredError as found:
        effort.read_exactly(found.columns)
        return None
    effort.begin_reading(0.0)
    return caught


def prepare(
    planned: PlannedLoad,
    load: postgres.Load,
    into: postgres.TargetConnection,
    caught: CaughtUp | None = None,
) -> Loaded:
    """Do what is left to do before the rows are published; raises TableferryError."""
    effort, plan, loader = planned.effort, planned.plan, planned.loader
    into.on_wait = effort.await_sessions
    require_exact_keys(plan, values.altered(effort.stats.touched))
    read = loader.rows_read + (caught.rows if caught else 0)
    effort.enter(Phase.PREPARE)
    effort.task.claim.progress(Phase.PREPARE, read, load.rows)
    try:
        with effort.task.deadline.ending(into.cancel):
            load.prepare()
    finally:
        effort.stats.built = load.built
    extract = planned.extract
    late = caught.warnings if caught else ()
    warnings = (*planned.load_plan.warnings, *extract.warnings, *loader.warnings, *late)
    return Loaded(
        effort,
        plan,
        load,
        read,
        load.rows,
        tuple(dict.fromkeys(warnings)),
        caught.refused if caught else loader.refused,
        extract.complete and not plan.ignores_deletes,
        extract.reason,
        new_watermark(
            effort.task,
            plan,
            planned.watermark if caught is None else caught.watermark,
            every_row=extract.complete,
            reconciled=extract.complete or extract.reconcile,
        ),
    )


def new_watermark(
    task: Task, plan: SyncPlan, value: str | None, *, every_row: bool, reconciled: bool
) -> NewWatermark | None:
    """Return what is to be written with the rows, None where the mode keeps no watermark.

    ``every_row`` was read; ``reconciled``: the target has no key that the source lacks.
    """
    if value is None:
        return None
    contents = contents_of(plan, task.settings)
    entry = settings_of(task.spec, task.settings)
    return NewWatermark(
        str(plan.spec.mode), value, contents, entry, reconciled=reconciled, every_row=every_row
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
    except BaseException:
        for left in opened:
            left.keep = None  # nothing more is asked of it: what failed may be this
        raise
    finally:
        for left in opened:
            left.close()
