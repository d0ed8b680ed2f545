"""A run: each table with an outcome, one after another or several at once, in order or together.

One table's failure does not stop the others.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from uuid import uuid4

from tableferry import postgres
from tableferry.config import LOGIN_REFUSED, SOURCE_LOGIN_REFUSED, Settings, TableSpec
from tableferry.errors import ErrorReport, TransientError, kind_and_place
from tableferry.runs.effort import Effort
from tableferry.runs.events import (
    Event,
    Listener,
    OnEvent,
    OnProgress,
    Phase,
    Retrying,
    TableFinished,
    TableStarted,
    TableVerified,
)
from tableferry.runs.first_login import FirstLogins
from tableferry.runs.history import History
from tableferry.runs.idle import idle_tables
from tableferry.runs.kept_connections import KeptConnections
from tableferry.runs.load_together import load_together
from tableferry.runs.outcome import STOPPED, RunOutcome, Status, TableOutcome
from tableferry.runs.outcomes import (
    done,
    failed,
    left_behind,
    not_begun,
    not_begun_after_stop,
    not_verified_after_stop,
    stopped,
    verified,
)
from tableferry.runs.publish import LoadAll, publish_together
from tableferry.runs.retry import Retries
from tableferry.runs.run_options import DEFAULT_OPTIONS, RunOptions
from tableferry.runs.run_stop import RunStop, stoppable
from tableferry.runs.side_by_side import SideBySide
from tableferry.runs.task import TARGET, Task, answers_of_sources
from tableferry.sqlserver import CatalogAnswers
from tableferry.transfer.budget import Budget
from tableferry.verification.result import TableVerification

Verify = Callable[[Task, Retries], TableVerification | None]
"""Verifies a table that was published; None where its entry asks for nothing. Raises nothing."""


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

    With ``options.jobs`` several are loaded at once, each in a thread; the outcomes stay in order.
    ``on_event`` receives every event, ``on_progress`` only that kind. What a callback raises
    becomes a warning. ``fingerprints`` are those of a plan, by table: a table whose plan has
    changed since is not loaded. ``load`` brings the rows; if it is not the usual one, tables
    without changes are not looked for. ``verify`` looks at each table that was published.
    """
    started = options.clock()
    run_id = options.run_id or uuid4()
    listener = Listener(on_event, on_progress)
    stop = None
    # A run of one table at a time needs none: a signal interrupts whatever it does.
    if min(options.jobs, len(specs)) > 1:
        stop = RunStop()
        options = replace(options, deadline=stoppable(options.deadline, stop))
    with History(run_id, settings, options) as history:
        run = _Run(settings, options, history, listener, fingerprints, specs, load, verify, stop)
        if load is load_together:
            run.find_idle()
        try:
            run.carry_all()
        finally:
            run.kept.close()
        whole = RunOutcome(run.in_order(), options.clock() - started, str(run_id))
        warnings = run.warnings + history.ended(whole) + listener.take_warnings()
        return replace(whole, warnings=warnings)


@dataclass(slots=True)
class _Run:
    """The state of a run: the outcomes so far decide which tables are still begun.

    ``thread_stop`` stops the threads of a run that loads several tables at once.
    """

    settings: Settings
    options: RunOptions
    history: History
    listener: Listener
    fingerprints: Mapping[str, str]
    specs: Sequence[TableSpec]
    load: LoadAll = load_together
    verify: Verify = nothing
    thread_stop: RunStop | None = None
    outcomes: list[TableOutcome] = field(default_factory=list)
    refused: dict[str, ErrorReport] = field(default_factory=dict)
    stop: KeyboardInterrupt | None = None
    idle: dict[str, TableOutcome] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    budget: Budget = field(default_factory=Budget)
    logins: FirstLogins = field(default_factory=FirstLogins)
    answers: dict[str, CatalogAnswers] = field(default_factory=dict)
    places: postgres.KnownPlaces = field(default_factory=postgres.KnownPlaces)
    kept: KeptConnections = field(init=False)

    def __post_init__(self) -> None:
        self.kept = KeptConnections(self.options.jobs)

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

    def carry_all(self) -> None:
        """Bring every table to an outcome; raises what is no Exception and no signal."""
        busy = [spec for spec in self.specs if spec.key not in self.idle]
        self.answers = answers_of_sources(busy, self.settings)
        if self.options.together:
            self.carry(list(self.specs), 1)
            return
        begun = 0
        if self.thread_stop is not None and self.stop is None:
            begun = self._carry_side_by_side(self.thread_stop)
        for number, spec in enumerate(self.specs[begun:], begun + 1):
            self.carry([spec], number)

    def _carry_side_by_side(self, stop: RunStop) -> int:
        """Carry tables in threads until the run is to stop; returns how many were begun."""
        threads = SideBySide(len(self.specs), lambda at: self.carry([self.specs[at]], at + 1), stop)
        threads.run(self.options.jobs)
        if stop.reason is not None and not isinstance(stop.reason, KeyboardInterrupt):
            raise stop.reason
        ended = {outcome.table for outcome in self.outcomes}
        for spec in self.specs[: threads.begun]:
            if stop.reason is not None and spec.key not in ended:
                self.outcomes.append(self._written_down(spec, left_behind(spec, stop.reason)))
        if stop.reason is not None and not self._is_over():
            self.stop = stop.reason  # what it came too late for is published
        return threads.begun

    def in_order(self) -> tuple[TableOutcome, ...]:
        """Return the outcomes in the order of the tables."""
        places = {spec.key: place for place, spec in enumerate(self.specs)}
        return tuple(sorted(self.outcomes, key=lambda outcome: places[outcome.table]))

    def carry(self, group: Sequence[TableSpec], number: int) -> None:
        """Sync the tables of one transaction, or find why they are not begun, and tell of each.

        The first is table ``number`` (from 1) of the run.
        """
        outcomes = self._carried(group, number)
        self.outcomes += outcomes
        for outcome in outcomes:
            self.listener.tell(TableFinished(outcome))

    def _carried(self, group: Sequence[TableSpec], number: int) -> list[TableOutcome]:
        if all(spec.key in self.idle for spec in group):
            return [self.idle[spec.key] for spec in group]
        known = [self.refused.get(spec.db_type) or self.refused.get(TARGET) for spec in group]
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
            begun = self._begin(group, number)
            outcomes = [self._verified(*one) for one in zip(group, begun, strict=True)]
        for spec, outcome in zip(group, outcomes, strict=True):
            if outcome.error and outcome.error.code in LOGIN_REFUSED:
                side = spec.db_type if outcome.error.code in SOURCE_LOGIN_REFUSED else TARGET
                self.refused[side] = outcome.error
        return outcomes

    def _is_over(self) -> bool:
        ended = {outcome.status for outcome in self.outcomes}
        failed = {Status.FAILED, Status.HELD}
        return bool(ended & STOPPED) or (self.options.fail_fast and bool(ended & failed))

    def _begin(self, group: Sequence[TableSpec], first: int) -> list[TableOutcome]:
        started = self.options.clock()
        efforts = [Effort(self._task(spec, started)) for spec in group]
        with ExitStack() as claims:
            try:
                for number, effort in enumerate(efforts, first):
                    spec = effort.task.spec
                    begun = TableStarted(spec.key, str(spec.target), number, len(self.specs))
                    self.listener.tell(begun)
                    effort.enter(Phase.CONNECT)
                    claim = claims.enter_context(self.history.claim(spec, effort.await_lease))
                    effort.task = replace(effort.task, claim=claim)
                new = publish_together(efforts, self._retries(group), self.load)
            except KeyboardInterrupt as stop:
                outcomes = stopped(efforts, stop)
                self._note(stop, has_told=outcomes[0].status is not Status.OK)
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
        if self.thread_stop is not None and self.thread_stop.reason is not None:
            return not_verified_after_stop(outcome) if spec.verify else outcome
        try:
            found = self.verify(self._task(spec, self.options.clock()), self._retries([spec]))
        except KeyboardInterrupt as stop:
            self._note(stop)
            return not_verified_after_stop(outcome)
        if found is None:
            return outcome
        self.listener.tell(TableVerified(found))
        outcome = verified(outcome, found)
        warnings = self.listener.take_warnings(spec.key) + self.history.verified(spec, found)
        return replace(outcome, warnings=outcome.warnings + warnings)

    def _note(self, stop: KeyboardInterrupt, *, has_told: bool = False) -> None:
        """Note a stop for the tables that come next, and for those that are being loaded.

        ``has_told``: an outcome says already that the run was stopped.
        """
        if self.thread_stop is not None:
            self.thread_stop.ask(stop)
        elif not has_told:
            self.stop = stop

    def _written_down(self, spec: TableSpec, outcome: TableOutcome) -> TableOutcome:
        warnings = self.listener.take_warnings(spec.key)
        outcome = replace(outcome, warnings=outcome.warnings + warnings)
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
            on_event=self._tell,
            fingerprint=self.fingerprints.get(spec.key),
            others=tuple(other for other in self.specs if other.key != spec.key),
            budget=self.budget,
            logins=self.logins,
            answers=self.answers.get(spec.db_type),
            places=self.places,
            kept=self.kept,
            on_open=self.thread_stop.opened if self.thread_stop else lambda _connection: None,
            jobs=min(self.options.jobs, len(self.specs)),
        )

    def _tell(self, event: Event) -> None:
        """Report an event of a table; a thread that is to stop gets no further.

        It is told of each look at a lease or a lock, and so comes out of these waits.
        """
        if self.thread_stop is not None:
            self.thread_stop.check()
        self.listener.tell(event)
