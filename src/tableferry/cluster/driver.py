"""A run on a cluster: which step is asked of a worker next, and what becomes of each table.

The driver itself connects to no database. It may die: what is stored stays, and the lease runs out.
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

from tableferry.cluster import work
from tableferry.config import TableSpec
from tableferry.errors import ConfigError, ErrorReport, TransientError
from tableferry.fanout import Begun, Route, RoutedTable, Stored
from tableferry.sync.outcome import RunOutcome, Status, TableOutcome
from tableferry.sync.outcomes import not_begun
from tableferry.sync.progress import OnProgress, Progress
from tableferry.sync.run_options import DEFAULT_OPTIONS, RunOptions
from tableferry.sync.stop_signal import signal_of

TABLES_AT_ONCE: Final = 4
"""As in deploy/statemachine.asl.json: the source has ``parallel`` sessions of each."""

TICK: Final = 0.5
"""Seconds after which who waits for workers looks whether it should stop."""

GIVE_UP_SECONDS: Final = 120.0
"""How long a worker is waited for that writes down that a table is given up: it has to end a chunk
first. Without it the ledger tells so when the lease has run out."""

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
    """Carry the tables, several at once; a failure, and a signal too, is an outcome.

    ``folder`` is where workers look for a ``.env``, besides the folder they run in. Raises
    ConfigError where nothing can be begun.
    """
    if options.together:
        raise ConfigError(
            "Tables on a cluster become visible one by one",
            hint="Leave --publish-together or --scheduler out.",
        )
    run = _Run(client, str(folder), on_progress, on_outcome, fingerprints, options)
    return run.carry(specs)


class _FailedError(Exception):
    """A step has failed, as it says."""

    def __init__(self, report: ErrorReport) -> None:
        super().__init__(report.message)
        self.report = report


@dataclass(slots=True)
class _Run:
    client: Client
    folder: str
    on_progress: OnProgress
    on_outcome: Callable[[TableOutcome], None]
    fingerprints: Mapping[str, str]
    options: RunOptions
    fanout_id: UUID = field(default_factory=uuid4)
    stopped: ErrorReport | None = None
    failed: bool = False
    telling: threading.Lock = field(default_factory=threading.Lock)

    def carry(self, specs: Sequence[TableSpec]) -> RunOutcome:
        started = self.options.clock()
        planned = self._plan(specs)
        with ThreadPoolExecutor(TABLES_AT_ONCE) as tables:
            carried = [tables.submit(self._table, one) for one in planned]
            try:
                outcomes = [one.result() for one in carried]
            except KeyboardInterrupt as stop:
                self._stop(stop)
                outcomes = [one.result() for one in carried]
        return RunOutcome(outcomes, self.options.clock() - started, str(self.fanout_id))

    def _plan(self, specs: Sequence[TableSpec]) -> tuple[RoutedTable, ...]:
        try:
            planned: tuple[RoutedTable, ...] = self._answer(
                self._submit(work.plan, specs, self.folder)
            )
        except _FailedError as failed:
            report = failed.report
            kind = ConfigError if report.kind == "ConfigError" else TransientError
            raise kind(report.message, hint=report.hint, code=report.code) from None
        return planned

    def _stop(self, stop: KeyboardInterrupt) -> None:
        name = signal_of(stop).name
        self.stopped = ErrorReport(
            "Cancelled",
            f"The run was stopped ({name})",
            "The old rows stay. What is stored is kept for the next run.",
            name,
        )

    def _table(self, planned: RoutedTable) -> TableOutcome:
        """Carry one table to its outcome; raises nothing."""
        spec = planned.spec
        if planned.outcome is not None:
            outcome = planned.outcome
        elif self.stopped or (self.options.fail_fast and self.failed):
            outcome = not_begun(spec, Status.SKIPPED)
        elif planned.way is Route.WHOLE:
            outcome = self._whole(spec)
        else:
            outcome = self._in_chunks(spec)
        with self.telling:
            self.failed = self.failed or outcome.status in {Status.FAILED, Status.HELD}
            self.on_outcome(outcome)
        return outcome

    def _whole(self, spec: TableSpec) -> TableOutcome:
        try:
            fingerprint = self.fingerprints.get(spec.key)
            return self._do(work.load_whole, spec, self.folder, fingerprint)
        except _FailedError as failed:
            status = Status.CANCELLED if failed.report is self.stopped else Status.FAILED
            return not_begun(spec, status, failed.report)

    def _in_chunks(self, spec: TableSpec) -> TableOutcome:
        try:
            fingerprint = self.fingerprints.get(spec.key)
            begun = self._do(work.begin, spec, self.fanout_id, self.folder, fingerprint)
            self._chunks(spec, begun)
            return self._do(work.publish, spec, self.fanout_id, self.folder)
        except _FailedError as failed:
            return self._given_up(spec, failed.report)

    def _chunks(self, spec: TableSpec, begun: Begun) -> None:
        """Have every chunk loaded, ``parallel`` at once; the first failure ends it."""
        started = self.options.clock()
        rows, pending = 0, deque(begun.pending)
        running: set[Future] = set()
        while pending or running:
            while pending and len(running) < begun.parallel:
                running.add(self._submit(work.load_chunk, spec, self.fanout_id, self.folder,
                                         pending.popleft()))  # fmt: skip
            done, running = self._waited(running)
            for future in done:
                stored: Stored = self._answer(future)
                rows += stored.rows
                seconds = self.options.clock() - started
                with self.telling:
                    self.on_progress(Progress(spec.key, rows, seconds, None))

    def _given_up(self, spec: TableSpec, report: ErrorReport) -> TableOutcome:
        """End the table in the ledger; where nobody can any more, its lease runs out."""
        arguments = (spec, self.fanout_id, self.folder, report)
        try:
            future = self._submit(work.give_up, *arguments, priority=1)
            outcome: TableOutcome = self._answer(future, GIVE_UP_SECONDS)
        except _FailedError as failed:
            told = f"It could not be written down: {failed.report.message}"
            outcome = not_begun(spec, Status.FAILED, report)
            return TableOutcome(
                outcome.table, outcome.target, outcome.status, error=report, warnings=(told,)
            )
        return outcome

    def _do(self, step: Callable[..., T | ErrorReport], *arguments: Any) -> T:
        """Have a worker do a step; raises _FailedError."""
        running = {self._submit(step, *arguments)}
        while True:
            done, running = self._waited(running)
            for future in done:
                answer: T = self._answer(future)
                return answer

    def _submit(self, step: Callable[..., Any], *arguments: Any, priority: int = 0) -> Future:
        return self.client.submit(step, *arguments, pure=False, priority=priority)

    def _waited(self, running: set[Future]) -> tuple[set[Future], set[Future]]:
        """Wait until one of them is done, or it is time to stop, which raises _FailedError."""
        if self.stopped is not None:
            self.client.cancel(list(running))
            raise _FailedError(self.stopped)
        try:
            done, not_done = wait(running, timeout=TICK, return_when="FIRST_COMPLETED")
        except TimeoutError:
            return set(), running
        return set(done), set(not_done)

    @staticmethod
    def _answer(future: Future, seconds: float | None = None) -> Any:
        """Return what a step has answered; raises _FailedError where it failed.

        Dask tries a task of a worker that is gone on three others.
        """
        try:
            answer = future.result(seconds)
        except Exception as error:  # noqa: BLE001 - of Dask: a worker's own are answers
            told = TransientError(
                f"No worker did the step: {type(error).__name__}",
                hint="See the workers' logs (killed, or out of memory?); run it again.",
            )
            raise _FailedError(ErrorReport.of(told)) from None
        if isinstance(answer, ErrorReport):
            raise _FailedError(answer)
        return answer
