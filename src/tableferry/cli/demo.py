"""The demo: a SQL Server stand-in and a real PostgreSQL on this machine, four tables between them.

It runs the engine that a deployment runs; only the servers are the demo's own.
"""

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from tableferry import postgres, sqlserver
from tableferry.config import (
    Settings,
    SourceSettings,
    TableSpec,
    TargetSettings,
    parse_table_configs,
)
from tableferry.errors import ConfigError, TransientError
from tableferry.frontend.execute import RunCallbacks
from tableferry.report.console import console
from tableferry.report.run_view import show_summary
from tableferry.runs.outcome import RunOutcome
from tableferry.runs.run import sync_tables
from tableferry.verify import Comparison, compare_rows
from tableferry_sandbox import SandboxError
from tableferry_sandbox.command import Running
from tableferry_sandbox.local_postgres import LocalPostgres
from tableferry_sandbox.sample import table_configs


@dataclass(frozen=True, slots=True)
class DemoReport:
    """The demo's run, and what a comparison of both sides found, by table key."""

    run: RunOutcome
    compared: dict[str, Comparison]

    @property
    def ok(self) -> bool:
        """Whether every table was synced and every value is equal."""
        return self.run.ok and all(found.equal for found in self.compared.values())

    @property
    def any_ok(self) -> bool:
        """Whether any table was synced."""
        return self.run.any_ok

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form: the run's."""
        return self.run.to_dict()


def run_demo(scale: float, callbacks: RunCallbacks) -> DemoReport:
    """Start both servers, sync the sample tables and compare them; raises TableferryError.

    ``scale`` 1.0 is 8,800 rows.
    """
    out = console()
    specs = list(parse_table_configs(table_configs()).values())
    out.print("[bold]tableferry demo[/]: everything stays on this machine")
    with _source_process(scale) as running, _target_server() as server:
        settings = _settings(specs, running, server)
        out.print(f"  source  SQL Server stand-in (TDS)  {running.host}:{running.port}")
        out.print(f"  target  PostgreSQL                 {server.host}:{server.port}\n")
        run = sync_tables(
            specs, settings, on_progress=callbacks.progress, on_outcome=callbacks.outcome
        )
        return DemoReport(run, _compare(specs, settings) if run.ok else {})


def show_demo(report: DemoReport) -> None:
    """Show the run's summary, and of each table whether both sides are equal."""
    out = console()
    show_summary(report.run, out)
    for key, found in report.compared.items():
        if found.equal:
            out.print(f"[green]equal[/]  {key}: {found.values:,} values compared")
        else:
            out.print(
                f"[red]differs[/]  {key}: {found.source_rows:,} and {found.target_rows:,} rows, "
                f"{found.unpaired} without a partner, columns {found.differing}"
            )


@contextlib.contextmanager
def _target_server() -> Iterator[LocalPostgres]:
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(LocalPostgres())
        except SandboxError as error:
            raise ConfigError(error.message, hint=error.hint) from error
        yield server


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


def _settings(specs: Sequence[TableSpec], running: Running, server: LocalPostgres) -> Settings:
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
        host=server.host,
        port=server.port,
        db="postgres",
        user=server.user,
        password=SecretStr(server.password),
    )
    return Settings(sources, into)


def _compare(specs: Sequence[TableSpec], settings: Settings) -> dict[str, Comparison]:
    """Compare every value of every table on both sides."""
    found = {}
    for spec in specs:
        with (
            sqlserver.connect(settings.sources[spec.db_type]) as from_,
            postgres.connect(settings.target) as into,
        ):
            found[spec.key] = compare_rows(spec, from_, into)
    return found
