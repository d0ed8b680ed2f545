"""What several commands share: options, the configuration that they name, optional dependencies."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tableferry.errors import ConfigError

if TYPE_CHECKING:
    from tableferry.config import Settings, TableSpec

DEFAULT_CONFIG: Final = Path("table_configs.py")

Config = Annotated[
    Path, typer.Option(help="A Python file that defines TABLE_CONFIGS.", show_default=True)
]
Tables = Annotated[str | None, typer.Option(help="Only these tables, by their keys: a,b,c.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def read_specs(config: Path, tables: str | None) -> "list[TableSpec]":
    """Read the configuration file and pick the tables; raises ConfigError, also for no name."""
    from tableferry.config.config_file import read_tables

    names = None if tables is None else [name.strip() for name in tables.split(",") if name.strip()]
    return read_tables(config, names)


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
    """Return the ``.env`` of the working directory or beside the configuration, None for none.

    A working directory that was deleted holds none.
    """
    from tableferry.config import find_env_file

    folders = []
    for named in (Path(), config.parent):
        with contextlib.suppress(FileNotFoundError):
            folders.append(named.resolve())
    return find_env_file(*folders)


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
