"""A run: the tables in order, each with an outcome; one table's failure does not stop the next."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final
from uuid import uuid4

from tableferry.config import LOGIN_REFUSED, SOURCE_LOGIN_REFUSED, Settings, TableSpec
from tableferry.errors import ErrorReport, TransientError
from tableferry.runs.effort import Effort
from tableferry.runs.events import (
    Listener,
    OnEvent,
    OnProgress,
    Retrying,
    TableFinished,
    TableStarted,
)
from tableferry.runs.history import History
from tableferry.runs.outcome import STOPPED, RunOutcome, Status, TableOutcome
from tableferry.runs.outcomes import done, failed, not_begun, not_begun_after_stop, stopped
from tableferry.runs.publish import publish_together
from tableferry.runs.retry import Retries
from tableferry.runs.run_options import DEFAULT_OPTIONS, RunOptions
from tableferry.runs.task import Task

_TARGET: Final = ""
"""The target's key in ``refused``, where each source has its ``db_type``: never empty."""


def sync_tables(
    specs: Sequence[TableSpec],
    settings: Settings,
    *,
    on_event: OnEvent | None = None,
    on_progress: OnProgress | None = None,
    on_outcome: Callable[[TableOutcome], None] | None = None,
    fingerprints: Mapping[str, str] = MappingProxyType({}),
    options: RunOptions = DEFAULT_OPTIONS,
) -> RunOutcome:
    """Sync the tables in order; raises nothing: a failure is an outcome, and so is a signal.

    ``on_event`` receives every event, ``on_progress`` and ``on_outcome`` one kind each. What a
    callback raises becomes a warning. ``fingerprints`` are those of a plan, by table: a table whose
    plan has changed since is not loaded.
    """
    started = options.clock()
    run_id = options.run_id or uuid4()
    with History(run_id, settings, options) as history:
        listener = Listener(on_event, on_progress, on_outcome)
        run = _Run(settings, options, history, listener, fingerprints)
        for group in [list(specs)] if options.together else [[spec] for spec in specs]:
            for outcome in run.carry(group):
                listener.tell(TableFinished(outcome))
        whole = RunOutcome(tuple(run.outcomes), options.clock() - started, str(run_id))
        return replace(whole, warnings=history.ended(whole) + listener.take_warnings())


def sync_table(
    spec: TableSpec,
    settings: Settings,
    on_progress: OnProgress | None = None,
    *,
    fingerprint: str | None = None,
    options: RunOptions = DEFAULT_OPTIONS,
) -> TableOutcome:
    """Sync one table, as a run of its own."""
    (outcome,) = sync_tables(
        [spec],
        settings,
        on_progress=on_progress,
        fingerprints={spec.key: fingerprint} if fingerprint else {},
        options=options,
    ).tables
    return outcome


@dataclass(slots=True)
class _Run:
    """The state of a run: the outcomes so far decide which tables are still begun."""

    settings: Settings
    options: RunOptions
    history: History
    listener: Listener
    fingerprints: Mapping[str, str]
    outcomes: list[TableOutcome] = field(default_factory=list)
    refused: dict[str, ErrorReport] = field(default_factory=dict)
    stop: KeyboardInterrupt | None = None

    def carry(self, group: Sequence[TableSpec]) -> list[TableOutcome]:
        """Sync the tables of one transaction, or return why they are not begun."""
        known = [self.refused.get(spec.db_type) or self.refused.get(_TARGET) for spec in group]
        refused = next((report for report in known if report), None)
        stop, self.stop = self.stop, None
        if stop:
            outcomes = [
                self._written_down(spec, not_begun_after_stop(spec, stop)) for spec in group
            ]
        elif self._is_over():
            outcomes = [self._written_down(s, not_begun(s, Status.SKIPPED)) for s in group]
        elif refused:
            outcomes = [self._written_down(s, not_begun(s, Status.FAILED, refused)) for s in group]
        else:
            outcomes = self._begin(group)
        for spec, outcome in zip(group, outcomes, strict=True):
            if outcome.error and outcome.error.code in LOGIN_REFUSED:
                side = spec.db_type if outcome.error.code in SOURCE_LOGIN_REFUSED else _TARGET
                self.refused[side] = outcome.error
        self.outcomes += outcomes
        return outcomes

    def _is_over(self) -> bool:
        ended = {outcome.status for outcome in self.outcomes}
        failed = {Status.FAILED, Status.HELD}
        return bool(ended & STOPPED) or (self.options.fail_fast and bool(ended & failed))

    def _begin(self, group: Sequence[TableSpec]) -> list[TableOutcome]:
        started = self.options.clock()
        efforts = [Effort(self._task(spec, started)) for spec in group]
        with ExitStack() as claims:
            try:
                for effort in efforts:
                    spec = effort.task.spec
                    self.listener.tell(TableStarted(spec.key, str(spec.target)))
                    claim = claims.enter_context(self.history.claim(spec))
                    effort.task = replace(effort.task, claim=claim)
                new = publish_together(efforts, self._retries(group))
            except KeyboardInterrupt as stop:
                outcomes = stopped(efforts, stop)
                self.stop = stop if outcomes[0].status is Status.OK else None
            except Exception as error:  # noqa: BLE001 - one table's failure never stops the others
                outcomes = [failed(effort, error, efforts) for effort in efforts]
            else:
                outcomes = [done(published) for published in new]
            return [self._written_down(*one) for one in zip(group, outcomes, strict=True)]

    def _written_down(self, spec: TableSpec, outcome: TableOutcome) -> TableOutcome:
        outcome = replace(outcome, warnings=outcome.warnings + self.listener.take_warnings())
        unwritten = self.history.table_ended(spec, outcome)
        return replace(outcome, warnings=outcome.warnings + unwritten)

    def _retries(self, group: Sequence[TableSpec]) -> Retries:
        """Return the run's retries, which report each pause for every table of the group."""

        def announce(error: TransientError, pause: float) -> None:
            self.options.retries.on_retry(error, pause)
            for spec in group:
                self.listener.tell(Retrying(spec.key, ErrorReport.of(error), pause))

        return replace(self.options.retries, on_retry=announce)

    def _task(self, spec: TableSpec, started: float) -> Task:
        clock = self.options.clock
        return Task(
            spec=spec,
            settings=self.settings,
            elapsed=lambda: clock() - started,
            deadline=self.options.deadline,
            on_progress=self.listener.tell,
            fingerprint=self.fingerprints.get(spec.key),
        )
