"""Coordinates a verification on a Dask cluster: chunks are compared by workers, and added up."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

from distributed import Client

from tableferry.cluster import worker_steps
from tableferry.cluster.workers import TABLES_AT_ONCE, StepFailedError, Workers, as_error
from tableferry.config import TableSpec
from tableferry.errors import ErrorReport
from tableferry.fanout import ChunkVerified, Route, RoutedTable, VerificationBegun
from tableferry.runs.events import (
    Event,
    OnEvent,
    Phase,
    PhaseStarted,
    Progress,
    TableStarted,
    TableVerified,
)
from tableferry.runs.run_options import DEFAULT_OPTIONS, RunOptions
from tableferry.runs.verdict import not_verified, unknown_yet
from tableferry.verification.options import VerifyOptions
from tableferry.verification.result import TableVerification, Verification

OnAnswer = Callable[[TableVerification], None]


def verify_on_cluster(
    client: Client,
    specs: Sequence[TableSpec],
    folder: Path,
    wanted: VerifyOptions,
    *,
    on_event: OnEvent = lambda _event: None,
    on_answer: OnAnswer = lambda _found: None,
    options: RunOptions = DEFAULT_OPTIONS,
) -> Verification:
    """Verify the tables, several at once; what fails is a table's verdict.

    ``folder`` is where workers look for a ``.env``, besides their working directory. Raises
    ConfigError and TransientError where no table can begin.
    """
    verification = _ClusterVerification(
        Workers(client),
        str(folder),
        wanted,
        on_event,
        on_answer,
        options,
        options.run_id or uuid4(),
    )
    return verification.verify(specs)


@dataclass(slots=True)
class _ClusterVerification:
    workers: Workers
    folder: str
    wanted: VerifyOptions
    on_event: OnEvent
    on_answer: OnAnswer
    options: RunOptions
    id: UUID
    reporting: threading.Lock = field(default_factory=threading.Lock)

    def verify(self, specs: Sequence[TableSpec]) -> Verification:
        started = self.options.clock()
        planned = self._plan(specs)
        with ThreadPoolExecutor(TABLES_AT_ONCE) as tables:
            pending = [
                tables.submit(self._table, one, number, len(planned))
                for number, one in enumerate(planned, 1)
            ]
            try:
                found = tuple(one.result() for one in pending)
            except KeyboardInterrupt:
                self.workers.stopped = ErrorReport("Cancelled", "The verification was stopped", "")
                raise
        return Verification(found, self.options.clock() - started, str(self.id))

    def _plan(self, specs: Sequence[TableSpec]) -> tuple[RoutedTable, ...]:
        try:
            planned = self.workers.run(
                worker_steps.plan_verification, specs, self.folder, self.wanted
            )
        except StepFailedError as failed:
            raise as_error(failed.report) from None
        return planned

    def _table(self, planned: RoutedTable, number: int, tables: int) -> TableVerification:
        """Verify one table; raises nothing."""
        spec = planned.spec
        self._tell(TableStarted(spec.key, str(spec.target), number, tables))
        try:
            found = self._verified(planned)
        except StepFailedError as failed:
            found = not_verified(unknown_yet(spec, self.wanted), failed.report)
        with self.reporting:
            if self.workers.stopped is None:
                self.on_event(TableVerified(found))
                self.on_answer(found)
        return found

    def _verified(self, planned: RoutedTable) -> TableVerification:
        spec = planned.spec
        if planned.error is not None:
            raise StepFailedError(planned.error)
        self._tell(PhaseStarted(spec.key, Phase.VERIFY))
        if planned.route is Route.WHOLE:
            return self.workers.run(
                worker_steps.verify_whole, spec, self.folder, self.wanted, self.id
            )
        begun = self.workers.run(worker_steps.begin_verification, spec, self.folder, self.id)
        results = self._chunks(spec, begun)
        return self.workers.run(
            worker_steps.end_verification, spec, self.folder, self.wanted, begun, results
        )

    def _chunks(self, spec: TableSpec, begun: VerificationBegun) -> list[ChunkVerified]:
        """Have every chunk compared, ``parallel`` at a time; one that failed has its error."""
        started = self.options.clock()
        rows, results = 0, []
        calls = [(spec, self.folder, self.wanted, chunk) for chunk in begun.chunks]
        for call, answer in self.workers.run_all(worker_steps.verify_chunk, calls, begun.parallel):
            chunk = call[-1]
            if isinstance(answer, ErrorReport):
                results.append(ChunkVerified(chunk.number, chunk.name, error=answer))
                continue
            results.append(answer)
            rows += answer.found.source_rows if answer.found else 0
            self._tell(Progress(spec.key, rows, self.options.clock() - started, None))
        return results

    def _tell(self, event: Event) -> None:
        """Pass an event to the callback, one at a time."""
        with self.reporting:
            self.on_event(event)
