"""How a fan-out's run ends in the ledger, and what the ledger says of one that has ended."""

from dataclasses import replace

from tableferry.config import TableSpec
from tableferry.errors import ErrorReport
from tableferry.postgres.ledger import Ledger
from tableferry.postgres.ledger.assignments import RunRecord
from tableferry.runs.outcome import Status, TableOutcome


def ended(ledger: Ledger, work: RunRecord, outcome: TableOutcome) -> TableOutcome:
    """Write the outcome down, end the run, give the lease back that it was begun with."""
    ledger.end_table(
        work.run,
        outcome.status.value,
        rows_read=outcome.rows_read,
        rows_written=outcome.rows_written,
        error=outcome.error,
        warnings=outcome.warnings,
        phases=outcome.phases,
        losses=dict(outcome.losses),
    )
    ledger.end_run(outcome.status.value)
    if work.lease is not None:
        ledger.release(work.lease)
    return replace(outcome, warnings=outcome.warnings + ledger.take_warnings())


def as_written(spec: TableSpec, work: RunRecord, report: ErrorReport | None = None) -> TableOutcome:
    """Return the outcome that is in the ledger; a run that was taken over has failed."""
    known = work.status in list(Status)
    return TableOutcome(
        table=spec.key,
        target=str(spec.target),
        status=Status(work.status) if known else Status.FAILED,
        rows_read=work.rows_read,
        rows_written=work.rows_written,
        seconds=work.seconds,
        consistency=work.consistency,
        publish=work.publish,
        warnings=work.warnings,
        error=None if work.status == Status.OK else report,
        lag=work.seconds if work.status == Status.OK else None,
        as_of=work.as_of,
    )
