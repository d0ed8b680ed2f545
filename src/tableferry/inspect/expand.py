"""Tables of a table set whose patterns are matched with the catalogs of their sources.

One statement for each source database, whatever the number of patterns and tables. Nothing is
written anywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tableferry import sqlserver
from tableferry.config import Settings, TableSet, TableSpec
from tableferry.config.resolve import Resolved, questions, resolve_tables


@dataclass(frozen=True, slots=True)
class Expansion:
    """The tables that were asked for, in their order, and what is to be told of the patterns."""

    tables: list[TableSpec]
    warnings: tuple[str, ...] = ()


def expand(
    table_set: TableSet,
    connection: sqlserver.SourceConnection,
    names: Sequence[str] | None = None,
) -> list[TableSpec]:
    """Return the tables of a set all of whose patterns are for the database of ``connection``.

    ``names`` are keys of tables or patterns, None for all. Raises ConfigError where tables clash,
    SchemaError where nothing matches, and what a connection raises.
    """
    catalogs = {
        place: sqlserver.match_tables(connection, asked)
        for place, asked in questions(table_set).items()
    }
    return resolve_tables(table_set, catalogs).selected(names)


def match(table_set: TableSet, settings: Settings) -> Resolved:
    """Resolve a set, with a connection to each source that has patterns; raises as ``expand``."""
    catalogs = {}
    for place, asked in questions(table_set).items():
        with sqlserver.connect(settings.sources[place.db_type]) as connection:
            catalogs[place] = sqlserver.match_tables(connection, asked)
    return resolve_tables(table_set, catalogs)


def expanded(
    table_set: TableSet, settings: Settings, names: Sequence[str] | None = None
) -> Expansion:
    """Return the tables that a run takes: for the command, Lambda and the Python API.

    A set without patterns needs no connection. Raises as ``expand``.
    """
    resolved = match(table_set, settings)
    warnings = tuple(f"No table matches the pattern {one}" for one in resolved.empty)
    return Expansion(resolved.selected(names), warnings)
