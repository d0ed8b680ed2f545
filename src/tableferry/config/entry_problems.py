"""What is wrong with an entry: with its keys, its values, and values that do not go together."""

import difflib
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from tableferry.config.choices import LedgerUse, OnInvalid, Publish
from tableferry.config.deletes import Deletes
from tableferry.config.entry_model import KNOWN, OPTIONAL, PATTERN_KEYS, REQUIRED
from tableferry.config.entry_types import as_names, is_text
from tableferry.config.entry_values import must_be, wrong_keys
from tableferry.config.mode_problems import mode_problems
from tableferry.config.name_pattern import has_wildcards
from tableferry.config.setting_types import encoding_problem
from tableferry.config.verify_problems import verify_problems
from tableferry.config.where_clause import condition_problem
from tableferry.errors import ConfigError
from tableferry.model.counting import counted
from tableferry.model.identifiers import SourceTable, TargetTable, quote_mssql, quote_pg, shown
from tableferry.model.naming import caseless, clashes, pg_name

LEDGER_SCHEMA: Final = "tableferry"
"""The schema of the ledger and of staging tables in every target."""

STAGED: Final = tuple(one for one in Publish if one not in {Publish.AUTO, Publish.TRUNCATE})
"""The strategies with a staging table, which the ledger tracks; ``auto`` works without one.
A unit test compares them with the registry, which this folder cannot import."""


def with_origins(problems: Iterable[str], origins: Mapping[str, str]) -> list[str]:
    """Add to each problem where the keys that it names come from, if not from the entry itself."""

    def origin(problem: str) -> str:
        named = [key for key in re.findall(r"'(\w+)'", problem) if key in origins]
        inherited = {key: origins[key] for key in named if not origins[key].startswith("entry ")}
        return "".join(f" ({key!r} is from {of})" for key, of in inherited.items())

    return [problem + origin(problem) for problem in problems]


def label(key: object) -> str:
    """Return what messages call an entry: its key, on one line."""
    return key if isinstance(key, str) and key.isprintable() else repr(key)


def key_problems(key: object) -> list[str]:
    """Return why a table cannot have this key, which the ledger stores and every output shows."""
    if not is_text(key) or not isinstance(key, str):
        return ["its key is not a text"]
    if problem := encoding_problem(key):
        return [f"its key cannot be used: {problem}"]
    if not key.isprintable():
        return ["its key cannot be used: it has a character that cannot be printed"]
    return []


def entry_problems(entry: object) -> list[str]:
    """Return every problem of an entry for one table."""
    if not isinstance(entry, Mapping):
        return ["the entry is not a dict"]
    found = [f"{name!r} is missing" for name in REQUIRED if name not in entry]
    found += unknown_keys(entry)
    found += [f"{name!r} is for patterns of tables" for name in PATTERN_KEYS if name in entry]
    if is_text(entry.get("sql_table")) and has_wildcards(entry["sql_table"]):
        found.append(
            f"'sql_table' {shown(entry['sql_table'])} is a pattern, which stands for one table "
            "only in brackets"
        )
    return found + choice_problems(entry)


def choice_problems(entry: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the values of an entry, and with their being together."""
    wrong = wrong_keys(entry)
    found = [must_be(key) for key in wrong]
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
    found += mode_problems(entry, wrong) + verify_problems(entry, wrong)
    return found + _wrong_names(entry, wrong)


def unknown_keys(entry: Mapping[Any, Any]) -> list[str]:
    """Name the keys that no entry has, each with the one that was most likely meant."""
    return [
        f"unknown key {name!r}{did_you_mean(name, KNOWN)}" for name in entry if name not in KNOWN
    ]


def did_you_mean(name: object, known: Sequence[str]) -> str:
    """Return a question for the known name that is most like an unknown one, "" for none."""
    alike = difflib.get_close_matches(str(name), known, n=1)
    return f": did you mean {alike[0]!r}?" if alike else ""


def known_keys(entries: Iterable[object]) -> str:
    """List the valid keys if any entry has an unknown one."""
    if all(name in KNOWN for entry in entries if isinstance(entry, Mapping) for name in entry):
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


def _wrong_names(entry: Mapping[str, Any], wrong: Collection[str]) -> list[str]:
    """Return every name that is invalid in its database, or that does not match a column."""
    columns = as_names(entry.get("columns"))
    database = entry.get("sql_server_db")
    checks: list[Callable[[], object]] = [
        *(partial(quote_mssql, name) for name in (*columns, *as_names(entry.get("exclude")))),
        *(partial(quote_pg, name) for name in as_names(entry.get("pg_columns"))),
    ]
    if is_text(entry.get("watermark")):
        checks.append(partial(quote_mssql, entry["watermark"]))
    if "deletes" in entry and "deletes" not in wrong:
        deletes = Deletes.parse(entry["deletes"])
        checks += [partial(quote_pg, deletes.column)] if deletes.column else []
    if is_text(entry.get("pg_table")):
        checks.append(partial(_target_table, entry["pg_table"]))
    if is_text(entry.get("sql_table")) and is_text(database):
        checks.append(partial(source_table, entry["sql_table"], str(database)))
    found = []
    for check in checks:
        try:
            check()
        except ConfigError as error:
            found.append(error.message)
    known = {caseless(name) for name in columns}
    if columns and "type_overrides" not in wrong:
        overrides = entry.get("type_overrides", {})
        unknown = [name for name in overrides if caseless(name) not in known]
        if unknown:
            named = ", ".join(map(shown, unknown))
            found.append(f"'type_overrides' names {named}, which 'columns' does not hold")
    missing = [name for name in as_names(entry.get("primary_key")) if caseless(name) not in known]
    if missing and columns:
        named = ", ".join(map(shown, missing))
        found.append(f"'primary_key' names {named}, which 'columns' does not hold")
    return found


def source_table(text: str, database: str) -> SourceTable:
    """Parse ``sql_table``; raises ConfigError if its database is not ``sql_server_db``."""
    table = SourceTable.parse(text, database)
    if table.database.lower() != database.lower():
        raise ConfigError(
            f"'sql_table' is in the database {shown(table.database)}, "
            f"'sql_server_db' is {shown(database)}"
        )
    return table


def _target_table(text: str) -> TargetTable:
    """Parse ``pg_table``; raises ConfigError for wildcards, which only ``sql_table`` has.

    Raises ConfigError for a table of the ledger's schema, too: a load would replace the records of
    all loads.
    """
    if has_wildcards(text):
        raise ConfigError(f"'pg_table' names one table, and {shown(text)} has wildcards")
    table = TargetTable.parse(text)
    if table.schema == LEDGER_SCHEMA:
        raise ConfigError(
            f"'pg_table' is in the schema {LEDGER_SCHEMA}, which is the ledger's; choose another"
        )
    return table


def value_problems(entry: Mapping[str, Any]) -> list[str]:
    """Name the keys whose values are not what such values may be."""
    return [must_be(key) for key in wrong_keys(entry)]


def _repeated(key: str, value: object) -> list[str]:
    """Return the names that are there twice, in the same case.

    A case-sensitive database may have both ``Name`` and ``name``, and PostgreSQL always may; the
    plan refuses two names of one column of the source.
    """
    counts = Counter(as_names(value))
    return [f"{key!r} names {shown(name)} twice" for name, count in counts.items() if count > 1]
