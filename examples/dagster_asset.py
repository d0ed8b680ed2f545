"""A table as a Dagster asset: rows and lag become metadata, and progress goes to its log."""

import dagster as dg

import tableferry


class Connections(dg.ConfigurableResource):
    source: str
    target: str


@dg.asset
def customer(context: dg.AssetExecutionContext, connections: Connections) -> dg.MaterializeResult:
    table = tableferry.Table("dbo.Customer", "customer", publish="swap")
    run = tableferry.sync(table, **connections.model_dump(), on_event=context.log.info)
    rows = run.raise_for_failure().rows_written
    return dg.MaterializeResult(metadata={"rows": rows, "lag_seconds": run.tables[0].lag})


urls = Connections(source=dg.EnvVar("MCTM_URL"), target=dg.EnvVar("WAREHOUSE_URL"))
defs = dg.Definitions(assets=[customer], resources={"connections": urls})
