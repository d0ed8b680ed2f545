"""What several commands share: options, the configuration that they name, optional dependencies."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tableferry.errors import ConfigError

if TYPE_CHECKING:
    from tableferry.config import Settings, TableSpec
    from tableferry.frontend.request import Request

DEFAULT_CONFIG: Final = Path("table_configs.py")

Config = Annotated[
    Path,
    typer.Option(help="A Python file that defines TABLE_CONFIGS, or TOML.", show_default=True),
]
Tables = Annotated[
    list[str] | None,
    typer.Option(help="Only these tables, by their keys: a,b,c. May be repeated.", metavar="<str>"),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print failures and the last line only.")]
Metrics = Annotated[
    Path | None,
    typer.Option(
        "--openmetrics",
        help="Write how the tables stand to this file, for Prometheus.",
        metavar="<file>",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def names_of(given: Sequence[str]) -> list[str]:
    """Return the names of an option that takes a list: each once, in the order given.

    ``--tables=a,b --tables=c`` names three tables: commas and repetition add up.
    """
    names = (name.strip() for text in given for name in text.split(","))
    return list(dict.fromkeys(name for name in names if name))


def read_specs(config: Path, tables: Sequence[str] | None) -> "list[TableSpec]":
    """Read the configuration file and pick the tables; raises ConfigError, also for no name."""
    from tableferry.config.config_file import read_tables

    return read_tables(config, None if tables is None else names_of(tables))


def read_settings(config: Path, specs: "list[TableSpec]") -> "Settings":
    """Read where these tables' databases are, from the environment and ``.env``.

    ``.env`` is looked for in the working directory and beside the configuration file. Raises one
    ConfigError for everything that is missing or wrong.
    """
    from tableferry.aws.vault import AwsVault
    from tableferry.config import load_settings

    db_types = dict.fromkeys(spec.db_type for spec in specs)
    return load_settings(db_types, env_file_for(config), AwsVault())


def env_file_for(config: Path) -> Path | None:
    """Return the ``.env`` of the working directory or beside the configuration, None for none."""
    from tableferry.config import find_env_file

    return find_env_file(Path(), config.parent)


def require_jobs(request: "Request") -> None:
    """Raise ConfigError where a sync cannot have so many jobs: before anything else is done."""
    from tableferry.model.jobs import JOBS_HINT, jobs_problem

    if problem := jobs_problem(request.jobs, together=request.publish_together):
        raise ConfigError(problem, hint=JOBS_HINT)


@contextlib.contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """Import what the extra brings; raises ConfigError that says how to install it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "tableferry":
            raise
        # A checkout's own sandbox; pip would look for it in an index.
        beside = "packages/sandbox " if extra == "sandbox" else ""
        raise ConfigError(
            f"{error.name} is not installed; it comes with the extra {extra!r}",
            hint=f"pip install 'tableferry[{extra}]'; in a checkout, "
            f"pip install {beside}'.[{extra}]'",
        ) from error
