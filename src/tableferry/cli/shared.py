"""What several commands share: options, the configuration that they name, optional dependencies."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tableferry.errors import ConfigError

if TYPE_CHECKING:
    from tableferry.config import Settings, TableSpec
    from tableferry.config.resolve import Expansion
    from tableferry.frontend.request import Request

DEFAULT_CONFIG: Final = Path("table_configs.py")

SOURCE_FORMS: Final = "mssql://user@host/database, or secretsmanager:NAME."
TARGET_FORMS: Final = "postgresql://user@host/database, or secretsmanager:NAME."
"""What an argument or an option that is a connection may be, for its help."""

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
Where = Annotated[Path, typer.Option(help="The folder of this file is searched for .env, too.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def names_of(given: Sequence[str]) -> list[str]:
    """Return the names of an option that takes a list: each once, in the order given.

    ``--tables=a,b --tables=c`` names three tables: commas and repetition add up.
    """
    names = (name.strip() for text in given for name in text.split(","))
    return list(dict.fromkeys(name for name in names if name))


def read_configured(config: Path, tables: Sequence[str] | None) -> "tuple[Expansion, Settings]":
    """Read the table file and the settings, and match its patterns with the sources' catalogs.

    Raises ConfigError, SchemaError where no table matches, and what a connection raises.
    """
    found, settings = _expand(config, tables)
    return found, settings or read_settings(config, found.tables)


def read_expansion(config: Path, tables: Sequence[str] | None) -> "Expansion":
    """Read the table file, as ``read_configured``; the settings only where there are patterns."""
    return _expand(config, tables)[0]


def _expand(config: Path, tables: Sequence[str] | None) -> "tuple[Expansion, Settings | None]":
    from tableferry.config.config_file import read_table_set
    from tableferry.frontend.configured import expansion_of

    table_set, names = read_table_set(config), None if tables is None else names_of(tables)
    settings = None
    if table_set.patterns:
        settings = read_databases(config, table_set.db_types_of(names))
    return expansion_of(table_set, settings, names), settings


def read_settings(config: Path, specs: "Sequence[TableSpec]") -> "Settings":
    """Read where these tables' databases are, as ``read_databases``."""
    return read_databases(config, [spec.db_type for spec in specs])


def read_databases(config: Path, db_types: Sequence[str]) -> "Settings":
    """Read where the target and these sources are, from the environment and ``.env``.

    ``.env`` is looked for in the working directory and beside the configuration file. Raises one
    ConfigError for everything that is missing or wrong.
    """
    from tableferry.aws.vault import AwsVault
    from tableferry.config import load_settings

    return load_settings(dict.fromkeys(db_types), env_file_for(config), AwsVault())


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
