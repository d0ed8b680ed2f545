"""Staging tables and chunks in the ledger, over its connection (see ``checkpoints``)."""

from collections.abc import Sequence

from tableferry.postgres.ledger import checkpoints
from tableferry.postgres.ledger.checkpoints import (
    OldestChunk,
    ResumeLimit,
    StagedTable,
    UnfinishedLoad,
)
from tableferry.postgres.ledger.lease import Lease
from tableferry.postgres.ledger.runs import LoadDescription
from tableferry.postgres.ledger.shared_connection import LedgerConnection


class ChunkRecords:
    """What a run records of its staging tables, and finds of those that others have left."""

    def __init__(self, connection: LedgerConnection) -> None:
        self._connection = connection

    def stage(
        self,
        lease: Lease,
        staging: str,
        ranges: Sequence[str] = (),
        watermark: str | None = None,
    ) -> None:
        """Record a staging table before it is created, its chunks' key ranges, and a watermark."""
        table = StagedTable(staging, ranges, watermark)
        self._connection.run(lambda c: checkpoints.begin_load(c, lease, table))

    def begin_load(
        self, lease: Lease, table: StagedTable | None, load: LoadDescription
    ) -> tuple[str, ...]:
        """Record the plan, and a staging table before it is created, where there is a new one.

        Returns the staging tables that earlier runs of this target have left, to be dropped.
        Raises LeaseLostError.
        """
        return self._connection.run(lambda c: checkpoints.begin_load(c, lease, table, load))

    def done_chunks(self, lease: Lease) -> dict[int, int]:
        """Return the rows of each chunk that is done, by its number."""
        return self._connection.run(lambda c: checkpoints.done_chunks(c, lease))

    def oldest_chunk(self, lease: Lease) -> OldestChunk | None:
        """Return the oldest chunk that is done, None if none is."""
        return self._connection.run(lambda c: checkpoints.oldest_chunk(c, lease))

    def unfinished(
        self, lease: Lease, *, fingerprint: str, publish: str, limit: ResumeLimit
    ) -> UnfinishedLoad | None:
        """Return an interrupted load of an earlier run of the same plan, if any."""
        return self._connection.run(
            lambda c: checkpoints.unfinished(
                c, lease, fingerprint=fingerprint, publish=publish, limit=limit
            )
        )

    def resume(self, lease: Lease, left: UnfinishedLoad) -> None:
        """Transfer another run's staging table and chunks to this one."""
        self._connection.run(lambda c: checkpoints.resume(c, lease, left))

    def orphans(self, lease: Lease) -> tuple[str, ...]:
        """Return the staging tables that earlier runs of this target have left, to be dropped.

        Called after ``resume``, it leaves out the resumed one.
        """
        return self._connection.run(lambda c: checkpoints.begin_load(c, lease, None))
