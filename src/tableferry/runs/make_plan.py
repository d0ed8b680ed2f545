"""Read both catalogs and make the plan."""

from tableferry import postgres, sqlserver
from tableferry.config import TableSpec
from tableferry.errors import SchemaError
from tableferry.model.table_details import NO_DETAILS, TableDetails
from tableferry.modes import MODES
from tableferry.planning.plan import SyncPlan
from tableferry.planning.plan_table import plan_table


def make_plan(
    spec: TableSpec, from_: sqlserver.SourceConnection, into: postgres.TargetConnection
) -> SyncPlan:
    """Read both catalogs and plan; raises SchemaError where the two sides do not fit."""
    spec = spec.located_in(from_.settings.db)
    strategies = postgres.strategies_for(spec.publish)
    looks = {name: strategy.look for name, strategy in strategies.items()}
    there = postgres.read_schema(into, spec.target, looks)
    names = postgres.similar_names(into, spec.target) if there is None else frozenset()
    if names is None:
        raise SchemaError(
            f"There is no schema to create {spec.target} in",
            hint="CREATE SCHEMA it, or correct 'pg_table'.",
        )
    return plan_table(
        spec,
        sqlserver.read_schema(from_, spec.source),
        there,
        strategies=strategies,
        isolation=sqlserver.read_isolation(from_, spec.source.database),
        details=_details(spec, from_, creates=there is None),
        pg_version=into.version,
        names=names,
        complete=MODES[spec.mode].complete,
    )


def _details(spec: TableSpec, from_: sqlserver.SourceConnection, *, creates: bool) -> TableDetails:
    """Read what only creating a table, or finding its key, needs of the source."""
    if creates:
        return sqlserver.read_details(from_, spec.source)
    return NO_DETAILS if spec.primary_key else sqlserver.read_keys(from_, spec.source)


def require_unchanged(plan: SyncPlan, fingerprint: str | None) -> None:
    """Raise SchemaError where the schemas have drifted since the reviewed plan."""
    if fingerprint not in (None, plan.fingerprint):
        raise SchemaError(
            f"{plan.spec.source} or {plan.spec.target} has changed since the plan was made",
            hint="Nothing was changed. Look at a new plan: tableferry plan.",
        )
