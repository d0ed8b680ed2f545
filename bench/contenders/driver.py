"""What contenders need of the driver: its library loaded, a plan, a table's batches."""

from typing import Any

from bench.workload import Workload


def load_driver(work: Workload) -> None:
    """Load the driver's library, which its first connection does and other drivers' imports do.

    The cold start measures how long that takes.
    """
    from tableferry import sqlserver

    sqlserver.connect(work.settings.sources["bench"]).close()


def drained(work: Workload) -> tuple[Any, list[Any]]:
    """Return the plan and every batch of the table."""
    from tableferry import sqlserver

    with sqlserver.connect(work.settings.sources["bench"]) as connection:
        plan = planned(work, connection)
        return plan, list(sqlserver.TableReader(connection, plan).batches())


def planned(work: Workload, connection: Any) -> Any:
    """Return the plan of reading the table, without a look at the target."""
    from tableferry import sqlserver
    from tableferry.planning.plan_table import plan_table
    from tableferry.postgres import STRATEGIES

    return plan_table(
        work.spec,
        sqlserver.read_schema(connection, work.spec.source),
        None,
        strategies=STRATEGIES,
        isolation=sqlserver.read_isolation(connection, work.spec.source.database),
    )
