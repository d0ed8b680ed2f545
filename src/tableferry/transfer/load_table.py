"""The rows of one table on their way: read ahead, converted, written, counted.

Either all come through one stream into one COPY, or each chunk is loaded by itself into the
staging table, with its checkpoint.
"""

import contextlib
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Final

import pyarrow as pa

from tableferry import postgres, sqlserver, values
from tableferry.config import OnInvalid, TableSpec
from tableferry.errors import TransientError, VerificationError
from tableferry.planning.plan import SyncPlan
from tableferry.sync.claim import LoadPlan
from tableferry.sync.task import Task
from tableferry.transfer.load_chunks import Writing, load_chunks
from tableferry.transfer.readers import Reading, numbered, read_chunks

NONE: Final[values.Counts] = MappingProxyType({})


class Loading:
    """One attempt at a table's rows. ``rows_read`` and ``refused`` are known after ``fill``.

    The first reader takes a connection of those ``opened``, and closes it.
    """

    def __init__(
        self,
        task: Task,
        plan: SyncPlan,
        load_plan: LoadPlan,
        opened: list[sqlserver.SourceConnection],
    ) -> None:
        self._task = task
        self._plan = plan
        self._course = load_plan
        self._schema = values.target_schema(plan.columns)
        self._refusals = refused_rows_of(plan.spec, load_plan.refused)
        task.tally.refusals = self._refusals
        chunks = numbered(load_plan.ranges)
        self._stall_guard = sqlserver.StallGuard(plan, lambda: task.deadline.remaining)
        self._reading = Reading(
            plan,
            [chunk for chunk in chunks if chunk.number not in load_plan.done],
            open_source=self._stall_guard.opening(task.open_source),
            opened=opened,
            rate_limit=sqlserver.RateLimit(plan.spec.max_rows_per_second),
            check=task.deadline.check,
        )
        self.rows_read = 0

    @property
    def at_one_moment(self) -> bool:
        """Whether no row is read at another moment than the others."""
        if len(self._course.ranges) == 1:
            return self._plan.at_one_moment
        return self._reading.is_of_one_moment and not self._course.done

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the outcome should say of how the table was read."""
        told = self._reading.warnings + self._stall_guard.told
        if self._course.resumed:
            done = f"{len(self._course.done)} of {len(self._course.ranges)} chunks"
            return (*told, f"{done} had been read by an earlier run")
        return told

    @property
    def refused(self) -> Sequence[values.RefusedRow]:
        """The rows that go into quarantine and do not wait there with their chunks."""
        staging = self._course.staging
        if self._refusals is None or (staging is not None and staging.parts):
            return ()
        return self._refusals.rows

    def fill(self, into: postgres.TargetConnection, stack: contextlib.ExitStack) -> postgres.Load:
        """Load every row that is not there yet; raises TableferryError, and TextsAlteredError."""
        if self._refusals:
            self._refusals.require_allowed()  # an earlier run may have been allowed more
        staging = self._course.staging
        with self._stall_guard:
            if staging is not None and staging.parts:
                return self._fill_in_parts(into, stack)
            return self._fill_in_one(into, stack)

    def _fill_in_one(
        self, into: postgres.TargetConnection, stack: contextlib.ExitStack
    ) -> postgres.Load:
        convert = self._converter(self._refusals)
        self._task.tally.touched = convert.touched
        with read_chunks(self._reading) as gathered:
            opened = self._opened(into)
            batches = iter(gathered)
            # The lock on the target is taken when the first rows are here, not while a slow source
            # still sorts: until then readers of the target notice nothing at all.
            first = list(itertools.islice(batches, 1))
            load = self._begun(opened, stack)
            rest: Iterator[pa.RecordBatch] = itertools.chain(first, batches)
            for batch in rest:
                self._task.deadline.check()
                self._task.tally.read += batch.num_rows
                self._task.tally.bytes += batch.nbytes
                load.write(convert(batch))
                self._task.told("load", load.rows, self._plan.estimated_rows)
        self.rows_read = gathered.rows
        self._compare(load.rows)
        return load

    def _fill_in_parts(
        self, into: postgres.TargetConnection, stack: contextlib.ExitStack
    ) -> postgres.Load:
        load = self._begun(self._opened(into), stack)
        stored = self._task.tally.read = load.rows
        writing = Writing(
            open_target=lambda: postgres.connect(
                self._task.settings.target, self._task.claim.run_id
            ),
            part=load.part,
            refusals=self._refusals.part if self._refusals else lambda: None,
            converter=self._converter,
            checkpoint=self._task.claim.checkpoint,
            settle=self._task.claim.settle,
            on_batch=self._told,
        )
        try:
            loaded = load_chunks(self._reading, writing)
        finally:
            # It need not be read again: by the next attempt, or the next run.
            self._task.tally.stored += load.rows - stored
        self._task.tally.touched = loaded.touched
        for column, reasons in self._course.touched.items():
            loaded.touched.setdefault(column, Counter()).update(reasons)
        earlier = sum(sum(reasons.values()) for reasons in self._course.refused.values())
        self.rows_read = stored + earlier + loaded.read
        self._compare(load.rows)
        return load

    def _opened(self, into: postgres.TargetConnection) -> postgres.Load:
        return postgres.open_load(
            into, self._plan, self._schema, self._course.staging, self._refusals
        )

    def _begun(self, opened: postgres.Load, stack: contextlib.ExitStack) -> postgres.Load:
        try:
            return stack.enter_context(opened)
        except VerificationError as error:
            staging = self._course.staging
            if staging is None or staging.resumed is None:
                raise
            self._task.claim.begin_anew()
            raise TransientError(error.message, hint=error.hint) from error

    def _converter(self, refusals: values.RefusedRows | None) -> values.Converter:
        spec = self._plan.spec
        return values.Converter(self._plan.columns, spec.on_invalid, spec.trailing_blanks, refusals)

    def _told(self, rows: int, size: int) -> None:
        self._task.tally.read += rows
        self._task.tally.bytes += size
        self._task.told("load", self._task.tally.read, self._plan.estimated_rows)

    def _compare(self, written: int) -> None:
        """See that every row that was read is written, or refused and kept aside."""
        refused = self._refusals.total if self._refusals else 0
        if written + refused == self.rows_read:
            return
        aside = f" and {refused:,} refused" if refused else ""
        raise VerificationError(
            f"{self.rows_read:,} rows were read, {written:,} written{aside}",
            hint="The load was rolled back; the old rows stay. Please report this.",
        )


def refused_rows_of(spec: TableSpec, earlier: values.Counts = NONE) -> values.RefusedRows | None:
    """Return the place for refused rows, None where one fails the load."""
    if spec.on_invalid is not OnInvalid.QUARANTINE:
        return None
    return values.RefusedRows(spec.primary_key, spec.max_invalid, earlier)
