"""``tableferry copy``: tables from one database to another, without any file."""

from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tableferry.cli.shared import SOURCE_FORMS, TARGET_FORMS, AsJson, Quiet, require_jobs
from tableferry.cli.sync import FailFast, Jobs
from tableferry.frontend.command import Style, run_command

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tableferry.frontend.execute import RunCallbacks
    from tableferry.frontend.response import Report
    from tableferry.inspect.named_tables import NamedTables

Source = Annotated[
    str,
    typer.Argument(help=SOURCE_FORMS, metavar="SOURCE"),
]
Target = Annotated[
    str,
    typer.Argument(help=TARGET_FORMS, metavar="TARGET"),
]
Named = Annotated[
    list[str],
    typer.Option(
        "--table",
        help="'dbo.*', dbo.Customer, or dbo.Customer=app.customer. May be repeated.",
        metavar="<str>",
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(help="Patterns of tables to leave out. May be repeated.", metavar="<str>"),
]
Views = Annotated[bool, typer.Option("--views", help="Patterns match views, too.")]
MapSchema = Annotated[
    list[str] | None,
    typer.Option(help="The target's schema for a source's: Sales=app.", metavar="<str>"),
]
Publish = Annotated[str, typer.Option(help="auto, swap, merge or truncate.", metavar="<str>")]
Mode = Annotated[
    str,
    typer.Option(
        help="full or change_tracking; a table file has rowversion and watermark.", metavar="<str>"
    ),
]
Verify = Annotated[
    str, typer.Option(help="Compare both sides afterwards: rows, sample, count.", metavar="<str>")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the plan; write nothing.")]


def copy(
    source: Source,
    target: Target,
    *,
    table: Named,
    exclude: Exclude = None,
    views: Views = False,
    map_schema: MapSchema = None,
    publish: Publish = "",
    mode: Mode = "",
    verify: Verify = "",
    jobs: Jobs = 1,
    fail_fast: FailFast = False,
    dry_run: DryRun = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> int:
    """Copy tables by their names, without a file; missing targets are created."""
    options = {"publish": publish, "mode": mode, "verify": verify}
    given = {key: value for key, value in options.items() if value}

    def work(callbacks: "RunCallbacks") -> "Report":
        from tableferry.cli.connecting import ask_in_terminal, source_of, target_of
        from tableferry.config import Settings
        from tableferry.frontend.execute import execute
        from tableferry.frontend.request import Operation, Request
        from tableferry.inspect.named_tables import SOURCE, find_named

        operation = Operation.PLAN if dry_run else Operation.MULTI_SYNC
        request = Request(operation, fail_fast=fail_fast, jobs=jobs)
        require_jobs(request)
        _require_complete_mode(mode)
        asked = named_tables(
            table, exclude=exclude, views=views, map_schema=map_schema, options=given
        )
        ask = ask_in_terminal()
        from_ = source_of(source, ask)
        settings = Settings({SOURCE: from_}, target_of(target, ask))
        found = find_named(asked, from_)
        return execute(request, found.tables, settings, callbacks, warnings=found.warnings)

    # Passwords may be asked for before there is anything to show.
    return run_command(work, Style(as_json=as_json, quiet=quiet, prints_itself=True))


def _require_complete_mode(mode: str) -> None:
    """Raise ConfigError for a mode with settings of its own, for which there is no option."""
    from tableferry.errors import ConfigError

    if mode in {"rowversion", "watermark"}:
        raise ConfigError(
            f"--mode {mode} needs settings that a table file has: what becomes of deleted rows, "
            "and for watermark its column",
            hint="tableferry init writes a table file: add the mode and its keys to the entries.",
        )


def named_tables(
    tables: "Sequence[str]",
    *,
    exclude: "Sequence[str] | None",
    views: bool,
    map_schema: "Sequence[str] | None",
    options: "Mapping[str, Any]" = MappingProxyType({}),
    source: str = "",
) -> "NamedTables":
    """Return what the options ask for; raises ConfigError. ``source``: the source's name."""
    from tableferry.inspect.named_tables import SOURCE, NamedTables, schema_pairs, split_outside

    def listed(given: "Sequence[str] | None") -> list[str]:
        names = [name for text in given or () for name in split_outside(text, ",")]
        return list(dict.fromkeys(name for name in names if name))

    pairs = schema_pairs(listed(map_schema))
    return NamedTables(listed(tables), listed(exclude), pairs, views, options, source or SOURCE)
