"""Parse ``TABLE_CONFIGS`` into specifications, and report every problem of every table at once."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from types import MappingProxyType
from typing import Any

from tableferry.config.derived_names import derived_target
from tableferry.config.entry_model import TableEntry
from tableferry.config.entry_problems import (
    entry_problems,
    key_problems,
    known_keys,
    label,
    source_table,
    with_origins,
)
from tableferry.config.entry_types import is_text
from tableferry.config.table_spec import OrderBy, TableSpec
from tableferry.errors import ConfigError
from tableferry.model.identifiers import TargetTable, shown
from tableferry.model.naming import find_name, pg_name


def parse_table_configs(
    configs: Mapping[str, Mapping[str, Any]],
    *,
    named: str = "these entries of TABLE_CONFIGS",
    origins: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> dict[str, TableSpec]:
    """Parse ``TABLE_CONFIGS``; raises one ConfigError that names every problem of every table.

    ``named`` is what the hint calls the entries. ``origins`` says of an entry's keys where they
    come from, where that is not the entry itself.
    """
    specs: dict[str, TableSpec] = {}
    problems: list[str] = []
    for key, entry in configs.items():
        found = [*key_problems(key), *(entry_problems(entry) if is_text(key) else ())]
        problems += [f"{label(key)}: {one}" for one in with_origins(found, origins.get(key, {}))]
        if not found:
            specs[key] = _spec(key, entry)
    problems += _shared_targets(specs)
    if problems:
        raise ConfigError(
            "The table configuration has problems:\n  " + "\n  ".join(problems),
            hint=f"Correct {named}.{known_keys(configs.values())}",
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


def _spec(key: str, entry: Mapping[str, Any]) -> TableSpec:
    """Build the specification of an entry without problems."""
    found = TableEntry.model_validate(dict(entry))
    source = source_table(found.sql_table, found.sql_server_db)
    pg_columns = found.pg_columns or tuple(map(pg_name, found.columns))
    # What an entry does not say has the default of a specification.
    same = {one.name for one in fields(TableSpec)} & found.model_fields_set
    values = {name: getattr(found, name) for name in same}
    values |= {
        "columns": tuple(zip(found.columns, pg_columns, strict=True)),
        "primary_key": tuple(find_name(name, found.columns) or name for name in found.primary_key),
        "order_by": tuple(map(OrderBy, found.order_by)),
        "type_overrides": tuple(found.type_overrides.items()),
    }
    return TableSpec(
        key=key,
        database=found.sql_server_db,
        source=source,
        target=(
            TargetTable.parse(found.pg_table)
            if found.pg_table
            else derived_target(source, found.db_type, {})
        ),
        derived_names=not found.pg_columns,
        **values,
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
            found.append(
                f"{key}: 'pg_table' is already the target of {owners[target]}: {spec.target}"
            )
        owners.setdefault(target, key)
    return found
