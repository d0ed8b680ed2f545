"""A plan in the terminal: what a sync would do, table by table."""

from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from tableferry.inspect.next_read import NextRead
from tableferry.inspect.plan_report import PlanReport, TablePlan
from tableferry.model.counting import counted
from tableferry.model.depth import Depth
from tableferry.planning.plan import SyncPlan
from tableferry.report.console import name, plain, print_error, print_indented

_VERIFIED: Final = {
    Depth.ROWS: "every value of what was published",
    Depth.SAMPLE: "a sample of what was published",
    Depth.COUNT: "the number of rows that were published",
}


def show_plan(report: PlanReport, out: Console) -> None:
    """Show each plan of a report."""
    for table in report.tables:
        show_table_plan(out, table)


def show_table_plan(out: Console, table: TablePlan) -> None:
    """Show what is read, created, converted and lost, and how long readers wait."""
    route = f"{name(table.spec.source)} -> {name(table.spec.target)}"
    print_indented(out, f"[bold]{name(table.spec.key)}[/]: {route}", 0)
    if table.plan is not None:
        _show(out, table, table.plan)
    elif table.error is not None:
        print_error(out, table.error, indent=2)
    out.print()


def _published(plan: SyncPlan) -> str:
    """Return how the rows become visible, and why where ``publish: auto`` chose it."""
    if plan.create:
        return "by creating the target table"
    if not plan.strategy_reason:
        return f"by {plan.publish}"
    reason = plan.strategy_reason.removeprefix(f"{plan.publish}: ")
    return f"by {plan.publish}, chosen by auto ({plain(reason)})"


def _show_publishing(out: Console, plan: SyncPlan) -> None:
    """Show how rows become visible, and what is done about them afterwards."""
    print_indented(out, f"[cyan]publishes[/] {_published(plan)}", 2)
    if plan.spec.verify:
        repaired = ", and makes rows that differ equal" if plan.spec.repair else ""
        print_indented(out, f"[cyan]verifies[/] {_VERIFIED[plan.spec.verify]}{repaired}", 2)
    if plan.mark:
        marked = f"{name(plan.mark.column.name)} ({name(plan.mark.column.type)})"
        print_indented(out, f"[cyan]marks[/] deleted rows in {marked}", 2)


def _show_ddl(out: Console, plan: SyncPlan) -> None:
    """Show what runs in the target, a new table's statements on their side of the rows."""
    parts = {"in the target": plan.drift.alter}
    if plan.create:
        parts = {"before the rows": plan.create.before, "after the rows": plan.create.after}
    for when, statements in parts.items():
        if statements:
            print_indented(out, f"[cyan]runs[/] {when}", 2)
        for statement in statements:
            print_indented(out, f"{plain(statement)};", 4)


def _show(out: Console, table: TablePlan, plan: SyncPlan) -> None:
    _show_reading(out, plan, table.read)
    if plan.spec.chunks > 1:
        chunks = f"{plan.spec.chunks} ranges of its key, {plan.spec.parallel} at once"
        print_indented(out, f"[cyan]in chunks[/] {chunks}", 2)
    _show_publishing(out, plan)
    _show_ddl(out, plan)
    print_indented(out, "[cyan]converts[/]", 2)
    out.print(_columns(plan))
    for column in plan.columns:
        if column.checks:
            checked = f"{name(column.source.name)}: {plain(column.checks)}"
            print_indented(out, f"[cyan]checks each value[/] of {checked}", 2)
        if column.loss:
            loss = f"{name(column.source.name)}: {plain(column.loss)}"
            print_indented(out, f"[yellow]declared loss[/] {loss}", 2)
    print_indented(out, f"[cyan]readers wait[/] {plain(plan.readers_wait)}", 2)
    if table.refused_rows:
        print_indented(out, f"[cyan]refused rows[/] {plain(table.refused_rows)}", 2)
    for sentence in plan.drift.messages:
        print_indented(out, f"[cyan]drift[/] {plain(sentence)}", 2)
    for warning in table.warnings:
        if warning not in plan.drift.messages:
            print_indented(out, f"[yellow]warning[/] {plain(warning)}", 2)
    print_indented(out, f"[cyan]fingerprint[/] {plan.fingerprint}", 2)


def _show_reading(out: Console, plan: SyncPlan, read: NextRead | None) -> None:
    """Show the SELECT, and where an incremental mode goes on."""
    rows = "" if plan.estimated_rows is None else f", about {counted(plan.estimated_rows, 'row')}"
    if read is None:
        print_indented(out, f"[cyan]reads[/] as {plan.consistency}{rows}", 2)
        print_indented(out, plain(plan.select), 4)
        return
    changes = "" if read.changes is None else f": {counted(read.changes, 'row')}"
    what = f"every row, since {read.reload.text}{rows}" if read.reload else f"changes{changes}"
    print_indented(out, f"[cyan]reads[/] in mode {read.mode} {plain(what)}", 2)
    print_indented(out, plain(read.select), 4)
    if read.age is not None:
        last = f"{plain(read.watermark)}, written {read.age:,.0f} s ago"
        print_indented(out, f"[cyan]watermark[/] {last}", 2)
    if read.reconciles:
        print_indented(out, "[cyan]compares[/] the keys of both sides", 2)
    if not read.reload:
        print_indented(out, "[cyan]merges[/] the changes", 2)


def _columns(plan: SyncPlan) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=True)
    for heading in ("column", "type", "becomes", "type"):
        shown.add_column(heading, overflow="fold")
    for column in plan.columns:
        shown.add_row(
            name(column.source.name),
            name(column.source.type),
            name(column.target.name),
            name(column.target.type),
        )
    return shown
