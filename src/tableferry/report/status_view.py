"""How the tables stand, in the terminal: all of them, then what to do about those not fresh."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from tableferry.model.counting import counted
from tableferry.report.console import LOG_WIDTH, name, plain, print_indented, print_marked
from tableferry.report.screen import Screen
from tableferry.states.report import StatusReport, TableState
from tableferry.states.spans import span
from tableferry.states.words import WORST_FIRST, Word

WORDS: Final = {
    Word.DIFFERS: "[red]differs[/]",
    Word.FAILING: "[red]failing[/]",
    Word.HELD: "[yellow]held[/]",
    Word.LATE: "[yellow]late[/]",
    Word.NEVER: "[yellow]never[/]",
    Word.RUNNING: "[cyan]running[/]",
    Word.FRESH: "[green]fresh[/]",
}

MOST_NAMED: Final = 8
"""Tables of the ledger that no entry is about: named in one line up to so many."""

MARK: Final = max(map(len, Word))
"""Columns of a word, so that what is said of the tables stands in line."""

INDENT: Final = MARK + 2


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the table: its heading, its cell as markup, and whether it holds a number."""

    heading: str
    cell: Callable[[TableState, dt.datetime], str]
    is_number: bool = True


def show_status(report: StatusReport, screen: Screen, *, with_others: bool = False) -> None:
    """Show the report: the tables, then why some are not fresh and what to type, then the totals.

    ``with_others``: tables that no entry is about are shown like the others.
    """
    with screen.printing() as out:
        out.print(_fitting(out, report.tables, report.at))
    with screen.printing(always=True) as out:
        for table in sorted(report.tables, key=lambda one: WORST_FIRST.index(one.word)):
            _show_reason(out, table)
    with screen.printing() as out:
        for table in report.tables:
            for warning in table.warnings:
                text = f"[yellow]warning[/] [bold]{name(table.table)}[/]: {plain(warning)}"
                print_indented(out, text, 0)
        if report.others:
            _show_others(out, report, in_full=with_others)
    with screen.printing(always=True) as out:
        for note in report.notes:
            print_indented(out, f"[yellow]note[/] {plain(note)}", 0)
        print_indented(out, _totals(report), 0)


def _show_reason(out: Console, table: TableState) -> None:
    """Show why a table is not fresh, and what to type."""
    if table.word is Word.FRESH:
        return
    mark = WORDS[table.word] + " " * (MARK - len(table.word))
    print_marked(out, mark, f"[bold]{name(table.table)}[/]: {plain(table.why)}")
    if table.hint:
        print_indented(out, f"[cyan]hint[/] {plain(table.hint)}", INDENT)
    if table.command:
        # Unfolded, so that it can be copied.
        command = f"{' ' * INDENT}[cyan]type[/] {plain(table.command)}"
        out.print(command, soft_wrap=True)


def _show_others(out: Console, report: StatusReport, *, in_full: bool) -> None:
    others = report.others
    said = f"{counted(len(others), 'table')} in the ledger that no entry is about"
    if not in_full:
        named = ", ".join(name(one.target) for one in others[:MOST_NAMED])
        more = f" and {len(others) - MOST_NAMED:,} more" if len(others) > MOST_NAMED else ""
        print_indented(out, f"[dim]{said}: {named}{more} (--all shows how they stand)[/]", 0)
        return
    print_indented(out, f"[dim]{said}:[/]", 0)
    out.print(_fitting(out, others, report.at))
    for table in others:
        _show_reason(out, table)


def _fitting(out: Console, tables: tuple[TableState, ...], at: dt.datetime) -> Table:
    """Return the tables with as many columns as the terminal has room for."""
    has_retention = any(_retention(one) for one in tables)
    has_quarantine = any(one.quarantined for one in tables)
    wide = (
        *_NARROW,
        *_MIDDLE,
        *((_CHANGES,) if has_retention else ()),
        *((_QUARANTINED,) if has_quarantine else ()),
        *_WIDE,
    )
    middle = (*_NARROW, *_MIDDLE, *((_QUARANTINED,) if has_quarantine else ()))
    unfolded = out.options.update(width=LOG_WIDTH)
    shapes = [
        _table(columns, tables, at) for columns in (wide, middle, (*_NARROW, *_SPEED), _NARROW)
    ]
    fitting = (one for one in shapes if out.measure(one, options=unfolded).maximum <= out.width)
    return next(fitting, shapes[-1])


def _table(columns: tuple[_Column, ...], tables: tuple[TableState, ...], at: dt.datetime) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    shown.add_column("table", overflow="fold")
    shown.add_column("status")
    for column in columns:
        if column.is_number:
            shown.add_column(column.heading, justify="right", no_wrap=True)
        else:
            shown.add_column(column.heading, no_wrap=True)
    for table in tables:
        cells = (column.cell(table, at) for column in columns)
        shown.add_row(name(table.table), WORDS[table.word], *cells)
    return shown


def _age(table: TableState, _at: dt.datetime) -> str:
    if table.age is None:
        return ""
    limit = f" of {span(table.max_age)}" if table.max_age is not None else ""
    text = f"{span(table.age)}{limit}"
    return f"[yellow]{text}[/]" if table.is_late else text


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _took(table: TableState, _at: dt.datetime) -> str:
    if table.seconds is None:
        return ""
    return f"{table.seconds:.1f} s" if table.seconds < 10 else span(table.seconds)


def _retention(table: TableState) -> str:
    """Return the watermark's age against how long the source keeps changes."""
    if table.watermark is None or table.watermark_age is None or not table.watermark.retention:
        return ""
    text = f"{span(table.watermark_age)} of {span(table.watermark.retention)}"
    return f"[yellow]{text}[/]" if table.warnings else text


def _verified(table: TableState, at: dt.datetime) -> str:
    found = table.verified
    if found is None:
        return ""
    colour = {"equal": "green", "differs": "red"}.get(found.verdict, "yellow")
    since = span((at - found.verified_at).total_seconds())
    return f"[{colour}]{name(found.verdict)}[/] {since} ago"


def _last_run(table: TableState, at: dt.datetime) -> str:
    run = table.last_run
    if run is None:
        return ""
    colour = {"ok": "green", "failed": "red", "running": "cyan"}.get(run.status, "yellow")
    since = span((at - (run.ended_at or run.started_at)).total_seconds())
    return f"[{colour}]{name(run.status)}[/] {since}{' ago' if run.ended_at else ''}"


_NARROW: Final = (
    _Column("age", _age),
    _Column("rows", lambda table, _at: _number(table.rows)),
    _Column("took", _took),
)
_SPEED: Final = (
    _Column("rows/s", lambda table, _at: _number(table.rows_per_second)),
    _Column("usual", lambda table, _at: _number(table.usual_rows_per_second)),
)
_MIDDLE: Final = (*_SPEED, _Column("verified", _verified, is_number=False))
_CHANGES: Final = _Column("changes kept", lambda table, _at: _retention(table))
_QUARANTINED: Final = _Column(
    "quarantined",
    lambda table, _at: f"[yellow]{table.quarantined:,}[/]" if table.quarantined else "",
)
_WIDE: Final = (_Column("last run", _last_run, is_number=False),)


def _totals(report: StatusReport) -> str:
    """Return the last line: how many tables have which word, and what the last run was."""
    said = [f"{report.count(word)} {word}" for word in WORST_FIRST if report.count(word)]
    colour = "green" if report.ok else "red"
    line = f"[bold {colour}]{', '.join(said)} of {counted(len(report.judged), 'table')}[/]"
    run = report.last_run
    if run is None:
        return line
    since = span((report.at - (run.ended_at or run.started_at)).total_seconds())
    when = f"ended as {run.status} {since} ago" if run.ended_at else f"has been running for {since}"
    return f"{line}; the last run {when} ({name(run.process)})"
