"""Specifications of a table set: its entries, and a table for each name that a pattern matches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final, Protocol

from tableferry.config.derived_names import derived_key, derived_target, written
from tableferry.config.entry_problems import key_problems
from tableferry.config.inherited import Layer, Merged, merge
from tableferry.config.name_pattern import NamePattern
from tableferry.config.table_configs import parse_table_configs, select_tables
from tableferry.config.table_set import DEFAULTS, Entry, Place, TablePattern, TableSet
from tableferry.config.table_spec import TableSpec
from tableferry.errors import ConfigError, SchemaError
from tableferry.model.identifiers import SourceTable, shown


class CatalogTable(Protocol):
    """A table of a catalog, or a view."""

    @property
    def table(self) -> SourceTable: ...  # noqa: D102 - its names, as the catalog spells them

    @property
    def is_view(self) -> bool: ...  # noqa: D102


Catalogs = Mapping[Place, Mapping[NamePattern, Sequence[CatalogTable]]]
"""The tables that match each pattern of ``questions``, sorted by name."""

NO_CATALOGS: Final[Catalogs] = {}


@dataclass(frozen=True, slots=True)
class Resolved:
    """Specifications by their keys.

    ``merged`` says where each value comes from, ``pattern_of`` which pattern a table without an
    entry has, ``empty`` which patterns have no table at all. ``unnamed`` are sentences about tables
    that a pattern matches and that cannot have a key; the others are not refused for them.
    """

    specs: Mapping[str, TableSpec]
    merged: Mapping[str, Merged]
    order: tuple[str, ...]
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pattern_of: Mapping[str, TablePattern] = field(default_factory=dict)
    empty: tuple[TablePattern, ...] = ()
    unnamed: tuple[str, ...] = ()

    def selected(self, names: Sequence[str] | None) -> list[TableSpec]:
        """Return the tables of these keys, and of patterns with these keys, in their order.

        None: those that the order names. Raises ConfigError for unknown names.
        """
        wanted = None if names is None else self._tables(names)
        if names and not wanted:
            raise _no_match([one for one in self.empty if one.key in names])
        return select_tables(self.specs, wanted, self._tables(self.order))

    def _tables(self, names: Sequence[str]) -> list[str]:
        """Replace the keys of patterns by those of their tables."""
        return [key for name in names for key in self.members.get(name, (name,))]


@dataclass(frozen=True, slots=True)
class Expansion:
    """The tables that were asked for, in their order, and what is to be told of the patterns."""

    tables: list[TableSpec]
    warnings: tuple[str, ...] = ()


def select_entries(table_set: TableSet, names: Sequence[str] | None) -> list[str]:
    """Return the keys of the entries and patterns with these names, all for None.

    Raises ConfigError for unknown names: those of tables that patterns match are not known here.
    """
    unknown = [name for name in names or () if name not in table_set.keys]
    if unknown or names == []:
        raise ConfigError(
            f"Unknown entry: {', '.join(map(shown, unknown))}" if unknown else "No table was named",
            hint=f"The entries are: {', '.join(table_set.keys)}.",
        )
    return [key for key in table_set.keys if names is None or key in names]


def described(table_set: TableSet, names: Sequence[str] | None) -> dict[str, Any]:
    """Return the configured tables by their keys; of a set with patterns, its entries as written.

    Which tables the patterns match, and what these give to entries, only a catalog says. Raises
    ConfigError.
    """
    if table_set.patterns:
        return {key: table_set.shown(key) for key in select_entries(table_set, names)}
    return {spec.key: spec.to_dict() for spec in resolve_tables(table_set).selected(names)}


def questions(table_set: TableSet) -> dict[Place, list[NamePattern]]:
    """Return what to look for in each catalog: nothing where there is no pattern.

    Entries of one table are among it: the server knows which patterns match them as well.
    """
    found: dict[Place, list[NamePattern]] = {}
    for pattern in table_set.patterns:
        found.setdefault(pattern.place, []).extend([pattern.select, *pattern.exclude])
    for key in table_set.entries:
        if (table := _table_of(table_set, key)) and _place(table_set, key) in found:
            found[_place(table_set, key)].append(NamePattern.of(table))
    return found


def resolve_tables(table_set: TableSet, catalogs: Catalogs = NO_CATALOGS) -> Resolved:
    """Resolve a set with what the catalogs have; raises one ConfigError with every problem."""
    found = _Resolution(table_set, catalogs)
    found.take_entries()
    found.take_matches()
    if found.problems:
        raise ConfigError(
            "The table configuration has problems:\n  " + "\n  ".join(found.problems),
            hint=f"Correct {table_set.named}: {table_set.remedy}.",
        )
    _require_defaults_in_use(table_set, found.merged)
    if not found.entries and found.unnamed:
        raise ConfigError(
            "The patterns match no table that can have a key", hint=" ".join(found.unnamed)
        )
    if not found.entries and table_set.patterns:
        raise _no_match(table_set.patterns)
    specs = parse_table_configs(
        found.entries,
        named=table_set.named,
        origins={key: one.origins for key, one in found.merged.items()},
    )
    return Resolved(
        specs,
        found.merged,
        table_set.order,
        {one.key: tuple(found.members[one.key]) for one in table_set.patterns},
        found.pattern_of,
        tuple(one for one in table_set.patterns if one.key not in found.in_use),
        tuple(found.unnamed),
    )


class _Resolution:
    """The tables found so far, and the problems."""

    def __init__(self, table_set: TableSet, catalogs: Catalogs) -> None:
        self._set = table_set
        self._catalogs = catalogs
        self.entries: dict[str, Entry] = {}
        self.merged: dict[str, Merged] = {}
        self.members: dict[str, list[str]] = {one.key: [] for one in table_set.patterns}
        self.pattern_of: dict[str, TablePattern] = {}
        self.in_use: set[str] = set()
        self.problems: list[str] = []
        self.unnamed: list[str] = []
        self._entered: set[tuple[Place, SourceTable]] = set()
        self._patterns = self._matching()

    def _matching(self) -> dict[tuple[Place, SourceTable], list[TablePattern]]:
        """Return the patterns of each table, the most specific last."""
        found: dict[tuple[Place, SourceTable], list[TablePattern]] = {}
        for pattern in sorted(self._set.patterns, key=lambda one: one.select.literal_length):
            catalog = self._catalogs.get(pattern.place, {})
            excluded = {
                one.table for exclude in pattern.exclude for one in catalog.get(exclude, ())
            }
            for one in catalog.get(pattern.select, ()):
                if one.table not in excluded and (pattern.views or not one.is_view):
                    found.setdefault((pattern.place, one.table), []).append(pattern)
        return found

    def take_entries(self) -> None:
        """Take the entries of one table, each with what patterns of its table give it."""
        for key, entry in self._set.entries.items():
            place = _place(self._set, key)
            table = _table_of(self._set, key)
            named = self._catalogs.get(place, {}).get(NamePattern.of(table), ()) if table else ()
            patterns: list[TablePattern] = []
            for one in named:
                self._entered.add((place, one.table))
                patterns += self._patterns.get((place, one.table), [])
            self._require_one_order(key, patterns)
            self._add(key, table, [*map(self._layer, patterns), Layer(self._label(key), entry)])

    def take_matches(self) -> None:
        """Take the tables that only patterns name, by name."""
        keys: dict[str, SourceTable] = {}
        for (place, table), patterns in sorted(
            self._patterns.items(), key=lambda one: (one[0][1].schema, one[0][1].name)
        ):
            self.in_use |= {one.key for one in patterns}
            if (place, table) in self._entered:
                continue
            key = derived_key(table)
            if problems := key_problems(key):
                self.unnamed.append(
                    f"{shown(table.name)} of the schema {shown(table.schema)} is left out: "
                    f"{problems[0]}. Give it an entry of its own."
                )
                continue
            self._require_one_order(str(table), patterns)
            if key in keys:
                self.problems.append(f"{keys[key]} and {table} would both have the key {key!r}")
            elif key in self._set.keys:
                self.problems.append(f"{table} would have the key {key!r} of an entry")
            keys[key] = table
            owner = patterns[-1]
            self.members[owner.key].append(key)
            self.pattern_of[key] = owner
            layer = self._layer(owner)
            database = self._set.own(owner.key)["sql_server_db"]
            named = SourceTable(database, table.schema, table.name)
            own = Layer(layer.origin, {**layer.values, "sql_table": named.sql})
            self._add(key, named, [*map(self._layer, patterns[:-1]), own])

    def _add(self, key: str, table: SourceTable | None, layers: Sequence[Layer]) -> None:
        merged = merge([Layer(DEFAULTS, self._set.defaults), *layers])
        entry, origins = dict(merged.entry), dict(merged.origins)
        if "pg_table" not in entry and table is not None:
            prefix = self._set.prefixes.get(entry["db_type"], entry["db_type"])
            entry["pg_table"] = written(derived_target(table, prefix, self._set.schemas))
            origins["pg_table"] = "the source table's name"
        self.entries[key] = entry
        self.merged[key] = Merged(entry, origins, merged.unfitting)

    def _layer(self, pattern: TablePattern) -> Layer:
        return Layer(f"pattern {pattern.text}{self._line(pattern.key)}", pattern.entry)

    def _label(self, key: str) -> str:
        return f"entry {key}{self._line(key)}"

    def _line(self, key: str) -> str:
        return f", line {self._set.lines[key]}" if key in self._set.lines else ""

    def _require_one_order(self, name: str, patterns: Sequence[TablePattern]) -> None:
        """Note two patterns that are equally specific and say different things of one table."""
        for one, other in pairwise(patterns):
            if one.select.literal_length != other.select.literal_length:
                continue
            differing = [
                key
                for key in one.entry.keys() & other.entry.keys() - {"sql_table"}
                if one.entry[key] != other.entry[key]
            ]
            if differing:
                self.problems.append(
                    f"{name}: {one} and {other} are equally specific and differ in "
                    f"{', '.join(map(repr, sorted(differing)))}"
                )


def _require_defaults_in_use(table_set: TableSet, merged: Mapping[str, Merged]) -> None:
    """Refuse a default that fits none of the tables: whoever wrote it expects an effect."""
    unused = [
        key
        for key in table_set.defaults
        if any(key in one.unfitting for one in merged.values())
        and not any(one.origins.get(key) == DEFAULTS for one in merged.values())
    ]
    if unused:
        raise ConfigError(
            f"{DEFAULTS} has {', '.join(map(repr, unused))}, which fits no table",
            hint="Leave it out, or make the choice that it belongs to in [defaults] as well.",
        )


def _no_match(patterns: Sequence[TablePattern]) -> SchemaError:
    return SchemaError(
        f"No table matches {', '.join(map(str, patterns))}",
        hint="Correct the pattern (views are matched with 'views' only), and grant the login "
        "SELECT on the tables: without it, it does not see them.",
    )


def _place(table_set: TableSet, key: str) -> Place:
    entry = table_set.own(key)
    return Place(entry["db_type"], entry["sql_server_db"].lower())


def _table_of(table_set: TableSet, key: str) -> SourceTable | None:
    """Return an entry's table; None where its name is none, which is reported with the rest."""
    entry = table_set.own(key)
    try:
        return SourceTable.parse(entry["sql_table"], entry["sql_server_db"])
    except ConfigError:
        return None
