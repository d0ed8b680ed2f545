"""Carriers of the incremental tables, which their writers change all the time.

No other carrier has these tables, so that what its runs report is what becomes of them.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from chaos.carrier import Carrier, Process
from chaos.followed import FOLLOWED, Row, Shown, Wanted
from chaos.run_report import RunReport
from chaos.tracked import Moment
from chaos.warm import WarmProcess
from chaos.witness import SeenAt

Groups = tuple[tuple[str, ...], ...]

SHOWN: Final = 3
"""How many rows a violation shows."""


class IncrementalCarrier(Carrier):
    """Syncs the tables of ``groups``, one group at a time.

    ``together`` says whether they are published together; None: several are, one may be.
    """

    groups: Groups = ()
    together: bool | None = None

    def _choose(self) -> None:
        self.tables = self._chance.choice(self.groups)

    def _start(self, arguments: Sequence[str]) -> Process:
        idle = self._world.idle
        try:
            warm = idle.pop()
        except IndexError:
            warm = WarmProcess(self._world.environment())
        return warm.begin(arguments, idle)

    def _options(self) -> list[str]:
        """Return none for half of the runs: only then are tables without changes found together."""
        together = self.together
        if together is None:
            together = len(self.tables) > 1 or self._chance.random() < 0.5
        return ["--publish-together"] if together else []


class TrackedCarrier(IncrementalCarrier):
    """Syncs tables in mode change_tracking: an ``ok`` is of the run's beginning or later."""

    def __str__(self) -> str:
        return "tables with Change Tracking"

    def _wanted(self) -> Moment:
        return self._world.tracked.now()

    def _look(self, table: str) -> SeenAt | None:
        return self._witness.look_at_tracked(table)

    def _lacks(
        self,
        table: str,  # noqa: ARG002 - the moment is of all tables
        after: Any,
        wanted: Any,
        reports: Sequence[RunReport],  # noqa: ARG002 - a load that was resumed is caught up
    ) -> Sequence[str]:
        is_older = after is None or after.moment < wanted
        return [f"{after} is older than {wanted}"] if is_older else []


class FollowedCarrier(IncrementalCarrier):
    """Syncs tables in the modes rowversion and watermark.

    After an ``ok`` no row is missing that was committed before, in mode rowversion below the lowest
    rowversion of an open transaction; none is left, where keys were compared, that was gone before.
    """

    def __str__(self) -> str:
        return "tables followed by a column"

    def _wanted(self) -> Wanted:
        return self._world.followed.now(self.tables)

    def _look(self, table: str) -> Shown | None:
        return self._witness.look_at_followed(table)

    def _lacks(
        self, table: str, after: Any, wanted: Any, reports: Sequence[RunReport]
    ) -> Sequence[str]:
        if any(report.resumed(table) for report in reports):
            return []  # its first rows were read before this run began
        if after is None:
            return ["it is not there"]
        followed = self._world.followed
        lacks = [_rows("is without", followed.missing(table, after, wanted))]
        compared = any(report.compared_keys(table) for report in reports)
        is_reconciled = FOLLOWED[table]["deletes"] == "reconcile"
        if compared and is_reconciled:
            lacks.append(_rows("still has", followed.left_over(table, after, wanted)))
        if is_reconciled and not compared and FOLLOWED[table]["reconcile_every"] == 0:
            lacks.append("its keys were not compared")
        return [lack for lack in lacks if lack]


def _rows(verb: str, rows: Iterable[Row]) -> str:
    found = sorted(rows)
    return f"{verb} {len(found)} rows, like {found[:SHOWN]}" if found else ""
