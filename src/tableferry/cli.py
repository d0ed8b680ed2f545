"""The ``tableferry`` command: discover, plan, sync, check, info, demo, sandbox.

Exit codes: 0 all good, 1 a table failed, 2 wrong use or configuration.
"""

import json
import sys
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer

from tableferry.aws.vault import AwsVault
from tableferry.config import Settings, TableSpec, find_env_file, load_settings, load_source
from tableferry.config.config_file import read_tables
from tableferry.errors import ConfigError, ErrorReport, TableferryError
from tableferry.frontend.shell import spell_out
from tableferry.inspect.check import check_tables
from tableferry.inspect.discover import discover
from tableferry.inspect.plan_report import plan_tables, read_fingerprints
from tableferry.report.check_view import show_check
from tableferry.report.console import RunView, show_error, show_info
from tableferry.report.entries import python_text
from tableferry.report.plan_view import show_plan
from tableferry.sync.outcome import RunOutcome
from tableferry.sync.run import sync_tables
from tableferry.sync.run_options import RunOptions
from tableferry.sync.signals import end_process

DASK: Final = ("dask", "distributed")
"""What --scheduler imports; the sandbox and the demo want everything else that may be missing."""

FAILED: Final = 1
WRONG_USE: Final = 2


class SandboxTls(StrEnum):
    """What the stand-in does when a client asks for encryption, or does not."""

    OPTIONAL = "optional"
    REQUIRED = "required"
    OFF = "off"


app = typer.Typer(
    help="Carry tables from SQL Server to PostgreSQL: fast, exactly, and unnoticed by readers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Config = Annotated[
    Path, typer.Option(help="A Python file that defines TABLE_CONFIGS.", show_default=True)
]
Tables = Annotated[str | None, typer.Option(help="Only these tables, by their keys: a,b,c.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Scale = Annotated[
    float, typer.Option(min=0.01, max=1000, help="How much sample data: 1 is 8,800 rows.")
]
DEFAULT_CONFIG: Final = Path("table_configs.py")


@app.command()
def sync(
    *,
    config: Config = DEFAULT_CONFIG,
    tables: Tables = None,
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="Stop after the first table that fails.")
    ] = False,
    publish_together: Annotated[
        bool,
        typer.Option("--publish-together", help="Make all visible in one transaction, or none."),
    ] = False,
    plan: Annotated[
        Path | None,
        typer.Option(help="Load only what is still as in this file, made by: plan --json."),
    ] = None,
    scheduler: Annotated[
        str, typer.Option(help="Have chunks loaded by a Dask cluster: tcp://HOST:PORT, local:N.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Replace the target tables' rows by the source's, each table in one transaction."""
    specs = _select(config, tables)
    run_them = _on_cluster(scheduler, config) if scheduler else _here(config, specs)
    carry = partial(
        run_them,
        specs,
        fingerprints=read_fingerprints(plan, specs) if plan else {},
        options=RunOptions(fail_fast=fail_fast, together=publish_together),
    )
    if as_json:
        run = carry()
        typer.echo(json.dumps(run.to_dict(), indent=2))
    else:
        with RunView() as view:
            run = carry(on_progress=view.progress, on_outcome=view.outcome)
        view.summary(run)
    raise typer.Exit(run.exit_code)


def _here(config: Path, specs: list[TableSpec]) -> Callable[..., RunOutcome]:
    """Return what syncs tables in this process."""
    return partial(sync_tables, settings=_settings(config, specs))


def _on_cluster(scheduler: str, config: Path) -> Callable[..., RunOutcome]:
    """Return what has tables synced by workers, which have settings of their own."""
    from tableferry.cluster import cluster, sync_on_cluster  # noqa: PLC0415 - needs the extra "dask"

    def carry(specs: list[TableSpec], **more: Any) -> RunOutcome:
        with cluster(scheduler) as client:
            return sync_on_cluster(client, specs, config.resolve().parent, **more)

    return carry


@app.command("plan")
def plan_command(
    config: Config = DEFAULT_CONFIG, tables: Tables = None, as_json: AsJson = False
) -> None:
    """Show what a sync would read, create, convert and lose; nothing is written."""
    specs = _select(config, tables)
    report = plan_tables(specs, _settings(config, specs))
    if as_json:
        typer.echo(json.dumps(report.to_dict(), indent=2))
    else:
        show_plan(report)
    raise typer.Exit(0 if report.ok else FAILED)


@app.command()
def check(config: Config = DEFAULT_CONFIG, tables: Tables = None, as_json: AsJson = False) -> None:
    """Connect to every database and look at every table; nothing is written."""
    specs = _select(config, tables)
    report = check_tables(specs, _settings(config, specs))
    if as_json:
        typer.echo(json.dumps(report.to_dict(), indent=2))
    else:
        show_check(report)
    raise typer.Exit(0 if report.ok else FAILED)


@app.command()
def info(config: Config = DEFAULT_CONFIG, tables: Tables = None, as_json: AsJson = False) -> None:
    """Show the configured tables; no database is asked."""
    found: dict[str, Any] = {spec.key: spec.to_dict() for spec in _select(config, tables)}
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        show_info(found)


@app.command("discover")
def discover_command(
    source: Annotated[str, typer.Option(help="The source's name: SQL_SERVER_<NAME>_HOST ...")],
    schema: Annotated[str, typer.Option(help="Only tables of this schema.")] = "",
    like: Annotated[str, typer.Option(help="Only tables named like this: 'Cust%'.")] = "",
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Print entries of TABLE_CONFIGS for the tables that a source has; nothing is written."""
    env_file = find_env_file(Path.cwd(), config.resolve().parent)
    found = discover(source, load_source(source, env_file, AwsVault()), schema=schema, like=like)
    if as_json:
        tables = [table.to_dict() for table in found]
        typer.echo(json.dumps({"source": source, "tables": tables}, indent=2))
    else:
        typer.echo(python_text(found), nl=False)


@app.command()
def demo(scale: Scale = 1.0) -> None:
    """Start a SQL Server stand-in and a PostgreSQL, sync four tables, compare every value."""
    from tableferry.demo import run_demo  # noqa: PLC0415 - needs the extra "sandbox"

    raise typer.Exit(0 if run_demo(scale) else FAILED)


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 14330,
    scale: Scale = 1.0,
    tls: Annotated[SandboxTls, typer.Option(help="Whether clients may or must encrypt.")] = (
        SandboxTls.OPTIONAL
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Say where it listens as JSON.")] = False,
) -> None:
    """Run the SQL Server stand-in alone, with sample data, until it is stopped."""
    from tableferry_sandbox import SandboxError  # noqa: PLC0415 - needs the extra "sandbox"
    from tableferry_sandbox.command import serve  # noqa: PLC0415 - likewise

    try:
        serve(port=port, scale=scale, tls=tls.value, as_json=as_json)
    except SandboxError as error:
        raise ConfigError(error.message, hint=error.hint) from error


def main() -> None:
    """Run the command; an error that tableferry names is shown with its hint, never a traceback."""
    spell_out()
    try:
        app()
    except SystemExit as end:
        end_process(int(end.code or 0))
    except TableferryError as error:
        _refuse(error)
    except ModuleNotFoundError as error:
        if error.name != "tableferry_sandbox" and (error.name or "").startswith("tableferry"):
            raise
        extra = "dask" if error.name in DASK else "sandbox"
        _refuse(
            ConfigError(
                f"{error.name} is not installed, which the extra {extra!r} brings",
                hint=f"pip install 'tableferry[{extra}]', or '.[{extra}]' in a checkout.",
            )
        )


def _refuse(error: TableferryError) -> NoReturn:
    if "--json" in sys.argv:
        typer.echo(json.dumps({"error": ErrorReport.of(error).to_dict()}, indent=2))
    show_error(error)
    raise SystemExit(WRONG_USE) from None


def _select(config: Path, tables: str | None) -> list[TableSpec]:
    """Read the configuration file and pick the tables; an empty list of names is refused."""
    names = None if tables is None else [name.strip() for name in tables.split(",") if name.strip()]
    return read_tables(config, names)


def _settings(config: Path, specs: list[TableSpec]) -> Settings:
    db_types = dict.fromkeys(spec.db_type for spec in specs)
    return load_settings(db_types, find_env_file(Path.cwd(), config.resolve().parent), AwsVault())
