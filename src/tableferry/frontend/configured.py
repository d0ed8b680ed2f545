"""The tables of a request; the drivers are loaded only where patterns have to be matched."""

from collections.abc import Callable, Sequence

from tableferry.config import Settings, TableSet
from tableferry.config.resolve import Expansion, resolve_tables
from tableferry.inspect.known_tables import known_tables

ReadSettings = Callable[[Sequence[str]], Settings]
"""Returns where the target and these sources are; raises ConfigError or TransientError."""


def expansion_of(
    table_set: TableSet, settings: Settings | None, names: Sequence[str] | None
) -> Expansion:
    """Return the tables with these keys, all where None, in their order.

    Raises ConfigError; with patterns also SchemaError where nothing matches, and what a connection
    raises. ``settings`` are needed where there are patterns.
    """
    if settings is None or not table_set.patterns:
        return Expansion(resolve_tables(table_set).selected(names))
    from tableferry.inspect.expand import expanded

    return expanded(table_set, settings, names)


def status_expansion_of(
    table_set: TableSet, read_settings: ReadSettings, names: Sequence[str] | None
) -> tuple[Expansion, bool]:
    """Return the tables that a status is about, and whether they are all of them.

    Sources are asked, and their settings read, only where there are patterns. Where one cannot be
    asked which tables match, those with an entry are left: a status has to answer then, too.
    Raises as ``expansion_of``, where it has no answer without the patterns.
    """
    if not table_set.patterns:
        return expansion_of(table_set, None, names), True

    def expand() -> Expansion:
        return expansion_of(table_set, read_settings(table_set.db_types_of(names)), names)

    return known_tables(table_set, expand, names)
