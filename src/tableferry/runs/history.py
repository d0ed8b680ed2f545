"""A run in the ledger: its claims on tables, and what came of them.

The ledger is opened by the first table that needs it: a run whose tables all have
``'ledger': 'off'`` touches none. Tables may be claimed by several threads.
"""

import contextlib
import datetime as dt
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self
from uuid import UUID

from tableferry.config import LedgerUse, Settings, TableSpec
from tableferry.errors import TableferryError
from tableferry.model.identifiers import TargetTable
from tableferry.postgres import shared_target
from tableferry.postgres.ledger import Holder, Ledger, LeftWatermark, TableRun
from tableferry.runs.claim import Claim, origin
from tableferry.runs.ledger_claim import LedgerClaim
from tableferry.runs.no_claim import NoClaim
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome
from tableferry.runs.retry import retried
from tableferry.runs.run_options import RunOptions
from tableferry.runs.verification_log import recorded
from tableferry.verification.result import TableVerification


class History:
    """One run's history; a context manager around the ledger's connection."""

    def __init__(self, run_id: UUID, settings: Settings, options: RunOptions) -> None:
        self._settings = settings
        self._options = options
        self._ledger = Ledger(settings.target, run_id)
        self._stack = contextlib.ExitStack()
        self._is_open = False
        self._refusal: TableferryError | None = None
        self._runs: dict[str, TableRun] = {}
        self._claims: dict[str, LedgerClaim] = {}
        # Reentrant: the first table that is begun opens the ledger.
        self._beginning = threading.RLock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None and self._is_open:
            # What is raised here is no Exception (a callback's Ctrl-C, an orchestrator's timeout):
            # the run ends with it. Its tables have their outcomes already.
            self._ledger.end_run(Status.CANCELLED.value)
        self._stack.__exit__(kind, error, trace)

    @contextlib.contextmanager
    def claim(
        self, spec: TableSpec, on_wait: Callable[[Holder], None] = lambda _holder: None
    ) -> Iterator[Claim]:
        """Hold the right to sync a table while the block runs.

        ``on_wait`` is called with the holder of the table's lease while it is waited for. Raises
        LeaseHeldError where another run has it, and TableferryError where the ledger cannot be
        used.
        """
        if spec.ledger is LedgerUse.OFF:
            yield NoClaim()
            return
        with self._beginning:
            self._open()
            begun = self._ledger.begin_and_take(spec.key, origin(spec, self._settings), spec.target)
            self._runs[spec.key] = begun.run
            self._require_own_target(begun.run)
        claim = LedgerClaim(
            self._ledger,
            begun.run,
            self._settings.target,
            on_wait=on_wait,
            continues=self._options.continues,
            begun=begun,
        )
        self._claims[spec.key] = claim
        try:
            yield claim
        finally:
            del self._claims[spec.key]
            claim.release()

    def table_ended(self, spec: TableSpec, outcome: TableOutcome) -> tuple[str, ...]:
        """Write down a table's outcome; returns what could not be written."""
        if not self._is_open or spec.ledger is LedgerUse.OFF:
            return ()
        if spec.key not in self._runs:
            # Reported by a begun table.
            with contextlib.suppress(TableferryError), self._beginning:
                self._begin_table(spec)
        if run := self._runs.get(spec.key):
            claim = self._claims.get(spec.key)
            written = self._ledger.end_table(
                run,
                outcome.status.value,
                rows_read=outcome.rows_read,
                rows_written=outcome.rows_written,
                error=outcome.error,
                warnings=outcome.warnings,
                phases=outcome.phases,
                losses=dict(outcome.losses),
                lease=claim.lease if claim else None,
            )
            if claim and written:
                claim.released()
        return self._ledger.take_warnings()

    def verified(self, spec: TableSpec, found: TableVerification) -> tuple[str, ...]:
        """Write down what a verification of a begun table has found; returns what could not be."""
        if not self._is_open or spec.ledger is LedgerUse.OFF:
            return ()
        self._ledger.verified(recorded(self._ledger.run_id, found))
        return self._ledger.take_warnings()

    def watermarks(self, mode: str, tables: Sequence[TargetTable]) -> list[LeftWatermark | None]:
        """Return what the last runs of this mode have left, table by table.

        None where nothing that counts; raises TableferryError.
        """
        self._open()
        return self._ledger.watermarks(mode, tables)

    def advance(
        self, mode: str, values: Mapping[LeftWatermark, str], age: float
    ) -> dict[str, dt.datetime]:
        """Replace those watermarks that are still as they were read; see ``advance_watermarks``."""
        return self._ledger.advance(mode, values, age) if values else {}

    def ended(self, outcome: RunOutcome) -> tuple[str, ...]:
        """Write down the run's outcome; returns what could not be written."""
        if self._is_open:
            self._ledger.end_run(outcome.status.value)
        return self._ledger.take_warnings(of_all_threads=True)

    def _begin_table(self, spec: TableSpec) -> TableRun:
        self._open()
        rows_of = origin(spec, self._settings)
        run = self._ledger.begin_table(spec.key, rows_of, spec.target)
        self._runs[spec.key] = run
        return run

    def _require_own_target(self, run: TableRun) -> None:
        """Raise ConfigError where another entry of this run has claimed the target.

        Its lease would be the run's own, which the run would wait for.
        """
        for key, other in self._runs.items():
            if key != run.table_key and other.target == run.target:
                table = TargetTable.parse(run.target)
                raise shared_target(run.table_key, table, key, table)

    def _open(self) -> None:
        """Open the ledger, once; what refused it for one table refuses it for the next."""
        with self._beginning:
            self._open_once()

    def _open_once(self) -> None:
        if self._is_open:
            return
        if self._refusal:
            raise self._refusal

        def begin() -> None:
            try:
                self._stack.enter_context(self._ledger)
                # Before the run is recorded: a signal after that must find it open, to end it.
                self._is_open = True
                self._ledger.begin_run()
            except TableferryError:
                self._is_open = False
                self._stack.close()
                raise

        try:
            retried(begin, self._options.retries, self._options.deadline)
        except TableferryError as error:
            self._refusal = error
            raise
