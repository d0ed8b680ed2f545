"""The commands about the table file itself: explain."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tableferry.cli.parsing import Command, Group
from tableferry.cli.shared import DEFAULT_CONFIG, AsJson, Config, read_databases
from tableferry.frontend.command import Style, run_command

if TYPE_CHECKING:
    from tableferry.config import TableSet
    from tableferry.config.resolve import Resolved
    from tableferry.frontend.execute import RunCallbacks
    from tableferry.frontend.response import Result

app = typer.Typer(
    cls=Group, help="Look at the table file itself; nothing is written.", no_args_is_help=True
)


@app.command("explain", cls=Command)
def explain(
    table: Annotated[str, typer.Argument(help="The table's key.", metavar="<table>")],
    *,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> int:
    """Show each value of a table's entry, and where it comes from.

    In a file with patterns, the sources are asked which tables they match.
    """

    def work(_: "RunCallbacks") -> "Result":
        from tableferry.config.config_file import read_table_set
        from tableferry.config.explain import explain as explain_table

        table_set = read_table_set(config)
        explained = explain_table(_resolved(config, table_set), table)
        return explained.to_dict() if as_json else {explained.key: explained.lines()}

    return run_command(work, Style(as_json=as_json))


def _resolved(config: Path, table_set: "TableSet") -> "Resolved":
    """Resolve the tables of the file; without patterns, no database is contacted."""
    from tableferry.config.resolve import resolve_tables

    if not table_set.patterns:
        return resolve_tables(table_set)
    settings = read_databases(config, table_set.db_types)
    from tableferry.inspect.expand import resolved

    return resolved(table_set, settings)
