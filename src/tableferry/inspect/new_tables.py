"""Tables that a pattern matches since a later time than its first run.

A table is new where its target does not exist, the ledger has no run of it, and it was created in
the source after the first recorded run of the pattern's other tables. Each server measures by its
own clock how long ago that was, so the two clocks are never compared. Before a pattern's first run
nothing is new: whoever tries one table first is not told of all the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tableferry import postgres
from tableferry.config import TableSpec, TargetSettings
from tableferry.config.choices import NewTables
from tableferry.config.table_set import TablePattern
from tableferry.model.counting import counted, verb
from tableferry.postgres.ledger import read_first_runs
from tableferry.postgres.shared_targets import can_exist, places

ROUNDED: Final = 1
"""Seconds by which an age in whole seconds may be too low: a table is rather carried than left."""


@dataclass(frozen=True, slots=True)
class Matched:
    """A table that only a pattern names; ``age`` is for how many seconds it exists, if known."""

    spec: TableSpec
    pattern: TablePattern
    age: int | None


def find_new(tables: Mapping[str, Matched], settings: TargetSettings) -> list[Matched]:
    """Return the new tables among those that patterns name, by their keys; raises TableferryError.

    One connection to the target, with one statement; two where a target is missing.
    """
    if not tables:
        return []
    with postgres.connect(settings) as connection:
        missing = _without_target(connection, tables)
        if not missing:
            return []
        first_runs = read_first_runs(connection, list(tables))
    since: dict[str, float] = {}
    for key, age in first_runs.items():
        pattern = tables[key].pattern.key
        since[pattern] = max(age, since.get(pattern, 0.0))
    return [
        one
        for key, one in missing.items()
        if key not in first_runs
        and one.age is not None
        and one.age + ROUNDED < since.get(one.pattern.key, 0.0)
    ]


def warning_of(pattern: TablePattern, new: list[Matched]) -> str:
    """Return what is told of the new tables of a pattern."""
    names = ", ".join(f"{one.spec.source} ({one.spec.key})" for one in new)
    are_new = f"{counted(len(new), 'table')} {verb(len(new), 'is', 'are')} new in"
    if pattern.new_tables is NewTables.INCLUDE:
        return f"{are_new} the pattern {pattern}: {names}"
    return (
        f"{are_new} the pattern {pattern} and not carried: {names}. Set 'new_tables' to 'include', "
        "name them with --tables, or leave them out with 'exclude_tables'"
    )


def _without_target(
    connection: postgres.TargetConnection, tables: Mapping[str, Matched]
) -> dict[str, Matched]:
    asked = {key: one for key, one in tables.items() if can_exist(connection, one.spec.target)}
    found = places(connection, [one.spec.target for one in asked.values()])
    return {
        key: one for (key, one), place in zip(asked.items(), found, strict=True) if not place.oid
    }
