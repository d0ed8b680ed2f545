"""The terminal: what a sync would do."""

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tableferry.inspect.plan_report import PlanReport, TablePlan
from tableferry.planning.plan import SyncPlan
from tableferry.report.console import console, print_error, print_indented


def show_plan(report: PlanReport, out: Console | None = None) -> None:
    """Show every table's plan: what is read, created, converted, lost, and who waits."""
    out = out or console()
    for table in report.tables:
        way = escape(f"{table.spec.source} -> {table.spec.target}")
        out.print(f"[bold]{escape(table.spec.key)}[/]: {way}")
        if table.plan is not None:
            _show(out, table, table.plan)
        elif table.error is not None:
            print_error(out, table.error, indent=2)
        out.print()


def _why(plan: SyncPlan) -> str:
    return f" ({escape(plan.strategy_reason)})" if plan.strategy_reason else ""


def _show(out: Console, table: TablePlan, plan: SyncPlan) -> None:
    rows = "" if plan.estimated_rows is None else f", about {plan.estimated_rows:,} rows"
    print_indented(out, f"[cyan]reads[/] as {plan.consistency}{rows}", 2)
    print_indented(out, escape(plan.select), 4)
    if plan.spec.chunks > 1:
        chunks = f"{plan.spec.chunks} ranges of its key, {plan.spec.parallel} at once"
        print_indented(out, f"[cyan]in chunks[/] {chunks}", 2)
    print_indented(out, f"[cyan]publishes[/] by {plan.publish}{_why(plan)}", 2)
    for statement in plan.ddl:
        print_indented(out, "[cyan]runs[/] in the target", 2)
        print_indented(out, escape(statement), 4)
    print_indented(out, "[cyan]converts[/]", 2)
    out.print(_columns(plan))
    for column in plan.columns:
        if column.loss:
            told = f"{escape(column.source.name)}: {escape(column.loss)}"
            print_indented(out, f"[yellow]declared loss[/] {told}", 2)
    print_indented(out, f"[cyan]readers wait[/] {escape(plan.readers_wait)}", 2)
    if table.refused_rows:
        print_indented(out, f"[cyan]refused rows[/] {escape(table.refused_rows)}", 2)
    for sentence in plan.drift.messages:
        print_indented(out, f"[cyan]drift[/] {escape(sentence)}", 2)
    for warning in plan.warnings:
        if warning not in plan.drift.messages:
            print_indented(out, f"[yellow]warning[/] {escape(warning)}", 2)
    print_indented(out, f"[cyan]fingerprint[/] {plan.fingerprint}", 2)


def _columns(plan: SyncPlan) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=True)
    for name in ("column", "type", "becomes", "type"):
        shown.add_column(name, overflow="fold")
    for column in plan.columns:
        shown.add_row(
            escape(column.source.name),
            escape(str(column.source.type)),
            escape(column.target.name),
            escape(str(column.target.type)),
        )
    return shown
