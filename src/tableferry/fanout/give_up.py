"""The end of a run that will not be published: the old rows stay, and why is recorded."""

import contextlib
from typing import Final

from tableferry import postgres
from tableferry.config import Settings, TableSpec
from tableferry.errors import ErrorReport, TableferryError
from tableferry.fanout.assignment import LONG, Assignment
from tableferry.fanout.ending import as_written, ended
from tableferry.model.phase_span import PhaseSpan
from tableferry.postgres.ledger import Ledger
from tableferry.postgres.ledger.assignments import RETRIED, RunRecord, all_chunks, find_run
from tableferry.runs.events import Phase
from tableferry.runs.outcome import Status, TableOutcome

ENDINGS: Final = {
    "LeaseHeldError": Status.HELD,
    "DeadlineError": Status.DEADLINE,
    "Cancelled": Status.CANCELLED,
}
"""How a run that is given up ends, by the error's name; ``failed`` for all others."""

KEPT_AFTER: Final = frozenset({"TransientError", "DeadlineError", "LeaseLostError", "Cancelled"})
"""After these the staging table stays: the next run goes on with the chunks that are stored (the
ledger knows which), or the one that has taken over does."""

DROP_TIMEOUT: Final = "10s"
"""For the staging table's lock: sessions of ours that have just been ended let it go. Where it is
not to be had the next run drops the table."""


def give_up(
    spec: TableSpec, settings: Settings, assignment: Assignment, error: ErrorReport | None = None
) -> TableOutcome:
    """End a run that will not be published; the old rows stay.

    Where ``error`` says less than what the failed step has recorded, or nothing, the outcome has
    the recorded error. What is stored is kept for the next run where trying again may help, and
    dropped where not.
    """
    with postgres.connect(settings.target) as into:
        work = find_run(into, assignment.run_id, assignment.table)
        report = _decisive(work, error)
        if work is None:
            return _unpublished(spec, report, 0, 0.0)
        if work.status != "running":
            return as_written(spec, work, report)
        postgres.end_other_sessions(into, assignment.run_id)
        stored = sum(piece.rows or 0 for piece in all_chunks(into, work.run))
        if work.staging and report.kind not in KEPT_AFTER:
            _drop(into, work.staging)
    with Ledger(settings.target, assignment.run_id, timing=LONG) as ledger:
        return ended(ledger, work, _unpublished(spec, report, stored, work.seconds))


def _decisive(work: RunRecord | None, error: ErrorReport | None) -> ErrorReport:
    """Choose the error of the outcome: the recorded one, unless a retry has overcome it."""
    noted = work.error if work else None
    if noted is not None and (error is None or noted.kind == error.kind or noted.kind != RETRIED):
        return ErrorReport(noted.kind, noted.message, noted.hint, noted.code)
    return error or ErrorReport(
        RETRIED,
        "A step of the fan-out was ended before it could say why",
        "The old rows stay. See the logs of its processes; run it again.",
    )


def _unpublished(
    spec: TableSpec, report: ErrorReport, rows_read: int, seconds: float
) -> TableOutcome:
    return TableOutcome(
        table=spec.key,
        target=str(spec.target),
        status=ENDINGS.get(report.kind, Status.FAILED),
        rows_read=rows_read,
        seconds=seconds,
        error=report,
        phases=(PhaseSpan(Phase.LOAD.value, 0.0, seconds),) if seconds else (),
    )


def _drop(connection: postgres.TargetConnection, staging: str) -> None:
    with contextlib.suppress(TableferryError), connection.transaction():
        connection.execute(f"SET LOCAL lock_timeout = '{DROP_TIMEOUT}'")
        postgres.drop_staging(connection, staging)
