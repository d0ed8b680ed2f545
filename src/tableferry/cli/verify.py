"""``tableferry verify``: whether every target is what its source is, and ``--repair``."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tableferry.cli.shared import (
    DEFAULT_CONFIG,
    AsJson,
    Config,
    Quiet,
    Tables,
    needs_extra,
    read_configured,
    read_expansion,
)
from tableferry.errors import ConfigError
from tableferry.frontend.command import Style, run_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tableferry.frontend.execute import RunCallbacks
    from tableferry.frontend.response import Report
    from tableferry.verification.options import VerifyOptions

Sample = Annotated[
    int | None,
    typer.Option(help="Compare so many key ranges, chosen at random, in place of all rows."),
]
Count = Annotated[bool, typer.Option("--count", help="Compare the numbers of rows only.")]
Independent = Annotated[
    bool, typer.Option("--independent", help="Read a sample by other paths as well, and compare.")
]
Repair = Annotated[
    bool, typer.Option("--repair", help="Make the rows that differ equal, and look again.")
]
Settle = Annotated[
    float | None,
    typer.Option(help="Read rows that differ again after so many seconds; 5 by default."),
]
Limit = Annotated[
    int | None,
    typer.Option(help="List so many rows of each table that differ; 20 by default."),
]
ShowValues = Annotated[
    bool, typer.Option("--show-values", help="List the values of these rows, too.")
]
Scheduler = Annotated[
    str, typer.Option(help="Compare chunks on a Dask cluster: tcp://HOST:PORT, or local:N.")
]


def verify(
    *,
    config: Config = DEFAULT_CONFIG,
    tables: Tables = None,
    sample: Sample = None,
    count: Count = False,
    independent: Independent = False,
    repair: Repair = False,
    settle: Settle = None,
    limit: Limit = None,
    show_values: ShowValues = False,
    scheduler: Scheduler = "",
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> int:
    """Compare every target with its source, row by row; nothing is written unless repaired."""
    given = {
        "sample": sample,
        "count": count,
        "independent": independent,
        "repair": repair,
        "settle": settle,
        "limit": limit,
    }

    from tableferry.verification.asked_options import checked_options

    def work(callbacks: "RunCallbacks") -> "Report":
        wanted = checked_options(given, show_values=show_values)
        if scheduler:
            return _verify_on_cluster(scheduler, config, tables, wanted, callbacks)
        return _verify(config, tables, wanted, callbacks)

    return run_command(work, Style(as_json=as_json, quiet=quiet))


def _verify(
    config: Path,
    tables: "Sequence[str] | None",
    wanted: "VerifyOptions",
    callbacks: "RunCallbacks",
) -> "Report":
    from tableferry.frontend.execute import execute
    from tableferry.frontend.request import Operation, Request

    found, settings = read_configured(config, tables)
    request = Request(Operation.VERIFY, verify=wanted)
    return execute(request, found.tables, settings, callbacks, warnings=found.warnings)


def _verify_on_cluster(
    scheduler: str,
    config: Path,
    tables: "Sequence[str] | None",
    wanted: "VerifyOptions",
    callbacks: "RunCallbacks",
) -> "Report":
    """Verify by workers, who read their own environment, and a ``.env`` beside ``config``."""
    with needs_extra("dask"):
        from tableferry.cluster import cluster, verify_on_cluster
    if wanted.show_values:
        raise ConfigError(
            "On a cluster, no values of rows are shown: they would pass the scheduler",
            hint="Leave out --show-values or --scheduler.",
        )
    found = read_expansion(config, tables)
    with cluster(scheduler) as client:
        verification = verify_on_cluster(
            client,
            found.tables,
            config.absolute().parent,
            wanted,
            on_event=callbacks.event,
            on_answer=callbacks.answer,
        )
    return replace(verification, warnings=(*found.warnings, *verification.warnings))
