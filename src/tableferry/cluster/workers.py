"""The workers of a Dask cluster as a coordinator uses them: a step in, its result or error out."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from distributed import Client, Future, wait

from tableferry.errors import ConfigError, ErrorReport, TableferryError, TransientError

TABLES_AT_ONCE: Final = 4
"""As in deploy/statemachine.asl.json: the source has ``parallel`` sessions of each."""

TICK: Final = 0.5
"""Seconds between two checks whether to stop, while waiting for workers."""

T = TypeVar("T")


class StepFailedError(Exception):
    """A step failed; ``report`` says why."""

    def __init__(self, report: ErrorReport) -> None:
        super().__init__(report.message)
        self.report = report


def as_error(report: ErrorReport) -> TableferryError:
    """Return the error of a step without which no table can begin."""
    kind = ConfigError if report.kind == "ConfigError" else TransientError
    return kind(report.message, hint=report.hint, code=report.code)


@dataclass(slots=True)
class Workers:
    """The workers, for all threads of a coordinator. ``stopped`` says why no step is begun now."""

    client: Client
    stopped: ErrorReport | None = None

    def run(self, step: Callable[..., T | ErrorReport], *arguments: Any) -> T:
        """Run one step on a worker; raises StepFailedError."""
        running = {self.submit(step, *arguments)}
        while True:
            done, running = self._wait(running)
            for future in done:
                answer: T = self.result(future)
                return answer

    def run_all(
        self,
        step: Callable[..., T | ErrorReport],
        calls: Sequence[Sequence[Any]],
        parallel: int,
    ) -> Iterator[tuple[Sequence[Any], T | ErrorReport]]:
        """Run a step with each call's arguments, ``parallel`` at a time.

        Yields calls with their results, or with the error of a step that failed, as they end.
        Raises StepFailedError in a stopped run.
        """
        pending = deque(calls)
        running: dict[Future, Sequence[Any]] = {}
        while pending or running:
            while pending and len(running) < parallel:
                call = pending.popleft()
                running[self.submit(step, *call)] = call
            done, _ = self._wait(set(running))
            for future in done:
                yield running.pop(future), self._answer(future)

    def submit(self, step: Callable[..., Any], *arguments: Any, priority: int = 0) -> Future:
        """Have a step run by some worker."""
        return self.client.submit(step, *arguments, pure=False, priority=priority)

    def result(self, future: Future, seconds: float | None = None) -> Any:
        """Return a step's result; raises StepFailedError where it failed."""
        answer = self._answer(future, seconds)
        if isinstance(answer, ErrorReport):
            raise StepFailedError(answer)
        return answer

    @staticmethod
    def _answer(future: Future, seconds: float | None = None) -> Any:
        """Return a step's result, or why it failed.

        Dask retries a task on three other workers when its worker is lost.
        """
        try:
            return future.result(seconds)
        except Exception as error:  # noqa: BLE001 - Dask's: a step's own are ErrorReports
            failure = TransientError(
                f"No worker finished the step: {type(error).__name__}",
                hint="See the workers' logs (killed, or out of memory?); run it again.",
            )
            return ErrorReport.of(failure)

    def _wait(self, running: set[Future]) -> tuple[set[Future], set[Future]]:
        """Wait up to ``TICK`` for one to finish; raises StepFailedError in a stopped run."""
        if self.stopped is not None:
            self.client.cancel(list(running))
            raise StepFailedError(self.stopped)
        try:
            done, not_done = wait(running, timeout=TICK, return_when="FIRST_COMPLETED")
        except TimeoutError:
            return set(), running
        return set(done), set(not_done)
