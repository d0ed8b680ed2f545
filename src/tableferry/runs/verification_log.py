"""What verifications have found, written to the ledger; a failure to do so is a warning."""

import contextlib
from types import TracebackType
from typing import Self
from uuid import UUID, uuid4

from tableferry.config import LedgerUse, TableSpec, TargetSettings
from tableferry.errors import TableferryError
from tableferry.model.identifiers import TargetTable
from tableferry.postgres.ledger import Ledger, RecordedVerification
from tableferry.verification.differences import DifferenceKind
from tableferry.verification.result import TableVerification


class VerificationLog:
    """The ledger as a verification uses it: opened by the first table, with no run in it.

    A context manager around its connection.
    """

    def __init__(self, settings: TargetSettings, run_id: UUID) -> None:
        self._run_id = run_id
        self._ledger = Ledger(settings, run_id)
        self._stack = contextlib.ExitStack()
        self._is_open = False
        self._refusal: TableferryError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def write(
        self, spec: TableSpec, found: TableVerification, number: UUID | None = None
    ) -> tuple[str, ...]:
        """Write down a table's verification; returns what could not be written, as warnings.

        With a ``number`` it is one row, however often it is written.
        """
        if spec.ledger is LedgerUse.OFF:
            return ()
        try:
            self._open()
        except TableferryError as error:
            return (f"The verification could not be written to the ledger: {error.message}",)
        self._ledger.verified(recorded(self._run_id, found, number))
        return self._ledger.take_warnings()

    def _open(self) -> None:
        """Open the ledger, once; what refused it for one table refuses it for the next."""
        if self._refusal:
            raise self._refusal
        if self._is_open:
            return
        try:
            self._stack.enter_context(self._ledger)
        except TableferryError as error:
            self._refusal = error
            raise
        self._is_open = True


def recorded(
    run_id: UUID, found: TableVerification, number: UUID | None = None
) -> RecordedVerification:
    """Return what the ledger keeps of a verification: counts, no keys and no values."""
    counts = {kind: found.counts.get(kind, 0) for kind in DifferenceKind}
    return RecordedVerification(
        id=number or uuid4(),
        run_id=run_id,
        table_key=found.table,
        target=TargetTable.parse(found.target),
        depth=found.depth.value,
        verdict=found.verdict.value,
        source_rows=found.source_rows,
        target_rows=found.target_rows,
        missing=counts[DifferenceKind.MISSING],
        extra=counts[DifferenceKind.EXTRA],
        different=counts[DifferenceKind.DIFFERENT],
        explained=found.explained,
        quarantined=found.quarantined,
        kept=found.kept,
        repaired=found.rows_repaired,
        not_compared=found.not_compared,
        watermark=found.watermark_without_values or None,
        as_of=found.as_of,
        seconds=found.seconds,
        reason=f"{found.error.kind}: {found.error.message}" if found.error else found.reason,
    )
