"""The terminal: what a check found, database by database and table by table."""

from rich.console import Console
from rich.markup import escape

from tableferry.inspect.check import CheckReport, DatabaseCheck, TableCheck
from tableferry.report.console import (
    MARKS,
    console,
    print_error,
    print_indented,
    print_marked,
)
from tableferry.sync.outcome import Status


def show_check(report: CheckReport, out: Console | None = None) -> None:
    """Show every database and every table that was looked at."""
    out = out or console()
    for database in report.databases:
        _database(out, database)
    out.print()
    told = {id(database.error) for database in report.databases if database.error}
    for table in report.tables:
        _table(out, table, told=id(table.error) in told)
    ready = sum(table.ok for table in report.tables)
    out.print(f"\n[bold]{ready} of {len(report.tables)} tables ok[/]")


def _database(out: Console, database: DatabaseCheck) -> None:
    mark = MARKS[Status.FAILED if database.error else Status.OK]
    where = escape(database.where)
    print_marked(out, mark, f"[bold]{database.name}[/]  {where}  {database.seconds:.2f} s")
    encryption = f"   encryption: {escape(database.encryption)}" if database.encryption else ""
    known = f"reachable: {_yes(database.reachable)}   logged in: {_yes(database.logged_in)}"
    print_indented(out, known + encryption, 4)
    if database.version:
        print_indented(out, escape(database.version), 4)
        print_indented(out, f"isolation levels: {', '.join(database.isolation)}", 4)
    if database.error:
        print_error(out, database.error, indent=4)


def _table(out: Console, table: TableCheck, *, told: bool) -> None:
    """Show a table; what ails its database has been ``told`` there."""
    mark = MARKS[Status.OK if table.ok else Status.FAILED]
    made = " (will be created)" if table.missing else ""
    way = f"{escape(table.source)} -> {escape(table.target)}{made}"
    print_marked(out, mark, f"[bold]{escape(table.table)}[/]  {way}")
    known = f"readable: {_yes(table.readable)}   writable: {_yes(table.writable)}"
    print_indented(out, known, 4)
    for warning in table.warnings:
        print_indented(out, f"[yellow]warning[/] {escape(warning)}", 4)
    if table.error and not told:
        print_error(out, table.error, indent=4)


def _yes(value: bool | None) -> str:
    if value is None:
        return "not tried"
    return "yes" if value else "[red]no[/]"
