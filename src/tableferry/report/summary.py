"""The last lines of a command: a run as a table with its totals, or one sentence."""

from rich import box
from rich.console import Console
from rich.table import Table

from tableferry.model.counting import counted, verb
from tableferry.report.console import LOG_WIDTH, MARKS, name, plain, print_indented
from tableferry.runs.outcome import RunOutcome, Status


def show_summary(run: RunOutcome, out: Console) -> None:
    """Show the run as a table, with its totals; tables without changes are one line above it."""
    idle = sum(outcome.idle for outcome in run.tables)
    if idle:
        unchanged = f"{counted(idle, 'table')} {verb(idle, 'is', 'are')} unchanged"
        print_indented(out, f"{unchanged} since {verb(idle, 'its', 'their')} last run", indent=0)
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


def show_run_line(run: RunOutcome, out: Console) -> None:
    """Show the run in one sentence: all that ``--quiet`` prints of a run without failures."""
    rows = counted(run.rows_written, "row")
    ok = show_share(run.count(Status.OK), len(run.tables))
    out.print(f"{ok}: {rows} in {run.seconds:.2f} s", soft_wrap=True)


def show_share(ok: int, count: int) -> str:
    """Return how many tables are ok, as markup: ``3 of 4 tables ok``."""
    colour = "green" if ok == count else "red"
    return f"[bold {colour}]{ok} of {counted(count, 'table')} ok[/]"


def _summary(run: RunOutcome, *, targets: bool, reading: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=True)
    table.add_column("table", footer="total", overflow="fold")
    if targets:
        table.add_column("target", overflow="fold")
    table.add_column("outcome", footer=f"{run.count(Status.OK)} of {len(run.tables)} ok")
    table.add_column("rows", justify="right", footer=f"{run.rows_written:,}")
    table.add_column("seconds", justify="right", footer=f"{run.seconds:.2f}")
    if reading:
        table.add_column("rows/s", justify="right", footer=f"{run.rows_per_second:,}")
        table.add_column("read as")
    for outcome in run.tables:
        if outcome.idle:
            continue
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
