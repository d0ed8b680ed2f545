"""Tables that are named with a call, and not in a file: patterns, and pairs of names.

``dbo.*``, ``Sales.Order*``, ``dbo.Customer`` or ``dbo.Customer=app.customer``. They become the same
table set that a file holds, and its patterns are matched in the same way.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tableferry import sqlserver
from tableferry.config import SourceSettings
from tableferry.config.derived_names import derived_key
from tableferry.config.name_pattern import has_wildcards
from tableferry.config.resolve import Catalogs, Expansion, questions, resolve_tables
from tableferry.config.table_set import TableSet, parse_table_set
from tableferry.errors import ConfigError, SchemaError
from tableferry.model.identifiers import SourceTable, shown, split_name
from tableferry.model.naming import find_name, pg_name

SOURCE: Final = "source"
"""The one source's name, its ``db_type``, where no variables name it."""

DEFAULT_SCHEMAS: Final = {"dbo": "public"}
"""Each database's own default; the tables of any other schema go into one of the same name."""

NAMED: Final = "the tables that are named"

REMEDY: Final = "leave one of these tables out with --exclude, and name it in a command of its own"

_CLOSING: Final = {"[": "]", '"': '"'}


@dataclass(frozen=True, slots=True)
class NamedTables:
    """What was asked for: ``tables`` as they were written, ``options`` the keys of their entries.

    ``exclude`` are patterns of tables that no pattern takes. ``schemas`` has the target's schema
    for a source's, beyond ``DEFAULT_SCHEMAS``. ``views``: patterns match views as well. ``source``
    is the source's name, the ``db_type`` of each entry.
    """

    tables: Sequence[str]
    exclude: Sequence[str] = ()
    schemas: Mapping[str, str] = field(default_factory=dict)
    views: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    source: str = SOURCE


def find_named(asked: NamedTables, settings: SourceSettings) -> Expansion:
    """Return the tables' specifications, by name, with one question to the source's catalog.

    No question where no pattern is among them. Raises ConfigError for names that are none,
    SchemaError where a pattern matches nothing, and what a connection raises.
    """
    if not asked.tables:
        raise ConfigError("No table was named", hint="Name some with --table 'dbo.*'.")
    table_set = _table_set(asked, settings.db)
    catalogs: Catalogs = {}
    if table_set.patterns:
        with sqlserver.connect(settings) as connection:
            catalogs = {
                place: sqlserver.match_tables(connection, patterns)
                for place, patterns in questions(table_set).items()
            }
    _require_matches(table_set, catalogs, settings)
    found = [table for by_pattern in catalogs.values() for table in by_pattern.values()]
    schemas = {one.table.schema for tables in found for one in tables}
    schemas |= {
        SourceTable.parse(one["sql_table"], settings.db).schema
        for one in table_set.entries.values()
    }
    _require_schemas(asked.schemas, schemas, settings)
    named = replace(table_set, schemas=target_schemas(schemas, asked.schemas))
    resolved = resolve_tables(named, catalogs)
    return Expansion(resolved.selected(None), resolved.unnamed)


def _require_matches(table_set: TableSet, catalogs: Catalogs, settings: SourceSettings) -> None:
    """Raise SchemaError for a pattern that matches nothing: it is a slip of who typed it."""
    empty = [
        one.text
        for one in table_set.patterns
        if all(found.is_view and not one.views for found in catalogs[one.place][one.select])
    ]
    if empty:
        raise SchemaError(
            f"No table of {settings} matches {', '.join(empty)}",
            hint="Correct the pattern (views are matched with --views only), and grant the login "
            "SELECT on the tables: without it, it does not see them.",
        )


def _require_schemas(
    mapped: Mapping[str, str], schemas: set[str], settings: SourceSettings
) -> None:
    """Raise SchemaError where no table is in a schema that has a target's: a slip as well."""
    in_use = {find_name(schema, mapped) for schema in schemas}
    if unused := [schema for schema in mapped if schema not in in_use]:
        raise SchemaError(
            f"No table that is named is in the schema {', '.join(map(shown, unused))} of "
            f"{settings}",
            hint=f"Correct --map-schema; the schemas are {', '.join(sorted(schemas))}.",
        )


def target_schemas(schemas: Iterable[str], given: Mapping[str, str]) -> dict[str, str]:
    """Return the target's schema for each of these schemas of the source."""
    mapped = {}
    for schema in sorted(schemas):
        known = {**DEFAULT_SCHEMAS, **given}
        name = find_name(schema, known)
        mapped[schema] = pg_name(schema) if name is None else known[name]
    return mapped


def split_pair(text: str) -> tuple[str, str]:
    """Split ``source=target``; "" for no target. Raises ConfigError for half a pair."""
    source, *targets = split_outside(text, "=")
    target = "=".join(targets)
    if not source or (targets and not target):
        raise ConfigError(
            f"{shown(text)} names no {'target' if source else 'source'}",
            hint="Write dbo.Customer=app.customer, or dbo.Customer alone. A variable of the shell "
            "may be empty.",
        )
    return source, target


def schema_pairs(texts: Iterable[str]) -> dict[str, str]:
    """Return the target's schema for each source's; raises ConfigError for what is no pair.

    Unusual names may be in brackets or quotes, as those of tables.
    """
    pairs: dict[str, str] = {}
    for text in texts:
        source, *targets = (_schema_name(one) for one in split_outside(text, "="))
        if not source or len(targets) != 1 or not targets[0]:
            raise ConfigError(
                "--map-schema names no pair of schemas", hint="Write it as --map-schema Sales=app."
            )
        if source in pairs:
            raise ConfigError(
                f"--map-schema names {shown(source)} twice", hint="Name each schema once."
            )
        pairs[source] = targets[0]
    return pairs


def _schema_name(text: str) -> str:
    if text[:1] not in _CLOSING:
        return text
    parts = split_name(text)
    return parts[0] if len(parts) == 1 else ""


def split_outside(text: str, separator: str) -> list[str]:
    """Split a text at the separators that are in no brackets or quotes; blanks around are lost."""
    parts, closing = [""], ""
    for sign in text:
        if sign == separator and not closing:
            parts.append("")
            continue
        closing = ("" if sign == closing else closing) if closing else _CLOSING.get(sign, "")
        parts[-1] += sign
    return [part.strip() for part in parts]


def _table_set(asked: NamedTables, database: str) -> TableSet:
    own = {"db_type": asked.source, "sql_server_db": database}
    found: dict[str, SourceTable] = {}
    configs: dict[str, dict[str, Any]] = {}
    for text in asked.tables:
        source, target = split_pair(text)
        entry: dict[str, Any] = {**own, "sql_table": source}
        if has_wildcards(source):
            if target:
                raise ConfigError(
                    f"{shown(text)} names one target for the tables of a pattern",
                    hint="Name a schema with --map-schema dbo=app, or each table by itself.",
                )
            key = source
            if asked.exclude:
                entry["exclude_tables"] = list(asked.exclude)
            if asked.views:
                entry["views"] = True
        else:
            table = SourceTable.parse(source, database)
            key = derived_key(table)
            _require_other_key(key, table, found.setdefault(key, table))
            if target:
                entry["pg_table"] = target
        if key in configs:
            raise ConfigError(f"{shown(source)} is named twice", hint="Name it once.")
        configs[key] = entry
    if asked.exclude and not any(has_wildcards(one["sql_table"]) for one in configs.values()):
        raise ConfigError(
            "--exclude goes with a pattern, and every table is named by itself",
            hint="Leave it out, or the names that are not wanted.",
        )
    return parse_table_set(configs, defaults=dict(asked.options), named=NAMED, remedy=REMEDY)


def _require_other_key(key: str, table: SourceTable, first: SourceTable) -> None:
    """Raise ConfigError where the table with this key is another one."""
    if table != first:
        raise ConfigError(
            f"{first} and {table} would both have the key {shown(key)}",
            hint="Name one of them in a command of its own.",
        )
