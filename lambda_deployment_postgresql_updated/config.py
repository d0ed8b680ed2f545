"""Connections: the environment and `.env`, validated before anything is connected.

    python config.py

prints every variable with secrets masked, or every problem. It contacts no database.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tableferry.aws.deployed import Config, DeployedConfig
from tableferry.config import Settings, find_env_file
from tableferry.config.resolve import described
from tableferry.errors import ConfigError, TableferryError
from tableferry.frontend.exit_codes import ALL_OK, FAILED, REFUSED
from tableferry.frontend.output import shielded_output
from tableferry.model.counting import counted

import table_configs

HERE = Path(__file__).resolve().parent
MASK = "********"

CONFIG = DeployedConfig(
    table_configs.TABLE_CONFIGS,
    table_configs.DEFAULT_SYNC_ORDER,
    lambda: find_env_file(HERE),
    defaults=getattr(table_configs, "DEFAULTS", None),
    schemas=getattr(table_configs, "SCHEMAS", None),
)
"""The tables of TABLES_URI if it is set, else those of table_configs.py."""

configured_names = CONFIG.names


def load_config(names: Sequence[str] | None = None) -> Config:
    """Read the configuration of these tables, of all where None.

    Raises one ConfigError that names every problem of the tables and of the environment, or
    TransientError where the secrets cannot be read at the moment.
    """
    return CONFIG.load(names)


def load_for_status(names: Sequence[str] | None = None) -> Config:
    """Read the configuration for a status: sources only where patterns have to be matched."""
    return CONFIG.load_for_status(names)


def describe(names: Sequence[str] | None = None) -> dict[str, Any]:
    """Return the tables and the configuration, or what is wrong with the environment."""
    tables = described(CONFIG.tables(), names)
    try:
        configuration: dict[str, Any] = {"variables": variables(CONFIG.read(names)[1])}
    except TableferryError as error:
        found = [line.strip() for line in error.message.splitlines() if not line.endswith(":")]
        problems = {variable: problem for variable, _, problem in (p.partition(" ") for p in found)}
        configuration = {"problems": problems, "hint": error.hint}
    return {
        "tables": tables,
        "sync_order": list(tables),
        "configuration": {"env_file": str(find_env_file(HERE) or "none"), **configuration},
    }


def variables(settings: Settings) -> dict[str, str]:
    """Return every connection variable with its effective value; passwords are masked."""
    databases = [*settings.sources.values(), settings.target]
    return {
        database.variable(field): MASK if field == "password" else _text(getattr(database, field))
        for database in databases
        for field in type(database).model_fields
        if field != "prefix"
    }


def _text(value: object) -> str:
    """Return a value as .env spells it."""
    if value is None:
        return "auto"
    return str(value).lower() if isinstance(value, bool) else str(value)


def main(arguments: Sequence[str]) -> int:
    """Print the configuration, or everything that is wrong with it; returns the exit code."""
    with shielded_output():
        if arguments:
            print(f"Wrong use: {' '.join(arguments)}\nhint: python config.py", file=sys.stderr)
            return REFUSED.exit_code
        try:
            table_set, settings = CONFIG.read()
        except TableferryError as error:
            print(f"{error.message}\nhint: {error.hint}", file=sys.stderr)
            return (REFUSED if isinstance(error, ConfigError) else FAILED).exit_code
        print(f"# .env: {find_env_file(HERE) or 'none, the environment only'}")
        for name, value in variables(settings).items():
            print(f"{name}={value}")
        keys = list(described(table_set, None))
        print(f"# {counted(len(keys), 'table')}: {', '.join(keys)}")
        return ALL_OK.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
