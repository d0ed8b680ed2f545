"""What a table's run needs of its claim, whether a ledger keeps it or nothing does."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Protocol

from tableferry import postgres, sqlserver, values
from tableferry.config import Settings, TableSpec
from tableferry.model.watermark import ReloadReason, Watermark
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.ledger import NewWatermark, Seal
from tableferry.transfer.chunk_loader import StoredChunk
from tableferry.transfer.load_plan import LoadPlan
from tableferry.version import VERSION

Cut = Callable[[], sqlserver.Chunking]


class Claim(Protocol):
    """One table's claim, held from before its plan until after its outcome."""

    @property
    def run_id(self) -> str:
        """The run's id, empty without a ledger."""

    def begin_attempt(self, connection: postgres.TargetConnection) -> None:
        """Renew the lease, and end sessions left by abandoned runs.

        A lease that expired while the target was unreachable is taken again; raises LeaseLostError
        where another run has it by now.
        """

    def load_plan(
        self,
        connection: postgres.TargetConnection,
        plan: SyncPlan,
        cut: Cut,
        watermark: str | None = None,
    ) -> LoadPlan:
        """Return where the load starts or resumes; ``planned`` is to follow, which records it.

        ``watermark`` is the source's now, kept with what is staged.
        """

    def watermark(
        self, connection: postgres.TargetConnection, mode: str, contents: str
    ) -> Watermark | ReloadReason:
        """Return what the last published run of this mode has left, or why it cannot count.

        That is so where the target's rows have other contents (see ``contents_of``), too.
        """

    def restart(self) -> None:
        """Discard what an earlier attempt has staged, and start over."""

    def checkpoint(self, connection: postgres.TargetConnection, stored: StoredChunk) -> None:
        """In a part's transaction: check the lease and record that the chunk is stored."""

    def amended(self, connection: postgres.TargetConnection, rows: int) -> None:
        """In the amending transaction: check the lease, record how many rows the changes added."""

    def is_stored(self, number: int) -> bool:
        """Whether a chunk is stored, asked when the answer to its COMMIT was lost."""

    def planned(
        self, plan: SyncPlan, attempt: int, *, at_one_moment: bool, publish: str = ""
    ) -> None:
        """Record the plan and what it stages; drop staging tables left by other runs.

        Raises LeaseLostError where the lease is gone.
        ``publish`` is recorded in place of the strategy's name, where it is not empty.
        """

    def progress(self, phase: str, rows_read: int, rows_written: int) -> None:
        """Record the progress, at limited frequency; raises LeaseLostError likewise."""

    def refused_before(self, connection: postgres.TargetConnection) -> bool:
        """Whether PostgreSQL refused rows of the last load that was published."""

    def quarantine(
        self, connection: postgres.TargetConnection, refused: Sequence[values.RefusedRow]
    ) -> None:
        """In the publishing transaction: record the rows that were left out."""

    def seal(
        self,
        connection: postgres.TargetConnection,
        plan: SyncPlan,
        rows_read: int,
        rows_written: int,
        *,
        watermark: NewWatermark | None = None,
        is_repair: bool = False,
        age: float = 0.0,
    ) -> Seal | None:
        """Return what checks the lease in the publishing transaction, and writes the outcome.

        And the watermark; without one, what another mode has left is deleted: it no longer says how
        far the target's rows are read. A repair leaves it, and says nothing of the table's age.
        ``age`` says how many seconds ago the source was asked for the oldest row. None without a
        ledger.
        """

    def was_published(self) -> bool:
        """Whether what was sealed was committed, when the answer to COMMIT was lost.

        Where it was not, it cannot be any more. Raises CommitUnknownError where that cannot be
        found out.
        """

    @property
    def as_of(self) -> dt.datetime | None:
        """The moment of the oldest row, by the database's clock, if ``was_published`` found it."""


def origin(spec: TableSpec, settings: Settings) -> str:
    """Return a table's origin for the ledger: its name and the server's.

    Chunks of one server are not completed by those of another, whose table has the same name.
    """
    server = settings.sources[spec.db_type]
    return f"{spec.source} of {server.host}:{server.port}"


def contents_of(plan: SyncPlan, settings: Settings) -> str:
    """Return what the target's rows hold: a hash of the plan's contents, and the server's name.

    Rows of one server are not brought up to date with the changes of another.
    """
    server = settings.sources[plan.spec.db_type]
    return f"{plan.contents} {server.host}:{server.port}"


def void_if_new(plan: SyncPlan, found: Watermark | ReloadReason) -> Watermark | ReloadReason:
    """Return what was found, unless the plan makes a table or a column: it has no old rows."""
    if isinstance(found, Watermark) and (plan.create is not None or plan.drift.added):
        return ReloadReason.ENTRY_CHANGED
    return found


def settings_of(spec: TableSpec, settings: Settings) -> str:
    """Return a hash of a table's entry and of where its source is, 16 hex digits.

    Another version of tableferry may read it otherwise, so each has hashes of its own.
    """
    server = settings.sources[spec.db_type]
    text = json.dumps(
        [VERSION, server.host, server.port, server.db, spec.to_dict()], sort_keys=True
    )
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def were_published(claims: Sequence[Claim]) -> bool:
    """Whether the one transaction that all of these have sealed was committed.

    Raises CommitUnknownError where that cannot be found out.
    """
    with_a_ledger = [claim for claim in claims if claim.run_id]
    return (with_a_ledger or claims)[0].was_published()
