"""The chunks of one table, read by several at once: every one over a connection of its own."""

import contextlib
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from tableferry import sqlserver
from tableferry.config import Consistency
from tableferry.errors import VerificationError
from tableferry.model.counting import counted, verb
from tableferry.model.key_range import KeyRange
from tableferry.planning.plan import SyncPlan
from tableferry.transfer.budget import Budget
from tableferry.transfer.prefetch import Prefetch
from tableferry.transfer.silence import SilenceLimit, silence_limit
from tableferry.transfer.workers import Check


@dataclass(frozen=True, slots=True)
class Chunk:
    """One range of a table, and its place in the order of the keys."""

    number: int
    keys: KeyRange


def numbered(ranges: Iterable[KeyRange]) -> tuple[Chunk, ...]:
    """Return the chunks of a table that has been cut into these ranges."""
    return tuple(Chunk(number, keys) for number, keys in enumerate(ranges))


def no_check() -> None:
    """Go on."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read, by how many, and within which bounds.

    ``open_source`` opens a connection in the thread that uses it and closes it there; those that
    are ``opened`` already are taken first, and closed likewise. ``check`` is asked between chunks
    and batches, from any thread, and raises where it is time to stop. ``select`` returns the SELECT
    of a range, the plan's where it is None. With ``checks_each_chunk`` a chunk ends only when the
    source's table is seen to be unaltered, otherwise all of them do. With ``short_snapshots`` each
    chunk is read in a snapshot of its own, so that none is open for long. A connection that is in a
    snapshot already stays in it. ``limit`` returns how long the source may send nothing, the plan's
    ``statement_timeout`` where it is None.
    """

    plan: SyncPlan
    chunks: Sequence[Chunk]
    open_source: Callable[[], sqlserver.SourceConnection]
    rate_limit: sqlserver.RateLimit
    budget: Budget = field(default_factory=Budget)
    check: Check = no_check
    opened: list[sqlserver.SourceConnection] = field(default_factory=list)
    select: Callable[[KeyRange], str] | None = None
    checks_each_chunk: bool = False
    short_snapshots: bool = False
    limit: Callable[[], SilenceLimit] | None = None
    clock: Callable[[], float] = time.monotonic

    @property
    def workers(self) -> int:
        """How many read at once."""
        return max(1, min(self.plan.spec.parallel, len(self.chunks)))

    @property
    def is_of_one_moment(self) -> bool:
        """Whether all rows are read as they were at one moment.

        Several statements are in one transaction under SNAPSHOT, but no two connections share one.
        """
        if len(self.chunks) < 2:
            return self.plan.at_one_moment
        is_one = self.workers == 1 and not self.short_snapshots
        return self.plan.consistency is Consistency.SNAPSHOT and is_one

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the outcome should say of how the table was read."""
        is_amended = self.short_snapshots  # see ``runs.catch_up``
        if self.is_of_one_moment or is_amended or len(self.chunks) < 2:
            return self.rate_limit.warnings
        name = self.plan.spec.source
        moments = f"the {len(self.chunks)} chunks of {name} were read at different moments"
        return (moments, *self.rate_limit.warnings)


@dataclass(frozen=True, slots=True)
class Piece:
    """A batch of a chunk; or, with None for it, its end and how many rows it had.

    ``asked_at`` is when the source was asked for the chunk, or the snapshot that it is read from
    began, by the clock of the ``Reading``; known at the end.
    """

    chunk: Chunk
    batch: pa.RecordBatch | None
    rows: int
    asked_at: float = 0.0

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return 0 if self.batch is None else int(self.batch.nbytes)


class Readers:
    """The readers of one table: each takes the next chunk that none has begun."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._todo = iter(reading.chunks)
        self._lock = threading.Lock()
        self._open: list[sqlserver.SourceConnection] = []

    def ahead(self, streams: int = 1, check: Check | None = None) -> Prefetch[Piece]:
        """Read with so many connections into one stream of pieces."""
        reading = self._reading
        return Prefetch(
            [self._pieces() for _ in range(streams)],
            budget=reading.budget,
            limit=reading.limit or (lambda: silence_limit(reading.plan.spec, locked=False)),
            silence=self._silent_for,
            check=check or reading.check,
            wake=sqlserver.shut_down_connections,
        )

    def _pieces(self) -> Generator[Piece, None, None]:
        """Yield chunk after chunk, as long as there are any; the connection is this thread's."""
        reading = self._reading
        name = reading.plan.spec.source
        with self._connection() as connection, self._known(connection):
            reader = sqlserver.TableReader(
                connection, reading.plan, reading.rate_limit, select=reading.select
            )
            is_lent = connection.in_snapshot
            # One statement is a transaction by itself.
            begins = (
                reading.plan.consistency is Consistency.SNAPSHOT
                and len(reading.chunks) > 1
                and not (is_lent or reading.short_snapshots)
            )
            begun_at = reading.clock()
            if begins:
                connection.begin_snapshot()
            for chunk in self._next():
                before = reader.rows
                asked_at = begun_at if begins else reading.clock()
                for batch in reader.batches(chunk.keys):
                    reading.check()
                    yield Piece(chunk, batch, batch.num_rows)
                if reading.checks_each_chunk:
                    sqlserver.require_unaltered(connection, name, reading.plan.carried)
                yield Piece(chunk, None, reader.rows - before, asked_at)
            if is_lent:
                connection.require_snapshot()
            elif begins:
                connection.end_snapshot()
            sqlserver.require_unaltered(connection, name, reading.plan.carried)

    def _connection(self) -> sqlserver.SourceConnection:
        with contextlib.suppress(IndexError):
            return self._reading.opened.pop()
        return self._reading.open_source()

    def _next(self) -> Iterator[Chunk]:
        while True:
            self._reading.check()
            with self._lock:
                chunk = next(self._todo, None)
            if chunk is None:
                return
            yield chunk

    @contextlib.contextmanager
    def _known(self, connection: sqlserver.SourceConnection) -> Iterator[None]:
        with self._lock:
            self._open.append(connection)
        try:
            yield
        finally:
            with self._lock:
                self._open.remove(connection)

    def _silent_for(self) -> float:
        """Return for how long the one that waits longest for the source has waited."""
        with self._lock:
            return max((connection.silent_for() for connection in self._open), default=0.0)


class Gathered:
    """The rows of all chunks in one stream, in no order. ``rows`` counts those that came.

    When it has ended, every chunk has, and of each what came is what the server had sent.
    """

    def __init__(self, reading: Reading, pieces: Iterator[Piece]) -> None:
        self._reading = reading
        self._pieces = pieces
        self._ended = 0
        self.rows = 0

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for piece in self._pieces:
            if piece.batch is None:
                self._ended += 1
            else:
                self.rows += piece.rows
                yield piece.batch
        if self._ended != len(self._reading.chunks):
            raise VerificationError(
                f"{self._ended} of {counted(len(self._reading.chunks), 'chunk')} "
                f"{verb(len(self._reading.chunks), 'was', 'were')} read",
                hint="Nothing was changed. Please report this.",
            )


@contextlib.contextmanager
def read_chunks(reading: Reading) -> Iterator[Gathered]:
    """Read all chunks, several at once, for one writer; raises the first error of any of them."""
    with Readers(reading).ahead(reading.workers) as pieces:
        yield Gathered(reading, pieces)
