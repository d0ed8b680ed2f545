"""The commands that change nothing: plan, check, doctor, info, discover."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tableferry.cli.shared import (
    DEFAULT_CONFIG,
    AsJson,
    Config,
    Quiet,
    Tables,
    Where,
    env_file_for,
    names_of,
    read_configured,
)
from tableferry.frontend.command import Style, run_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tableferry.frontend.execute import RunCallbacks
    from tableferry.frontend.request import Operation
    from tableferry.frontend.response import Report, Result
    from tableferry.inspect.discover import Discovery


def _asks(mode: str, meaning: str) -> Callable[..., int]:
    """Return the command that asks both sides about the configured tables; ``meaning`` is its help.

    ``mode`` is the value of an Operation, which is imported when the command is run.
    """

    def command(
        *,
        config: Config = DEFAULT_CONFIG,
        tables: Tables = None,
        quiet: Quiet = False,
        as_json: AsJson = False,
    ) -> int:
        from tableferry.frontend.request import Operation

        style = Style(as_json=as_json, quiet=quiet)
        return run_command(partial(_ask_both, Operation(mode), config, tables), style)

    command.__doc__ = meaning
    return command


plan = _asks("plan", "Show what a sync would read, create, convert and lose; nothing is written.")
check = _asks("multi_test", "Connect to every database and check every table; nothing is written.")
doctor = _asks(
    "doctor",
    "Examine what syncs will need of both sides, with statements for the DBA; writes nothing.",
)


def info(
    config: Config = DEFAULT_CONFIG,
    tables: Tables = None,
    as_json: AsJson = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of a TOML file of tables.")
    ] = False,
) -> int:
    """Show the configured tables and patterns; no database is contacted."""

    def work(_: "RunCallbacks") -> "Result":
        if schema:
            from tableferry.config.json_schema import tables_schema

            return tables_schema()
        return _configured(config, tables)

    return run_command(work, Style(as_json=as_json or schema))


def discover(
    *,
    source: Annotated[str, typer.Option(help="The source's name: SQL_SERVER_<NAME>_HOST ...")],
    schema: Annotated[str, typer.Option(help="Only tables of this schema.")] = "",
    like: Annotated[str, typer.Option(help="Only tables with a name like this: 'Cust%'.")] = "",
    views: Annotated[
        bool, typer.Option("--views", help="Views, too; --like finds them without this.")
    ] = False,
    config: Where = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> int:
    """Print entries of TABLE_CONFIGS for the tables of a source; nothing is written."""

    def work(_: "RunCallbacks") -> "Discovery":
        from tableferry.aws.vault import AwsVault
        from tableferry.config import load_source
        from tableferry.inspect.discover import discover as find

        settings = load_source(source, env_file_for(config), AwsVault())
        return find(source, settings, schema=schema, like=like, views=views)

    return run_command(work, Style(as_json=as_json))


def _configured(config: Path, tables: "Sequence[str] | None") -> dict[str, Any]:
    from tableferry.config.config_file import read_table_set
    from tableferry.config.resolve import described

    return described(read_table_set(config), None if tables is None else names_of(tables))


def _ask_both(
    mode: "Operation", config: Path, tables: "Sequence[str] | None", callbacks: "RunCallbacks"
) -> "Report":
    """Check, examine or plan the configured tables."""
    from tableferry.frontend.execute import execute
    from tableferry.frontend.request import Request

    found, settings = read_configured(config, tables)
    return execute(Request(mode), found.tables, settings, callbacks, warnings=found.warnings)
