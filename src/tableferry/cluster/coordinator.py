"""Coordinates a run on a Dask cluster: submits each table's steps and collects the outcomes.

The coordinator connects to no database. If it dies, stored chunks stay and the leases expire.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4

from distributed import Client, Future, wait

from tableferry.cluster import worker_steps
from tableferry.config import TableSpec
from tableferry.errors import ConfigError, ErrorReport, TransientError
from tableferry.fanout import Begun, Route, RoutedTable, Stored
from tableferry.runs.events import OnProgress, Progress
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome
from tableferry.runs.outcomes import not_begun
from tableferry.runs.run_options import DEFAULT_OPTIONS, RunOptions
from tableferry.runs.stop_signal import signal_of

TABLES_AT_ONCE: Final = 4
"""As in deploy/statemachine.asl.json: the source has ``parallel`` sessions of each."""

TICK: Final = 0.5
"""Seconds between two checks whether to stop, while waiting for workers."""

GIVE_UP_SECONDS: Final = 120.0
"""How long to wait for a worker to record that a table is given up: it has to finish a chunk first.
Without that record, the ledger shows the run as abandoned when the lease has expired."""

T = TypeVar("T")


def sync_on_cluster(
    client: Client,
    specs: Sequence[TableSpec],
    folder: Path,
    *,
    on_progress: OnProgress = lambda _progress: None,
    on_outcome: Callable[[TableOutcome], None] = lambda _outcome: None,
    fingerprints: Mapping[str, str] = MappingProxyType({}),
    options: RunOptions = DEFAULT_OPTIONS,
) -> RunOutcome:
    """Sync the tables, several at once; a failure or a signal becomes a table's outcome.

    ``folder`` is where workers look for a ``.env``, besides their working directory. Raises
    ConfigError where no table can begin.
    """
    if options.together:
        raise ConfigError(
            "On a cluster, tables are published one by one",
            hint="Leave out --publish-together or --scheduler.",
        )
    run = _ClusterRun(client, str(folder), on_progress, on_outcome, fingerprints, options)
    return run.sync(specs)


class _StepFailedError(Exception):
    """A step failed; ``report`` says why."""

    def __init__(self, report: ErrorReport) -> None:
        super().__init__(report.message)
        self.report = report


@dataclass(slots=True)
class _ClusterRun:
    client: Client
    folder: str
    on_progress: OnProgress
    on_outcome: Callable[[TableOutcome], None]
    fingerprints: Mapping[str, str]
    options: RunOptions
    fanout_id: UUID = field(default_factory=uuid4)
    stopped: ErrorReport | None = None
    failed: bool = False
    reporting: threading.Lock = field(default_factory=threading.Lock)

    def sync(self, specs: Sequence[TableSpec]) -> RunOutcome:
        started = self.options.clock()
        planned = self._plan(specs)
        with ThreadPoolExecutor(TABLES_AT_ONCE) as tables:
            pending = [tables.submit(self._table, one) for one in planned]
            try:
                outcomes = [one.result() for one in pending]
            except KeyboardInterrupt as stop:
                self._stop(stop)
                outcomes = [one.result() for one in pending]
        return RunOutcome(outcomes, self.options.clock() - started, str(self.fanout_id))

    def _plan(self, specs: Sequence[TableSpec]) -> tuple[RoutedTable, ...]:
        try:
            planned: tuple[RoutedTable, ...] = self._result(
                self._submit(worker_steps.plan, specs, self.folder)
            )
        except _StepFailedError as failed:
            report = failed.report
            kind = ConfigError if report.kind == "ConfigError" else TransientError
            raise kind(report.message, hint=report.hint, code=report.code) from None
        return planned

    def _stop(self, stop: KeyboardInterrupt) -> None:
        name = signal_of(stop).name
        self.stopped = ErrorReport(
            "Cancelled",
            f"The run was stopped ({name})",
            "The old rows stay. Stored chunks are kept for the next run.",
            name,
        )

    def _table(self, planned: RoutedTable) -> TableOutcome:
        """Sync one table and return its outcome; raises nothing."""
        spec = planned.spec
        if planned.outcome is not None:
            outcome = planned.outcome
        elif self.stopped or (self.options.fail_fast and self.failed):
            outcome = not_begun(spec, Status.SKIPPED)
        elif planned.route is Route.WHOLE:
            outcome = self._whole(spec)
        else:
            outcome = self._in_chunks(spec)
        with self.reporting:
            self.failed = self.failed or outcome.status in {Status.FAILED, Status.HELD}
            self.on_outcome(outcome)
        return outcome

    def _whole(self, spec: TableSpec) -> TableOutcome:
        try:
            fingerprint = self.fingerprints.get(spec.key)
            return self._run_step(worker_steps.load_whole, spec, self.folder, fingerprint)
        except _StepFailedError as failed:
            status = Status.CANCELLED if failed.report is self.stopped else Status.FAILED
            return not_begun(spec, status, failed.report)

    def _in_chunks(self, spec: TableSpec) -> TableOutcome:
        try:
            fingerprint = self.fingerprints.get(spec.key)
            begun = self._run_step(
                worker_steps.begin, spec, self.fanout_id, self.folder, fingerprint
            )
            self._chunks(spec, begun)
            return self._run_step(worker_steps.publish, spec, self.fanout_id, self.folder)
        except _StepFailedError as failed:
            return self._given_up(spec, failed.report)

    def _chunks(self, spec: TableSpec, begun: Begun) -> None:
        """Have every chunk loaded, ``parallel`` at a time; raises the first failure."""
        started = self.options.clock()
        rows, pending = 0, deque(begun.pending)
        running: set[Future] = set()
        while pending or running:
            while pending and len(running) < begun.parallel:
                running.add(self._submit(worker_steps.load_chunk, spec, self.fanout_id, self.folder,
                                         pending.popleft()))  # fmt: skip
            done, running = self._wait(running)
            for future in done:
                stored: Stored = self._result(future)
                rows += stored.rows
                seconds = self.options.clock() - started
                with self.reporting:
                    self.on_progress(Progress(spec.key, rows, seconds, None))

    def _given_up(self, spec: TableSpec, report: ErrorReport) -> TableOutcome:
        """Record the outcome in the ledger; if no worker can, the lease expires."""
        arguments = (spec, self.fanout_id, self.folder, report)
        try:
            future = self._submit(worker_steps.give_up, *arguments, priority=1)
            outcome: TableOutcome = self._result(future, GIVE_UP_SECONDS)
        except _StepFailedError as failed:
            warning = f"The outcome could not be recorded: {failed.report.message}"
            outcome = not_begun(spec, Status.FAILED, report)
            return TableOutcome(
                outcome.table, outcome.target, outcome.status, error=report, warnings=(warning,)
            )
        return outcome

    def _run_step(self, step: Callable[..., T | ErrorReport], *arguments: Any) -> T:
        """Run one step on a worker; raises _StepFailedError."""
        running = {self._submit(step, *arguments)}
        while True:
            done, running = self._wait(running)
            for future in done:
                answer: T = self._result(future)
                return answer

    def _submit(self, step: Callable[..., Any], *arguments: Any, priority: int = 0) -> Future:
        return self.client.submit(step, *arguments, pure=False, priority=priority)

    def _wait(self, running: set[Future]) -> tuple[set[Future], set[Future]]:
        """Wait up to ``TICK`` for one to finish; raises _StepFailedError in a stopped run."""
        if self.stopped is not None:
            self.client.cancel(list(running))
            raise _StepFailedError(self.stopped)
        try:
            done, not_done = wait(running, timeout=TICK, return_when="FIRST_COMPLETED")
        except TimeoutError:
            return set(), running
        return set(done), set(not_done)

    @staticmethod
    def _result(future: Future, seconds: float | None = None) -> Any:
        """Return a step's result; raises _StepFailedError where it failed.

        Dask retries a task on three other workers when its worker is lost.
        """
        try:
            answer = future.result(seconds)
        except Exception as error:  # noqa: BLE001 - Dask's: a step's own are ErrorReports
            failure = TransientError(
                f"No worker finished the step: {type(error).__name__}",
                hint="See the workers' logs (killed, or out of memory?); run it again.",
            )
            raise _StepFailedError(ErrorReport.of(failure)) from None
        if isinstance(answer, ErrorReport):
            raise _StepFailedError(answer)
        return answer
