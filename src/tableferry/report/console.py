"""The terminal: progress while tables cross, a summary, and errors.

A terminal gets live lines, a pipe or a log gets one plain line a batch. Errors go to stderr.
"""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.progress import BarColumn, TaskID, TextColumn
from rich.progress import Progress as LiveProgress
from rich.table import Table

from tableferry.errors import ErrorReport, TableferryError
from tableferry.sync.outcome import RunOutcome, Status, TableOutcome
from tableferry.sync.progress import Progress

MARKS: Final = {
    **{status: f"[yellow]{status}[/]" for status in Status},
    Status.OK: "[green]ok[/]",
    Status.FAILED: "[red]failed[/]",
}

LOG_WIDTH: Final = 160
"""Columns where there is no terminal to ask: wide enough that no line of a log is folded."""


def console(*, stderr: bool = False) -> Console:
    """Return a console for this process's output."""
    out = Console(stderr=stderr, highlight=False)
    return out if out.is_terminal else Console(stderr=stderr, highlight=False, width=LOG_WIDTH)


class RunView:
    """Shows a run while it goes on; a context manager.

    Pass ``progress`` and ``outcome`` to ``sync_tables``, its result to ``summary``.
    """

    def __init__(self, out: Console | None = None) -> None:
        self._out = out or console()
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
        if self._out.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._out.is_terminal:
            self._live.stop()

    def progress(self, now: Progress) -> None:
        """Show how far a table is."""
        share = "" if now.share is None else f"{now.share:.0%}"
        rate = f"{now.rows_per_second:,}"
        if not self._out.is_terminal:
            of = f"  {share:>4}" if share else ""
            self._out.print(f"  {now.table:<24}{of}  {now.rows:>12,} rows  {rate:>10} rows/s")
            return
        if now.table not in self._tasks:
            self._tasks[now.table] = self._live.add_task(now.table, share="", rate="")
        self._live.update(
            self._tasks[now.table],
            total=now.expected,
            completed=now.rows,
            share=share,
            rate=rate,
        )

    def outcome(self, outcome: TableOutcome) -> None:
        """Show how a table ended."""
        task = self._tasks.pop(outcome.table, None)
        if task is not None:
            self._live.remove_task(task)
        mark = MARKS[outcome.status]
        if outcome.status is Status.OK:
            made = " (created)" if outcome.created else ""
            told = (
                f" -> {escape(outcome.target)}{made}: "
                f"{outcome.rows_written:,} rows in {outcome.seconds:.2f} s"
            )
        else:
            told = ""
        print_marked(self._out, mark, f"[bold]{escape(outcome.table)}[/]{told}")
        self._remarks(outcome)

    def summary(self, run: RunOutcome) -> None:
        """Show the run as a table, with its totals."""
        # The lines above have told the targets; without them the rest fits 80 columns, and without
        # the last two columns 60.
        shapes = ((True, True), (False, True), (False, False))
        tables = [self._summary(run, targets=targets, ways=ways) for targets, ways in shapes]
        unfolded = self._out.options.update(width=LOG_WIDTH)
        fitting = (
            table
            for table in tables
            if self._out.measure(table, options=unfolded).maximum <= self._out.width
        )
        self._out.print(next(fitting, tables[-1]))
        for warning in run.warnings:
            print_indented(self._out, f"[yellow]warning[/] {escape(warning)}", indent=0)

    @staticmethod
    def _summary(run: RunOutcome, *, targets: bool, ways: bool) -> Table:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=True)
        table.add_column("table", footer="total", overflow="fold")
        if targets:
            table.add_column("target", overflow="fold")
        table.add_column("outcome", footer=f"{run.count(Status.OK)} of {len(run.tables)} ok")
        table.add_column("rows", justify="right", footer=f"{run.rows_written:,}")
        table.add_column("seconds", justify="right", footer=f"{run.seconds:.2f}")
        rate = round(run.rows_written / run.seconds) if run.seconds else 0
        if ways:
            table.add_column("rows/s", justify="right", footer=f"{rate:,}")
            table.add_column("read as")
        for outcome in run.tables:
            made = " (created)" if outcome.created else ""
            table.add_row(
                escape(outcome.table),
                *([escape(outcome.target) + made] if targets else []),
                MARKS[outcome.status],
                f"{outcome.rows_written:,}",
                f"{outcome.seconds:.2f}",
                *([f"{outcome.rows_per_second:,}", outcome.consistency] if ways else []),
            )
        return table

    def _remarks(self, outcome: TableOutcome) -> None:
        if outcome.changes:
            told = ", ".join(f"{count:,} {what}" for what, count in outcome.changes.items())
            print_indented(self._out, f"[cyan]merged[/] {told}", indent=4)
        for reason in outcome.retried:
            print_indented(self._out, f"[yellow]tried again[/] after: {escape(reason)}", indent=4)
        for warning in outcome.warnings:
            print_indented(self._out, f"[yellow]warning[/] {escape(warning)}", indent=4)
        for column, loss in outcome.losses:
            print_indented(
                self._out, f"[yellow]declared loss[/] {escape(column)}: {escape(loss)}", indent=4
            )
        for column, reasons in outcome.touched.items():
            for reason, count in reasons.items():
                text = f"[yellow]touched[/] {escape(column)}: {count:,} values, {escape(reason)}"
                print_indented(self._out, text, indent=4)
        for column, reasons in outcome.quarantined.items():
            for reason, count in reasons.items():
                text = f"[yellow]quarantined[/] {escape(column)}: {count:,} rows, {escape(reason)}"
                print_indented(self._out, text, indent=4)
        if outcome.error:
            print_error(self._out, outcome.error, indent=4)


def show_info(info: Mapping[str, Any], out: Console | None = None) -> None:
    """Show nested facts, one a line, indented as they are nested."""
    _print_nested(out or console(), info, 0)


def show_error(error: TableferryError) -> None:
    """Show why nothing was run, on stderr."""
    print_error(console(stderr=True), ErrorReport.of(error), indent=0)


def print_error(out: Console, error: ErrorReport, indent: int) -> None:
    """Print the reason, and the hint where there is one."""
    print_indented(out, f"[red]{error.kind}[/]: {escape(error.message)}", indent)
    if error.hint:
        print_indented(out, f"[cyan]hint[/]: {escape(error.hint)}", indent)


def print_indented(out: Console, text: str, indent: int) -> None:
    """Print text, every line of it indented; only a terminal folds a long one, under itself."""
    for line in text.split("\n"):
        bare = line.lstrip(" ")
        margin = indent + len(line) - len(bare)
        if out.is_terminal:
            out.print(Padding(bare, (0, 0, 0, margin), expand=False))
        else:
            out.print(" " * margin + bare, soft_wrap=True)


def print_marked(out: Console, mark: str, text: str) -> None:
    """Print text behind a mark; where a terminal folds it, it goes on under itself."""
    if out.is_terminal:
        line = Table.grid(padding=(0, 2, 0, 0))
        line.add_row(mark, text)
        out.print(line)
    else:
        out.print(f"{mark}  {text}", soft_wrap=True)


def _print_nested(out: Console, value: Mapping[str, Any], indent: int) -> None:
    for key, inner in value.items():
        name = escape(str(key))
        if isinstance(inner, Mapping):
            print_indented(out, f"[bold]{name}[/]", indent)
            _print_nested(out, inner, indent + 2)
        elif isinstance(inner, Sequence) and not isinstance(inner, str):
            print_indented(out, f"{name}: {escape(', '.join(map(str, inner)))}", indent)
        else:
            print_indented(out, f"{name}: {escape(str(inner))}".rstrip(), indent)
