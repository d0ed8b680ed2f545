"""Keys of rows that were deleted at the source, for a load that does not hold every row.

They lie in a table beside the staging table, named after it, so that whatever drops the one drops
the other.
"""

from collections.abc import Iterable

import pyarrow as pa

from tableferry.model.identifiers import TargetTable, quote_pg
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.copy_bisection import open_copy
from tableferry.postgres.ledger import SCHEMA
from tableferry.postgres.publish.staging import Staging, keys_of
from tableferry.values import target_schema


def store_deleted_keys(
    connection: TargetConnection, plan: SyncPlan, staging: Staging, keys: Iterable[pa.RecordBatch]
) -> int:
    """Store the keys in a table of their own, replacing an earlier attempt's; returns how many.

    The batches have the Arrow schema of the plan, whose columns are those of the key. Raises
    TableferryError.
    """
    table = TargetTable(SCHEMA, keys_of(staging.name)).sql
    names = ", ".join(quote_pg(column.target.name) for column in plan.columns)
    connection.begin()
    connection.execute(f"DROP TABLE IF EXISTS {table}")
    connection.execute(
        f"CREATE UNLOGGED TABLE {table} WITH (autovacuum_enabled = false) AS "
        f"SELECT {names} FROM {plan.spec.target.sql} WITH NO DATA"
    )
    with open_copy(connection, table, plan.columns, target_schema(plan.columns)) as copy:
        for batch in keys:
            copy.write(batch)
        copy.finish()
    connection.execute(f"ANALYZE {table}")
    connection.commit()
    return copy.rows
