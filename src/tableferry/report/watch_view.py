"""A watch: a line for each run, and what is new about its tables below it.

What a person has read once is not repeated with every run: an error or a warning of a table is
shown again only when it has become another one.
"""

import time
from collections.abc import Callable, Sequence
from typing import Final

from tableferry.config.table_file import FileChange
from tableferry.errors import ErrorReport
from tableferry.model.counting import counted
from tableferry.report.console import MARKS, name, plain, print_error, print_indented
from tableferry.report.run_view import LiveTables
from tableferry.report.screen import Screen
from tableferry.report.table_status import duration
from tableferry.runs.events import Event
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome
from tableferry.runs.rounds import Round, Watched, changed_rows

MOST_NAMED: Final = 10
"""Tables that a line names; the JSON of the run has all of them."""

_OF_THE_RUN: Final = ""
"""Whose warnings and errors they are that are no table's: no table has an empty key."""


class WatchView:
    """Shows the events and the runs of a watch.

    ``quiet``: only runs that are not ok, and what is wrong with the file of the tables.
    """

    def __init__(
        self,
        screen: Screen,
        *,
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._screen = screen
        self._quiet = quiet
        self._clock = clock
        self._live = LiveTables(screen, clock)
        self._errors: dict[str, ErrorReport] = {}
        self._warnings: dict[str, tuple[str, ...]] = {}

    def event(self, event: Event) -> None:
        """Show what is being done about a table; its outcome is a part of the run's line."""
        self._screen.doing(_OF_THE_RUN, None)
        self._live.event(event)

    def round(self, found: Round) -> None:
        """Show a run that has ended."""
        if self.shows(found):
            with self._screen.printing(always=True) as out:
                out.print(line_of(found), soft_wrap=True)
        if found.change is not None:
            self._show_change(found.change)
        self._show_news(found.result)

    def waiting(self, seconds: float) -> None:
        """Show on a terminal how long it is until the next run; a log has it in the run's line."""
        if self._screen.is_live:
            until = self._clock() + seconds
            self._screen.doing(
                _OF_THE_RUN, lambda _: f"  [dim]next run in {duration(until - self._clock())}[/]"
            )

    def shows(self, found: Round) -> bool:
        """Return whether a run has a line."""
        return not (self._quiet and found.status is Status.OK)

    def end(self, watched: Watched) -> None:
        """Show that the watch has ended."""
        runs = counted(watched.runs, "run")
        failed = f", {watched.failed:,} of them not ok" if watched.failed else ""
        with self._screen.printing(always=True) as out:
            out.print(f"stopped by {watched.stopped_by.name} after {runs}{failed}")

    def _show_change(self, change: FileChange) -> None:
        error = change.error
        with self._screen.printing(failed=error is not None) as out:
            if error is None:
                print_indented(out, f"[cyan]{plain(change.path)}[/] {plain(_changes(change))}", 4)
                return
            said = "has changed and cannot be used: the tables stay as they were"
            print_indented(out, f"[red]{plain(change.path)}[/] {said}", 4)
            print_error(out, error, 6)

    def _show_news(self, result: RunOutcome | ErrorReport) -> None:
        if isinstance(result, ErrorReport):
            self._tell_errors([(_OF_THE_RUN, result)])
            return
        self._tell_warnings([(_OF_THE_RUN, result.warnings)])
        self._tell_errors([(_OF_THE_RUN, None), *((one.table, one.error) for one in result.tables)])
        self._tell_warnings([(table.table, table.warnings) for table in result.tables])
        kept = {_OF_THE_RUN, *(table.table for table in result.tables)}
        for told in (self._errors, self._warnings):
            for key in set(told) - kept:
                del told[key]

    def _tell_errors(self, failed: Sequence[tuple[str, ErrorReport | None]]) -> None:
        """Show each error that is new for a table, and once if it is new for several.

        A server that cannot be reached fails all of its tables alike.
        """
        new: dict[ErrorReport, list[str]] = {}
        for key, error in failed:
            if error is None:
                self._errors.pop(key, None)
            elif self._errors.get(key) != error:
                self._errors[key] = error
                new.setdefault(error, []).append(key)
        if new:
            with self._screen.printing(failed=True) as out:
                for error, keys in new.items():
                    text = f"[red]{error.kind}[/]: {plain(error.message)}"
                    print_indented(out, f"{_whose(keys)}{text}", 4)
                    if error.hint:
                        print_indented(out, f"[cyan]hint[/]: {plain(error.hint)}", 6)

    def _tell_warnings(self, warned: Sequence[tuple[str, tuple[str, ...]]]) -> None:
        """Show each warning that is new for a table, and once if it is new for several.

        A warning about a database comes with each of its tables.
        """
        new: dict[str, list[str]] = {}
        for key, warnings in warned:
            for warning in warnings:
                if warning not in self._warnings.get(key, ()):
                    new.setdefault(warning, []).append(key)
            if warnings:  # a table that has not changed has none, and gets the same with next rows
                self._warnings[key] = warnings
        if new:
            with self._screen.printing() as out:
                for warning, keys in new.items():
                    of = _whose(keys)
                    print_indented(out, f"{of}[yellow]warning[/] {plain(warning)}", 4)


def _whose(keys: Sequence[str]) -> str:
    if keys == [_OF_THE_RUN]:
        return ""
    names = _listed([f"[bold]{name(key)}[/]" for key in keys])
    return f"{names}: "


def line_of(found: Round) -> str:
    """Return a run as one line of markup.

    When it began, its status, how many tables are ok, the rows, which tables have changed and how
    old their rows are, which failed, the oldest rows of all tables, and when the next run begins.
    """
    parts = [_totals(found)]
    if isinstance(found.result, RunOutcome):
        parts += _tables(found, found.result.tables)
    if found.outdated:
        parts.append("[yellow]table file not usable, tables as before[/]")
    if found.pause is not None:
        failing = counted(found.failures, "failed run")
        why = f", [yellow]backing off after {failing}[/]" if found.failures else ""
        parts.append(f"next in {duration(found.pause)}{why}")
    return f"{found.began:%Y-%m-%d %H:%M:%S}  {MARKS[found.status]}  {'; '.join(parts)}"


def _totals(found: Round) -> str:
    run = found.result
    if isinstance(run, ErrorReport):
        return f"no table was begun ({run.kind})"
    tables = f"{run.count(Status.OK):,} of {counted(len(run.tables), 'table')}"
    return f"{tables}, {counted(run.rows_written, 'row')} in {run.seconds:.2f} s"


def _tables(found: Round, tables: Sequence[TableOutcome]) -> list[str]:
    parts = []
    changed = [
        f"{name(table.table)} ({counted(changed_rows(table), 'row')}{_age(found, table)})"
        for table in tables
        if table.ok and changed_rows(table)
    ]
    failed = [
        f"[red]{name(table.table)}[/] ({table.error.kind if table.error else table.status})"
        for table in tables
        if not table.ok
    ]
    if changed:
        parts.append(f"changed: {_listed(changed)}")
    if failed:
        parts.append(f"not ok: {_listed(failed)}")
    if found.oldest:
        table, age = found.oldest
        parts.append(f"oldest rows: {duration(age)} ({name(table)})")
    return parts


def _age(found: Round, table: TableOutcome) -> str:
    age = found.ages.get(table.table)
    return "" if age is None else f", {duration(age)} old"


def _listed(items: Sequence[str]) -> str:
    more = len(items) - MOST_NAMED
    return ", ".join(items[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _changes(change: FileChange) -> str:
    words = (("added", change.added), ("removed", change.removed), ("altered", change.altered))
    found = [f"{word} {_listed(keys)}" for word, keys in words if keys]
    return f"has changed: {'; '.join(found)}" if found else "has changed, its tables have not"
