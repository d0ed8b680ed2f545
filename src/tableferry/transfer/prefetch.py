"""Reading ahead: iterators run in threads of their own, at most so many bytes ahead.

Reading from one server and writing to the other overlap; what is in flight is bounded in bytes,
so memory depends neither on the table's size nor on which side is slower.

No thread may be in the driver when Python ends: mssql-python 1.16 closes every connection then,
and what the driver frees, the thread still writes to (decision 20). A thread that has not ended
until then is woken and waited for.
"""

import atexit
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from types import TracebackType
from typing import Final, Generic, Protocol, Self, TypeVar

from tableferry.config import DEFAULT_STATEMENT_TIMEOUT
from tableferry.transfer.budget import Budget
from tableferry.transfer.silence import SilenceLimit

LEAVING_SECONDS: Final = 2.0
"""How long leaving waits for the threads. Nothing gets one out of a read in the driver before the
server answers (seen with mssql-python 1.16: its cancel does not reach a read that waits)."""

TICK: Final = 0.5
"""Seconds after which a consumer that waits looks whether it should wait on."""

THREAD: Final = "tableferry-reader"


class Sized(Protocol):
    """What can be read ahead: a record batch is one."""

    @property
    def nbytes(self) -> int: ...  # noqa: D102 - its size in memory


T = TypeVar("T", bound=Sized)


class Prefetch(Generic[T]):
    """An iterator over what other threads read; a context manager.

    ``streams`` are read at the same time, each in its own order. An exception of one is raised in
    the consumer, after the batches that came before it, and ends all. While the consumer waits,
    ``check`` is asked and may raise; TransientError is raised where the source has said nothing
    for as long as ``limit`` allows at that moment: ``silence`` returns for how long it has not, in
    a call that waits; without ``silence`` the consumer's own waiting counts. Leaving the block
    stops the threads at their next batch; where that does not come soon, ``on_stuck`` is called and
    the thread left behind: its connection is then not to be touched. ``wake`` is called when Python
    ends while a thread waits for the source, and has to end that.
    """

    def __init__(
        self,
        streams: Iterator[T] | Sequence[Iterator[T]],
        on_stuck: Callable[[], None] = lambda: None,
        *,
        budget: Budget | None = None,
        limit: Callable[[], SilenceLimit] = lambda: SilenceLimit(DEFAULT_STATEMENT_TIMEOUT),
        silence: Callable[[], float] | None = None,
        check: Callable[[], None] = lambda: None,
        wake: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_stuck = on_stuck
        self._budget = budget or Budget()
        self._changed = self._budget.changed
        self._limit = limit
        self._silence = silence
        self._check = check
        self._wake = wake
        self._clock = clock
        self._ready: deque[T] = deque()
        self._abandoned = False
        self._error: BaseException | None = None
        wanted = streams if isinstance(streams, Sequence) else [streams]
        self._reading = len(wanted)
        self._threads = [
            threading.Thread(target=self._read, args=(stream,), name=THREAD, daemon=True)
            for stream in wanted
        ]

    def __enter__(self) -> Self:
        atexit.register(self._at_exit)  # later than the driver has, so called earlier
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._leave()
        finally:
            # Also where a second Ctrl-C ends the waiting.
            if self._reading:
                self._on_stuck()
            else:
                atexit.unregister(self._at_exit)
                for thread in self._threads:
                    thread.join()

    def _leave(self) -> None:
        """Stop the threads at their next batch, and wait for them for a while."""
        with self._changed:
            self._abandoned = True
            while self._ready:
                self._budget.give_back(self._ready.popleft().nbytes)
            self._changed.notify_all()
        self._wait(LEAVING_SECONDS)

    def _at_exit(self) -> None:
        """Get the threads out of the driver, now that Python ends."""
        with self._changed:
            self._abandoned = True
            self._changed.notify_all()
        if self._reading:
            self._wake()
            self._wait(LEAVING_SECONDS)

    def _wait(self, seconds: float) -> None:
        """Wait until nobody reads, for so long."""
        # Not by joining: where Ctrl-C interrupts that, Python 3.11 takes the thread for ended.
        with self._changed:
            self._changed.wait_for(lambda: not self._reading, seconds)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        began = self._clock()
        with self._changed:
            while not (self._ready or self._error or not self._reading):
                self._changed.wait(min(TICK, self._limit().seconds))
                self._check()
                self._give_up_silence(began)
            if self._ready:
                batch = self._ready.popleft()
                self._budget.give_back(batch.nbytes)
                return batch
            if self._error is not None:
                raise self._error
            raise StopIteration

    def _give_up_silence(self, began: float) -> None:
        silent = self._silence() if self._silence else self._clock() - began
        limit = self._limit()
        if silent >= limit.seconds:
            raise limit.error()

    def _read(self, stream: Iterator[T]) -> None:
        try:
            for batch in stream:
                if not self._put(batch):
                    break
            if isinstance(stream, Generator):
                stream.close()
        except BaseException as error:  # noqa: BLE001 - raised again in the consumer's thread
            with self._changed:
                self._error = self._error or error
        finally:
            with self._changed:
                self._reading -= 1
                self._changed.notify_all()
                if self._abandoned and not self._reading:
                    atexit.unregister(self._at_exit)

    def _put(self, batch: T) -> bool:
        """Hand over one batch when there is room; False when the consumer has left."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._is_over or not self._ready or self._budget.has_room
            )
            if self._is_over:
                return False
            self._ready.append(batch)
            self._budget.take(batch.nbytes)
            return True

    @property
    def _is_over(self) -> bool:
        return self._abandoned or self._error is not None
