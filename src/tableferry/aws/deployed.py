"""The configuration of a deployment: its tables, wherever they are kept, and its environment."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tableferry.aws.tables_uri import DeployedTables
from tableferry.aws.vault import AwsVault
from tableferry.config import (
    Settings,
    TableSet,
    TableSpec,
    load_reporting,
    load_settings,
    parse_table_set,
)
from tableferry.config.resolve import resolve_tables
from tableferry.errors import ConfigError
from tableferry.frontend.configured import expansion_of, status_expansion_of


@dataclass(frozen=True, slots=True)
class Config:
    """The chosen tables in sync order, and the databases that they need.

    ``warnings`` are what is to be told of the tables' patterns. Of a status that is not
    ``complete``, a source could not be asked which tables match.
    """

    tables: list[TableSpec]
    settings: Settings
    warnings: tuple[str, ...] = ()
    complete: bool = True


class DeployedConfig:
    """The tables of ``TABLES_URI``, else those of the package, and the settings for them."""

    def __init__(
        self,
        configs: Mapping[str, Mapping[str, Any]],
        order: Sequence[str],
        env_file: Callable[[], Path | None],
        *,
        defaults: object = None,
        schemas: object = None,
    ) -> None:
        """``configs``, ``order``, ``defaults`` and ``schemas`` are the package's own table file."""
        self._configs = configs
        self._env_file = env_file
        self._tables = DeployedTables(
            lambda: parse_table_set(
                configs, defaults=defaults or {}, schemas=schemas or {}, order=order
            )
        )

    def tables(self) -> TableSet:
        """Return the tables as they are configured; raises ConfigError, TransientError."""
        return self._tables.read()

    def names(self) -> Collection[str]:
        """Return the keys that a request may name.

        A configuration with problems is refused later, together with those of the environment.
        """
        try:
            return self.tables().names
        except ConfigError:
            return self._configs

    def load(self, names: Sequence[str] | None = None) -> Config:
        """Read the configuration of these tables, of all where None.

        Raises as ``read``. Patterns of tables are matched with the catalogs of their sources.
        """
        table_set, settings = self.read(names)
        found = expansion_of(table_set, settings, names)
        return Config(found.tables, settings, found.warnings)

    def load_for_status(self, names: Sequence[str] | None = None) -> Config:
        """Read the configuration for a status of these tables, of all where None.

        The ledger is in the target: nothing is read or asked of a source, but where patterns are.
        Raises as ``read``, and what a connection raises.
        """
        table_set, settings = self.read(names, of_sources=False)
        found, complete = status_expansion_of(
            table_set,
            lambda db_types: load_settings(db_types, self._env_file(), AwsVault()),
            names,
        )
        return Config(found.tables, settings, found.warnings, complete)

    def read(
        self, names: Sequence[str] | None = None, *, of_sources: bool = True
    ) -> tuple[TableSet, Settings]:
        """Read the tables as they are configured, and the settings; contacts no database.

        The settings are those of the target, and of the tables' sources unless ``of_sources`` is
        False. Raises one ConfigError that names every problem of the tables and of the environment,
        or TransientError where the tables or secrets cannot be read at the moment.
        """
        refused: list[ConfigError] = []
        table_set = settings = None
        try:
            table_set = self.tables()
            if not table_set.patterns:
                resolve_tables(table_set).selected(names)
        except ConfigError as error:
            refused.append(error)
        try:
            db_types = table_set.db_types_of(names) if table_set else self._written_db_types()
            settings = load_settings(db_types if of_sources else (), self._env_file(), AwsVault())
        except ConfigError as error:
            refused.append(error)
        try:
            load_reporting()
        except ConfigError as error:
            refused.append(error)
        if refused or settings is None or table_set is None:
            raise ConfigError(
                "\n".join(error.message for error in refused),
                hint=" ".join(error.hint for error in refused),
            )
        return table_set, settings

    def _written_db_types(self) -> list[str]:
        """Return the sources that the package's entries name, of which some are broken."""
        found = [one.get("db_type") for one in self._configs.values() if isinstance(one, Mapping)]
        return list(dict.fromkeys(name for name in found if isinstance(name, str) and name))
