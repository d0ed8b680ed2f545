"""A run in the ledger: its claims on tables, and what came of them.

The ledger is opened by the first table that needs it: a run whose tables all have
``'ledger': 'off'`` touches none.
"""

import contextlib
from collections.abc import Iterator
from types import TracebackType
from typing import Self
from uuid import UUID

from tableferry.config import LedgerUse, Settings, TableSpec
from tableferry.errors import TableferryError
from tableferry.postgres.ledger import Ledger, TableRun
from tableferry.runs.claim import Claim, LedgerClaim, origin
from tableferry.runs.no_claim import NoClaim
from tableferry.runs.outcome import RunOutcome, TableOutcome
from tableferry.runs.retry import retried
from tableferry.runs.run_options import RunOptions


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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    @contextlib.contextmanager
    def claim(self, spec: TableSpec) -> Iterator[Claim]:
        """Hold the right to sync a table while the block runs.

        Raises LeaseHeldError where another run has it, and TableferryError where the ledger cannot
        be used.
        """
        if spec.ledger is LedgerUse.OFF:
            yield NoClaim()
            return
        run = self._begin_table(spec)
        claim = LedgerClaim(self._ledger, run, self._settings.target)
        try:
            yield claim
        finally:
            claim.release()

    def table_ended(self, spec: TableSpec, outcome: TableOutcome) -> tuple[str, ...]:
        """Write down a table's outcome; returns what could not be written."""
        if not self._is_open or spec.ledger is LedgerUse.OFF:
            return ()
        if spec.key not in self._runs:
            with contextlib.suppress(TableferryError):  # reported by a begun table
                self._begin_table(spec)
        if run := self._runs.get(spec.key):
            self._ledger.end_table(
                run,
                outcome.status.value,
                rows_read=outcome.rows_read,
                rows_written=outcome.rows_written,
                error=outcome.error,
                warnings=outcome.warnings,
            )
        return self._ledger.take_warnings()

    def ended(self, outcome: RunOutcome) -> tuple[str, ...]:
        """Write down the run's outcome; returns what could not be written."""
        if self._is_open:
            self._ledger.end_run(outcome.status.value)
        return self._ledger.take_warnings()

    def _begin_table(self, spec: TableSpec) -> TableRun:
        self._open()
        rows_of = origin(spec, self._settings)
        self._runs[spec.key] = self._ledger.begin_table(spec.key, rows_of, spec.target)
        return self._runs[spec.key]

    def _open(self) -> None:
        """Open the ledger, once; what refused it for one table refuses it for the next."""
        if self._is_open:
            return
        if self._refusal:
            raise self._refusal

        def begin() -> None:
            with contextlib.ExitStack() as opening:
                opening.enter_context(self._ledger)
                self._ledger.begin_run()
                self._stack.push(opening.pop_all())

        try:
            retried(begin, self._options.retries, self._options.deadline)
        except TableferryError as error:
            self._refusal = error
            raise
        self._is_open = True
