"""Keys of rows that are deleted, or may be, for a load that does not hold every row of the source.

They lie in a table beside the staging table, named after it, so that whatever drops the one drops
the other.
"""

from collections.abc import Iterable, Sequence

import pyarrow as pa

from tableferry.model.identifiers import TargetTable, quote_pg
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.copy_bisection import open_copy
from tableferry.postgres.key_texts import arrays_of, values_sql
from tableferry.postgres.ledger import SCHEMA
from tableferry.postgres.publish.staging import Staging, keys_of
from tableferry.postgres.publish.target_table import find
from tableferry.values import target_schema


def store_deleted_keys(
    connection: TargetConnection, plan: SyncPlan, staging: Staging, keys: Iterable[pa.RecordBatch]
) -> int:
    """Store the keys in a table of their own, replacing an earlier attempt's; returns how many.

    The batches have the Arrow schema of the plan, whose columns are those of the key. Raises
    TableferryError.
    """
    connection.begin()
    table = make_keys_table(connection, plan, staging)
    with open_copy(connection, table, plan.columns, target_schema(plan.columns)) as copy:
        for batch in keys:
            copy.write(batch)
        copy.finish()
    connection.execute(f"ANALYZE {table}")
    connection.commit_staged()
    return copy.rows


def store_key_texts(
    connection: TargetConnection,
    plan: SyncPlan,
    staging: Staging,
    keys: Sequence[Sequence[str | None]],
) -> None:
    """Store keys that are given as texts, in the order of ``SyncPlan.target_key``, in that table.

    Raises TableferryError.
    """
    by_name = {column.target.name: column.target for column in plan.columns}
    columns = [by_name[name] for name in plan.target_key]
    names = ", ".join(map(quote_pg, plan.target_key))
    with connection.transaction():
        values = values_sql(connection, plan.spec.target, columns)
        table = make_keys_table(connection, plan.of_key(), staging)
        into = f"INSERT INTO {table} ({names}) {values}"
        connection.execute(into, arrays_of(keys, len(columns)))
        connection.execute(f"ANALYZE {table}")


def count_deleted(connection: TargetConnection, plan: SyncPlan, staging: Staging) -> int:
    """Count the target's rows with a stored key that the staging table has no row of.

    Rows that are marked already do not count. Raises TableferryError.
    """
    keys, rows = (TargetTable(SCHEMA, n).sql for n in (keys_of(staging.name), staging.name))
    same = " AND ".join(f"s.{name} = t.{name}" for name in map(quote_pg, plan.target_key))
    clear = f" AND {plan.mark.is_clear}" if plan.mark else ""
    target = find(connection, plan.spec.target).rows_sql
    with connection.in_one_transaction():
        ((deleted,),) = connection.rows(
            f"SELECT count(*) FROM {target} AS t WHERE EXISTS (SELECT FROM {keys} AS s "
            f"WHERE {same}) AND NOT EXISTS (SELECT FROM {rows} AS s WHERE {same}){clear}"
        )
    return int(deleted)


def make_keys_table(connection: TargetConnection, plan: SyncPlan, staging: Staging) -> str:
    """Make the table for the keys in the open transaction, and return its name as SQL.

    It replaces an earlier attempt's. Raises TableferryError.
    """
    table = TargetTable(SCHEMA, keys_of(staging.name)).sql
    connection.execute(f"DROP TABLE IF EXISTS {table}")
    make_table_like(connection, plan, table)
    return table


def make_table_like(connection: TargetConnection, plan: SyncPlan, table: str) -> None:
    """Make an unlogged table with the plan's columns, of the types that the target's will have."""
    names = ", ".join(evolved_columns(plan))
    connection.execute(
        f"CREATE UNLOGGED TABLE {table} WITH (autovacuum_enabled = false) AS "
        f"SELECT {names} FROM {plan.spec.target.sql} WITH NO DATA"
    )


def evolved_columns(plan: SyncPlan) -> list[str]:
    """Return the plan's columns for a SELECT, cast to what the load will make of them."""
    after = {one.column: one.after for one in plan.drift.evolved if one.before != one.after}
    names = [column.target.name for column in plan.columns]
    return [
        f"CAST({quote_pg(name)} AS {after[name]}) AS {quote_pg(name)}"
        if name in after
        else quote_pg(name)
        for name in names
    ]
