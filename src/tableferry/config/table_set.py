"""What a table file says: entries, patterns, defaults and schemas, checked without a database.

``resolve_tables`` makes specifications of it, with the tables that the sources' catalogs have.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from tableferry.config.choices import NewTables
from tableferry.config.entry_model import OWN_KEYS, PATTERN_KEYS, REQUIRED
from tableferry.config.entry_problems import (
    choice_problems,
    key_problems,
    known_keys,
    label,
    unknown_keys,
    value_problems,
    with_origins,
)
from tableferry.config.entry_types import as_names, is_text
from tableferry.config.inherited import Layer, merge
from tableferry.config.name_pattern import NamePattern, has_wildcards
from tableferry.errors import ConfigError
from tableferry.model.identifiers import quote_mssql, quote_pg, shown

Entry = Mapping[str, Any]
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})

DEFAULTS: Final = "[defaults]"
"""What messages call the defaults, whatever the file's form."""

OWN_ENTRY: Final = (
    "give one of these tables an entry of its own, or leave it out with 'exclude_tables'"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A source and the name of its database, in lower case: what a catalog is asked for once."""

    db_type: str
    database: str


@dataclass(frozen=True, slots=True)
class TablePattern:
    """An entry for every table whose name matches ``select`` and none of ``exclude``.

    ``text`` is the pattern as it was written, ``written`` all its keys, ``entry`` those that each
    of its tables gets.
    """

    key: str
    text: str
    place: Place
    select: NamePattern
    entry: Entry
    written: Entry
    exclude: tuple[NamePattern, ...] = ()
    views: bool = False
    new_tables: NewTables = NewTables.TELL

    def __str__(self) -> str:
        return f"{self.key} ({self.text})"


@dataclass(frozen=True, slots=True)
class Names(Collection[str]):
    """The keys that a request may name, for its first check.

    Where there are patterns it may name any: which tables they match only a catalog says, and
    ``Resolved.selected`` refuses the others.
    """

    keys: tuple[str, ...]
    has_patterns: bool

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (self.has_patterns or name in self.keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys)

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True, slots=True)
class TableSet:
    """Tables by their keys, as they are configured.

    ``entries`` are those of one table, with what ``defaults`` gives them left out. ``schemas`` has
    the target's schema for a source's. ``order`` are keys of entries, patterns or matched tables:
    the ones that are carried, and their order. ``named`` is what hints call the entries, ``remedy``
    what they advise where two tables are in each other's way; ``lines`` where each begins in its
    file, where that is known. ``prefixes`` stand for a source's name in the names of targets.
    """

    entries: Mapping[str, Entry]
    patterns: tuple[TablePattern, ...] = ()
    defaults: Entry = field(default_factory=dict)
    schemas: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    named: str = "these entries of TABLE_CONFIGS"
    lines: Mapping[str, int] = field(default_factory=dict)
    prefixes: Mapping[str, str] = field(default_factory=dict)
    remedy: str = OWN_ENTRY

    @property
    def names(self) -> Names:
        """The keys that a request may name."""
        return Names(self.keys, bool(self.patterns))

    @property
    def db_types(self) -> list[str]:
        """The sources that the tables name, each once."""
        found = [self.own(key)["db_type"] for key in self.keys]
        return list(dict.fromkeys(found))

    def own(self, key: str) -> Entry:
        """Return the keys of an entry or a pattern, over the defaults."""
        pattern = self.pattern(key)
        return {**self.defaults, **(pattern.entry if pattern else self.entries[key])}

    def pattern(self, key: str) -> TablePattern | None:
        """Return the pattern of this key, None where it is an entry's."""
        return next((one for one in self.patterns if one.key == key), None)

    def shown(self, key: str) -> dict[str, Any]:
        """Return an entry or a pattern as it was written, over the defaults, for display."""
        pattern = self.pattern(key)
        if pattern is None:
            return {k: v for k, v in self.own(key).items() if k not in PATTERN_KEYS}
        return {**self.defaults, **pattern.written}

    def db_types_of(self, names: Sequence[str] | None) -> list[str]:
        """Return the sources that these tables need; all of them where a pattern may have one."""
        if names is None or any(name not in self.entries for name in names):
            return self.db_types
        return list(dict.fromkeys(self.own(name)["db_type"] for name in names))


def parse_table_set(
    configs: Mapping[str, Entry],
    *,
    defaults: object = NOTHING,
    schemas: object = NOTHING,
    order: Sequence[str] | None = None,
    named: str = "these entries of TABLE_CONFIGS",
    lines: Mapping[str, int] = NOTHING,
    prefixes: Mapping[str, str] = NOTHING,
    remedy: str = OWN_ENTRY,
) -> TableSet:
    """Check what a file says; raises one ConfigError that names every problem of every entry."""
    problems = [f"{DEFAULTS}: {one}" for one in _default_problems(defaults)]
    problems += [f"[schemas]: {one}" for one in _schema_problems(schemas)]
    given: Entry = defaults if isinstance(defaults, Mapping) and not problems else NOTHING
    patterns: list[TablePattern] = []
    is_whole = not any(isinstance(one, Mapping) and _is_pattern(one) for one in configs.values())
    entries: dict[str, Entry] = {}
    for key, entry in configs.items():
        found = key_problems(key)
        if not isinstance(entry, Mapping):
            found.append("the entry is not a dict")
        elif _is_pattern(entry):
            found += _pattern_problems({**given, **entry})
            if not found:
                patterns.append(_pattern(key, entry, given))
        else:
            found += _entry_problems(entry, given, is_whole=is_whole)
            entries[key] = entry
        problems += [f"{label(key)}: {one}" for one in found]
    problems += [
        f"{one.key}: {problem}" for one in patterns for problem in _of_choices(one, given, patterns)
    ]
    if problems:
        all_entries = [*configs.values(), defaults]
        raise ConfigError(
            "The table configuration has problems:\n  " + "\n  ".join(problems),
            hint=f"Correct {named}.{known_keys(all_entries)}",
        )
    keys = tuple(configs)
    return TableSet(
        entries, tuple(patterns), given, dict(_mapping(schemas)), tuple(order or keys), keys,
        named, lines, prefixes, remedy,
    )  # fmt: skip


def _mapping(value: object) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else NOTHING


def _is_pattern(entry: Entry) -> bool:
    text = entry.get("sql_table")
    return isinstance(text, str) and has_wildcards(text)


def _default_problems(defaults: object) -> list[str]:
    if not isinstance(defaults, Mapping):
        return ["it is not a dict of keys and values"]
    own = [f"{key!r} names one table, and is no default" for key in OWN_KEYS if key in defaults]
    return own + unknown_keys(defaults) + value_problems(defaults)


def _schema_problems(schemas: object) -> list[str]:
    """Return what is wrong with the pairs of a source's schema and a target's."""
    if not isinstance(schemas, Mapping):
        return ["it is not a dict of schemas"]
    found = []
    for source, target in schemas.items():
        if not is_text(source) or not is_text(target):
            found.append(f"{source!r} must have the name of a schema of the target")
        elif has_wildcards(source) or has_wildcards(target):
            found.append(f"{shown(source)} = {shown(target)}: no schema is named by wildcards")
        else:
            try:
                quote_mssql(source)
                quote_pg(target)
            except ConfigError as error:
                found.append(error.message)
    return found


def _entry_problems(entry: Entry, defaults: Entry, *, is_whole: bool) -> list[str]:
    """Return what is wrong with an entry of one table; ``is_whole``: no pattern can complete it."""
    found = [f"{name!r} is missing" for name in REQUIRED if name not in {**defaults, **entry}]
    found += unknown_keys(entry)
    found += [f"{name!r} is for patterns of tables" for name in PATTERN_KEYS if name in entry]
    if not is_whole:
        return found + value_problems(entry)
    own = {key: value for key, value in entry.items() if key not in PATTERN_KEYS}
    merged = merge([Layer(DEFAULTS, defaults), Layer("entry ", own)])
    return found + with_origins(choice_problems(merged.entry), merged.origins)


def _pattern_problems(entry: Entry) -> list[str]:
    found = [f"{name!r} is missing" for name in REQUIRED if name not in entry]
    if "pg_table" in entry:
        found.append(
            "'pg_table' names one table, and a pattern has many: leave it out, or map the "
            "schemas in [schemas]"
        )
    found += unknown_keys(entry)
    if not is_text(entry.get("sql_server_db")):
        return found + value_problems(entry)
    texts = [entry["sql_table"], *as_names(entry.get("exclude_tables"))]
    for text in texts:
        try:
            NamePattern.parse(text, entry["sql_server_db"])
        except ConfigError as error:
            found.append(error.message)
    return found + value_problems(entry)


def _of_choices(
    pattern: TablePattern, defaults: Entry, patterns: Sequence[TablePattern]
) -> list[str]:
    """Return what does not fit together in a pattern, unless others may complete it.

    Said once, and not for each of its tables.
    """
    if any(one is not pattern and one.place == pattern.place for one in patterns):
        return []
    merged = merge([Layer(DEFAULTS, defaults), Layer(pattern.key, pattern.entry)])
    return choice_problems({k: v for k, v in merged.entry.items() if k not in OWN_KEYS})


def _pattern(key: str, entry: Entry, defaults: Entry) -> TablePattern:
    whole = {**defaults, **entry}
    database = whole["sql_server_db"]
    return TablePattern(
        key=key,
        text=entry["sql_table"],
        place=Place(whole["db_type"], database.lower()),
        select=NamePattern.parse(entry["sql_table"], database),
        written=entry,
        entry={one: value for one, value in entry.items() if one not in PATTERN_KEYS},
        exclude=tuple(
            NamePattern.parse(text, database) for text in as_names(whole.get("exclude_tables"))
        ),
        views=whole.get("views", False),
        new_tables=NewTables(whole.get("new_tables", NewTables.TELL)),
    )
