"""A plan in the terminal: what a sync would do, table by table."""

from rich import box
from rich.console import Console
from rich.table import Table

from tableferry.inspect.plan_report import PlanReport, TablePlan
from tableferry.planning.plan import SyncPlan
from tableferry.report.console import console, counted, name, plain, print_error, print_indented


def show_plan(report: PlanReport, out: Console | None = None) -> None:
    """Show each plan: what is read, created, converted and lost, and how long readers wait."""
    out = out or console()
    for table in report.tables:
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
    rows = "" if plan.estimated_rows is None else f", about {counted(plan.estimated_rows, 'row')}"
    print_indented(out, f"[cyan]reads[/] as {plan.consistency}{rows}", 2)
    print_indented(out, plain(plan.select), 4)
    if plan.spec.chunks > 1:
        chunks = f"{plan.spec.chunks} ranges of its key, {plan.spec.parallel} at once"
        print_indented(out, f"[cyan]in chunks[/] {chunks}", 2)
    print_indented(out, f"[cyan]publishes[/] {_published(plan)}", 2)
    _show_ddl(out, plan)
    print_indented(out, "[cyan]converts[/]", 2)
    out.print(_columns(plan))
    for column in plan.columns:
        if column.loss:
            loss = f"{name(column.source.name)}: {plain(column.loss)}"
            print_indented(out, f"[yellow]declared loss[/] {loss}", 2)
    print_indented(out, f"[cyan]readers wait[/] {plain(plan.readers_wait)}", 2)
    if table.refused_rows:
        print_indented(out, f"[cyan]refused rows[/] {plain(table.refused_rows)}", 2)
    for sentence in plan.drift.messages:
        print_indented(out, f"[cyan]drift[/] {plain(sentence)}", 2)
    for warning in plan.warnings:
        if warning not in plan.drift.messages:
            print_indented(out, f"[yellow]warning[/] {plain(warning)}", 2)
    print_indented(out, f"[cyan]fingerprint[/] {plan.fingerprint}", 2)


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
