"""Tables of a table set whose patterns are matched with the catalogs of their sources.

One statement for each source database, whatever the number of patterns and tables. Nothing is
written anywhere.
"""

from collections.abc import Mapping, Sequence

from tableferry import sqlserver
from tableferry.config import Settings, TableSet, TableSpec
from tableferry.config.choices import NewTables
from tableferry.config.name_pattern import NamePattern
from tableferry.config.resolve import Expansion, Resolved, questions, resolve_tables
from tableferry.config.table_set import Place
from tableferry.inspect.new_tables import Matched, find_new, warning_of
from tableferry.runs.deadline import NEVER, Deadline
from tableferry.runs.retry import Retries, retried

Found = Mapping[Place, Mapping[NamePattern, tuple[sqlserver.FoundTable, ...]]]
"""What the catalogs have for each pattern."""


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


def expanded(
    table_set: TableSet,
    settings: Settings,
    names: Sequence[str] | None = None,
    deadline: Deadline = NEVER,
) -> Expansion:
    """Return the tables that a run takes: for the command, Lambda and the Python API.

    A set without patterns needs no connection. One that is lost is made again, as in a run. Raises
    as ``expand``.
    """
    if not table_set.patterns:
        return Expansion(resolve_tables(table_set).selected(names))
    return retried(lambda: _expanded(table_set, settings, names), Retries(), deadline)


def resolved(table_set: TableSet, settings: Settings) -> Resolved:
    """Resolve a set, with a connection to each source that has patterns; raises as ``expand``."""
    return resolve_tables(table_set, _catalogs(table_set, settings))


def _catalogs(table_set: TableSet, settings: Settings) -> Found:
    found = {}
    for place, asked in questions(table_set).items():
        with sqlserver.connect(settings.sources[place.db_type]) as connection:
            found[place] = sqlserver.match_tables(connection, asked)
    return found


def _expanded(table_set: TableSet, settings: Settings, names: Sequence[str] | None) -> Expansion:
    catalogs = _catalogs(table_set, settings)
    found = resolve_tables(table_set, catalogs)
    chosen = {one.key for one in found.selected(names)}
    # Whoever names a table wants it, new or not: a step of a fan-out, say.
    is_asked = any(key in chosen and key not in (names or ()) for key in found.pattern_of)
    new = find_new(_matched(found, catalogs), settings.target) if is_asked else []
    warnings = [f"No table matches the pattern {one}" for one in found.empty]
    warnings += found.unnamed
    left_out = set()
    new = [one for one in new if one.spec.key in chosen and one.spec.key not in (names or ())]
    for pattern in table_set.patterns:
        of_pattern = [one for one in new if one.pattern.key == pattern.key]
        if pattern.new_tables is NewTables.TELL:
            left_out |= {one.spec.key for one in of_pattern}
        if of_pattern:
            warnings.append(warning_of(pattern, of_pattern))
    tables = [one for one in found.selected(names) if one.key not in left_out]
    return Expansion(tables, tuple(warnings))


def _matched(found: Resolved, catalogs: Found) -> dict[str, Matched]:
    """Return the tables that only patterns name, by their keys, with their ages."""
    ages = {
        (place, one.table.schema, one.table.name): one.age
        for place, answers in catalogs.items()
        for tables in answers.values()
        for one in tables
    }
    return {
        key: Matched(
            spec := found.specs[key],
            pattern,
            ages[pattern.place, spec.source.schema, spec.source.name],
        )
        for key, pattern in found.pattern_of.items()
    }
