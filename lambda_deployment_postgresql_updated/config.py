"""Connections: the environment and `.env`, validated before anything is connected.

    python config.py

prints every variable with secrets masked, or every problem. It contacts no database.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tableferry.aws.vault import AwsVault
from tableferry.config import (
    Settings,
    TableSpec,
    find_env_file,
    load_reporting,
    load_settings,
    parse_table_configs,
    select_tables,
)
from tableferry.errors import ConfigError, TableferryError
from tableferry.frontend.exit_codes import ALL_OK, FAILED, REFUSED
from tableferry.frontend.output import shielded_output
from tableferry.model.counting import counted

from table_configs import DEFAULT_SYNC_ORDER, TABLE_CONFIGS

HERE = Path(__file__).resolve().parent
MASK = "********"


@dataclass(frozen=True, slots=True)
class Config:
    """The chosen tables in sync order, and the databases that they need."""

    tables: list[TableSpec]
    settings: Settings


def load_config(names: Sequence[str] | None = None) -> Config:
    """Read the configuration of these tables, of all where None.

    Raises one ConfigError that names every problem of the tables and of the environment, or
    TransientError where the secrets cannot be read at the moment.
    """
    refused: list[ConfigError] = []
    tables: list[TableSpec] = []
    settings = None
    try:
        tables = chosen_tables(names)
    except ConfigError as error:
        refused.append(error)
    try:
        settings = load_settings(_db_types(tables), find_env_file(HERE), AwsVault())
    except ConfigError as error:
        refused.append(error)
    try:
        load_reporting()
    except ConfigError as error:
        refused.append(error)
    if refused or settings is None:
        raise ConfigError(
            "\n".join(error.message for error in refused),
            hint=" ".join(error.hint for error in refused),
        )
    return Config(tables, settings)


def chosen_tables(names: Sequence[str] | None = None) -> list[TableSpec]:
    """Return the tables of these names, all where None; raises ConfigError."""
    return select_tables(parse_table_configs(TABLE_CONFIGS), names, DEFAULT_SYNC_ORDER)


def describe(names: Sequence[str] | None = None) -> dict[str, Any]:
    """Return the tables and the configuration, or what is wrong with the environment."""
    tables = chosen_tables(names)
    try:
        configuration: dict[str, Any] = {"variables": variables(load_config(names).settings)}
    except TableferryError as error:
        found = [line.strip() for line in error.message.splitlines() if not line.endswith(":")]
        problems = {variable: problem for variable, _, problem in (p.partition(" ") for p in found)}
        configuration = {"problems": problems, "hint": error.hint}
    return {
        "tables": {table.key: table.to_dict() for table in tables},
        "sync_order": [table.key for table in tables],
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


def _db_types(tables: Sequence[TableSpec]) -> list[str]:
    """Return the sources that these tables need; without tables, those that broken entries name."""
    if tables:
        return list(dict.fromkeys(table.db_type for table in tables))
    found = [entry.get("db_type") for entry in TABLE_CONFIGS.values() if isinstance(entry, dict)]
    return list(dict.fromkeys(name for name in found if isinstance(name, str) and name))


def main(arguments: Sequence[str]) -> int:
    """Print the configuration, or everything that is wrong with it; returns the exit code."""
    with shielded_output():
        if arguments:
            print(f"Wrong use: {' '.join(arguments)}\nhint: python config.py", file=sys.stderr)
            return REFUSED.exit_code
        try:
            config = load_config()
        except TableferryError as error:
            print(f"{error.message}\nhint: {error.hint}", file=sys.stderr)
            return (REFUSED if isinstance(error, ConfigError) else FAILED).exit_code
        print(f"# .env: {find_env_file(HERE) or 'none, the environment only'}")
        for name, value in variables(config.settings).items():
            print(f"{name}={value}")
        keys = ", ".join(table.key for table in config.tables)
        print(f"# {counted(len(config.tables), 'table')}: {keys}")
        return ALL_OK.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
