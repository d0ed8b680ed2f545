"""Parse ``TABLE_CONFIGS`` into specifications, and report every problem of every table at once."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from tableferry.config.choices import LedgerUse, OnInvalid, Publish
from tableferry.config.deletes import Deletes
from tableferry.config.entry_keys import CHOICES, OPTIONAL, REQUIRED, UNCHANGED
from tableferry.config.mode_problems import mode_problems
from tableferry.config.setting_types import encoding_problem
from tableferry.config.table_spec import OrderBy, TableSpec
from tableferry.config.value_rules import (
    VALUE_RULES,
    as_names,
    is_text,
    is_text_map,
    is_valid,
)
from tableferry.config.verify_problems import verify_problems
from tableferry.config.where_clause import condition_problem
from tableferry.errors import ConfigError
from tableferry.model.counting import counted
from tableferry.model.identifiers import SourceTable, TargetTable, quote_mssql, quote_pg, shown
from tableferry.model.naming import caseless, clashes, find_name, pg_name


def parse_table_configs(
    configs: Mapping[str, Mapping[str, Any]], *, named: str = "these entries of TABLE_CONFIGS"
) -> dict[str, TableSpec]:
    """Parse ``TABLE_CONFIGS``; raises one ConfigError that names every problem of every table.

    ``named`` is what the hint calls the entries.
    """
    specs: dict[str, TableSpec] = {}
    problems: list[str] = []
    for key, entry in configs.items():
        found = _problems(entry) if is_text(key) else ["its key is not a text"]
        if isinstance(key, str) and (problem := _key_problem(key)):
            found.append(f"its key cannot be used: {problem}")
        label = key if isinstance(key, str) and key.isprintable() else repr(key)
        problems += [f"{label}: {problem}" for problem in found]
        if not found:
            specs[key] = _spec(key, entry)
    problems += _shared_targets(specs)
    if problems:
        raise ConfigError(
            "The table configuration has problems:\n  " + "\n  ".join(problems),
            hint=f"Correct {named}.{_known_keys(configs)}",
        )
    targets = tuple((key, spec.target) for key, spec in specs.items())
    return {key: replace(spec, all_targets=targets) for key, spec in specs.items()}


def select_tables(
    specs: Mapping[str, TableSpec], names: Sequence[str] | None, order: Sequence[str]
) -> list[TableSpec]:
    """Return the named specs (all for None) in ``order``; raises ConfigError for unknown names."""
    if not specs:
        raise ConfigError("TABLE_CONFIGS holds no table", hint="Add an entry to it.")
    wanted = list(order) if names is None else list(names)
    unknown = [name for name in wanted if name not in specs]
    if unknown or not wanted:
        raise ConfigError(
            f"Unknown table: {', '.join(map(shown, unknown))}" if unknown else "No table was named",
            hint=f"The configured tables are: {', '.join(specs)}.",
        )
    in_order = dict.fromkeys([*order, *specs])
    return [specs[name] for name in in_order if name in wanted]


STAGED: Final = tuple(one for one in Publish if one not in {Publish.AUTO, Publish.TRUNCATE})
"""The strategies with a staging table, which the ledger tracks; ``auto`` works without one.
A unit test compares them with the registry, which this folder cannot import."""


def _key_problem(key: str) -> str:
    """Return why a table cannot have this key, which the ledger stores and every output shows."""
    if problem := encoding_problem(key):
        return problem
    return "" if key.isprintable() else "it has a character that cannot be printed"


def _problems(entry: object) -> list[str]:
    """Return every problem of an entry."""
    if not isinstance(entry, Mapping):
        return ["the entry is not a dict"]
    found = [f"{name!r} is missing" for name in REQUIRED if name not in entry]
    found += [f"unknown key {name!r}" for name in entry if not _is_known(name)]
    found += _wrong_types(entry)
    columns, pg_columns = as_names(entry.get("columns")), as_names(entry.get("pg_columns"))
    if columns and pg_columns and len(columns) != len(pg_columns):
        found.append(
            f"'columns' has {counted(len(columns), 'name')} and 'pg_columns' {len(pg_columns)}"
        )
    if entry.get("ledger") == LedgerUse.OFF and entry.get("publish") in STAGED:
        found.append(
            f"'publish': {entry['publish']!r} needs the ledger, which tracks its staging table"
        )
    if entry.get("ledger") == LedgerUse.OFF and "max_age" in entry:
        found.append("'max_age' needs the ledger, which says how old the rows are")
    if isinstance(where := entry.get("where"), str) and (problem := condition_problem(where)):
        found.append(f"'where' must be one condition: it {problem}")
    for name in ("columns", "pg_columns", "primary_key", "exclude"):
        found += _repeated(name, entry.get(name))
    if entry.get("parallel", 1) != 1 and entry.get("chunks", 1) == 1:
        found.append("'parallel' without 'chunks': only chunks can be read in parallel")
    if "resume_within" in entry and entry.get("chunks", 1) == 1:
        found.append("'resume_within' without 'chunks': only chunks can be resumed")
    found += _discovery_problems(entry) + _quarantine_problems(entry)
    found += mode_problems(entry) + verify_problems(entry)
    return found + _wrong_names(entry)


def _is_known(name: object) -> bool:
    return name in REQUIRED or name in OPTIONAL


def _known_keys(configs: Mapping[str, object]) -> str:
    """List the valid keys if any entry has an unknown one."""
    entries = [entry for entry in configs.values() if isinstance(entry, Mapping)]
    if all(_is_known(name) for entry in entries for name in entry):
        return ""
    return f" Their keys are: {', '.join((*REQUIRED, *OPTIONAL))}."


def _discovery_problems(entry: Mapping[str, Any]) -> list[str]:
    """Return the contradictions where columns or their target names are omitted."""
    found = []
    if "columns" not in entry and "pg_columns" in entry:
        found.append("'pg_columns' without 'columns': the two are paired by position")
    if "columns" in entry and "exclude" in entry:
        found.append("'exclude' beside 'columns': it applies to discovered columns only")
    if "pg_columns" not in entry:
        pairs = [(name, pg_name(name)) for name in as_names(entry.get("columns"))]
        found += [
            f"'columns' {' and '.join(map(shown, names))} would both be named {shown(target)}: "
            "name them in 'pg_columns'"
            for target, names in clashes(pairs).items()
        ]
    return found


def _quarantine_problems(entry: Mapping[str, Any]) -> list[str]:
    """Return what prevents the quarantine from storing refused rows."""
    if entry.get("on_invalid") != OnInvalid.QUARANTINE:
        found = "max_invalid" in entry
        return ["'max_invalid' is for 'on_invalid': 'quarantine'"] if found else []
    if entry.get("ledger") == LedgerUse.OFF:
        return ["'on_invalid': 'quarantine' needs the ledger, which 'ledger': 'off' disables"]
    return []


def _wrong_names(entry: Mapping[str, Any]) -> list[str]:
    """Return every name that is invalid in its database, or that does not match a column."""
    columns = as_names(entry.get("columns"))
    database = entry.get("sql_server_db")
    checks: list[Callable[[], object]] = [
        *(partial(quote_mssql, name) for name in (*columns, *as_names(entry.get("exclude")))),
        *(partial(quote_pg, name) for name in as_names(entry.get("pg_columns"))),
    ]
    if is_text(entry.get("watermark")):
        checks.append(partial(quote_mssql, entry["watermark"]))
    if (deletes := _deletes(entry)) and deletes.column:
        checks.append(partial(quote_pg, deletes.column))
    if is_text(entry.get("pg_table")):
        checks.append(partial(TargetTable.parse, entry["pg_table"]))
    if is_text(entry.get("sql_table")) and is_text(database):
        checks.append(partial(_source_table, entry["sql_table"], str(database)))
    found = []
    for check in checks:
        try:
            check()
        except ConfigError as error:
            found.append(error.message)
    known = {caseless(name) for name in columns}
    overrides = entry.get("type_overrides")
    if columns and is_text_map(overrides):
        unknown = [name for name in dict(overrides or {}) if caseless(name) not in known]
        if unknown:
            named = ", ".join(map(shown, unknown))
            found.append(f"'type_overrides' names {named}, which 'columns' does not hold")
    missing = [name for name in as_names(entry.get("primary_key")) if caseless(name) not in known]
    if missing and columns:
        named = ", ".join(map(shown, missing))
        found.append(f"'primary_key' names {named}, which 'columns' does not hold")
    return found


def _source_table(text: str, database: str) -> SourceTable:
    """Parse ``sql_table``; raises ConfigError if its database is not ``sql_server_db``."""
    table = SourceTable.parse(text, database)
    if table.database.lower() != database.lower():
        raise ConfigError(
            f"'sql_table' is in the database {shown(table.database)}, "
            f"'sql_server_db' is {shown(database)}"
        )
    return table


def _wrong_types(entry: Mapping[str, Any]) -> list[str]:
    found = [
        f"{name!r} must be {rule.meaning}"
        for name, rule in VALUE_RULES.items()
        if name in entry and not rule.is_valid(entry[name])
    ]
    db_type = entry.get("db_type")
    if isinstance(db_type, str) and not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", db_type):
        found.append("'db_type' must be letters, digits and _: it names environment variables")
    return found


def _deletes(entry: Mapping[str, Any]) -> Deletes | None:
    """Return what ``deletes`` says; None where it is not there, or is wrong."""
    value = entry.get("deletes", "")
    return Deletes.parse(value) if is_valid("deletes", value) else None


def _repeated(key: str, value: object) -> list[str]:
    """Return the names that are there twice, in the same case.

    A case-sensitive database may have both ``Name`` and ``name``, and PostgreSQL always may; the
    plan refuses two names of one column of the source.
    """
    counts = Counter(as_names(value))
    return [f"{key!r} names {shown(name)} twice" for name, count in counts.items() if count > 1]


def _spec(key: str, entry: Mapping[str, Any]) -> TableSpec:
    """Build the specification of an entry without problems."""
    given = as_names(entry.get("columns"))
    pg_names = as_names(entry.get("pg_columns")) or tuple(map(pg_name, given))
    choices: dict[str, Any] = {
        name: kind(entry[name]) for name, kind in CHOICES.items() if name in entry
    }
    if deletes := _deletes(entry):
        choices["deletes"] = deletes
    return TableSpec(
        key=key,
        db_type=entry["db_type"],
        database=entry["sql_server_db"],
        source=_source_table(entry["sql_table"], entry["sql_server_db"]),
        target=TargetTable.parse(entry["pg_table"]),
        columns=tuple(zip(given, pg_names, strict=True)),
        primary_key=tuple(
            find_name(name, given) or name for name in as_names(entry.get("primary_key"))
        ),
        order_by=tuple(OrderBy(text) for text in as_names(entry.get("order_by", ""))),
        exclude=as_names(entry.get("exclude")),
        derived_names="pg_columns" not in entry,
        type_overrides=tuple(dict(entry.get("type_overrides", {})).items()),
        **choices,
        **{name: entry[name] for name in UNCHANGED if name in entry},
    )


def _shared_targets(specs: Mapping[str, TableSpec]) -> list[str]:
    """Return the tables that share a target, where each load would replace the other's rows.

    A name without a schema is most likely in ``public``, so it counts as that.
    """
    owners: dict[tuple[str, str], str] = {}
    found = []
    for key, spec in specs.items():
        target = (spec.target.schema or "public", spec.target.name)
        if target in owners:
            found.append(f"{key}: 'pg_table' is already the target of {owners[target]}")
        owners.setdefault(target, key)
    return found
