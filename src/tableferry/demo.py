"""The demo: a SQL Server stand-in and a real PostgreSQL on this machine, four tables across.

Runs the same engine as a deployment does; only the servers are its own.
"""

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Sequence

from pydantic import SecretStr
from rich.console import Console

from tableferry import postgres, sqlserver
from tableferry.config import (
    Settings,
    SourceSettings,
    TableSpec,
    TargetSettings,
    parse_table_configs,
)
from tableferry.errors import ConfigError, TransientError
from tableferry.report.console import RunView, console
from tableferry.sync.run import sync_tables
from tableferry.verify import compare_rows
from tableferry_sandbox import SandboxError
from tableferry_sandbox.command import Running
from tableferry_sandbox.local_postgres import LocalPostgres
from tableferry_sandbox.sample import table_configs


def run_demo(scale: float) -> bool:
    """Run the demo; returns whether every table crossed and every value is equal."""
    out = console()
    specs = list(parse_table_configs(table_configs()).values())
    out.print("[bold]tableferry demo[/]: everything stays on this machine")
    with _source_process(scale) as running, _target_server() as postgres:
        settings = _settings(specs, running, postgres)
        out.print(f"  source  SQL Server stand-in (TDS)  {running.host}:{running.port}")
        out.print(f"  target  PostgreSQL                 {postgres.host}:{postgres.port}\n")
        with RunView(out) as view:
            run = sync_tables(specs, settings, on_progress=view.progress, on_outcome=view.outcome)
        view.summary(run)
        return run.ok and _compare(specs, settings, out)


@contextlib.contextmanager
def _target_server() -> Iterator[LocalPostgres]:
    with contextlib.ExitStack() as stack:
        try:
            postgres = stack.enter_context(LocalPostgres())
        except SandboxError as error:
            raise ConfigError(error.message, hint=error.hint) from error
        yield postgres


@contextlib.contextmanager
def _source_process(scale: float) -> Iterator[Running]:
    """Run ``tableferry sandbox`` in a process of its own, as a SQL Server would be."""
    command = [sys.executable, "-m", "tableferry", "sandbox", "--port=0", f"--scale={scale}"]
    with subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                raise TransientError("The SQL Server stand-in did not start", hint="Try again.")
            yield Running.from_json(line)
        finally:
            process.terminate()


def _settings(specs: Sequence[TableSpec], running: Running, postgres: LocalPostgres) -> Settings:
    databases = {spec.db_type: spec.source.database for spec in specs}
    sources = {
        db_type: SourceSettings(
            prefix=f"SQL_SERVER_{db_type.upper()}_",
            host=running.host,
            port=running.port,
            db=database,
            user=running.user,
            password=SecretStr(running.password),
        )
        for db_type, database in databases.items()
    }
    into = TargetSettings(
        prefix="PG_",
        host=postgres.host,
        port=postgres.port,
        db="postgres",
        user=postgres.user,
        password=SecretStr(postgres.password),
    )
    return Settings(sources, into)


def _compare(specs: Sequence[TableSpec], settings: Settings, out: Console) -> bool:
    """Compare every value of every table on both sides, and say so."""
    equal = True
    for spec in specs:
        with (
            sqlserver.connect(settings.sources[spec.db_type]) as from_,
            postgres.connect(settings.target) as into,
        ):
            found = compare_rows(spec, from_, into)
        if found.equal:
            out.print(f"[green]equal[/]  {spec.key}: {found.values:,} values compared")
        else:
            equal = False
            out.print(
                f"[red]differs[/]  {spec.key}: {found.source_rows:,} and {found.target_rows:,} "
                f"rows, {found.unpaired} without a partner, columns {found.differing}"
            )
    return equal
