"""The log of a tracked table's changes in DuckDB, and its net changes since a version.

Each changed row is one row of the log: its key, ``op`` (I, U or D), the ``number`` of its
transaction, the ``version`` of that transaction's commit (NULL before it), ``seq`` (the order of
statements), ``columns`` (the ids that an update set, NULL for all), ``context``, and ``gone``: the
transaction that removed the change, for snapshots that still see it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tableferry_sandbox.engine.database.catalog_objects import Table
from tableferry_sandbox.engine.database.table_columns import TableColumn
from tableferry_sandbox.engine.database.tracking import TableTracking
from tableferry_sandbox.engine.types.duck_types import duck_type


def key_columns(table: Table) -> list[TableColumn]:
    """Return the columns of a tracked table's primary key, in the key's order."""
    assert table.primary_key is not None  # noqa: S101 - none can be dropped while it is tracked
    return [column for column, _ in table.primary_key.columns]


def create(table: Table, log: str) -> str:
    """Return the SQL that creates the log of a table."""
    keys = [f"{c.physical} {duck_type(c.type)}" for c in key_columns(table)]
    rest = "op VARCHAR, number BIGINT, version BIGINT, seq BIGINT, columns INTEGER[], context BLOB"
    return f"CREATE TABLE {log} ({', '.join(keys)}, {rest}, gone BIGINT)"


@dataclass(frozen=True)
class Stamp:
    """What all changes of one statement have in common; ``version`` is None before the commit."""

    number: int
    version: int | None
    context: bytes | None


def append(tracking: TableTracking, keys: Sequence[TableColumn], rows: str, stamp: Stamp) -> str:
    """Return the SQL that appends changes.

    ``rows`` is SQL of the key columns, then ``op``, ``columns`` and ``step``: the order inside of
    the statement.
    """
    names = ", ".join(c.physical for c in keys)
    version = "NULL" if stamp.version is None else stamp.version
    context = "NULL" if stamp.context is None else f"from_hex('{stamp.context.hex()}')"
    return (
        f"INSERT INTO {tracking.log} SELECT {names}, op, {stamp.number}, {version}, "
        f"{tracking.sequence} + step, columns, {context}, NULL FROM ({rows})"
    )


def net_changes(table: Table, tracking: TableTracking, key_sql: Sequence[str], where: str) -> str:
    """Return SQL of the net changes among those that match ``where``: one row a key.

    Its columns are ``k1`` ... ``k5``, those of CHANGETABLE(CHANGES), and the key's. ``key_sql`` is
    by which keys are equal. A key that existed at the baseline was not inserted first: deleted and
    inserted again, it is updated (CHANGETABLE, SQL Server documentation).
    """
    keys = [c.physical for c in key_columns(table)]
    shown = [
        key if key == equal else f"arg_max({key}, seq) AS {key}"
        for key, equal in zip(keys, key_sql, strict=True)
    ]
    columns, mask = "NULL", "CAST(NULL AS BLOB)"
    if tracking.with_columns:
        columns = "CASE WHEN bool_and(columns IS NOT NULL) THEN flatten(list(columns)) END"
        mask = _mask("ids")
    grouped = (
        f"SELECT max(version) AS last, max(version) FILTER (op = 'I') AS made, "
        f"arg_min(op, seq) AS first_op, arg_max(op, seq) AS last_op, {columns} AS ids, "
        f"{_last_context(tracking)} AS context, {', '.join(shown)} "
        f"FROM {tracking.log} WHERE {where} GROUP BY {', '.join(key_sql)}"
    )
    return (
        "SELECT last AS k1, made AS k2, CASE WHEN last_op = 'D' THEN 'D' WHEN first_op = 'I' "
        f"THEN 'I' ELSE 'U' END AS k3, {mask} AS k4, context AS k5, {', '.join(keys)} "
        f"FROM ({grouped})"
    )


def last_changes(tracking: TableTracking, key_sql: Sequence[str], where: str) -> str:
    """Return SQL of each key's last change: ``version``, ``context``, and the key as e1 ... en."""
    equal = ", ".join(f"{key} AS e{i}" for i, key in enumerate(key_sql, 1))
    return (
        f"SELECT max(version) AS version, {_last_context(tracking)} AS context, {equal} "
        f"FROM {tracking.log} WHERE {where} GROUP BY ALL"
    )


def _last_context(tracking: TableTracking) -> str:
    """Return SQL of the context of a key's last change."""
    if not tracking.contexts:
        return "CAST(NULL AS BLOB)"
    return "arg_max(struct_pack(x := context), seq).x"


def _mask(ids: str) -> str:
    """Return SQL of column ids as SYS_CHANGE_COLUMNS: four zero bytes, then each id in four."""
    distinct = f"list_sort(list_distinct({ids}))"
    hexed = f"list_transform({distinct}, lambda x: printf('%02x%02x0000', x & 255, x >> 8))"
    return f"from_hex('00000000' || array_to_string({hexed}, ''))"
