"""The commands that change nothing: plan, check, info, discover."""

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


def plan(
    *,
    config: Config = DEFAULT_CONFIG,
    tables: Tables = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> int:
    """Show what a sync would read, create, convert and lose; nothing is written."""
    from tableferry.frontend.request import Operation

    return run_command(
        partial(ask_both, Operation.PLAN, config, tables), Style(as_json=as_json, quiet=quiet)
    )


def check(
    *,
    config: Config = DEFAULT_CONFIG,
    tables: Tables = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> int:
    """Connect to every database and check every table; nothing is written."""
    from tableferry.frontend.request import Operation

    return run_command(
        partial(ask_both, Operation.MULTI_TEST, config, tables), Style(as_json=as_json, quiet=quiet)
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
    config: Annotated[
        Path, typer.Option(help="The folder of this file is searched for .env, too.")
    ] = DEFAULT_CONFIG,
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


def ask_both(
    mode: "Operation", config: Path, tables: "Sequence[str] | None", callbacks: "RunCallbacks"
) -> "Report":
    """Check, examine or plan the configured tables."""
    from tableferry.frontend.execute import execute
    from tableferry.frontend.request import Request

    found, settings = read_configured(config, tables)
    return execute(Request(mode), found.tables, settings, callbacks, warnings=found.warnings)
