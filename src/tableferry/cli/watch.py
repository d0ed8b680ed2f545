"""``tableferry watch``: sync again and again, in one process, until it is stopped."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tableferry.cli.schedule import LocalZone, schedule_of
from tableferry.cli.shared import (
    DEFAULT_CONFIG,
    Config,
    Tables,
    names_of,
    read_databases,
    require_jobs,
)
from tableferry.cli.sync import Jobs, Together, page_of
from tableferry.frontend.command import Style, run_command
from tableferry.frontend.signals import stop_on_signals

if TYPE_CHECKING:
    from tableferry.config import Settings
    from tableferry.config.table_file import FileChange, TableFile
    from tableferry.frontend.execute import RunCallbacks
    from tableferry.frontend.report_file import RunReport
    from tableferry.frontend.request import Request
    from tableferry.runs.events import OnEvent
    from tableferry.runs.outcome import RunOutcome
    from tableferry.runs.rounds import Watched

Every = Annotated[
    str, typer.Option(help="Between the beginnings of two runs: 30s, 5m, 1h.", metavar="<time>")
]
CronLine = Annotated[
    str, typer.Option("--cron", help='When runs begin, as in cron: "*/5 * * * *".', metavar="<str>")
]
ReportFile = Annotated[
    Path | None,
    typer.Option(help="After each run, write how the tables stand to this file, as a page."),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print runs that are not ok, and no other.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print each run as JSON, on one line.")]


def watch(
    *,
    every: Every = "",
    cron: CronLine = "",
    config: Config = DEFAULT_CONFIG,
    tables: Tables = None,
    publish_together: Together = False,
    jobs: Jobs = 1,
    report: ReportFile = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> int:
    """Sync again and again until it is stopped, one line a run; runs never overlap."""
    style = Style(as_json=as_json, quiet=quiet, watches=True)

    def work(callbacks: "RunCallbacks") -> "Watched":
        from tableferry.config.table_file import TableFile
        from tableferry.frontend.request import Operation, Request
        from tableferry.runs.watch import Times
        from tableferry.runs.watch import watch as repeat

        request = Request(Operation.MULTI_SYNC, publish_together=publish_together, jobs=jobs)
        require_jobs(request)
        schedule = schedule_of(every, cron)
        file = TableFile(config, None if tables is None else names_of(tables))
        page = page_of(report, config)
        syncs = _Syncs(file, request, page)
        syncs.require_settings()
        zone = LocalZone()
        with stop_on_signals() as stop:
            return repeat(
                syncs,
                schedule,
                Times(wall=lambda: dt.datetime.now(zone)),
                callbacks.answer,
                on_event=callbacks.event,
                stopped=lambda: stop.received,
            )

    return run_command(work, style)


class _Syncs:
    """Syncs of a file's tables; each reads the settings anew, which hold rotated passwords."""

    def __init__(
        self,
        file: "TableFile",
        request: "Request",
        page: "Callable[[], RunReport] | None" = None,
    ) -> None:
        self._file = file
        self._request = request
        self._page = page

    def require_settings(self) -> None:
        """Read the settings; raises ConfigError where a run could not be begun.

        A vault that cannot be reached at the moment is not the configuration's fault: a run fails.
        """
        from tableferry.errors import TransientError

        try:
            self._settings()
        except TransientError:
            return

    @property
    def outdated(self) -> bool:
        return self._file.error is not None

    def refresh(self) -> "FileChange | None":
        return self._file.refresh()

    def run(self, on_event: "OnEvent") -> "RunOutcome":
        """Sync the tables that the patterns match now, and write the page of the run."""
        from tableferry.frontend.configured import expansion_of
        from tableferry.frontend.execute import RunCallbacks
        from tableferry.runs.run import sync_tables

        settings = self._settings()
        page = None if self._page is None else self._page()
        found = expansion_of(self._file.tables, settings, self._file.names)

        def sync(callbacks: RunCallbacks) -> "RunOutcome":
            options = self._request.options
            run = sync_tables(found.tables, settings, on_event=callbacks.event, options=options)
            return replace(run, warnings=(*found.warnings, *run.warnings))

        callbacks = RunCallbacks(event=on_event)
        if page is None:
            return sync(callbacks)
        return page.after(sync, callbacks, found.tables, settings.target)

    def _settings(self) -> "Settings":
        db_types = self._file.tables.db_types_of(self._file.names)
        return read_databases(self._file.path, db_types)
