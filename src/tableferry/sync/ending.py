"""How each way to end becomes an outcome."""

from collections.abc import Sequence
from dataclasses import asdict

from tableferry.errors import DeadlineError, LeaseHeldError
from tableferry.plan import SyncPlan
from tableferry.spec import TableSpec
from tableferry.sync.outcome import ErrorReport, Status, TableOutcome
from tableferry.sync.publishing import Published
from tableferry.sync.stopping import signal_of
from tableferry.sync.task import Task


def not_begun(spec: TableSpec, status: Status, error: ErrorReport | None = None) -> TableOutcome:
    """Of a table that was not begun at all."""
    return TableOutcome(spec.key, str(spec.target), status, attempts=0, error=error)


def done(published: Published) -> TableOutcome:
    """Of a table whose new rows are visible."""
    task, plan = published.task, published.plan
    empty = () if published.read else (_no_rows(plan),)
    refusals = task.tally.refusals
    return TableOutcome(
        table=plan.spec.key,
        target=str(plan.spec.target),
        status=Status.OK,
        rows_read=published.read,
        bytes_read=task.tally.bytes,
        rows_written=published.rows,
        seconds=task.elapsed(),
        consistency=plan.consistency.value,
        publish=plan.spec.publish.value,
        created=plan.create is not None,
        warnings=plan.warnings + published.warnings + empty,
        changes=asdict(published.changes) if published.changes else {},
        losses=tuple(plan.losses.items()),
        touched=task.tally.touched,
        quarantined=refusals.counts() if refusals else {},
        attempts=task.tally.attempts,
        retried=tuple(task.tally.retried),
        lag=task.lag,
    )


def failed(task: Task, error: Exception, together: Sequence[Task]) -> TableOutcome:
    """Of a table that was not published, because of its own error or another's it goes with."""
    culprits = [other.spec.key for other in together if other.tally.failed]
    if culprits and not task.tally.failed:
        report = ErrorReport(
            "NotPublished",
            f"It becomes visible together with {', '.join(culprits)}, which failed",
            "Nothing was changed. See the other table's error.",
        )
        return _unpublished(task, Status.SKIPPED, report)
    status = Status.FAILED
    if isinstance(error, LeaseHeldError):
        status = Status.HELD
    elif isinstance(error, DeadlineError):
        status = Status.PARTIAL if task.tally.stored else Status.DEADLINE
    return _unpublished(task, status, ErrorReport.of(error))


def cancelled(task: Task, stop: KeyboardInterrupt) -> TableOutcome:
    """Of a table in hand when a signal came."""
    name = signal_of(stop).name
    report = ErrorReport(
        "Cancelled",
        f"The run was stopped ({name})",
        "The load was rolled back; the old rows stay. Run it again.",
        name,
    )
    return _unpublished(task, Status.CANCELLED, report)


def _unpublished(task: Task, status: Status, report: ErrorReport) -> TableOutcome:
    return TableOutcome(
        table=task.spec.key,
        target=str(task.spec.target),
        status=status,
        rows_read=task.tally.read,
        bytes_read=task.tally.bytes,
        seconds=task.elapsed(),
        error=report,
        attempts=task.tally.attempts,
        retried=tuple(task.tally.retried),
        rows_stored=task.tally.stored,
    )


def _no_rows(plan: SyncPlan) -> str:
    where = "no row that 'where' asks for" if plan.spec.where else "no rows"
    return f"{plan.spec.source} has {where}: {plan.spec.target} is empty now"
