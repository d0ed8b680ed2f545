"""Factories for specifications, column plans and settings, shared by the tests."""

from typing import Any

from tableferry.config import Consistency, Publish, SourceSettings, TableSpec, TargetSettings
from tableferry.model.identifiers import SourceTable, TargetTable
from tableferry.model.schema import PgType, SourceColumn, SourceType, TargetColumn
from tableferry.planning.column_plan import ColumnPlan, plan_column
from tableferry.planning.ddl.create_table import Creation
from tableferry.planning.drift import Drift
from tableferry.planning.plan import SyncPlan
from tableferry.postgres import STRATEGIES
from tableferry.typemap import RULES

NO_DRIFT = Drift()


def entry(**changes: Any) -> dict[str, Any]:
    """A valid entry of TABLE_CONFIGS with changes; a change to None removes a key."""
    right = {
        "db_type": "mctm",
        "sql_server_db": "McTM",
        "sql_table": "[McTM].[dbo].[Customer]",
        "pg_table": "mctm_customer",
        "columns": ["ID", "Name"],
        "pg_columns": ["id", "name"],
        "primary_key": "ID",
        "order_by": "ID",
        "batch_size": 1000,
        "description": "Customers",
        "publish": "truncate",
    }
    return {key: value for key, value in {**right, **changes}.items() if value is not None}


def spec(*columns: tuple[str, str], target: str = "t", **changes: Any) -> TableSpec:
    """The specification of a table with these pairs of columns; the first is the key."""
    pairs = columns or (("ID", "id"), ("Name", "name"))
    values: dict[str, Any] = {
        "key": "table",
        "db_type": "mctm",
        "database": "McTM",
        "source": SourceTable("McTM", "dbo", "T"),
        "target": TargetTable.parse(target),
        "columns": pairs,
        "primary_key": (pairs[0][0],),
        "publish": Publish.TRUNCATE,
    }
    return TableSpec(**{**values, **changes})


def planned(name: str, source: SourceType, target: PgType | None = None) -> ColumnPlan:
    """The plan of one column; without ``target``, for the column that would be created."""
    rule = RULES[source.name]
    into = target or rule.create(source)
    conversion = rule.conversion(source, into, requested=True) or rule.conversions[0]
    return plan_column(SourceColumn(name, source), TargetColumn(name, into), conversion)


def sync_plan(
    *columns: ColumnPlan,
    target: str = "t",
    create: str | None = None,
    can_freeze: bool = True,
    drift: Drift = NO_DRIFT,
    **changes: Any,
) -> SyncPlan:
    """A plan that loads these columns into ``target``; ``changes`` are the specification's.

    The shrink guard is off: it has tests of its own.
    """
    pairs = ((c.source.name, c.target.name) for c in columns)
    wanted = spec(*pairs, target=target, **{"max_shrink": 100, **changes})
    return SyncPlan(
        spec=wanted,
        columns=columns,
        order_by=(),
        consistency=Consistency.NOLOCK,
        create=Creation((create,)) if create else None,
        can_freeze=can_freeze,
        estimated_rows=None,
        warnings=(),
        drift=drift,
        strategy=None if create else STRATEGIES[wanted.publish.value],
    )


def source_settings(**changes: Any) -> SourceSettings:
    """Settings of a SQL Server on this machine."""
    values = {
        "prefix": "SQL_SERVER_MCTM_",
        "host": "127.0.0.1",
        "db": "McTM",
        "user": "sa",
        "password": "canary-pass",
    }
    return SourceSettings(**{**values, **changes})


def target_settings(**changes: Any) -> TargetSettings:
    """Settings of a PostgreSQL on this machine."""
    values = {
        "prefix": "PG_",
        "host": "127.0.0.1",
        "db": "target",
        "user": "postgres",
        "password": "canary-pass",
    }
    return TargetSettings(**{**values, **changes})
