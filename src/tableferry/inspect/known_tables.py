"""The tables that a status is about, also where a source is down that would match patterns.

No driver is loaded here: a status of tables without patterns asks the target alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from tableferry.config import TableSet
from tableferry.config.resolve import Expansion, resolve_tables
from tableferry.errors import SchemaError, TableferryError


def known_tables(
    table_set: TableSet, expand: Callable[[], Expansion], names: Sequence[str] | None = None
) -> tuple[Expansion, bool]:
    """Return the tables with these keys, all where None, and whether they are all of them.

    ``expand`` matches patterns with the sources' catalogs. Where it cannot ask one, tables with an
    entry are left: a status has to answer then, too. Raises what it raises where nothing matches,
    and where tables were named, which only a pattern may know.
    """
    try:
        return expand(), True
    except SchemaError:  # the sources have answered: nothing matches
        raise
    except TableferryError as error:
        if names is not None or not table_set.patterns:
            raise
        note = f"Which tables the patterns match is not known at the moment: {error.message}"
        keys = tuple(table_set.entries)
        if not keys:
            return Expansion([], (note,)), False
        entries = replace(table_set, patterns=(), order=keys, keys=keys)
        return Expansion(resolve_tables(entries).selected(None), (note,)), False
