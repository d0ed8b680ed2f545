"""Clustered order: the order in which a plain scan of SQL Server returns rows."""

from collections.abc import Callable
from typing import Any

from tableferry_sandbox.engine.binding.bind_predicates import sort_key
from tableferry_sandbox.engine.binding.scope import Typed
from tableferry_sandbox.engine.database.catalog_objects import Table


def _keys(table: Table, alias: str = "") -> list[tuple[str, bool]]:
    index = table.clustered
    if index is None:  # a columnstore is none
        return []
    of = f"{alias}." if alias else ""
    stored = [(c, d) for c, d in index.columns if c.stored]
    return [(sort_key(Typed(of + c.physical, c.type)), descending) for c, descending in stored]


def clustered_order(table: Table, alias: str = "") -> str:
    """Return SQL to order a table's rows by its clustered index."""
    return ", ".join(
        f"{key} {'DESC NULLS LAST' if descending else 'ASC NULLS FIRST'}"
        for key, descending in _keys(table, alias)
    )


def note_order(table: Table, stage: str, rows: Callable[[str], list[tuple[Any, ...]]]) -> None:
    """Mark a table disordered if staged rows do not continue its clustered order."""
    keys = _keys(table)
    if table.disordered or not keys:
        return
    (key, descending), *more = keys
    last, first = ("min", "max") if descending else ("max", "min")
    [(end,)] = rows(f"SELECT {last}({key}) FROM {table.physical}")
    if end is None:
        return
    [(start,)] = rows(f"SELECT {first}({key}) FROM {stage}")
    if start is None:
        return
    after = start < end if descending else start > end
    # Rows with the same first key may still be out of order by the others.
    table.disordered = not (after or (start == end and not more))
