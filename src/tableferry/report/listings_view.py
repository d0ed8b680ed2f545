"""Lists from the ledger in the terminal: runs, the runs of tables, rows in quarantine."""

import datetime as dt
import json
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from tableferry.model.counting import counted
from tableferry.report.console import LOG_WIDTH, name, plain, print_indented
from tableferry.states.listings import History, QuarantineList, RunList
from tableferry.states.records import RunRecord, TableRecord
from tableferry.states.spans import span

Listing = RunList | History | QuarantineList

_COLOURS: Final = {"ok": "green", "failed": "red", "running": "cyan"}


def show_listing(found: Listing, out: Console) -> None:
    """Show a list, or say that it is empty."""
    match found:
        case RunList():
            _show_runs(found, out)
        case History():
            _show_history(found, out)
        case QuarantineList():
            _show_quarantine(found, out)


def _show_runs(found: RunList, out: Console) -> None:
    if not found.runs:
        out.print("The ledger has no run.")
        return
    shapes = [_runs(found, with_id=with_id) for with_id in (True, False)]
    out.print(_fitting(out, shapes))
    _show_more(out, found.more)


def _runs(found: RunList, *, with_id: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("began (UTC)", "outcome"):
        table.add_column(heading, no_wrap=True)
    for heading in ("took", "rows"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("tables", "process", *(("run",) if with_id else ())):
        table.add_column(heading, overflow="fold")
    for run in found.runs:
        table.add_row(
            _began(run),
            _outcome(run.status),
            _took(run),
            f"{run.rows_written or 0:,}",
            ", ".join(f"{count:,} {name(status)}" for status, count in run.tables.items()),
            name(run.process),
            *((run.run_id,) if with_id else ()),
        )
    return table


def _show_history(found: History, out: Console) -> None:
    if not found.runs:
        of = f" of {name(found.table)}" if found.table else ""
        out.print(f"The ledger has no run{of}.")
        return
    shapes = [_history(found, wide=wide) for wide in (True, False)]
    out.print(_fitting(out, shapes))
    for run in found.runs:
        if run.error:
            heading = f"{_began(run)} [bold]{name(run.table)}[/] [red]{name(run.error.kind)}[/]"
            print_indented(out, f"{heading}: {plain(run.error.message)}", 0)
            if run.error.hint:
                print_indented(out, f"[cyan]hint[/]: {plain(run.error.hint)}", 4)
    _show_more(out, found.more)


def _history(found: History, *, wide: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("began (UTC)", no_wrap=True)
    table.add_column("table", overflow="fold")
    table.add_column("outcome", no_wrap=True)
    for heading in ("took", "rows", "rows/s", *(("tries",) if wide else ())):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("published", "process") if wide else ():
        table.add_column(heading, overflow="fold")
    for run in found.runs:
        speed = "" if run.rows_per_second is None else f"{run.rows_per_second:,}"
        table.add_row(
            _began(run),
            name(run.table),
            _outcome(run.status),
            _took(run),
            f"{run.rows_written:,}",
            speed,
            *((f"{run.attempt}", name(run.publish), name(run.process)) if wide else ()),
        )
    return table


def _show_quarantine(found: QuarantineList, out: Console) -> None:
    of = f" of {name(found.table)}" if found.table else ""
    if not found.groups:
        out.print(f"No row{of} lies in quarantine.")
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("target", overflow="fold")
    table.add_column("column", overflow="fold")
    table.add_column("reason", overflow="fold")
    table.add_column("rows", justify="right", no_wrap=True)
    table.add_column("newest (UTC)", no_wrap=True)
    for group in found.groups:
        state = f" ({name(group.sqlstate)})" if group.sqlstate else ""
        table.add_row(
            name(group.target),
            name(group.column) or "[dim]the row[/]",
            f"{plain(group.reason)}{state}",
            f"{group.rows:,}",
            f"{group.newest.astimezone(dt.UTC):%Y-%m-%d %H:%M}",
        )
    out.print(table)
    for group in found.groups:
        for key in group.keys:
            shown = json.dumps(key, ensure_ascii=False)
            print_indented(out, f"{name(group.target)} {name(group.column)}: {name(shown)}", 0)
    out.print(f"{counted(found.rows, 'row')}{of} in quarantine")


def _fitting(out: Console, shapes: list[Table]) -> Table:
    unfolded = out.options.update(width=LOG_WIDTH)
    fitting = (one for one in shapes if out.measure(one, options=unfolded).maximum <= out.width)
    return next(fitting, shapes[-1])


def _show_more(out: Console, more: bool) -> None:
    if more:
        out.print("[dim]There are older ones: --limit says how many are shown.[/]")


def _began(run: RunRecord | TableRecord) -> str:
    return f"{run.started_at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}"


def _outcome(status: str) -> str:
    return f"[{_COLOURS.get(status, 'yellow')}]{name(status)}[/]"


def _took(run: RunRecord | TableRecord) -> str:
    if run.seconds is None:
        return ""
    return f"{run.seconds:.1f} s" if run.seconds < 10 else span(run.seconds)
