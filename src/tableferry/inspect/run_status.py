"""How tables stand after a run: as the ledger says, and where it says nothing, as the run ended.

The ledger says nothing of a table whose entry has ``'ledger': 'off'``, and nothing at all where the
target cannot be asked, which may be why the run failed.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tableferry.config import LedgerUse, TableSpec, TargetSettings
from tableferry.errors import TableferryError
from tableferry.inspect.status import table_status
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome
from tableferry.states.findings import Finding, action_about, of_age
from tableferry.states.records import RunRecord, TableRecord, VerificationRecord
from tableferry.states.report import StatusReport, TableState
from tableferry.states.words import Action, Commands, Word
from tableferry.verification.result import TableVerification


@dataclass(frozen=True, slots=True)
class EndedRun:
    """A run that is over: when it began and ended, and when each table was begun.

    The moments are aware, and of this machine's clock. ``process`` is host and process id.
    """

    outcome: RunOutcome
    began: dt.datetime
    ended: dt.datetime
    begun: Mapping[str, dt.datetime]
    process: str = ""


def status_after(
    run: EndedRun, specs: Sequence[TableSpec], target: TargetSettings, commands: Commands
) -> StatusReport:
    """Return how these tables stand; raises nothing where the ledger cannot be read."""
    try:
        report = table_status(specs, target, commands)
    except TableferryError as error:
        note = f"The ledger could not be read, so this is the last run alone: {error.message}"
        return replace(status_of(run, specs, str(target), commands), notes=(note,))
    off = {spec.key for spec in specs if spec.ledger is LedgerUse.OFF}
    if not off:
        return report
    own = {table.table: table for table in status_of(run, specs, "", commands).tables}
    return replace(
        report,
        tables=tuple(own[one.table] if one.table in off else one for one in report.tables),
        last_run=report.last_run or run_record(run),
    )


def status_of(
    run: EndedRun, specs: Sequence[TableSpec], where: str, commands: Commands
) -> StatusReport:
    """Return how these tables stand as far as the run itself knows."""
    outcomes = {outcome.table: outcome for outcome in run.outcome.tables}
    return StatusReport(
        at=run.ended,
        where=where,
        tables=tuple(
            _state(run, spec, outcomes[spec.key], commands)
            for spec in specs
            if spec.key in outcomes
        ),
        last_run=run_record(run),
    )


def run_record(run: EndedRun) -> RunRecord:
    """Return the run as the ledger would have it."""
    return RunRecord(
        run_id=run.outcome.run_id,
        status=run.outcome.status.value,
        started_at=run.began,
        heartbeat=run.ended,
        ended_at=run.ended,
        process=run.process,
        rows_written=run.outcome.rows_written,
    )


def _state(run: EndedRun, spec: TableSpec, outcome: TableOutcome, commands: Commands) -> TableState:
    record = _record(run, spec, outcome)
    published = record.is_load
    age = None if outcome.lag is None else outcome.lag + _since(run.ended, record.ended_at)
    found = _finding(outcome, age, spec.max_age)
    return TableState(
        table=spec.key,
        source=str(spec.source),
        target=outcome.target,
        word=found.word,
        why=found.why,
        hint=found.hint,
        command=commands(found.action, spec.key) if found.action else "",
        age=age,
        as_of=outcome.as_of,
        max_age=spec.max_age,
        rows=outcome.rows_written if published else None,
        seconds=record.seconds if published else None,
        rows_per_second=record.rows_per_second,
        verified=_verification(run, outcome.verified) if outcome.verified else None,
        quarantined=sum(sum(reasons.values()) for reasons in outcome.quarantined.values()),
        runs=(record,),
        losses=dict(outcome.losses),
    )


def _finding(outcome: TableOutcome, age: float | None, max_age: float | None) -> Finding:
    failure = outcome.failure
    if failure is not None:
        word, action = _failed(outcome, failure.kind)
        why = f"Its last run ended as {outcome.status}: {failure.message}"
        return Finding(word, why, action, failure.hint)
    return of_age(age, max_age)


def _failed(outcome: TableOutcome, kind: str) -> tuple[Word, Action]:
    if outcome.differs:
        return Word.DIFFERS, Action.VERIFY
    return Word.HELD if outcome.status is Status.HELD else Word.FAILING, action_about(kind)


def _record(run: EndedRun, spec: TableSpec, outcome: TableOutcome) -> TableRecord:
    began = run.begun.get(spec.key, run.ended)
    # A table that differs was published: the ledger, too, has it as ok.
    status = Status.OK if outcome.differs else outcome.status
    return TableRecord(
        run_id=run.outcome.run_id,
        table=spec.key,
        source=str(spec.source),
        target=outcome.target,
        status=status.value,
        started_at=began,
        heartbeat=run.ended,
        ended_at=began + dt.timedelta(seconds=outcome.seconds),
        process=run.process,
        publish=outcome.publish,
        consistency=outcome.consistency,
        attempt=outcome.attempts,
        rows_read=outcome.rows_read,
        rows_written=outcome.rows_written,
        as_of=outcome.as_of,
        error=outcome.error,
        warnings=outcome.warnings,
        phases=outcome.phases,
        losses=dict(outcome.losses),
    )


def _verification(run: EndedRun, found: TableVerification) -> VerificationRecord:
    return VerificationRecord(
        verified_at=run.ended,
        depth=found.depth.value,
        verdict=found.verdict.value,
        source_rows=found.source_rows,
        target_rows=found.target_rows,
        differing=found.differing,
        reason=found.reason,
        run_id=run.outcome.run_id,
        seconds=found.seconds,
    )


def _since(now: dt.datetime, then: dt.datetime | None) -> float:
    return 0.0 if then is None else max(0.0, (now - then).total_seconds())
