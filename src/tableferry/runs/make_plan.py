"""Read both catalogs and make the plan."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from tableferry import postgres, sqlserver
from tableferry.config import ReadMode, TableSpec
from tableferry.errors import SchemaError
from tableferry.model.table_details import NO_DETAILS, TableDetails
from tableferry.modes import mode_of
from tableferry.planning.key_spellings import key_spellings
from tableferry.planning.plan import SyncPlan
from tableferry.planning.plan_table import plan_table
from tableferry.planning.target_encoding import require_encodable_table
from tableferry.planning.target_indexes import depend_on_collations


def make_plan(
    spec: TableSpec,
    from_: sqlserver.SourceConnection,
    into: postgres.TargetConnection,
    others: Sequence[TableSpec] = (),
    *,
    changes_alone: bool = False,
    answers: sqlserver.CatalogAnswers | None = None,
    places: postgres.KnownPlaces | None = None,
) -> SyncPlan:
    """Read both catalogs and plan; raises SchemaError where the two sides do not fit.

    ``changes_alone``: not all rows are loaded, whatever the mode, so only merging is judged: what
    hangs on the table, which a swap would have to keep, takes PostgreSQL longer to find than all
    the rest. ``others`` are the other entries of the run; raises ConfigError where one of them, or
    of those configured beside this one, has the same target. ``answers`` are those of the source's
    catalog that are known already, and where others are kept; so are ``places``, of the others'
    targets. Otherwise everything is asked now.
    """
    answers = answers or sqlserver.CatalogAnswers()
    require_encodable_table(spec.target, into.encoding)
    spec = spec.located_in(from_.settings.db)
    merging = postgres.MERGE if changes_alone or not mode_of(spec).complete else None
    strategies = {} if changes_alone else postgres.strategies_for(spec.publish)
    judged = [*strategies.values(), *([merging] if merging else [])]
    looks = {strategy.name: strategy.look for strategy in judged}
    target = postgres.read_planned_target(into, spec, others, looks, places)
    spec, there = replace(spec, target=target.table), target.schema
    planned = partial(
        plan_table,
        spec,
        sqlserver.read_schema(from_, spec.source, answers),
        there,
        strategies=strategies,
        isolation=sqlserver.read_isolation(from_, spec.source.database, answers),
        database=target.database,
        merging=merging,
    )
    details = _details(spec, from_, answers, creates=there is None)
    plan = planned(details=details)
    if there and depend_on_collations(there, plan.columns):
        collations = sqlserver.read_collations(from_, spec.source, answers)
        plan = planned(details=replace(details, collations=collations))
    if merging and key_spellings(plan.target_key, plan.columns, {}):
        collations = sqlserver.read_collations(from_, spec.source, answers)
        spellings = key_spellings(plan.target_key, plan.columns, collations)
        plan = replace(plan, spellings=spellings)
    warnings = mode_of(spec).check(plan)
    if plan.staged or plan.ddl:
        warnings += target.event_triggers
    return replace(plan, warnings=plan.warnings + warnings)


def _details(
    spec: TableSpec,
    from_: sqlserver.SourceConnection,
    answers: sqlserver.CatalogAnswers,
    *,
    creates: bool,
) -> TableDetails:
    """Read what only creating a table, or finding its key, needs of the source."""
    if creates:
        return sqlserver.read_details(from_, spec.source, answers)
    if spec.primary_key and spec.mode is not ReadMode.CHANGE_TRACKING:
        return NO_DETAILS
    return sqlserver.read_keys(from_, spec.source, answers)


def require_unchanged(plan: SyncPlan, fingerprint: str | None) -> None:
    """Raise SchemaError where the schemas have drifted since the reviewed plan."""
    if fingerprint not in (None, plan.fingerprint):
        raise SchemaError(
            f"{plan.spec.source} or {plan.spec.target} has changed since the plan was made",
            hint="Nothing was changed. Look at a new plan: tableferry plan.",
        )
