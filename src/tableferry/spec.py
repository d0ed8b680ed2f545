"""What to carry: one table's specification, parsed from the ``TABLE_CONFIGS`` form.

The dict form is the public one; ``TableSpec`` is what the engine works with. Every problem of
every table is found and reported at once.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Any, Final

from tableferry.errors import ConfigError
from tableferry.identifiers import SourceTable, TargetTable, quote_mssql, quote_pg, shown
from tableferry.naming import clashes, pg_name

DEFAULT_BATCH_SIZE: Final = 10_000
"""Rows in a batch: progress is told this often; larger batches read no faster (see docs)."""


class Consistency(StrEnum):
    """How the source is read (ARCHITECTURE section "What a spec can say")."""

    AUTO = "auto"
    SNAPSHOT = "snapshot"
    READ_COMMITTED = "read_committed"
    NOLOCK = "nolock"


class OnInvalid(StrEnum):
    """What to do with what PostgreSQL's text cannot hold: U+0000 and half surrogate pairs."""

    FAIL = "fail"
    STRIP = "strip"
    REPLACE = "replace"


class TrailingBlanks(StrEnum):
    """What to do with the blanks that fill up a ``char`` or ``nchar``."""

    KEEP = "keep"
    TRIM = "trim"


class DriftPolicy(StrEnum):
    """What to do with columns that only the source, or only an existing target table has."""

    STOP = "stop"
    ADD_COLUMNS = "add_columns"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class OrderBy:
    """One column of ORDER BY, as it was written: resolved against the real columns by the plan."""

    text: str


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table to carry: a full refresh from ``source`` into ``target``.

    ``columns`` pairs each source column with its target column, and is empty where they are to
    be discovered: all but ``exclude``. ``primary_key`` holds source column names, and is empty
    where the source's is to be taken. ``where`` is T-SQL, taken from configuration only, never
    from an event.
    """

    key: str
    db_type: str
    database: str
    source: SourceTable
    target: TargetTable
    columns: tuple[tuple[str, str], ...]
    primary_key: tuple[str, ...]
    order_by: tuple[OrderBy, ...] = ()
    batch_size: int = DEFAULT_BATCH_SIZE
    description: str = ""
    consistency: Consistency = Consistency.AUTO
    where: str = ""
    exclude: tuple[str, ...] = ()
    type_overrides: tuple[tuple[str, str], ...] = ()
    on_invalid: OnInvalid = OnInvalid.FAIL
    trailing_blanks: TrailingBlanks = TrailingBlanks.KEEP
    drift: DriftPolicy = DriftPolicy.STOP

    def located_in(self, database: str) -> "TableSpec":
        """Return the spec for the database that the connection is to.

        ``sql_server_db`` is the database's name in the configuration; the environment says what
        it is called on this server (McTM_Test, say). A table named in a third database stays there.
        """
        if self.source.database.lower() != self.database.lower():
            return self
        return replace(self, source=replace(self.source, database=database))

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form, for people who want to see what is configured."""
        return {
            "description": self.description,
            "db_type": self.db_type,
            "source": str(self.source),
            "target": str(self.target),
            "columns": dict(self.columns) or DISCOVERED,
            "primary_key": list(self.primary_key) or DISCOVERED,
            "order_by": [order.text for order in self.order_by],
            "batch_size": self.batch_size,
            "consistency": self.consistency.value,
            **({"where": self.where} if self.where else {}),
            **({"exclude": list(self.exclude)} if self.exclude else {}),
            **({"type_overrides": dict(self.type_overrides)} if self.type_overrides else {}),
            "on_invalid": self.on_invalid.value,
            "trailing_blanks": self.trailing_blanks.value,
            "drift": self.drift.value,
        }


DISCOVERED: Final = "from the source"
"""What is shown for columns and a key that the configuration leaves out."""

REQUIRED: Final = ("db_type", "sql_server_db", "sql_table", "pg_table")
OPTIONAL: Final = (
    "columns",
    "pg_columns",
    "primary_key",
    "exclude",
    "order_by",
    "batch_size",
    "description",
    "consistency",
    "where",
    "type_overrides",
    "on_invalid",
    "trailing_blanks",
    "drift",
)


def parse_table_configs(configs: Mapping[str, Mapping[str, Any]]) -> dict[str, TableSpec]:
    """Parse ``TABLE_CONFIGS``; raises one ConfigError that names every problem of every table."""
    specs: dict[str, TableSpec] = {}
    problems: list[str] = []
    for key, entry in configs.items():
        found = _problems(entry)
        problems += [f"{key}: {problem}" for problem in found]
        if not found:
            specs[key] = _spec(key, entry)
    problems += _shared_targets(specs)
    if problems:
        raise ConfigError(
            "The table configuration has problems:\n  " + "\n  ".join(problems),
            hint="Correct these entries of TABLE_CONFIGS.",
        )
    return specs


def select_tables(
    specs: Mapping[str, TableSpec], names: Sequence[str] | None, order: Sequence[str]
) -> list[TableSpec]:
    """Return the specs named (all where ``names`` is None) in ``order``; unknown: ConfigError."""
    wanted = list(order) if names is None else list(names)
    unknown = [name for name in wanted if name not in specs]
    if unknown or not wanted:
        raise ConfigError(
            f"Unknown table: {', '.join(map(shown, unknown))}" if unknown else "No table was named",
            hint=f"The configured tables are: {', '.join(specs)}.",
        )
    in_order = dict.fromkeys([*order, *specs])
    return [specs[name] for name in in_order if name in wanted]


def _problems(entry: object) -> list[str]:
    """Everything that can be said of an entry before its names are parsed."""
    if not isinstance(entry, Mapping):
        return ["the entry is not a dict"]
    found = [f"{name!r} is missing" for name in REQUIRED if name not in entry]
    found += [
        f"unknown key {name!r} (known: {', '.join((*REQUIRED, *OPTIONAL))})"
        for name in entry
        if name not in REQUIRED and name not in OPTIONAL
    ]
    found += _wrong_types(entry)
    columns, pg_columns = _names(entry.get("columns")), _names(entry.get("pg_columns"))
    if columns and pg_columns and len(columns) != len(pg_columns):
        found.append(f"'columns' has {len(columns)} names and 'pg_columns' {len(pg_columns)}")
    for name in ("columns", "pg_columns", "primary_key", "exclude"):
        found += _repeated(name, entry.get(name))
    return found + _discovery_problems(entry) + _wrong_names(entry)


def _discovery_problems(entry: Mapping[str, Any]) -> list[str]:
    """Everything that does not fit together where columns or their target names are left out."""
    found = []
    if "columns" not in entry and "pg_columns" in entry:
        found.append("'pg_columns' without 'columns': they go together by position")
    if "columns" in entry and "exclude" in entry:
        found.append("'exclude' beside 'columns': it is for columns that are discovered")
    if "pg_columns" not in entry:
        pairs = [(name, pg_name(name)) for name in _names(entry.get("columns"))]
        found += [
            f"'columns' {' and '.join(map(shown, names))} would both be named {shown(target)}: "
            "name them in 'pg_columns'"
            for target, names in clashes(pairs).items()
        ]
    return found


def _wrong_names(entry: Mapping[str, Any]) -> list[str]:
    """Every name of an entry that its database would not take, or that fits no other."""
    columns = _names(entry.get("columns"))
    database = entry.get("sql_server_db")
    tries: list[Callable[[], object]] = [
        *(partial(quote_mssql, name) for name in (*columns, *_names(entry.get("exclude")))),
        *(partial(quote_pg, name) for name in _names(entry.get("pg_columns"))),
    ]
    if _is_text(entry.get("pg_table")):
        tries.append(partial(TargetTable.parse, entry["pg_table"]))
    if _is_text(entry.get("sql_table")) and _is_text(database):
        tries.append(partial(_source_table, entry["sql_table"], str(database)))
    found = []
    for attempt in tries:
        try:
            attempt()
        except ConfigError as error:
            found.append(error.message)
    known = {name.lower() for name in columns}
    overrides = entry.get("type_overrides")
    if columns and _is_text_map(overrides):
        strange = [name for name in dict(overrides or {}) if name.lower() not in known]
        if strange:
            named = ", ".join(map(shown, strange))
            found.append(f"'type_overrides' names {named}, which 'columns' does not hold")
    missing = [name for name in _names(entry.get("primary_key")) if name.lower() not in known]
    if missing and columns:
        named = ", ".join(map(shown, missing))
        found.append(f"'primary_key' names {named}, which 'columns' does not hold")
    return found


def _source_table(text: str, database: str) -> SourceTable:
    """Parse ``sql_table``; ConfigError where it is in another database than ``sql_server_db``."""
    table = SourceTable.parse(text, database)
    if table.database.lower() != database.lower():
        raise ConfigError(
            f"'sql_table' is in the database {shown(table.database)}, "
            f"'sql_server_db' is {shown(database)}"
        )
    return table


def _wrong_types(entry: Mapping[str, Any]) -> list[str]:
    found = [
        f"{name!r} must be {meaning}"
        for name, (is_right, meaning) in VALUE_RULES.items()
        if name in entry and not is_right(entry[name])
    ]
    db_type = entry.get("db_type")
    if isinstance(db_type, str) and not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", db_type):
        found.append("'db_type' must be letters, digits and _: it names environment variables")
    return found


def _names(value: object) -> tuple[str, ...]:
    """Return a name or a list of names as a tuple; empty where it is neither."""
    if isinstance(value, str):
        return (value,) if value else ()
    if isinstance(value, Sequence) and all(isinstance(name, str) and name for name in value):
        return tuple(value)
    return ()


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_name_list(value: object) -> bool:
    return not isinstance(value, str) and bool(_names(value))


def _is_text_map(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        _is_text(name) and _is_text(text) for name, text in value.items()
    )


def _is_batch_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1_000_000


_TEXT = (_is_text, "a text that is not empty")
_ANY_TEXT = (lambda value: isinstance(value, str), "a text")
_NAME_LIST = (_is_name_list, "a list of names")
_NAMES = (lambda value: bool(_names(value)), "a name or a list of names")

VALUE_RULES: Final[dict[str, tuple[Callable[[object], bool], str]]] = {
    "db_type": _TEXT,
    "sql_server_db": _TEXT,
    "sql_table": _TEXT,
    "pg_table": _TEXT,
    "columns": _NAME_LIST,
    "pg_columns": _NAME_LIST,
    "primary_key": _NAMES,
    "exclude": _NAME_LIST,
    "order_by": _NAMES,
    "batch_size": (_is_batch_size, "a whole number from 1 to 1,000,000"),
    "description": _ANY_TEXT,
    "where": _ANY_TEXT,
    "consistency": (
        lambda value: value in list(Consistency),
        f"one of {', '.join(Consistency)}",
    ),
    "type_overrides": (_is_text_map, "a dict of column names and PostgreSQL types"),
    "on_invalid": (lambda value: value in list(OnInvalid), f"one of {', '.join(OnInvalid)}"),
    "trailing_blanks": (
        lambda value: value in list(TrailingBlanks),
        f"one of {', '.join(TrailingBlanks)}",
    ),
    "drift": (lambda value: value in list(DriftPolicy), f"one of {', '.join(DriftPolicy)}"),
}
"""What each key of an entry may hold, and how to say so."""


def _repeated(key: str, value: object) -> list[str]:
    seen: set[str] = set()
    found = []
    for name in _names(value):
        if name.lower() in seen:
            found.append(f"{key!r} names {shown(name)} twice")
        seen.add(name.lower())
    return found


def _spec(key: str, entry: Mapping[str, Any]) -> TableSpec:
    names = _names(entry.get("columns"))
    pg_names = _names(entry.get("pg_columns")) or tuple(map(pg_name, names))
    columns = tuple(zip(names, pg_names, strict=True))
    by_lower = {name.lower(): name for name in names}
    return TableSpec(
        key=key,
        db_type=entry["db_type"],
        database=entry["sql_server_db"],
        source=_source_table(entry["sql_table"], entry["sql_server_db"]),
        target=TargetTable.parse(entry["pg_table"]),
        columns=columns,
        primary_key=tuple(
            by_lower.get(name.lower(), name) for name in _names(entry.get("primary_key"))
        ),
        order_by=tuple(OrderBy(text) for text in _names(entry.get("order_by", ""))),
        batch_size=entry.get("batch_size", DEFAULT_BATCH_SIZE),
        description=entry.get("description", ""),
        consistency=Consistency(entry.get("consistency", Consistency.AUTO)),
        where=entry.get("where", ""),
        exclude=_names(entry.get("exclude")),
        type_overrides=tuple(dict(entry.get("type_overrides", {})).items()),
        on_invalid=OnInvalid(entry.get("on_invalid", OnInvalid.FAIL)),
        trailing_blanks=TrailingBlanks(entry.get("trailing_blanks", TrailingBlanks.KEEP)),
        drift=DriftPolicy(entry.get("drift", DriftPolicy.STOP)),
    )


def _shared_targets(specs: Mapping[str, TableSpec]) -> list[str]:
    """Two tables loaded into one target would each truncate the other's rows.

    A name without a schema is most likely in ``public``: it may be, so it counts as that.
    """
    owners: dict[TargetTable, str] = {}
    found = []
    for key, spec in specs.items():
        target = replace(spec.target, schema=spec.target.schema or "public")
        if target in owners:
            found.append(f"{key}: 'pg_table' is already the target of {owners[target]}")
        owners.setdefault(target, key)
    return found
