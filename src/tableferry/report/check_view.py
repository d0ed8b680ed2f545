"""A check in the terminal, database by database and table by table."""

from rich.console import Console

from tableferry.inspect.check import CheckReport, DatabaseCheck, TableCheck
from tableferry.report.console import (
    MARKS,
    console,
    name,
    plain,
    print_error,
    print_indented,
    print_marked,
)
from tableferry.runs.outcome import Status


def show_check(report: CheckReport, out: Console | None = None) -> None:
    """Show every database and every table that was checked."""
    out = out or console()
    for database in report.databases:
        _database(out, database)
    out.print()
    shown = {id(database.error) for database in report.databases if database.error}
    for table in report.tables:
        _table(out, table, with_error=id(table.error) not in shown)
    ready = sum(table.ok for table in report.tables)
    out.print(f"\n[bold]{ready} of {len(report.tables)} tables ok[/]")


def _database(out: Console, database: DatabaseCheck) -> None:
    mark = MARKS[Status.FAILED if database.error else Status.OK]
    heading = f"[bold]{name(database.name)}[/]  {plain(database.where)}  {database.seconds:.2f} s"
    print_marked(out, mark, heading)
    encryption = f"   encryption: {plain(database.encryption)}" if database.encryption else ""
    known = f"reachable: {_yes(database.reachable)}   logged in: {_yes(database.logged_in)}"
    print_indented(out, known + encryption, 4)
    if database.version:
        print_indented(out, plain(database.version), 4)
        print_indented(out, f"isolation levels: {', '.join(database.isolation)}", 4)
    if database.error:
        print_error(out, database.error, indent=4)


def _table(out: Console, table: TableCheck, *, with_error: bool) -> None:
    """Show a table; ``with_error`` False: its error is its database's, and shown there."""
    mark = MARKS[Status.OK if table.ok else Status.FAILED]
    created = " (will be created)" if table.missing else ""
    route = f"{name(table.source)} -> {name(table.target)}{created}"
    print_marked(out, mark, f"[bold]{name(table.table)}[/]  {route}")
    known = f"readable: {_yes(table.readable)}   writable: {_yes(table.writable)}"
    print_indented(out, known, 4)
    for warning in table.warnings:
        print_indented(out, f"[yellow]warning[/] {plain(warning)}", 4)
    if table.error and with_error:
        print_error(out, table.error, indent=4)


def _yes(value: bool | None) -> str:
    if value is None:
        return "not tried"
    return "yes" if value else "[red]no[/]"
