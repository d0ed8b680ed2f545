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

from tableferry.config import (
    Settings,
    SourceSettings,
    TableSpec,
    TargetSettings,
    parse_table_configs,
)
from tableferry.errors import ConfigError, TransientError
from tableferry.frontend.execute import RunCallbacks
from tableferry.frontend.view import View
from tableferry.report.console import console, name
from tableferry.report.verify_view import VERDICTS, what
from tableferry.runs.outcome import RunOutcome
from tableferry.runs.run import sync_tables
from tableferry.runs.verify_tables import verify_tables
from tableferry.verification.result import Verification
from tableferry_sandbox import SandboxError
from tableferry_sandbox.command import Running
from tableferry_sandbox.local_postgres import LocalPostgres
from tableferry_sandbox.sample import table_configs


@dataclass(frozen=True, slots=True)
class DemoReport:
    """The demo's run, and the verification of its tables; None where the run has failed."""

    run: RunOutcome
    verification: Verification | None

    @property
    def ok(self) -> bool:
        """Whether every table was synced and every value is equal."""
        return self.run.ok and (self.verification is None or self.verification.ok)

    @property
    def any_ok(self) -> bool:
        """Whether any table was synced."""
        return self.run.any_ok

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form: the run's."""
        return self.run.to_dict()


def run_demo(scale: float, callbacks: RunCallbacks) -> DemoReport:
    """Start both servers, sync the sample tables and verify them; raises TableferryError.

    ``scale`` 1.0 is 8,800 rows.
    """
    out = console()
    specs = list(parse_table_configs(table_configs()).values())
    out.print("[bold]tableferry demo[/]: everything stays on this machine")
    with _source_process(scale) as running, _target_server() as server:
        settings = _settings(specs, running, server)
        out.print(f"  source  SQL Server stand-in (TDS)  {running.host}:{running.port}")
        out.print(f"  target  PostgreSQL                 {server.host}:{server.port}\n")
        run = sync_tables(specs, settings, on_event=callbacks.event)
        if not run.ok:
            return DemoReport(run, None)
        return DemoReport(run, verify_tables(specs, settings, on_event=callbacks.event))


def show_demo(view: View, report: DemoReport) -> None:
    """Show the run's summary, and of each table whether both sides are equal.

    What a verification repeats of the run (declared losses, altered values) is left out.
    """
    view.show_run(report.run)
    if report.verification is None:
        return
    for found in report.verification.tables:
        if found.ok and not found.warnings:
            with view.screen.printing() as out:
                out.print(f"{VERDICTS[found.verdict]}  {name(found.table)}: {what(found)}")
        else:
            view.answer(found)
    view.end(report.verification)


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
