"""The claim of a table with ``'ledger': 'off'``: no lease, nothing recorded."""

from collections.abc import Sequence

from tableferry import postgres, values
from tableferry.errors import CommitUnknownError, ConfigError
from tableferry.model.watermark import ReloadReason, Watermark
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.ledger import NewWatermark
from tableferry.runs.claim import Cut
from tableferry.transfer.chunk_loader import StoredChunk
from tableferry.transfer.load_plan import LoadPlan, fresh


class NoClaim:
    """Holds no lease and records nothing (see ``Claim``)."""

    run_id = ""

    def begin_attempt(self, connection: postgres.TargetConnection) -> None:
        """Check nothing: there is no lease."""

    def load_plan(
        self,
        _connection: postgres.TargetConnection,
        _plan: SyncPlan,
        cut: Cut,
        watermark: str | None = None,  # noqa: ARG002 - as in ``Claim``
    ) -> LoadPlan:
        """Start from the beginning."""
        return fresh(cut())

    def restart(self) -> None:
        """Do nothing: nothing is staged."""

    def checkpoint(self, connection: postgres.TargetConnection, stored: StoredChunk) -> None:
        """Write nothing."""

    def amended(self, connection: postgres.TargetConnection, rows: int) -> None:
        """Write nothing."""

    def is_stored(self, _number: int) -> bool:
        """Return False: nothing is stored in chunks without a ledger."""
        return False

    def watermark(
        self, _connection: postgres.TargetConnection, _mode: str, _contents: str
    ) -> Watermark | ReloadReason:
        """Return that there is none: nothing is kept."""
        return ReloadReason.FIRST_LOAD

    def planned(
        self, plan: SyncPlan, attempt: int, *, at_one_moment: bool, publish: str = ""
    ) -> None:
        """Write nothing."""

    def progress(self, phase: str, rows_read: int, rows_written: int) -> None:
        """Write nothing."""

    def refused_before(self, _connection: postgres.TargetConnection) -> bool:
        """Return True: what was refused is not known, and may not be."""
        return True

    def quarantine(
        self, connection: postgres.TargetConnection, refused: Sequence[values.RefusedRow]
    ) -> None:
        """Write nothing; raises ConfigError where there is something."""
        if refused:
            raise ConfigError(f"{connection.settings} has no place for refused rows: no ledger")

    def seal(
        self,
        connection: postgres.TargetConnection,
        _plan: SyncPlan,
        _rows_read: int,
        _rows_written: int,
        *,
        watermark: NewWatermark | None = None,
        is_repair: bool = False,  # noqa: ARG002 - as in ``Claim``
        age: float = 0.0,  # noqa: ARG002 - as in ``Claim``
    ) -> None:
        """Check nothing; raises ConfigError where a watermark is to be kept."""
        if watermark is not None:
            raise ConfigError(f"{connection.settings} has no place for a watermark: no ledger")

    as_of = None
    """Nobody knows afterwards."""

    def was_published(self) -> bool:
        """Raise CommitUnknownError: only the ledger could tell."""
        raise CommitUnknownError(
            "The link was lost at COMMIT, and without a ledger nobody knows whether it happened",
            hint="Readers see all the old rows or all the new ones. Run it again.",
        )
