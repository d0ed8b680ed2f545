"""Reading ahead: an iterator runs in a thread of its own, at most so many bytes ahead.

Reading from one server and writing to the other overlap; what is in flight is bounded in bytes,
so memory depends neither on the table's size nor on which side is slower.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Final, Self

import pyarrow as pa

from tableferry.errors import TransientError

LEAVING_SECONDS: Final = 2.0
"""How long leaving waits for the thread. Nothing gets it out of a read in the driver before the
server answers (seen with mssql-python 1.16: its cancel does not reach a read that waits)."""

SILENT_SECONDS: Final = 600.0
"""How long the source may say nothing. A sort of a large table can take minutes; a peer that is
gone is mostly noticed earlier, by TCP's keepalive."""

IN_FLIGHT_BYTES: Final = 8 * 2**20
"""Three batches of the largest size: enough that neither side waits for the other's hiccups."""


class Prefetch:
    """An iterator over record batches that another thread reads; a context manager.

    An exception in the thread is raised in the consumer, after the batches that came before it;
    TransientError where nothing comes for ``silent_seconds``. Leaving the block stops the thread
    at its next batch; where that does not come soon, ``on_stuck`` is told and the thread left
    behind: the iterator's connection is then not to be touched.
    """

    def __init__(
        self,
        batches: Iterator[pa.RecordBatch],
        on_stuck: Callable[[], None] = lambda: None,
        max_bytes: int = IN_FLIGHT_BYTES,
        silent_seconds: float = SILENT_SECONDS,
    ) -> None:
        self._batches = batches
        self._on_stuck = on_stuck
        self._max_bytes = max_bytes
        self._silent_seconds = silent_seconds
        self._ready: deque[pa.RecordBatch] = deque()
        self._bytes = 0
        self._changed = threading.Condition()
        self._ended = False
        self._abandoned = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._read, name="tableferry-reader", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._changed:
            self._abandoned = True
            self._ready.clear()
            self._changed.notify_all()
        self._thread.join(LEAVING_SECONDS)
        if self._thread.is_alive():
            self._on_stuck()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> pa.RecordBatch:
        with self._changed:
            if not self._changed.wait_for(lambda: self._ready or self._ended, self._silent_seconds):
                raise TransientError(
                    f"The source has said nothing for {self._silent_seconds:g} seconds",
                    hint="Nothing was changed. See what the source is busy with; run it again.",
                )
            if self._ready:
                batch = self._ready.popleft()
                self._bytes -= batch.nbytes
                self._changed.notify_all()
                return batch
            if self._error is not None:
                raise self._error
            raise StopIteration

    def _read(self) -> None:
        try:
            for batch in self._batches:
                if not self._put(batch):
                    return
        except BaseException as error:  # noqa: BLE001 - raised again in the consumer's thread
            self._error = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _put(self, batch: pa.RecordBatch) -> bool:
        """Hand over one batch when there is room; False when nobody wants it any more."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._abandoned or not self._ready or self._bytes < self._max_bytes
            )
            if self._abandoned:
                return False
            self._ready.append(batch)
            self._bytes += batch.nbytes
            self._changed.notify_all()
            return True
