"""What Change Tracking lists: the keys that have changed since a version, and their rows.

Each is a SELECT from CHANGETABLE, which takes three-part names, so that it runs in any session. A
version is to be one that ``tracking_watermark.judge`` has found valid: of others the server does
not know what has changed since.
"""

from collections.abc import Mapping
from typing import Final

from tableferry.model.identifiers import SourceTable, quote_mssql
from tableferry.modes.extract import Ask
from tableferry.planning.lost_digits import lost_digit_columns
from tableferry.planning.plan import SyncPlan

TABLES_A_STATEMENT: Final = 100
"""How many tables one statement asks for changes. Each brings two internal tables into the
statement's plan, and compiling one takes longer than several of a part of its size."""


def changed_tables(ask: Ask, since: Mapping[SourceTable, int]) -> set[SourceTable]:
    """Return the tables that have changes since the version given for each.

    Raises TableferryError.
    """
    changed: set[SourceTable] = set()
    tables = list(since)
    for first in range(0, len(tables), TABLES_A_STATEMENT):
        group = tables[first : first + TABLES_A_STATEMENT]
        asked = "\nUNION ALL ".join(
            f"SELECT {place} AS place WHERE EXISTS "
            f"(SELECT 1 AS found FROM {_changes(table, since[table])} AS c)"
            for place, table in enumerate(group)
        )
        changed.update(group[place] for (place,) in ask(asked, ("place",)))
    return changed


def changes_select(plan: SyncPlan, since: int) -> str:
    """Return the SELECT of the rows inserted or updated since a version, as they are now.

    Its columns are those of the plan, whose ``where`` applies.
    """
    return plan.select_where(f"EXISTS ({_change_of_row(plan, since)})")


def unchanged_row(plan: SyncPlan, since: int) -> str:
    """Return the SELECT of whether the table has a row that has not changed, as ``found``: 1 or 0.

    The plan's ``where`` does not apply.
    """
    rows = f"SELECT 1 AS found FROM {plan.spec.source.sql} AS t"
    unchanged = f"{rows} WHERE NOT EXISTS ({_change_of_row(plan, since)})"
    return f"SELECT CASE WHEN EXISTS ({unchanged}) THEN 1 ELSE 0 END AS found"


def _change_of_row(plan: SyncPlan, since: int) -> str:
    same = " AND ".join(
        f"c.{quote_mssql(column.name)} = t.{quote_mssql(column.name)}" for column in plan.key
    )
    return f"SELECT 1 AS found FROM {_changes(plan.spec.source, since)} AS c WHERE {same}"


def changes_count(table: SourceTable, since: int) -> str:
    """Return the SELECT of how many rows were changed since a version, named ``changes``."""
    return f"SELECT COUNT_BIG(*) AS changes FROM {_changes(table, since)} AS c"


def keys_select(plan: SyncPlan, since: int) -> str:
    """Return the SELECT of the keys of all rows changed since a version, with those deleted.

    Its columns are the result columns of ``plan.of_key()``. The plan's ``where`` does not apply: a
    row that no longer meets it has to be found.
    """
    key = plan.of_key().columns
    read = [(column.select, column.target.name) for column in key]
    read += [(extra.select, extra.name) for extra in lost_digit_columns(key)]
    columns = ",\n  ".join(f"{select} AS {quote_mssql(name)}" for select, name in read)
    return f"SELECT\n  {columns}\nFROM {_changes(plan.spec.source, since)} AS t"


def _changes(table: SourceTable, since: int) -> str:
    """Return the function that lists the changes; an expression would be a syntax error there."""
    if since < 0:
        raise ValueError("a version is not negative")
    return f"CHANGETABLE(CHANGES {table.sql}, {since})"
