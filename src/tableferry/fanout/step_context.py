"""What the steps of a fan-out share: the run's record, the source, and recording of errors."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace

from tableferry import postgres, sqlserver
from tableferry.config import Consistency, Publish, Settings, TableSpec, TargetSettings
from tableferry.errors import ConfigError, ErrorReport, SchemaError, TableferryError
from tableferry.fanout.assignment import Assignment
from tableferry.planning.consistency import read_under
from tableferry.planning.plan import SyncPlan
from tableferry.postgres import STRATEGIES
from tableferry.postgres.ledger.assignments import RunRecord, find_run, record_error
from tableferry.runs.make_plan import make_plan


@contextlib.contextmanager
def noting(settings: TargetSettings, assignment: Assignment) -> Iterator[None]:
    """Record the block's error; ``give_up`` uses it, for callers pass on its name at best."""
    try:
        yield
    except Exception as error:
        # Where it cannot be recorded, the step's own error still matters more.
        with contextlib.suppress(TableferryError), postgres.connect(settings) as connection:
            record_error(connection, assignment.run_id, assignment.table, ErrorReport.of(error))
        raise


def work_of(connection: postgres.TargetConnection, assignment: Assignment) -> RunRecord:
    """Return what is written down of the assignment; raises ConfigError where nothing is."""
    found = find_run(connection, assignment.run_id, assignment.table)
    if found is None:
        raise ConfigError(
            f"The ledger has no run {assignment.run_id} of {assignment.table!r}",
            hint="Nothing was changed. Begin the fan-out again.",
        )
    return found


def plan_as_begun(
    spec: TableSpec,
    work: RunRecord,
    from_: sqlserver.SourceConnection,
    into: postgres.TargetConnection,
) -> SyncPlan:
    """Make the plan that the first step made: the strategy and the consistency are those it chose.

    Raises SchemaError where a table has changed since, and TableferryError.
    """
    chosen = STRATEGIES.get(work.publish)
    begun = replace(spec, publish=Publish(chosen.name)) if chosen else spec
    plan = read_under(make_plan(begun, from_, into), Consistency(work.consistency))
    if plan.fingerprint != work.fingerprint:
        raise SchemaError(
            f"{plan.spec.source} or {plan.spec.target} has changed since the fan-out began",
            hint="The old rows stay. Run it again from the beginning.",
        )
    return plan


def connect_source(spec: TableSpec, settings: Settings) -> sqlserver.SourceConnection:
    """Open a connection to the table's source, with the specification's timeouts."""
    return sqlserver.connect(
        settings.sources[spec.db_type],
        lock_timeout=spec.lock_timeout,
        statement_timeout=spec.statement_timeout,
    )


def share_of(spec: TableSpec) -> TableSpec:
    """Return the spec with one chunk's share of the rows a second that the table may cost."""
    share = spec.max_rows_per_second // spec.parallel
    return replace(spec, max_rows_per_second=max(1, share)) if spec.max_rows_per_second else spec
