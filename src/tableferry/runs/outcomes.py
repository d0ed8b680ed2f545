"""Turn each end of a table (done, failed, stopped, not begun) into its outcome."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from tableferry import postgres
from tableferry.config import TableSpec
from tableferry.errors import CommitUnknownError, DeadlineError, ErrorReport, LeaseHeldError
from tableferry.planning.plan import SyncPlan
from tableferry.runs.claim import were_published
from tableferry.runs.effort import Effort, Published
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.stop_signal import signal_of

_ROLLED_BACK: Final = "The load was rolled back; the old rows stay. Run it again."
_EITHER: Final = "Readers see all the old rows or all the new ones. Run it again."


def not_begun(spec: TableSpec, status: Status, error: ErrorReport | None = None) -> TableOutcome:
    """Of a table that was not begun at all."""
    return TableOutcome(spec.key, str(spec.target), status, attempts=0, error=error)


def done(published: Published) -> TableOutcome:
    """Of a table whose new rows are visible."""
    effort, plan = published.effort, published.plan
    stats = effort.stats
    is_empty = published.complete and not published.read
    empty = (_no_rows(plan),) if is_empty else ()
    return TableOutcome(
        table=plan.spec.key,
        target=str(plan.spec.target),
        status=Status.OK,
        rows_read=published.read,
        bytes_read=stats.bytes,
        rows_written=published.rows,
        seconds=effort.task.elapsed(),
        consistency=plan.consistency.value,
        publish=plan.publish,
        created=plan.create is not None,
        warnings=plan.warnings + published.warnings + empty,
        changes=asdict(published.changes) if published.changes else {},
        losses=tuple(plan.losses.items()),
        touched=stats.touched,
        quarantined=stats.refused.counts() if stats.refused else {},
        attempts=len(effort.attempts),
        retried=tuple(effort.retried),
        lag=effort.lag,
    )


def failed(effort: Effort, error: Exception, together: Sequence[Effort]) -> TableOutcome:
    """Of a table that was not published, because of its own error or another's it goes with."""
    culprits = [other.task.spec.key for other in together if other.failed]
    if culprits and not effort.failed:
        report = ErrorReport(
            "NotPublished",
            f"It becomes visible together with {', '.join(culprits)}, which failed",
            "Nothing was changed. See the other table's error.",
        )
        return _unpublished(effort, Status.SKIPPED, report, kept=False)
    status = Status.FAILED
    if isinstance(error, LeaseHeldError):
        status = Status.HELD
    elif isinstance(error, DeadlineError):
        status = Status.DEADLINE
    kept = postgres.was_cut_off(error)
    return _unpublished(effort, status, ErrorReport.of(error), kept=kept)


def stopped(efforts: Sequence[Effort], stop: KeyboardInterrupt) -> list[TableOutcome]:
    """Of tables being loaded when a signal arrived, which may have interrupted the COMMIT."""
    name = signal_of(stop).name
    committing = [effort.committing for effort in efforts if effort.committing is not None]
    try:
        if committing and were_published([effort.task.claim for effort in efforts]):
            return [done(one) for one in committing]
    except (CommitUnknownError, KeyboardInterrupt) as error:
        report = ErrorReport(
            CommitUnknownError.__name__,
            f"The run was stopped ({name}) while the load was committed, and it is not known "
            "whether it was",
            error.hint if isinstance(error, CommitUnknownError) else _EITHER,
            name,
        )
        return [_unpublished(effort, Status.CANCELLED, report, kept=True) for effort in efforts]
    report = ErrorReport("Cancelled", f"The run was stopped ({name})", _ROLLED_BACK, name)
    return [_unpublished(effort, Status.CANCELLED, report, kept=True) for effort in efforts]


def not_begun_after_stop(spec: TableSpec, stop: KeyboardInterrupt) -> TableOutcome:
    """Of a table whose turn came after a signal, which had come too late for the one before."""
    name = signal_of(stop).name
    message = f"The run was stopped ({name}) before this table was begun"
    report = ErrorReport("Cancelled", message, "Nothing was changed. Run it again.", name)
    return not_begun(spec, Status.CANCELLED, report)


def _unpublished(
    effort: Effort, status: Status, report: ErrorReport, *, kept: bool
) -> TableOutcome:
    return TableOutcome(
        table=effort.task.spec.key,
        target=str(effort.task.spec.target),
        status=status,
        rows_read=effort.stats.read,
        bytes_read=effort.stats.bytes,
        seconds=effort.task.elapsed(),
        error=report,
        attempts=len(effort.attempts),
        retried=tuple(effort.retried),
        rows_stored=effort.stored if kept else 0,
        resumable=kept and bool(effort.stored or effort.built),
    )


def _no_rows(plan: SyncPlan) -> str:
    where = "no row that 'where' asks for" if plan.spec.where else "no rows"
    return f"{plan.spec.source} has {where}: {plan.spec.target} is empty now"
