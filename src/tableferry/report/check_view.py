"""A check in the terminal, database by database and table by table."""

from rich.console import Console

from tableferry.inspect.check_report import DatabaseCheck, TableCheck
from tableferry.report.console import (
    MARKS,
    name,
    plain,
    print_error,
    print_indented,
    print_marked,
    print_warning,
)
from tableferry.runs.outcome import Status


def show_database(out: Console, database: DatabaseCheck) -> None:
    """Show what a database answered, or why it did not."""
    mark = MARKS[Status.FAILED if database.error else Status.OK]
    heading = f"[bold]{name(database.name)}[/]  {plain(database.where)}  {database.seconds:.2f} s"
    print_marked(out, mark, heading)
    encryption = f"   encryption: {plain(database.encryption)}" if database.encryption else ""
    known = f"reachable: {_yes(database.reachable)}   logged in: {_yes(database.logged_in)}"
    print_indented(out, known + encryption, 4)
    if database.version:
        print_indented(out, plain(database.version), 4)
        encoding = f"   encoding: {plain(database.encoding)}" if database.encoding else ""
        print_indented(out, f"isolation levels: {', '.join(database.isolation)}{encoding}", 4)
    for warning in database.warnings:
        print_indented(out, f"[yellow]warning[/] {plain(warning)}", 4)
    if database.error:
        print_error(out, database.error, indent=4)


def show_table(out: Console, table: TableCheck, shown: set[str], *, with_error: bool) -> None:
    """Show a table; ``with_error`` False: its error is its database's, and shown there.

    ``shown`` holds the warnings that were shown before, and gets this table's.
    """
    mark = MARKS[Status.OK if table.ok else Status.FAILED]
    created = " (will be created)" if table.missing else ""
    route = f"{name(table.source)} -> {name(table.target)}{created}"
    print_marked(out, mark, f"[bold]{name(table.table)}[/]  {route}")
    if not table.ok:
        known = f"readable: {_yes(table.readable)}   writable: {_yes(table.writable)}"
        print_indented(out, known, 4)
    for warning in table.warnings:
        print_warning(out, warning, 4, shown)
    if table.error and with_error:
        print_error(out, table.error, indent=4)


def _yes(value: bool | None) -> str:
    if value is None:
        return "not tried"
    return "yes" if value else "[red]no[/]"
