"""The step in the middle, done once for each chunk: its rows into the staging table, or nothing.

Rows and checkpoint are one transaction. Where two processes load the same chunk, because the first
was taken for dead, both read it; the second finds the checkpoint there, and stores nothing.
"""

import contextlib
import time
from dataclasses import dataclass

from tableferry import postgres, sqlserver, values
from tableferry.config import Settings, TableSpec
from tableferry.errors import LeaseLostError, TransientError
from tableferry.fanout.assignment import LONG, SIGN_SECONDS, Assignment, Stored
from tableferry.fanout.step_context import (
    connect_source,
    noting,
    plan_as_begun,
    share_of,
    work_of,
)
from tableferry.model.key_range import KeyRange
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.ledger import Lease, checkpoint, was_stored
from tableferry.postgres.ledger.assignments import (
    ChunkRecord,
    RunRecord,
    add_warnings,
    find_chunk,
    renew_lease,
)
from tableferry.runs.deadline import NEVER, Clock, Deadline
from tableferry.transfer.chunk_loader import StoredChunk, Writing, load_chunks
from tableferry.transfer.readers import Chunk, Reading
from tableferry.transfer.table_loader import refused_rows_of


def load_chunk(
    spec: TableSpec,
    settings: Settings,
    assignment: Assignment,
    number: int,
    *,
    deadline: Deadline = NEVER,
    clock: Clock = time.monotonic,
) -> Stored:
    """Store one chunk; one that is stored already is answered at once.

    Raises LeaseLostError where the run is over, SchemaError where a table has changed since
    ``begin``, and TableferryError; nothing of the chunk is stored then.
    """
    with (
        noting(settings.target, assignment),
        postgres.connect(settings.target, str(assignment.run_id)) as into,
    ):
        work = work_of(into, assignment)
        record = find_chunk(into, work.require_held(), number)
        if record.rows is not None:
            return Stored(number, record.rows, again=True)
        step = _ChunkStep(share_of(spec), settings, work, record, deadline, clock)
        step.renew_lease()
        exactly: frozenset[str] | None = frozenset()
        while True:
            found = step.attempt(into, exactly)
            if isinstance(found, Stored):
                return found
            # The driver may have altered texts of these columns: they are read as bytes now.
            exactly = None if exactly else found


@dataclass(slots=True)
class _ChunkStep:
    """One chunk on its way; ``bytes`` were read for it by the last attempt."""

    spec: TableSpec
    settings: Settings
    work: RunRecord
    record: ChunkRecord
    deadline: Deadline
    clock: Clock
    bytes: int = 0
    renewed_at: float = 0.0

    @property
    def lease(self) -> Lease:
        return self.work.require_held()

    def attempt(
        self, into: postgres.TargetConnection, exactly: frozenset[str] | None
    ) -> Stored | frozenset[str]:
        """Read and store it once, or return the columns that are to be read exactly."""
        number = self.record.number
        with connect_source(self.spec, self.settings) as from_:
            plan = plan_as_begun(self.spec, self.work, from_, into)
        try:
            rows = self._store(plan.reading_as_utf16(exactly), into)
        except values.TextsAlteredError as found:
            return found.columns
        except LeaseLostError:
            # Or another process of the same run was here first.
            if (others := self._stored_by_another()) is None:
                raise
            return Stored(number, others, again=True)
        return Stored(number, rows, bytes=self.bytes)

    def _store(self, plan: SyncPlan, into: postgres.TargetConnection) -> int:
        """Load the chunk by the loader that threads use, with one of them; returns its rows."""
        self.bytes = 0
        spec, number = plan.spec, self.record.number
        guard = sqlserver.StallGuard(plan, lambda: self.deadline.remaining)
        reading = Reading(
            plan,
            [Chunk(number, KeyRange.from_json(self.record.key_range))],
            open_source=guard.guarded(lambda: connect_source(spec, self.settings)),
            rate_limit=sqlserver.RateLimit(spec.max_rows_per_second),
            check=self.deadline.check,
            checks_each_chunk=True,
        )
        staging = postgres.Staging(self.work.staging, parts=True)
        load = postgres.open_load(into, plan, values.target_schema(plan.columns), staging)
        writing = Writing(
            open_target=lambda: contextlib.nullcontext(into),
            part=load.part,
            converter=lambda refusals: values.Converter(
                plan.columns, spec.on_invalid, spec.trailing_blanks, refusals
            ),
            checkpoint=self._checkpoint,
            is_stored=lambda number: was_stored(self.settings.target, self.lease, number),
            refusals=lambda: refused_rows_of(spec),
            on_batch=self._count,
        )
        with guard:
            rows = load_chunks(reading, writing).rows
        self._tell(guard.warnings)
        return rows

    def _tell(self, warnings: tuple[str, ...]) -> None:
        """Leave warnings for the outcome; that they could not be is no failure of the chunk."""
        if not warnings:
            return
        with (
            contextlib.suppress(TransientError),
            postgres.connect(self.settings.target) as connection,
        ):
            add_warnings(connection, self.lease, warnings)

    def _checkpoint(self, connection: postgres.TargetConnection, stored: StoredChunk) -> None:
        checkpoint(
            connection,
            self.lease,
            stored.number,
            stored.rows,
            touched=stored.touched,
            refused=stored.refused,
        )

    def _count(self, _rows: int, size: int) -> None:
        self.bytes += size
        self.renew_lease()

    def renew_lease(self) -> None:
        """Put off the lease's expiry, now and then; that it could not be is no failure yet."""
        now = self.clock()
        if self.renewed_at and now - self.renewed_at < SIGN_SECONDS:
            return
        self.renewed_at = now
        with (
            contextlib.suppress(TransientError),
            postgres.connect(self.settings.target) as connection,
        ):
            renew_lease(connection, self.lease, LONG.ttl)

    def _stored_by_another(self) -> int | None:
        """Return the chunk's rows where another process has stored it and the run is not over."""
        with postgres.connect(self.settings.target) as connection:
            now = work_of(connection, Assignment(self.spec.key, self.lease.run_id))
            if now.lease != self.lease or now.status != self.work.status:
                return None
            return find_chunk(connection, self.lease, self.record.number).rows
