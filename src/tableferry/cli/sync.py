"""``tableferry sync``: in this process, or by the workers of a Dask cluster."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tableferry.cli.shared import (
    DEFAULT_CONFIG,
    AsJson,
    Config,
    Metrics,
    Quiet,
    Tables,
    needs_extra,
    read_configured,
    read_expansion,
    read_settings,
    require_jobs,
)
from tableferry.errors import ConfigError
from tableferry.frontend.command import Style, run_command

if TYPE_CHECKING:
    from tableferry.config import TableSpec
    from tableferry.frontend.execute import RunCallbacks
    from tableferry.frontend.report_file import RunReport
    from tableferry.frontend.request import Request
    from tableferry.frontend.response import Report
    from tableferry.runs.outcome import RunOutcome

FailFast = Annotated[bool, typer.Option("--fail-fast", help="Stop after the first failed table.")]
Together = Annotated[
    bool,
    typer.Option("--publish-together", help="Publish all tables in one transaction, or none."),
]
Jobs = Annotated[
    int, typer.Option(help="Load so many tables at once.", metavar="<int>", show_default=True)
]
Plan = Annotated[
    Path | None,
    typer.Option(help="Load only tables that still match this file, made by: plan --json."),
]
Scheduler = Annotated[
    str, typer.Option(help="Load chunks on a Dask cluster: tcp://HOST:PORT, or local:N.")
]
ReportFile = Annotated[
    Path | None,
    typer.Option(help="Afterwards, write how the tables stand to this file, as a page."),
]


def sync(
    *,
    config: Config = DEFAULT_CONFIG,
    tables: Tables = None,
    fail_fast: FailFast = False,
    publish_together: Together = False,
    jobs: Jobs = 1,
    plan: Plan = None,
    scheduler: Scheduler = "",
    openmetrics: Metrics = None,
    report: ReportFile = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> int:
    """Replace the target tables' rows with the source's, each table in one transaction."""
    from tableferry.frontend.request import Operation, Request

    request = Request(
        Operation.MULTI_SYNC, fail_fast=fail_fast, publish_together=publish_together, jobs=jobs
    )

    def work(callbacks: "RunCallbacks") -> "Report":
        require_jobs(request)
        if scheduler and jobs > 1:
            raise ConfigError(
                "--jobs does not go with --scheduler: a cluster loads several tables at once",
                hint="Leave out --jobs; its workers are as many as the scheduler has.",
            )
        page_here = page_of(report, config)
        page = None if page_here is None else page_here()
        settings = None
        if scheduler:
            found = read_expansion(config, tables)
        else:
            found, settings = read_configured(config, tables)
        planned = _read_plan(plan, found.tables)

        def run(callbacks: "RunCallbacks") -> "Report":
            if settings is None:
                cluster = _Cluster(scheduler, config.absolute().parent)
                outcome = cluster.sync(request, found.tables, callbacks, planned)
                return replace(outcome, warnings=(*found.warnings, *outcome.warnings))
            from tableferry.frontend.execute import execute

            warnings = found.warnings
            return execute(request, found.tables, settings, callbacks, planned, warnings=warnings)

        if page is None:
            return run(callbacks)
        return page.after(run, callbacks, found.tables, read_settings(config, []).target)

    code = run_command(work, Style(as_json=as_json, quiet=quiet))
    if openmetrics:
        _write_metrics(openmetrics, config)
    return code


def _write_metrics(path: Path, config: Path) -> None:
    """Write how all configured tables stand after the run, whose exit code stays what it is."""
    from tableferry.cli.status import read_status
    from tableferry.errors import TableferryError
    from tableferry.frontend.metrics_file import with_metrics

    try:
        with_metrics(path, lambda: read_status(config, None))
    except TableferryError as error:
        print(f"The metrics have no table: {error.message}", file=sys.stderr)


def page_of(path: Path | None, config: Path) -> "Callable[[], RunReport] | None":
    """Return what begins the page of a run; None for no path.

    Raises ConfigError where the page cannot be written.
    """
    if path is None:
        return None
    from tableferry.frontend.report_file import RunReport, require_writable
    from tableferry.states.words import shell_commands

    require_writable(path)
    commands = shell_commands("" if config == DEFAULT_CONFIG else str(config))
    return lambda: RunReport(path, commands)


def _read_plan(path: Path | None, specs: "list[TableSpec]") -> dict[str, str]:
    if path is None:
        return {}
    from tableferry.inspect.plan_report import read_fingerprints

    return read_fingerprints(path, specs)


@dataclass(frozen=True, slots=True)
class _Cluster:
    """A cluster by its scheduler; workers read their own environment, and a ``.env`` in folder."""

    scheduler: str
    folder: Path

    def sync(
        self,
        request: "Request",
        specs: "list[TableSpec]",
        callbacks: "RunCallbacks",
        fingerprints: dict[str, str],
    ) -> "RunOutcome":
        with needs_extra("dask"):
            from tableferry.cluster import cluster, sync_on_cluster
        with cluster(self.scheduler) as client:
            return sync_on_cluster(
                client,
                specs,
                self.folder,
                on_event=callbacks.event,
                fingerprints=fingerprints,
                options=request.options,
            )
