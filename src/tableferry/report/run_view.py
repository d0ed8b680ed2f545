"""A run in the terminal: progress while tables are copied, each table's outcome, and a summary.

A terminal gets live progress bars; a pipe or a log gets a plain line now and then.
"""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from rich import box
from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn
from rich.progress import Progress as LiveProgress
from rich.table import Table

from tableferry.report.console import (
    LOG_WIDTH,
    MARKS,
    console,
    counted,
    name,
    plain,
    print_error,
    print_indented,
    print_marked,
)
from tableferry.runs.events import Progress
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome

LOG_SECONDS: Final = 10.0
"""Between two lines of a table in a log. A line a batch would be 100,000 for a billion rows."""


class RunView:
    """Shows a run as it goes on: a context manager whose methods are the run's callbacks."""

    def __init__(
        self, out: Console | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._out = out or console()
        self._clock = clock
        self._next_line: dict[str, float] = {}
        self._live = LiveProgress(
            TextColumn("  {task.description:<24}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[share]:>5}  {task.completed:>12,.0f} rows"),
            TextColumn("{task.fields[rate]:>10} rows/s"),
            console=self._out,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live.live.is_started:
            self._live.stop()

    def progress(self, now: Progress) -> None:
        """Show how far a table is."""
        if not self._out.is_terminal:
            self._progress_line(now)
            return
        share = "" if now.share is None else f"{now.share:.0%}"
        rate = f"{now.rows_per_second:,}"
        if now.table not in self._tasks:
            self._live.start()
            self._tasks[now.table] = self._live.add_task(name(now.table), share="", rate="")
        self._live.update(
            self._tasks[now.table],
            total=now.expected,
            completed=now.rows,
            share=share,
            rate=rate,
        )

    def _progress_line(self, now: Progress) -> None:
        """Print a line for the first batch of a table, and then every LOG_SECONDS."""
        moment = self._clock()
        if moment < self._next_line.get(now.table, moment):
            return
        self._next_line[now.table] = moment + LOG_SECONDS
        share = "" if now.share is None else f"  {now.share:>4.0%}"
        rate = f"{now.rows_per_second:,}"
        numbers = f"{share}  {now.rows:>12,} rows  {rate:>10} rows/s"
        self._out.print(f"  {name(now.table):<24}{numbers}", soft_wrap=True)

    def outcome(self, outcome: TableOutcome) -> None:
        """Show how a table ended."""
        task = self._tasks.pop(outcome.table, None)
        if task is not None:
            self._live.remove_task(task)
        where = ""
        if outcome.status is Status.OK:
            created = " (created)" if outcome.created else ""
            rows = counted(outcome.rows_written, "row")
            where = f" -> {name(outcome.target)}{created}: {rows} in {outcome.seconds:.2f} s"
        mark = MARKS[outcome.status]
        print_marked(self._out, mark, f"[bold]{name(outcome.table)}[/]{where}")
        _print_remarks(self._out, outcome)


def show_summary(run: RunOutcome, out: Console | None = None) -> None:
    """Show the run as a table, with its totals."""
    out = out or console()
    # Targets were shown table by table. Without them the summary fits 80 columns, and without the
    # last two columns 60.
    shapes = ((True, True), (False, True), (False, False))
    tables = [_summary(run, targets=targets, reading=reading) for targets, reading in shapes]
    unfolded = out.options.update(width=LOG_WIDTH)
    fitting = (
        table for table in tables if out.measure(table, options=unfolded).maximum <= out.width
    )
    out.print(next(fitting, tables[-1]))
    for warning in run.warnings:
        print_indented(out, f"[yellow]warning[/] {plain(warning)}", indent=0)


def _summary(run: RunOutcome, *, targets: bool, reading: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=True)
    table.add_column("table", footer="total", overflow="fold")
    if targets:
        table.add_column("target", overflow="fold")
    table.add_column("outcome", footer=f"{run.count(Status.OK)} of {len(run.tables)} ok")
    table.add_column("rows", justify="right", footer=f"{run.rows_written:,}")
    table.add_column("seconds", justify="right", footer=f"{run.seconds:.2f}")
    rate = round(run.rows_written / run.seconds) if run.seconds else 0
    if reading:
        table.add_column("rows/s", justify="right", footer=f"{rate:,}")
        table.add_column("read as")
    for outcome in run.tables:
        created = " (created)" if outcome.created else ""
        table.add_row(
            name(outcome.table),
            *([name(outcome.target) + created] if targets else []),
            MARKS[outcome.status],
            f"{outcome.rows_written:,}",
            f"{outcome.seconds:.2f}",
            *([f"{outcome.rows_per_second:,}", outcome.consistency] if reading else []),
        )
    return table


def _print_remarks(out: Console, outcome: TableOutcome) -> None:
    """Print what a person should know of a table besides its numbers."""
    remarks = []
    if outcome.changes:
        changes = ", ".join(f"{count:,} {what}" for what, count in outcome.changes.items())
        remarks.append(f"[cyan]merged[/] {changes}")
    remarks += [f"[yellow]retried[/] after: {plain(reason)}" for reason in outcome.retried]
    remarks += [f"[yellow]warning[/] {plain(warning)}" for warning in outcome.warnings]
    remarks += [
        f"[yellow]declared loss[/] {name(column)}: {plain(loss)}" for column, loss in outcome.losses
    ]
    remarks += [
        f"[yellow]{what}[/] {name(column)}: {counted(count, noun)}, {plain(reason)}"
        for what, noun, columns in (
            ("touched", "value", outcome.touched),
            ("quarantined", "row", outcome.quarantined),
        )
        for column, reasons in columns.items()
        for reason, count in reasons.items()
    ]
    for remark in remarks:
        print_indented(out, remark, indent=4)
    if outcome.error:
        print_error(out, outcome.error, indent=4)
