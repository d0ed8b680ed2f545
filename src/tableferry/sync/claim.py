"""The right to sync a table, and its page in the ledger; or neither, where the ledger is off."""

from typing import Protocol

from tableferry import target
from tableferry.errors import CommitUnknownError
from tableferry.plan import SyncPlan
from tableferry.settings import TargetSettings
from tableferry.target.ledger import Lease, Ledger, TableRun, seal, was_published


class Claim(Protocol):
    """One table's claim, held from before its plan to after its outcome."""

    @property
    def run_id(self) -> str:
        """The run's, empty where nothing is written down."""

    def clear(self, connection: target.TargetConnection) -> None:
        """End what abandoned runs have left in the target."""

    def planned(self, plan: SyncPlan, attempt: int) -> None:
        """Write down what will be done; raises LeaseLostError where the lease is gone."""

    def progress(self, phase: str, rows_read: int, rows_written: int) -> None:
        """Tell how far it is, as often as you like; raises LeaseLostError likewise."""

    def seal(
        self, connection: target.TargetConnection, plan: SyncPlan, rows_read: int, rows_written: int
    ) -> None:
        """In the publishing transaction: check the lease, write the outcome.

        Raises LeaseLostError where another run holds the table by now.
        """

    def was_published(self) -> bool:
        """Whether ``seal`` was committed, when the answer to COMMIT was lost.

        Raises CommitUnknownError where that cannot be found out.
        """


class LedgerClaim:
    """A lease and its row in the ledger."""

    def __init__(
        self, ledger: Ledger, run: TableRun, lease: Lease, settings: TargetSettings
    ) -> None:
        self._ledger = ledger
        self._run = run
        self._lease = lease
        self._settings = settings
        self._attempt = 1
        self.run_id = str(lease.run_id)

    def clear(self, connection: target.TargetConnection) -> None:
        """See ``Claim``."""
        target.end_abandoned_sessions(connection, self._lease.target)

    def planned(self, plan: SyncPlan, attempt: int) -> None:
        """See ``Claim``."""
        self._attempt = attempt
        self._ledger.require(self._lease)
        self._ledger.describe(
            self._run,
            publish=plan.spec.publish.value,
            consistency=plan.consistency.value,
            fingerprint=plan.fingerprint,
            read_at_one_moment=plan.at_one_moment,
        )

    def progress(self, phase: str, rows_read: int, rows_written: int) -> None:
        """See ``Claim``."""
        self._ledger.require(self._lease)
        self._ledger.progress(
            self._run,
            phase=phase,
            attempt=self._attempt,
            rows_read=rows_read,
            rows_written=rows_written,
        )

    def seal(
        self, connection: target.TargetConnection, plan: SyncPlan, rows_read: int, rows_written: int
    ) -> None:
        """See ``Claim``."""
        seal(
            connection,
            self._lease,
            rows_read=rows_read,
            rows_written=rows_written,
            warnings=plan.warnings,
        )

    def was_published(self) -> bool:
        """See ``Claim``."""
        return was_published(self._settings, self._lease)


class NoClaim:
    """Of a table with ``'ledger': 'off'``: nobody is kept out, nothing is written down."""

    run_id = ""

    def clear(self, connection: target.TargetConnection) -> None:
        """Know of nothing."""

    def planned(self, plan: SyncPlan, attempt: int) -> None:
        """Write nothing."""

    def progress(self, phase: str, rows_read: int, rows_written: int) -> None:
        """Write nothing."""

    def seal(
        self, connection: target.TargetConnection, plan: SyncPlan, rows_read: int, rows_written: int
    ) -> None:
        """Check nothing."""

    def was_published(self) -> bool:
        """Nobody knows."""
        raise CommitUnknownError(
            "The link was lost at COMMIT, and without a ledger nobody knows whether it happened",
            hint="Readers see all the old rows or all the new ones. Run it again.",
        )
