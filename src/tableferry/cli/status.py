"""The commands that tell what the ledger knows: status, history, runs, quarantine."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
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
    Where,
    names_of,
    read_databases,
    read_settings,
)
from tableferry.frontend.command import Style, run_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tableferry.config import TargetSettings
    from tableferry.frontend.execute import RunCallbacks
    from tableferry.frontend.response import Report, Result
    from tableferry.frontend.view import View
    from tableferry.states.report import StatusReport

Everything = Annotated[
    bool, typer.Option("--all", help="Show tables that are in the ledger only, too.")
]
Limit = Annotated[int, typer.Option(help="The newest so many.", min=1, max=1000, metavar="<int>")]
Keys = Annotated[
    bool, typer.Option("--keys", help="List the keys of the rows, which are values of the tables.")
]
OneTable = Annotated[
    str, typer.Argument(help="A table, by its key or its target; all without one.", metavar="TABLE")
]
Html = Annotated[
    Path | None, typer.Option(help="Write the status to this file, as a page for a browser.")
]


def status(
    *,
    config: Config = DEFAULT_CONFIG,
    tables: Tables = None,
    everything: Everything = False,
    openmetrics: Metrics = None,
    html: Html = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> int:
    """Say which tables are fresh, late or failing, why, and what to type."""

    def show(view: "View", result: "Result") -> None:
        from tableferry.states.report import StatusReport

        if isinstance(result, StatusReport):
            view.show_status(result, with_others=everything or not result.complete)

    def work(_: "RunCallbacks") -> "Report":
        from tableferry.frontend.metrics_file import with_metrics
        from tableferry.frontend.report_file import with_page

        def read() -> "StatusReport":
            return with_page(html, lambda: read_status(config, tables))

        return with_metrics(openmetrics, read)

    return run_command(work, Style(as_json=as_json, quiet=quiet), show=show)


def history(
    table: OneTable = "",
    *,
    limit: Limit = 20,
    config: Where = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> int:
    """List the runs of a table, or of all, the newest first: outcome, rows, speed and errors."""

    def read(target: "TargetSettings") -> "Report":
        from tableferry.inspect.status import table_history

        return table_history(target, table, limit)

    return _list(config, read, as_json=as_json)


def runs(
    *,
    limit: Limit = 20,
    config: Where = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> int:
    """List the runs, the newest first: outcome, tables, rows and the process."""

    def read(target: "TargetSettings") -> "Report":
        from tableferry.inspect.status import list_runs

        return list_runs(target, limit)

    return _list(config, read, as_json=as_json)


def quarantine(
    table: OneTable = "",
    *,
    keys: Keys = False,
    limit: Limit = 20,
    config: Where = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> int:
    """Count the rows in quarantine, by table, column and reason, the newest first."""

    def read(target: "TargetSettings") -> "Report":
        from tableferry.inspect.status import quarantined_rows

        return quarantined_rows(target, table, limit if keys else 0)

    return _list(config, read, as_json=as_json)


def read_status(config: Path, tables: "Sequence[str] | None") -> "StatusReport":
    """Return how the configured tables stand, those named or all; raises TableferryError."""
    from tableferry.config.config_file import read_table_set
    from tableferry.frontend.configured import status_expansion_of
    from tableferry.inspect.status import table_status
    from tableferry.states.words import shell_commands

    names = None if tables is None else names_of(tables)
    found, complete = status_expansion_of(
        read_table_set(config), partial(read_databases, config), names
    )
    named = "" if config == DEFAULT_CONFIG else str(config)
    target = read_settings(config, []).target
    report = table_status(found.tables, target, shell_commands(named))
    return replace(report, notes=(*found.warnings, *report.notes), complete=complete)


def _list(config: Path, read: "Callable[[TargetSettings], Report]", *, as_json: bool) -> int:
    """Show a list from the ledger; no configuration of tables is needed."""

    def work(_: "RunCallbacks") -> "Report":
        return read(read_settings(config, []).target)

    return run_command(work, Style(as_json=as_json))
