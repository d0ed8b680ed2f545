"""What the steps of a fan-out share: the run's record, the source, and recording of errors."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace

from tableferry import postgres, sqlserver
from tableferry.config import Publish, Settings, TableSpec, TargetSettings
from tableferry.errors import ConfigError, ErrorReport, SchemaError, TableferryError
from tableferry.fanout.assignment import Assignment
from tableferry.planning.plan import SyncPlan
from tableferry.postgres import STRATEGIES
from tableferry.postgres.ledger.assignments import RunRecord, find_run, record_error


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


def as_begun(spec: TableSpec, work: RunRecord) -> TableSpec:
    """Return the spec with the strategy that the first step chose for ``auto``."""
    chosen = STRATEGIES.get(work.publish)
    return replace(spec, publish=Publish(chosen.name)) if chosen else spec


def require_planned(plan: SyncPlan, work: RunRecord) -> None:
    """See that the tables are those that the fan-out began with; raises SchemaError."""
    if plan.fingerprint != work.fingerprint:
        raise SchemaError(
            f"{plan.spec.source} or {plan.spec.target} has changed since the fan-out began",
            hint="The old rows stay. Run it again from the beginning.",
        )


def connect_source(spec: TableSpec, settings: Settings) -> sqlserver.SourceConnection:
    """Open a connection to the table's source, with the specification's timeouts."""
    return sqlserver.connect(
        settings.sources[spec.db_type],
        lock_timeout=spec.lock_timeout,
        statement_timeout=spec.statement_timeout,
    )
