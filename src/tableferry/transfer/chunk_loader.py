"""Chunks, each read, written and stored with its checkpoint by itself: by threads or processes.

A worker has two connections, one to either side. A chunk is stored whole, and its checkpoint is
written in the same transaction, so a later attempt reads only what is missing. A step of a fan-out
loads one chunk with one worker.
"""

import contextlib
import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from tableferry.errors import CommitUnknownError, DataError, TransientError, VerificationError
from tableferry.postgres import TargetConnection
from tableferry.transfer.lost_commit import decide
from tableferry.transfer.readers import Chunk, Piece, Readers, Reading
from tableferry.transfer.workers import Check, work_together
from tableferry.values import Converter, RefusedRow, RefusedRows


class ChunkWriter(Protocol):
    """One chunk's rows on their way into the staging table, in a transaction of their own.

    ``commit`` stores them, and with them what the checkpoint writes through the same connection.
    Left without it, nothing of them stays. ``settle`` counts them as stored where the answer to
    that COMMIT was lost, but it has happened.
    """

    @property
    def rows(self) -> int: ...  # noqa: D102 - described above, like the others

    def write(self, batch: pa.RecordBatch) -> None: ...  # noqa: D102

    def commit(self, checkpoint: Callable[[TargetConnection], None]) -> None: ...  # noqa: D102

    def settle(self) -> None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """One chunk that is about to be stored: its rows, what of them was altered or left out.

    ``age`` says how many seconds ago the source was asked for them.
    """

    number: int
    rows: int
    touched: Mapping[str, Counter[str]]
    refused: Sequence[RefusedRow]
    age: float = 0.0


@dataclass(frozen=True, slots=True)
class Writing:
    """Where the chunks go; all of it is called from the workers' threads.

    ``open_target`` opens a connection for one worker, ``part`` begins a chunk on it. For each chunk
    ``refusals`` is the place for rows that are left out (None: there is none), ``converter`` makes
    what converts its rows. ``checkpoint`` writes in the open transaction that a chunk is stored;
    ``is_stored`` finds out whether it is when the answer to its COMMIT was lost. ``on_batch`` gets
    the rows and bytes of every batch that was written, of chunks that are not stored yet, too;
    never from two threads at once. ``on_stored`` is called after every chunk that was stored,
    likewise.
    """

    open_target: Callable[[], AbstractContextManager[TargetConnection]]
    part: Callable[[TargetConnection, RefusedRows | None], AbstractContextManager[ChunkWriter]]
    converter: Callable[[RefusedRows | None], Converter]
    checkpoint: Callable[[TargetConnection, StoredChunk], None]
    is_stored: Callable[[int], bool]
    refusals: Callable[[], RefusedRows | None] = lambda: None
    on_batch: Callable[[int, int], None] = lambda _rows, _bytes: None
    on_stored: Callable[[], None] = lambda: None


@dataclass(slots=True)
class LoadedChunks:
    """What was stored: rows, how many were read for it, values that were altered."""

    rows: int = 0
    read: int = 0
    touched: dict[str, Counter[str]] = field(default_factory=dict)


def load_chunks(reading: Reading, writing: Writing) -> LoadedChunks:
    """Load all chunks, several at once; raises the first error of any of them.

    Chunks that were stored before it stay stored. Where the answer to a COMMIT was lost, the
    checkpoint tells whether the chunk is stored (see ``lost_commit``).
    """
    loading = _ChunkWorkers(reading, writing)
    work_together([loading.work] * reading.workers, reading.check, loading.cancel)
    return loading.loaded


class _ChunkWorkers:
    def __init__(self, reading: Reading, writing: Writing) -> None:
        self._reading = reading
        self._writing = writing
        self._readers = Readers(reading)
        self._lock = threading.Lock()
        # A lock of its own: cancelling must not wait for a callback that is given rows.
        self._opening = threading.Lock()
        self._open: list[TargetConnection] = []
        self.loaded = LoadedChunks()

    def work(self, check: Check) -> None:
        """Load chunk after chunk, as long as there are any: one worker's whole life."""
        with self._readers.ahead(check=check) as pieces, contextlib.ExitStack() as opened:
            # The target is connected to when the first rows are here: the source may take long.
            ahead = list(itertools.islice(pieces, 1))
            if not ahead:
                return
            connection = opened.enter_context(self._writing.open_target())
            opened.enter_context(self._known(connection))
            for first in itertools.chain(ahead, pieces):
                if connection.is_closed:
                    raise TransientError(
                        "The connection to the target was lost when a chunk was committed",
                        hint="The chunk is stored; the next attempt goes on with the others.",
                    )
                self._load(first, pieces, connection, check)

    def _load(
        self,
        first: Piece,
        pieces: Iterator[Piece],
        connection: TargetConnection,
        check: Check,
    ) -> None:
        """Load one chunk, whose first piece has come already."""
        read = 0
        refusals = self._writing.refusals()
        convert = self._writing.converter(refusals)
        # Rows that are refused are counted for all chunks together.
        named = contextlib.nullcontext() if refusals else _naming(first.chunk)
        with named, self._writing.part(connection, refusals) as part:
            for piece in itertools.chain([first], pieces):
                check()
                if piece.batch is None:
                    if read != piece.rows:
                        raise _incomplete(piece.chunk)
                    self._store(piece, part, convert, refusals.rows if refusals else ())
                    return
                read += piece.rows
                part.write(convert(piece.batch))
                with self._lock:
                    self._writing.on_batch(piece.rows, piece.nbytes)
        raise _incomplete(first.chunk)

    def _store(
        self, end: Piece, part: ChunkWriter, convert: Converter, refused: Sequence[RefusedRow]
    ) -> None:
        def checkpoint(connection: TargetConnection) -> None:
            if part.rows + len(refused) != end.rows:
                raise _incomplete(end.chunk)
            age = self._reading.clock() - end.asked_at
            stored = StoredChunk(end.chunk.number, part.rows, convert.touched, refused, age)
            self._writing.checkpoint(connection, stored)

        try:
            part.commit(checkpoint)
        except CommitUnknownError as lost:
            number = end.chunk.number
            decide(lost, lambda: self._writing.is_stored(number), f"chunk {number}")
            part.settle()
        with self._lock:
            self._writing.on_stored()
            self.loaded.rows += part.rows
            self.loaded.read += end.rows
            for column, counts in convert.touched.items():
                self.loaded.touched.setdefault(column, Counter()).update(counts)

    @contextlib.contextmanager
    def _known(self, connection: TargetConnection) -> Iterator[None]:
        with self._opening:
            self._open.append(connection)
        try:
            yield
        finally:
            with self._opening:
                self._open.remove(connection)

    def cancel(self) -> None:
        """End what workers wait for in the target."""
        with self._opening:
            for connection in self._open:
                connection.cancel()


@contextlib.contextmanager
def _naming(chunk: Chunk) -> Iterator[None]:
    """Name the chunk of a row that cannot be stored: its number is of the rows of that chunk."""
    try:
        yield
    except DataError as error:
        raise error.within(f"chunk {chunk.number}") from error.__cause__


def _incomplete(chunk: Chunk) -> VerificationError:
    return VerificationError(
        f"Chunk {chunk.number} was not read whole",
        hint="Nothing of it was stored. Please report this.",
    )
