"""Reading ahead: an iterator runs in a thread of its own, at most so many bytes ahead.

Reading from one server and writing to the other overlap; what is in flight is bounded in bytes,
so memory depends neither on the table's size nor on which side is slower.
"""

import threading
from collections import deque
from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self

import pyarrow as pa

IN_FLIGHT_BYTES: Final = 8 * 2**20
"""Three batches of the largest size: enough that neither side waits for the other's hiccups."""


class Prefetch:
    """An iterator over record batches that another thread reads; a context manager.

    An exception in the thread is raised in the consumer, after the batches that came before it.
    Leaving the block stops the thread at its next batch.
    """

    def __init__(self, batches: Iterator[pa.RecordBatch], max_bytes: int = IN_FLIGHT_BYTES) -> None:
        self._batches = batches
        self._max_bytes = max_bytes
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
        self._thread.join()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> pa.RecordBatch:
        with self._changed:
            self._changed.wait_for(lambda: self._ready or self._ended)
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
