"""A run: the tables in order, each with an outcome; one table's failure does not stop the next."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final
from uuid import uuid4

from tableferry.config import LOGIN_REFUSED, SOURCE_LOGIN_REFUSED, Settings, TableSpec
from tableferry.errors import ErrorReport, TransientError, kind_and_place
from tableferry.runs.effort import Effort
from tableferry.runs.events import (
    Listener,
    OnEvent,
    OnProgress,
    Phase,
    Retrying,
    TableFinished,
    TableStarted,
    TableVerified,
)
from tableferry.runs.history import History
from tableferry.runs.idle import idle_tables
from tableferry.runs.load_together import load_together
from tableferry.runs.outcome import STOPPED, RunOutcome, Status, TableOutcome
from tableferry.runs.outcomes import (
    done,
    failed,
    not_begun,
    not_begun_after_stop,
    not_verified_after_stop,
    stopped,
    verified,
)
from tableferry.runs.publish import LoadAll, publish_together
from tableferry.runs.retry import Retries
from tableferry.runs.run_options import DEFAULT_OPTIONS, RunOptions
from tableferry.runs.task import Task
from tableferry.verification.result import TableVerification

Verify = Callable[[Task, Retries], TableVerification | None]
"""Verifies a table that was published; None where its entry asks for nothing. Raises nothing."""

_TARGET: Final = ""
"""The target's key in ``refused``, where each source has its ``db_type``: never empty."""


def nothing(_task: Task, _retries: Retries) -> None:
    """Verify nothing."""


def run_tables(
    specs: Sequence[TableSpec],
    settings: Settings,
    *,
    on_event: OnEvent | None = None,
    on_progress: OnProgress | None = None,
    fingerprints: Mapping[str, str] = MappingProxyType({}),
    options: RunOptions = DEFAULT_OPTIONS,
    load: LoadAll = load_together,
    verify: Verify = nothing,
) -> RunOutcome:
    """Run the tables in order; raises no Exception: a failure is an outcome, and so is a signal.

    ``on_event`` receives every event, ``on_progress`` only that kind. What a callback raises
    becomes a warning. ``fingerprints`` are those of a plan, by table: a table whose plan has
    changed since is not loaded. ``load`` brings the rows; if it is not the usual one, tables
    without changes are not looked for. ``verify`` looks at each table that was published.
    """
    started = options.clock()
    run_id = options.run_id or uuid4()
    with History(run_id, settings, options) as history:
        listener = Listener(on_event, on_progress)
        run = _Run(settings, options, history, listener, fingerprints, specs, load, verify)
        if load is load_together:
            run.find_idle()
        for group in [list(specs)] if options.together else [[spec] for spec in specs]:
            for outcome in run.carry(group):
                listener.tell(TableFinished(outcome))
        whole = RunOutcome(tuple(run.outcomes), options.clock() - started, str(run_id))
        warnings = run.warnings + history.ended(whole) + listener.take_warnings()
        return replace(whole, warnings=warnings)


@dataclass(slots=True)
class _Run:
    """The state of a run: the outcomes so far decide which tables are still begun."""

    settings: Settings
    options: RunOptions
    history: History
    listener: Listener
    fingerprints: Mapping[str, str]
    specs: Sequence[TableSpec]
    load: LoadAll = load_together
    verify: Verify = nothing
    outcomes: list[TableOutcome] = field(default_factory=list)
    refused: dict[str, ErrorReport] = field(default_factory=dict)
    stop: KeyboardInterrupt | None = None
    idle: dict[str, TableOutcome] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def find_idle(self) -> None:
        """Find the tables without changes, unless all become visible in one transaction.

        A table whose plan was reviewed is planned again: it may have changed.
        """
        if self.options.together:
            return
        asked = [spec for spec in self.specs if spec.key not in self.fingerprints]
        try:
            self.idle = idle_tables(asked, self.settings, self.history, self.options)
        except KeyboardInterrupt as stop:
            self.stop = stop
        except Exception as error:  # noqa: BLE001 - every table still has the ordinary way
            self.warnings += (f"No table was looked at for changes: {kind_and_place(error)}",)

    def carry(self, group: Sequence[TableSpec]) -> list[TableOutcome]:
        """Sync the tables of one transaction, or return why they are not begun."""
        if all(spec.key in self.idle for spec in group):
            outcomes = [self.idle[spec.key] for spec in group]
            self.outcomes += outcomes
            return outcomes
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
            # Without the leases: a repair takes one of its own.
            outcomes = [self._verified(*one) for one in zip(group, self._begin(group), strict=True)]
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
                for number, effort in enumerate(efforts, len(self.outcomes) + 1):
                    spec = effort.task.spec
                    begun = TableStarted(spec.key, str(spec.target), number, len(self.specs))
                    self.listener.tell(begun)
                    effort.enter(Phase.CONNECT)
                    claim = claims.enter_context(self.history.claim(spec, effort.await_lease))
                    effort.task = replace(effort.task, claim=claim)
                new = publish_together(efforts, self._retries(group), self.load)
            except KeyboardInterrupt as stop:
                outcomes = stopped(efforts, stop)
                self.stop = stop if outcomes[0].status is Status.OK else None
            except Exception as error:  # noqa: BLE001 - one table's failure never stops the others
                outcomes = [failed(effort, error, efforts) for effort in efforts]
            except BaseException as end:
                for spec, outcome in zip(group, stopped(efforts, end), strict=True):
                    self._written_down(spec, outcome)
                raise
            else:
                outcomes = [done(published) for published in new]
            return [self._written_down(*one) for one in zip(group, outcomes, strict=True)]

    def _verified(self, spec: TableSpec, outcome: TableOutcome) -> TableOutcome:
        """Return the outcome with what a verification of the published rows has found."""
        if not outcome.ok or self.stop:
            return outcome
        try:
            found = self.verify(self._task(spec, self.options.clock()), self._retries([spec]))
        except KeyboardInterrupt as stop:
            self.stop = stop
            return not_verified_after_stop(outcome)
        if found is None:
            return outcome
        self.listener.tell(TableVerified(found))
        outcome = verified(outcome, found)
        warnings = self.listener.take_warnings() + self.history.verified(spec, found)
        return replace(outcome, warnings=outcome.warnings + warnings)

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
            on_event=self.listener.tell,
            fingerprint=self.fingerprints.get(spec.key),
            others=tuple(other for other in self.specs if other.key != spec.key),
        )
