"""Loads without a source: a real plan of a real target table, and rows made here."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from tableferry import postgres
from tableferry.config import Publish
from tableferry.model.schema import Isolation, SourceColumn, SourceSchema, SourceType
from tableferry.model.target_database import TargetDatabase
from tableferry.planning.plan import SyncPlan
from tableferry.planning.plan_table import plan_table
from tableferry.postgres import STRATEGIES
from tableferry.values import target_schema
from tests.support.specs import spec

INT = SourceType("int", 4, 10)
BIGINT = SourceType("bigint", 8, 19)
TEXT = SourceType("nvarchar", 100)
FLOAT = SourceType("float", 8, 53)
MONEY = SourceType("decimal", 9, 12, 4)
PEOPLE = (("id", INT), ("name", TEXT))

Row = tuple[Any, ...]


def planned_load(
    connection: postgres.TargetConnection,
    publish: Publish,
    columns: Sequence[tuple[str, SourceType]] = PEOPLE,
    *,
    key: Sequence[str] | None = None,
    **changes: Any,
) -> SyncPlan:
    """Plan the load of a source table with these columns into ``t``; the first is the key.

    A load may take away every row: the guard has tests of its own.
    """
    names = [name for name, _ in columns]
    table = spec(
        *((name, name) for name in names),
        **{"publish": publish, "max_shrink": 100, **changes},
        primary_key=tuple(names[:1] if key is None else key),
    )
    source = SourceSchema(tuple(SourceColumn(name, kind) for name, kind in columns))
    there = postgres.read_schema(
        connection, table.target, {publish.value: STRATEGIES[publish.value].look}
    )
    isolation = Isolation(snapshot=True)
    return plan_table(
        table,
        source,
        there,
        strategies=STRATEGIES,
        isolation=isolation,
        database=TargetDatabase(connection.version),
    )


def batch(plan: SyncPlan, rows: Sequence[Row]) -> pa.RecordBatch:
    """The rows as the converter would make them; values in the order of the columns."""
    schema = target_schema(plan.columns)
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def load(
    connection: postgres.TargetConnection,
    plan: SyncPlan,
    rows: Sequence[Row],
    staging: postgres.Staging | None = None,
) -> postgres.Load:
    """Carry the rows, from the first to the commit."""
    schema = target_schema(plan.columns)
    with postgres.open_load(connection, plan, schema, staging) as opened:
        opened.write(batch(plan, rows))
        opened.prepare()
        postgres.publish_all(connection, [opened])
        connection.commit()
    return opened
