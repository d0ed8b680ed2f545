"""Many plans at a glance: a line for each table, then what is said of several tables, once."""

from collections import Counter

from rich import box
from rich.console import Console
from rich.table import Table

from tableferry.inspect.plan_report import PlanReport, TablePlan
from tableferry.model.counting import counted
from tableferry.planning.plan import SyncPlan
from tableferry.report.console import name, plain, print_indented
from tableferry.report.remedies import Remedies
from tableferry.report.screen import Screen
from tableferry.report.summary import show_share


def show_plan_summary(report: PlanReport, screen: Screen) -> None:
    """Show which tables could be planned, with their warnings; and what the others lack.

    ``tableferry plan`` shows all of it: statements, columns, losses, warnings.
    """
    planned = [(one, one.plan) for one in report.tables if one.plan is not None]
    with screen.printing() as out:
        if planned:
            out.print(_tables(planned))
        _show_warnings([one for one, _ in planned], out)
    remedies = Remedies()
    for one in report.tables:
        if one.error is not None:
            remedies.add(one.spec.key, one.error.hint)
            with screen.printing(failed=True) as out:
                text = f"[red]{one.error.kind}[/]: {plain(one.error.message)}"
                print_indented(out, f"[bold]{name(one.spec.key)}[/]  {text}", 0)
    remedies.show(screen, every=True)
    with screen.printing(always=True) as out:
        out.print(show_share(len(planned), len(report.tables)))


def _tables(planned: list[tuple[TablePlan, SyncPlan]]) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("table", "target"):
        shown.add_column(heading, overflow="fold")
    for heading in ("columns", "rows", "losses", "warnings"):
        shown.add_column(heading, justify="right")
    for one, plan in planned:
        rows = plan.estimated_rows
        created = " (new)" if plan.create else ""
        losses = sum(bool(column.loss) for column in plan.columns)
        shown.add_row(
            name(one.spec.key),
            f"{name(one.spec.target)}{created}",
            f"{len(plan.columns):,}",
            "" if rows is None else f"{rows:,}",
            f"{losses:,}" if losses else "",
            f"{len(one.warnings):,}" if one.warnings else "",
        )
    return shown


def _show_warnings(planned: list[TablePlan], out: Console) -> None:
    """Show what is said of several tables once, and how many warnings are of one table."""
    of_tables = Counter(warning for one in planned for warning in set(one.warnings))
    for warning, count in of_tables.most_common():
        if count > 1:
            whose = counted(count, "table")
            print_indented(out, f"[yellow]warning[/] of {whose}: {plain(warning)}", 0)
    single = sum(count == 1 for count in of_tables.values())
    if single:
        print_indented(out, f"[yellow]{counted(single, 'warning')}[/] of single tables", 0)
