"""How each way to end becomes an outcome."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from tableferry import postgres
from tableferry.config import TableSpec
from tableferry.errors import CommitUnknownError, DeadlineError, LeaseHeldError
from tableferry.planning.plan import SyncPlan
from tableferry.sync.claim import were_published
from tableferry.sync.outcome import ErrorReport, Status, TableOutcome
from tableferry.sync.signals import signal_of
from tableferry.sync.task import Published, Task

_ROLLED_BACK: Final = "The load was rolled back; the old rows stay. Run it again."
_EITHER: Final = "Readers see all the old rows or all the new ones. Run it again."


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
        publish=plan.publish,
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
        status = Status.PARTIAL if task.tally.stored or task.tally.built else Status.DEADLINE
    if not postgres.was_cut_off(error):
        task.tally.stored = task.tally.built = 0
    return _unpublished(task, status, ErrorReport.of(error))


def stopped(tasks: Sequence[Task], stop: KeyboardInterrupt) -> list[TableOutcome]:
    """Of tables in hand when a signal came, which may have met them in the midst of the COMMIT."""
    name = signal_of(stop).name
    found = [task.tally.committing for task in tasks]
    committing = [one for one in found if one is not None]
    try:
        if committing and were_published([task.claim for task in tasks]):
            return [done(one) for one in committing]
    except (CommitUnknownError, KeyboardInterrupt) as error:
        report = ErrorReport(
            CommitUnknownError.__name__,
            f"The run was stopped ({name}) while the load was committed, and it is not known "
            "whether it was",
            error.hint if isinstance(error, CommitUnknownError) else _EITHER,
            name,
        )
        return [_unpublished(task, Status.CANCELLED, report) for task in tasks]
    report = ErrorReport("Cancelled", f"The run was stopped ({name})", _ROLLED_BACK, name)
    return [_unpublished(task, Status.CANCELLED, report) for task in tasks]


def not_begun_any_more(spec: TableSpec, stop: KeyboardInterrupt) -> TableOutcome:
    """Of a table whose turn came after a signal, which had come too late for the one before."""
    name = signal_of(stop).name
    told = f"The run was stopped ({name}) before this table was begun"
    report = ErrorReport("Cancelled", told, "Nothing was changed. Run it again.", name)
    return not_begun(spec, Status.CANCELLED, report)


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
