"""A run as it goes on: what is being done, and each table's outcome.

What became of a table is a result and goes to stdout where the table is ok, to stderr where not.
"""

import time
from collections.abc import Callable

from rich.console import Console

from tableferry.model.counting import counted
from tableferry.report.console import (
    MARKS,
    name,
    plain,
    print_error,
    print_indented,
    print_marked,
    print_warning,
)
from tableferry.report.screen import Screen
from tableferry.report.table_status import TableStatus
from tableferry.report.verify_view import verdict_line
from tableferry.runs.events import Event, TableFinished, TableVerified
from tableferry.runs.outcome import Status, TableOutcome


class LiveTables:
    """Shows what is being done about each table of a run, until the table has its outcome."""

    def __init__(self, screen: Screen, clock: Callable[[], float] = time.monotonic) -> None:
        self._screen = screen
        self._clock = clock
        self._tables: dict[str, TableStatus] = {}

    def event(self, event: Event) -> None:
        """Show the next event."""
        if isinstance(event, TableFinished | TableVerified):
            self._tables.pop(event.table, None)
            self._screen.doing(event.table, None)
            return
        if event.table not in self._tables:
            self._tables[event.table] = TableStatus(event.table, self._clock)
        status = self._tables[event.table]
        status.take(event)
        self._screen.doing(event.table, status.line)


class RunView:
    """Shows a run's events: its method ``event`` is the run's callback."""

    def __init__(self, screen: Screen, clock: Callable[[], float] = time.monotonic) -> None:
        self._screen = screen
        self._live = LiveTables(screen, clock)
        self._warnings: set[str] = set()

    def event(self, event: Event) -> None:
        """Show the next event."""
        self._live.event(event)
        if isinstance(event, TableFinished):
            self._ended(event.outcome)

    def _ended(self, outcome: TableOutcome) -> None:
        """Show how a table ended; one without changes is counted in the summary."""
        if outcome.idle:
            return
        with self._screen.printing(failed=not outcome.ok) as out:
            show_outcome(outcome, out, self._warnings)


def show_outcome(outcome: TableOutcome, out: Console, shown: set[str]) -> None:
    """Show how a table ended, and what a person should know of it.

    ``shown`` holds the warnings that were shown before, and gets this table's.
    """
    where = ""
    if outcome.status is Status.OK:
        created = " (created)" if outcome.created else ""
        rows = counted(outcome.rows_written, "row")
        where = f" -> {name(outcome.target)}{created}: {rows} in {outcome.seconds:.2f} s"
    print_marked(out, MARKS[outcome.status], f"[bold]{name(outcome.table)}[/]{where}")
    for remark in _before(outcome):
        print_indented(out, remark, indent=4)
    for warning in outcome.warnings:
        print_warning(out, warning, 4, shown)
    for remark in _after(outcome):
        print_indented(out, remark, indent=4)
    if outcome.error:
        print_error(out, outcome.error, indent=4)


def _before(outcome: TableOutcome) -> list[str]:
    """Return what is said of a table before its warnings, as markup."""
    remarks = []
    if outcome.changes:
        changes = ", ".join(f"{count:,} {what}" for what, count in outcome.changes.items())
        remarks.append(f"[cyan]merged[/] {changes}")
    if outcome.reconciled:
        compared, deleted = outcome.reconciled["compared"], outcome.reconciled["deleted"]
        keys = f"{counted(compared, 'key')} of the source, {deleted:,} only in the target"
        remarks.append(f"[cyan]reconciled[/] {keys}")
    if outcome.verified:
        remarks.append(f"[cyan]verified[/] {verdict_line(outcome.verified)}")
    return remarks + [f"[yellow]retried[/] after: {plain(reason)}" for reason in outcome.retried]


def _after(outcome: TableOutcome) -> list[str]:
    """Return what is said of a table's values, as markup."""
    remarks = [
        f"[yellow]declared loss[/] {name(column)}: {plain(loss)}" for column, loss in outcome.losses
    ]
    remarks += [
        f"[yellow]{what}[/] {name(column)}: {counted(count, noun)}, {plain(reason)}"
        for what, noun, columns in (
            ("altered", "value", outcome.touched),
            ("quarantined", "row", outcome.quarantined),
        )
        for column, reasons in columns.items()
        for reason, count in reasons.items()
    ]
    return remarks
