"""Turn each end of a table (done, failed, stopped, not begun) into its outcome."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from tableferry import postgres
from tableferry.config import TableSpec
from tableferry.errors import CommitUnknownError, DeadlineError, ErrorReport, LeaseHeldError
from tableferry.model.counting import counted, verb
from tableferry.planning.plan import SyncPlan
from tableferry.runs.claim import were_published
from tableferry.runs.effort import Effort, Published
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.stop_signal import signal_of
from tableferry.verification.result import TableVerification, Verdict

_ROLLED_BACK: Final = "The load was rolled back; the old rows stay. Run it again."
_KEPT: Final = "The old rows stay. Run it again."
_EITHER: Final = "Readers see all the old rows or all the new ones. Run it again."


NO_CONNECTION_LEFT: Final = frozenset({"53300", "10928", "10929", "17809"})
"""PostgreSQL's code for it, which poolers share, and SQL Server's: the last is of any server, the
others of Azure SQL Database's limits on workers and sessions."""


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
        rows_resumed=max(0, effort.resumed),
        seconds=effort.task.elapsed(),
        consistency=plan.consistency.value,
        publish=plan.publish,
        created=plan.create is not None,
        warnings=plan.warnings + published.warnings + empty,
        changes=asdict(published.changes) if published.changes else {},
        reconciled=asdict(stats.reconciled) if stats.reconciled else {},
        losses=tuple(plan.losses.items()),
        touched=stats.touched,
        quarantined=stats.refused.counts() if stats.refused else {},
        attempts=len(effort.attempts),
        retried=tuple(effort.retried),
        mode="" if plan.merging is None else str(plan.spec.mode),
        reload=published.reload or "",
        lag=effort.lag,
        as_of=effort.as_of or effort.task.claim.as_of,
        phases=effort.phases(),
    )


def verified(outcome: TableOutcome, found: TableVerification) -> TableOutcome:
    """Of a table whose rows are visible, and were compared with the source's.

    It has failed where they differ. Where they could not be compared, that is a warning.
    """
    outcome = replace(outcome, verified=found)
    if found.verdict is Verdict.NOT_VERIFIED:
        why = f"{found.error.kind}: {found.error.message}" if found.error else found.reason
        warning = f"{outcome.target} was not verified: {why}"
        return replace(outcome, warnings=(*outcome.warnings, warning, *found.warnings))
    outcome = replace(outcome, warnings=outcome.warnings + found.warnings)
    if found.verdict is not Verdict.DIFFERS or found.failure is None:
        return outcome
    report = found.failure
    if found.error is None:
        stay = f"{report.message}. The rows that were published stay"
        report = replace(report, message=stay)
    return replace(outcome, status=Status.FAILED, error=report)


def not_verified_after_stop(outcome: TableOutcome) -> TableOutcome:
    """Of a table whose rows are visible, and were being compared when a signal came."""
    warning = f"{outcome.target} was not verified: the run was stopped"
    return replace(outcome, warnings=(*outcome.warnings, warning))


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
    report = _with_jobs(ErrorReport.of(error), effort.task.jobs)
    return _unpublished(effort, status, report, kept=kept)


def _with_jobs(report: ErrorReport, jobs: int) -> ErrorReport:
    """Name the jobs where a server had no connection left: they are what takes so many."""
    if jobs < 2 or report.code not in NO_CONNECTION_LEFT:
        return report
    loads = f"This run loads {counted(jobs, 'table')} at once"
    hint = f"{loads}: with fewer 'jobs' it needs fewer connections."
    return replace(report, hint=f"{report.hint} {hint}".lstrip())


def stopped(efforts: Sequence[Effort], stop: BaseException) -> list[TableOutcome]:
    """Of tables being loaded when a signal arrived, which may have interrupted the COMMIT.

    Or when something else was raised that is no ``Exception``, such as an orchestrator's timeout.
    """
    code = signal_of(stop).name if isinstance(stop, KeyboardInterrupt) else ""
    name = code or type(stop).__name__
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
            code,
        )
        return [_unpublished(effort, Status.CANCELLED, report, kept=True) for effort in efforts]
    message = f"The run was stopped ({name})"

    def cancelled(effort: Effort) -> ErrorReport:
        hint = _KEPT if _resumes(effort) else _ROLLED_BACK
        return ErrorReport("Cancelled", message, hint, code)

    return [
        _unpublished(effort, Status.CANCELLED, cancelled(effort), kept=True) for effort in efforts
    ]


def not_begun_after_stop(spec: TableSpec, stop: KeyboardInterrupt) -> TableOutcome:
    """Of a table whose turn came after a signal, which had come too late for the one before."""
    name = signal_of(stop).name
    message = f"The run was stopped ({name}) before this table was begun"
    report = ErrorReport("Cancelled", message, "Nothing was changed. Run it again.", name)
    return not_begun(spec, Status.CANCELLED, report)


def left_behind(spec: TableSpec, stop: KeyboardInterrupt) -> TableOutcome:
    """Of a table whose thread did not come to its end after a signal, in a server that hangs."""
    name = signal_of(stop).name
    message = f"The run was stopped ({name}), while a server did not answer"
    report = ErrorReport("Cancelled", message, _EITHER, name)
    return TableOutcome(spec.key, str(spec.target), Status.CANCELLED, error=report)


def _unpublished(
    effort: Effort, status: Status, report: ErrorReport, *, kept: bool
) -> TableOutcome:
    resumable = kept and _resumes(effort)
    if resumable and (said := _kept(effort, status)):
        report = replace(report, hint=f"{report.hint} {said}".lstrip())
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
        resumable=resumable,
        phases=effort.phases(),
    )


def _resumes(effort: Effort) -> bool:
    """Whether another run goes on with what the attempts have stored or built."""
    return bool(effort.stored or effort.built)


def _kept(effort: Effort, status: Status) -> str:
    """Return what is kept for the next run, and for how long."""
    stored, chunks = effort.chunks
    if not stored:
        return ""
    kept = f"{stored:,} of {counted(chunks, 'chunk')} {verb(stored, 'is', 'are')} kept"
    left = effort.task.spec.resume_within - effort.lag
    if status is Status.DEADLINE:
        return f"{kept}: the next run continues from there."  # in a chain of them, at any age
    if left <= 0:
        return f"{kept}, but older than 'resume_within' allows: the next run reads them again."
    until = datetime.now(UTC) + timedelta(seconds=left)
    return f"{kept}: the next run continues from there, until {until:%Y-%m-%d %H:%M} UTC."


def _no_rows(plan: SyncPlan) -> str:
    where = "no row that 'where' asks for" if plan.spec.where else "no rows"
    return f"{plan.spec.source} has {where}: {plan.spec.target} is empty now"
