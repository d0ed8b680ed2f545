"""The loads of tables that become visible together, in the order that their connections allow.

They share one connection to the target, on which a load into a staging table commits in between,
while one that goes straight into its target keeps a transaction open; and, where their mode reads
at one moment, one snapshot of each source database, which is begun when the long loads are done.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from tableferry import postgres, sqlserver
from tableferry.modes import mode_of
from tableferry.runs.catch_up import CaughtUp
from tableferry.runs.effort import Effort, Loaded
from tableferry.runs.load_table import (
    PlannedLoad,
    catch_up,
    load_rows,
    plan_load,
    planned_in_snapshot,
    prepare,
)
from tableferry.runs.task import Task


def load_together(
    efforts: Sequence[Effort], into: postgres.TargetConnection, stack: contextlib.ExitStack
) -> list[Loaded] | None:
    """Plan and load these tables, up to the moment before they are published.

    None where some texts have to be read again as bytes. ``stack`` closes what stays open. Raises
    TableferryError.
    """
    planned = [_plan(effort, into, stack, alone=len(efforts) == 1) for effort in efforts]
    with _Snapshots() as snapshots:
        loading = _Loading(into, stack, snapshots)
        whole = loading.load(planned)
    if not whole:
        return None
    return [loading.loaded[effort.task.spec.key] for effort in efforts]


def _plan(
    effort: Effort, into: postgres.TargetConnection, stack: contextlib.ExitStack, *, alone: bool
) -> PlannedLoad:
    with effort.blamed():
        planned = plan_load(effort, into, stack, alone=alone)
        if not alone:
            planned.disconnect()
    return planned


@dataclass(slots=True)
class _Loading:
    """The loads of one attempt. ``locked``: readers of a target wait for the open transaction."""

    into: postgres.TargetConnection
    stack: contextlib.ExitStack
    snapshots: "_Snapshots"
    loaded: dict[str, Loaded] = field(default_factory=dict)
    locked: bool = False

    def load(self, planned: Sequence[PlannedLoad]) -> bool:
        """Load all; False where some texts have to be read again as bytes."""
        long = [one for one in planned if one.caught_up]
        # Last those that hold one transaction open: a staged load would commit it for them, and
        # some lock readers out from their first row.
        others = sorted(
            (one for one in planned if not one.caught_up), key=lambda one: one.holds_transaction
        )
        alone = len(planned) == 1
        filled = [(one, self._fill(one)) for one in long]
        staged = [one for one in others if not one.holds_transaction]
        if not all(self._load(one, alone=alone) for one in staged):
            return False
        caught = [(one, load, self._catch_up(one, load)) for one, load in filled if load]
        if len(caught) < len(long) or not all(found for _, _, found in caught):
            return False
        for one, load, found in caught:
            self._prepare(one, load, found)
        return all(self._load(one, alone=alone) for one in others if one.holds_transaction)

    def _load(self, one: PlannedLoad, *, alone: bool) -> bool:
        if mode_of(one.plan.spec).at_one_moment and not alone:
            with one.effort.blamed(), self.snapshots.of(one.effort.task) as from_:
                one = planned_in_snapshot(one, from_)
                return self._filled_and_prepared(one)
        return self._filled_and_prepared(one)

    def _filled_and_prepared(self, one: PlannedLoad) -> bool:
        load = self._fill(one)
        if load is None:
            return False
        self._prepare(one, load)
        self.locked = self.locked or one.plan.locks_target
        return True

    def _fill(self, one: PlannedLoad) -> postgres.Load | None:
        with one.effort.blamed():
            return load_rows(one, self.into, self.stack, locked=self.locked)

    def _catch_up(self, one: PlannedLoad, load: postgres.Load) -> CaughtUp | None:
        with one.effort.blamed(), self.snapshots.of(one.effort.task) as from_:
            return catch_up(one, load, from_)

    def _prepare(
        self, one: PlannedLoad, load: postgres.Load, caught: CaughtUp | None = None
    ) -> None:
        with one.effort.blamed():
            self.loaded[one.effort.task.spec.key] = prepare(one, load, self.into, caught)


class _Snapshots:
    """One connection to each source database, in one snapshot for all tables; opened when needed.

    They are closed at the end, in which the server ends the snapshots.
    """

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], sqlserver.SourceConnection] = {}

    @contextlib.contextmanager
    def of(self, task: Task) -> Iterator[sqlserver.SourceConnection]:
        """Lend the connection to the task's database; what is read over it is of one moment."""
        place = (task.spec.db_type, task.spec.database.lower())
        if place not in self._open:
            connection = self._open[place] = task.open_source()
            connection.begin_snapshot()
        with self._open[place].lent():
            yield self._open[place]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for connection in self._open.values():
            if kind is not None:
                connection.keep = None
            connection.close()
