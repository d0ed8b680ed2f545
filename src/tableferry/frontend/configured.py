"""The tables of a request; the drivers are loaded only where patterns have to be matched."""

from collections.abc import Sequence

from tableferry.config import Settings, TableSet
from tableferry.config.resolve import Expansion, resolve_tables


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
