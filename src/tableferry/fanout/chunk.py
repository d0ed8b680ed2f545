"""The step in the middle, done once for each chunk: its rows into the staging table, or nothing.

Rows and checkpoint are one transaction. Two that load the same chunk, because the first was taken
for dead, both read it; the second finds the checkpoint there, and nothing of it stays.
"""

import contextlib
import time
from dataclasses import dataclass, field, replace

from tableferry import postgres, sqlserver, values
from tableferry.config import Settings, TableSpec
from tableferry.errors import (
    CommitUnknownError,
    LeaseLostError,
    TransientError,
    VerificationError,
)
from tableferry.fanout.assignment import LONG, SIGN_SECONDS, Assignment, Stored
from tableferry.fanout.step_context import (
    as_begun,
    connect_source,
    noting,
    require_planned,
    work_of,
)
from tableferry.model.key_range import KeyRange
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.ledger import Lease, checkpoint, was_stored
from tableferry.postgres.ledger.assignments import ChunkRecord, RunRecord, find_chunk, renew_lease
from tableferry.sync.deadline import NEVER, Clock, Deadline
from tableferry.sync.table import make_plan
from tableferry.sync.task import Tally
from tableferry.transfer.load_table import refused_rows_of
from tableferry.transfer.prefetch import Prefetch
from tableferry.values import TextsAlteredError


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
        one = find_chunk(into, work.require_held(), number)
        if one.rows is not None:
            return Stored(number, one.rows, again=True)
        loading = _Loading(_gentle(spec), settings, work, one, deadline, clock)
        loading.show_life()
        while True:
            # Read again another way: the driver may have altered texts (see ``Tally``).
            with contextlib.suppress(TextsAlteredError):
                return loading.carry(into)


def _gentle(spec: TableSpec) -> TableSpec:
    """Return the spec with one chunk's share of the rows a second that the table may cost."""
    share = spec.max_rows_per_second // spec.parallel
    return replace(spec, max_rows_per_second=max(1, share)) if spec.max_rows_per_second else spec


@dataclass(slots=True)
class _Loading:
    """One chunk on its way."""

    spec: TableSpec
    settings: Settings
    work: RunRecord
    piece: ChunkRecord
    deadline: Deadline
    clock: Clock
    tally: Tally = field(default_factory=Tally)
    shown_at: float = 0.0

    @property
    def lease(self) -> Lease:
        return self.work.require_held()

    def carry(self, into: postgres.TargetConnection) -> Stored:
        """Read and store it once; raises TextsAlteredError where it is to be read again."""
        with connect_source(self.spec, self.settings) as from_:
            plan = make_plan(as_begun(self.spec, self.work), from_, into)
            require_planned(plan, self.work)
            try:
                self._store(plan.reading_exactly(self.tally.exactly), from_, into)
            except TextsAlteredError as found:
                self.tally.read_exactly(found.columns)
                raise
            except CommitUnknownError as error:
                self._decide(error)
            except LeaseLostError:
                # Or another process of the same run was here first.
                if (rows := self._stored_by_another()) is None:
                    raise
                return Stored(self.piece.number, rows, again=True)
        return Stored(self.piece.number, self.tally.read, bytes=self.tally.bytes)

    def _store(
        self, plan: SyncPlan, from_: sqlserver.SourceConnection, into: postgres.TargetConnection
    ) -> None:
        spec, number = plan.spec, self.piece.number
        refusals = refused_rows_of(spec)
        convert = values.Converter(plan.columns, spec.on_invalid, spec.trailing_blanks, refusals)
        reader = sqlserver.TableReader(from_, plan)
        keys = KeyRange.of_json(self.piece.key_range)
        with (
            sqlserver.StallGuard(plan, lambda: self.deadline.remaining),
            Prefetch(
                reader.batches(keys),
                from_.abandon,
                silent_seconds=spec.statement_timeout,
                silence=from_.silent_for,
                check=self.deadline.check,
                wake=sqlserver.end_connections,
            ) as batches,
            _part(plan, self.work.staging, into, refusals) as part,
        ):
            self.tally.bytes = 0
            for batch in batches:
                self.deadline.check()
                self.show_life()
                self.tally.bytes += batch.nbytes
                part.write(convert(batch))
            sqlserver.require_unaltered(from_, plan.spec.source, plan.carried)

            def store(connection: postgres.TargetConnection) -> None:
                refused = refusals.rows if refusals else ()
                if part.rows + len(refused) != reader.rows:
                    raise VerificationError(
                        f"{reader.rows:,} rows were read, {part.rows:,} written and "
                        f"{len(refused):,} refused",
                        hint="The chunk was rolled back; the old rows stay. Please report this.",
                    )
                self.tally.read = part.rows
                checkpoint(
                    connection,
                    self.lease,
                    number,
                    part.rows,
                    touched=convert.touched,
                    refused=refused,
                )

            part.commit(store)

    def show_life(self) -> None:
        """Put off the lease's expiry, now and then; that it could not be is no failure yet."""
        now = self.clock()
        if self.shown_at and now - self.shown_at < SIGN_SECONDS:
            return
        self.shown_at = now
        with (
            contextlib.suppress(TransientError),
            postgres.connect(self.settings.target) as connection,
        ):
            renew_lease(connection, self.lease, LONG.ttl)

    def _decide(self, lost: CommitUnknownError) -> None:
        """Ask the ledger whether a commit whose answer was lost has happened."""
        if not was_stored(self.settings.target, self.lease, self.piece.number):
            raise TransientError(
                f"{lost.message}: the ledger says that it was not",
                hint="Nothing of the chunk was stored. Run it again.",
                code=lost.code,
            ) from lost

    def _stored_by_another(self) -> int | None:
        """Return the chunk's rows where this run has stored them meanwhile, and is not over."""
        with postgres.connect(self.settings.target) as connection:
            now = work_of(connection, Assignment(self.spec.key, self.lease.run_id))
            if now.lease != self.lease or now.status != self.work.status:
                return None
            return find_chunk(connection, self.lease, self.piece.number).rows


def _part(
    plan: SyncPlan,
    staging: str,
    into: postgres.TargetConnection,
    refusals: values.RefusedRows | None,
) -> postgres.Part:
    """Begin a part of a staging table that another process has made."""
    schema = values.target_schema(plan.columns)
    load = postgres.open_load(into, plan, schema, postgres.Staging(staging, parts=True))
    return load.part(into, refusals)
