"""The rows of one table on their way: read ahead, converted, written, counted.

Either all come through one stream into one COPY, or each chunk is loaded by itself into the
staging table, with its checkpoint.
"""

import contextlib
import datetime as dt
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Final

import pyarrow as pa

from tableferry import postgres, sqlserver, values
from tableferry.config import OnInvalid, TableSpec
from tableferry.errors import TransientError, VerificationError
from tableferry.model.counting import counted, verb
from tableferry.modes import Extract
from tableferry.planning.key_texts import require_askable
from tableferry.planning.plan import SyncPlan
from tableferry.transfer.attempt import Access, AttemptStats
from tableferry.transfer.chunk_loader import Writing, load_chunks
from tableferry.transfer.load_plan import LoadPlan
from tableferry.transfer.readers import Reading, numbered, read_chunks
from tableferry.transfer.reconcile import Reconciliation
from tableferry.transfer.silence import SilenceLimit, silence_limit

NONE: Final[values.Counts] = MappingProxyType({})


class TableLoader:
    """One attempt at a table's rows. ``rows_read`` and ``refused`` are known after ``fill``.

    What it finds out it writes into ``stats``. The first reader takes a connection of those
    ``opened``, and closes it.
    """

    def __init__(
        self,
        plan: SyncPlan,
        extract: Extract,
        load_plan: LoadPlan,
        *,
        access: Access,
        stats: AttemptStats,
        opened: list[sqlserver.SourceConnection],
        caught_up: bool = False,
        sifts: bool = False,
    ) -> None:
        """``caught_up``: what changes while chunks are read is applied to them afterwards.

        ``sifts``: rows that PostgreSQL refuses go into quarantine as well; otherwise they fail the
        load, which then needs neither savepoints nor keys that are there before the rows.
        """
        self._plan = plan
        self._extract = extract
        self._load_plan = load_plan
        self._access = access
        self._stats = stats
        self._caught_up = caught_up
        self._schema = values.target_schema(plan.columns)
        self._refusals = stats.refused = refused_rows_of(plan.spec, load_plan.refused)
        self._sifts = sifts
        chunks = numbered(load_plan.ranges)
        if extract.reconcile:
            require_askable(plan)
        self._stall_guard = sqlserver.StallGuard(plan, access.remaining)
        for connection in opened:
            self._stall_guard.follow(connection)
        self._reading = Reading(
            plan,
            [chunk for chunk in chunks if chunk.number not in load_plan.done],
            open_source=self._stall_guard.guarded(access.open_source),
            opened=opened,
            rate_limit=sqlserver.RateLimit(plan.spec.max_rows_per_second),
            budget=access.budget,
            check=access.check,
            select=extract.select,
            short_snapshots=caught_up,
            limit=self._silence_limit,
        )
        self._locked = False
        self.rows_read = 0
        self._stored = 0

    @property
    def at_one_moment(self) -> bool:
        """Whether no row is published as it was at another moment than the others."""
        if self._caught_up:
            return True
        if len(self._load_plan.ranges) == 1:
            return self._plan.at_one_moment
        return self._reading.is_of_one_moment and not self._load_plan.done

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the outcome should say of how the table was read."""
        warnings = self._reading.warnings + self._stall_guard.warnings
        if self._load_plan.resumed:
            done = f"{len(self._load_plan.done)} of {counted(len(self._load_plan.ranges), 'chunk')}"
            oldest = self._load_plan.oldest
            as_of = f": rows as of {_utc(oldest.read_at)}" if oldest and not self._caught_up else ""
            return (*warnings, f"{done} had been read by an earlier run{as_of}")
        return warnings

    @property
    def refusals(self) -> values.RefusedRows | None:
        """Where rows that are refused are counted, None where one fails the load."""
        return self._refusals

    @property
    def refused(self) -> Sequence[values.RefusedRow]:
        """The rows that go into quarantine and do not wait there with their chunks."""
        if self._refusals is None or self._load_plan.in_chunks:
            return ()
        return self._refusals.rows

    def fill(
        self, into: postgres.TargetConnection, stack: contextlib.ExitStack, *, locked: bool = False
    ) -> postgres.Load:
        """Load every row that is not there yet; raises TableferryError, and TextsAlteredError.

        ``locked``: the transaction holds a lock already that readers wait for, of another table.
        """
        self._locked = locked
        if self._refusals:
            self._refusals.require_allowed()  # an earlier run may have been allowed more
        with self._stall_guard:
            if self._load_plan.in_chunks:
                return self._fill_in_chunks(into, stack)
            return self._fill_in_one_stream(into, stack)

    def _fill_in_one_stream(
        self, into: postgres.TargetConnection, stack: contextlib.ExitStack
    ) -> postgres.Load:
        convert = self._converter(self._refusals)
        self._stats.touched = convert.touched
        merged = self._begun_with_keys(into, stack) if self._extract.deletes else None
        # Where the source fails, ``begun`` releases the target before its readers are waited for.
        with read_chunks(self._reading) as gathered, contextlib.ExitStack() as begun:
            opened = merged or self._opened(into)
            batches = iter(gathered)
            # The lock on the target is taken when the first rows are here, not while a slow source
            # still sorts: until then readers of the target notice nothing at all.
            first = list(itertools.islice(batches, 1))
            load = merged or self._begun(opened, begun)
            self._locked = self._locked or self._plan.locks_target
            rest: Iterator[pa.RecordBatch] = itertools.chain(first, batches)
            for batch in rest:
                self._access.check()
                self._stats.read += batch.num_rows
                self._stats.bytes += batch.nbytes
                load.write(convert(batch))
                self._access.on_rows(load.rows, 0)
            stack.enter_context(begun.pop_all())
        self.rows_read = gathered.rows
        self._compare(load.rows)
        if self._extract.reconcile:
            self._reconcile()
        return load

    def _fill_in_chunks(
        self, into: postgres.TargetConnection, stack: contextlib.ExitStack
    ) -> postgres.Load:
        load = self._begun(self._opened(into), stack)
        stored = self._stored = self._stats.read = self._stats.found = load.rows
        self._stats.chunks = len(self._load_plan.ranges)
        self._stats.chunks_stored = len(self._load_plan.done)
        writing = Writing(
            open_target=self._access.open_target,
            part=load.part,
            refusals=self._refusals.for_chunk if self._refusals else lambda: None,
            converter=self._converter,
            checkpoint=self._access.checkpoint,
            is_stored=self._access.is_stored,
            on_batch=self._count,
            on_stored=self._count_chunk,
        )
        try:
            loaded = load_chunks(self._reading, writing)
        finally:
            # It need not be read again: by the next attempt, or the next run.
            self._stats.stored += load.rows - stored
        self._stats.touched = loaded.touched
        for column, reasons in self._load_plan.touched.items():
            loaded.touched.setdefault(column, Counter()).update(reasons)
        self.rows_read = self._load_plan.rows_done + loaded.read
        self._compare(load.rows)
        return load

    def _silence_limit(self) -> SilenceLimit:
        return silence_limit(self._plan.spec, locked=self._locked)

    def _begun_with_keys(
        self, into: postgres.TargetConnection, stack: contextlib.ExitStack
    ) -> postgres.Load:
        """Begin the load and store deleted keys beside its staging table, before any row is read.

        They come over the connection that then reads the rows, so that one snapshot holds both.
        """
        load = self._begun(self._opened(into), stack)
        plan, staging = self._plan.of_key(), self._load_plan.staging
        if staging is None:
            raise TypeError(f"{plan.spec.target} is loaded without a staging table")
        sources = self._reading.opened
        if not sources:
            sources.append(self._access.open_source())
        reader = sqlserver.TableReader(sources[0], plan, select=lambda _keys: self._extract.deletes)
        keys = map(values.key_converter(plan.columns, plan.spec), reader.batches())
        with self._access.open_target() as beside:
            postgres.store_deleted_keys(beside, plan, staging, keys)
        return load

    def _reconcile(self) -> None:
        """Store the keys that only the target has, once the rows are read: keys are newer then."""
        if self._load_plan.staging is None:
            raise TypeError(f"{self._plan.spec.target} is loaded without a staging table")
        with self._access.open_target() as beside:
            self._stats.reconciled = Reconciliation(
                self._plan,
                self._load_plan.staging,
                self._stall_guard.guarded(self._access.open_source),
                beside,
                self._access.check,
            ).run()

    def _opened(self, into: postgres.TargetConnection) -> postgres.Load:
        return postgres.open_load(
            into,
            self._plan,
            self._schema,
            self._load_plan.staging,
            self._refusals if self._sifts else None,
            complete=self._extract.complete,
            deletes=bool(self._extract.deletes) or self._extract.reconcile,
        )

    def _begun(self, opened: postgres.Load, stack: contextlib.ExitStack) -> postgres.Load:
        try:
            return stack.enter_context(opened)
        except VerificationError as error:
            staging = self._load_plan.staging
            if staging is None or staging.resumed is None:
                raise
            self._access.restart()
            raise TransientError(error.message, hint=error.hint) from error

    def _converter(self, refusals: values.RefusedRows | None) -> values.Converter:
        spec = self._plan.spec
        return values.Converter(self._plan.columns, spec.on_invalid, spec.trailing_blanks, refusals)

    def _count_chunk(self) -> None:
        self._stats.chunks_stored += 1

    def _count(self, rows: int, size: int) -> None:
        self._stats.read += rows
        self._stats.bytes += size
        self._access.on_rows(self._stats.read, self._stored)

    def _compare(self, written: int) -> None:
        """See that every row that was read is written, or refused and kept aside."""
        refused = self._refusals.total if self._refusals else 0
        if written + refused == self.rows_read:
            return
        aside = f" and {refused:,} refused" if refused else ""
        raise VerificationError(
            f"{counted(self.rows_read, 'row')} {verb(self.rows_read, 'was', 'were')} read, "
            f"{written:,} written{aside}",
            hint="The load was rolled back; the old rows stay. Please report this.",
        )


def refused_rows_of(spec: TableSpec, earlier: values.Counts = NONE) -> values.RefusedRows | None:
    """Return the place for refused rows, None where one fails the load."""
    if spec.on_invalid is not OnInvalid.QUARANTINE:
        return None
    return values.RefusedRows(spec.primary_key, spec.max_invalid, earlier)


def _utc(moment: dt.datetime) -> str:
    return f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"
