"""Coordinates a run on a Dask cluster: submits each table's steps and collects the outcomes.

The coordinator connects to no database. If it dies, stored chunks stay and the leases expire.
"""

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final
from uuid import UUID, uuid4

from distributed import Client

from tableferry.cluster import worker_steps
from tableferry.cluster.workers import TABLES_AT_ONCE, StepFailedError, Workers, as_error
from tableferry.config import TableSpec
from tableferry.errors import ConfigError, ErrorReport
from tableferry.fanout import Begun, Route, RoutedTable
from tableferry.runs.events import (
    Event,
    OnEvent,
    Phase,
    PhaseStarted,
    Progress,
    TableFinished,
    TableStarted,
)
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome
from tableferry.runs.outcomes import not_begun
from tableferry.runs.run_options import DEFAULT_OPTIONS, RunOptions
from tableferry.runs.stop_signal import signal_of

GIVE_UP_SECONDS: Final = 120.0
"""How long to wait for a worker to record that a table is given up: it has to finish a chunk first.
Without that record, the ledger shows the run as abandoned when the lease has expired."""


def sync_on_cluster(
    client: Client,
    specs: Sequence[TableSpec],
    folder: Path,
    *,
    on_event: OnEvent = lambda _event: None,
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
    run = _ClusterRun(Workers(client), str(folder), on_event, fingerprints, options)
    return run.sync(specs)


@dataclass(slots=True)
class _ClusterRun:
    workers: Workers
    folder: str
    on_event: OnEvent
    fingerprints: Mapping[str, str]
    options: RunOptions
    fanout_id: UUID = field(default_factory=uuid4)
    failed: bool = False
    reporting: threading.Lock = field(default_factory=threading.Lock)

    def sync(self, specs: Sequence[TableSpec]) -> RunOutcome:
        started = self.options.clock()
        planned = self._plan(specs)
        with ThreadPoolExecutor(TABLES_AT_ONCE) as tables:
            pending = [
                tables.submit(self._table, one, number, len(planned))
                for number, one in enumerate(planned, 1)
            ]
            try:
                outcomes = [one.result() for one in pending]
            except KeyboardInterrupt as stop:
                self._stop(stop)
                outcomes = [one.result() for one in pending]
        return RunOutcome(outcomes, self.options.clock() - started, str(self.fanout_id))

    def _plan(self, specs: Sequence[TableSpec]) -> tuple[RoutedTable, ...]:
        try:
            planned = self.workers.run(worker_steps.plan, specs, self.folder)
        except StepFailedError as failed:
            raise as_error(failed.report) from None
        return planned

    def _stop(self, stop: KeyboardInterrupt) -> None:
        name = signal_of(stop).name
        self.workers.stopped = ErrorReport(
            "Cancelled",
            f"The run was stopped ({name})",
            "The old rows stay. Stored chunks are kept for the next run.",
            name,
        )

    def _table(self, planned: RoutedTable, number: int, tables: int) -> TableOutcome:
        """Sync one table and return its outcome; raises nothing."""
        spec = planned.spec
        started = TableStarted(spec.key, str(spec.target), number, tables)
        if planned.outcome is not None:
            outcome = planned.outcome
        elif self.workers.stopped or (self.options.fail_fast and self.failed):
            outcome = not_begun(spec, Status.SKIPPED)
        elif planned.route is Route.WHOLE:
            self._tell(started, PhaseStarted(spec.key, Phase.LOAD))
            outcome = self._whole(spec)
        else:
            self._tell(started)
            outcome = self._in_chunks(spec)
        with self.reporting:
            self.failed = self.failed or outcome.status in {Status.FAILED, Status.HELD}
        self._tell(TableFinished(outcome))
        return outcome

    def _tell(self, *events: Event) -> None:
        """Pass events to the callback, one at a time."""
        with self.reporting:
            for event in events:
                self.on_event(event)

    def _whole(self, spec: TableSpec) -> TableOutcome:
        try:
            fingerprint = self.fingerprints.get(spec.key)
            return self.workers.run(worker_steps.load_whole, spec, self.folder, fingerprint)
        except StepFailedError as failed:
            status = Status.CANCELLED if failed.report is self.workers.stopped else Status.FAILED
            return not_begun(spec, status, failed.report)

    def _in_chunks(self, spec: TableSpec) -> TableOutcome:
        try:
            fingerprint = self.fingerprints.get(spec.key)
            begun = self.workers.run(
                worker_steps.begin, spec, self.fanout_id, self.folder, fingerprint
            )
            self._tell(PhaseStarted(spec.key, Phase.LOAD))
            self._chunks(spec, begun)
            self._tell(PhaseStarted(spec.key, Phase.PUBLISH))
            return self.workers.run(worker_steps.publish, spec, self.fanout_id, self.folder)
        except StepFailedError as failed:
            return self._given_up(spec, failed.report)

    def _chunks(self, spec: TableSpec, begun: Begun) -> None:
        """Have every chunk loaded, ``parallel`` at a time; raises the first failure."""
        started = self.options.clock()
        rows = 0
        calls = [(spec, self.fanout_id, self.folder, number) for number in begun.pending]
        for _, stored in self.workers.run_all(worker_steps.load_chunk, calls, begun.parallel):
            if isinstance(stored, ErrorReport):
                raise StepFailedError(stored)
            rows += stored.rows
            seconds = self.options.clock() - started
            self._tell(Progress(spec.key, rows, seconds, None))

    def _given_up(self, spec: TableSpec, report: ErrorReport) -> TableOutcome:
        """Record the outcome in the ledger; if no worker can, the lease expires."""
        arguments = (spec, self.fanout_id, self.folder, report)
        try:
            future = self.workers.submit(worker_steps.give_up, *arguments, priority=1)
            outcome: TableOutcome = self.workers.result(future, GIVE_UP_SECONDS)
        except StepFailedError as failed:
            warning = f"The outcome could not be recorded: {failed.report.message}"
            outcome = not_begun(spec, Status.FAILED, report)
            return TableOutcome(
                outcome.table, outcome.target, outcome.status, error=report, warnings=(warning,)
            )
        return outcome
