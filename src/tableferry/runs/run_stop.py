"""A stop that one thread of a run asks of the others: a signal reaches the main thread only.

With ``jobs`` the tables are loaded in threads. Each of them raises the stop's own exception between
two batches and wherever it waits, so that a table ends as it does in a run of one thread: rolled
back, with its outcome. What waits inside a database is cancelled there.
"""

import contextlib
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tableferry import postgres, sqlserver
from tableferry.errors import TransientError
from tableferry.runs.deadline import AGAIN_SECONDS, CANCELLED, Deadline
from tableferry.runs.stop_signal import STOPS, signal_of


class _Block:
    """Statements of one thread that are cancelled until it has left them."""

    def __init__(self, cancel: Callable[[], None]) -> None:
        self._cancel = cancel
        self._lock = threading.Lock()
        self._has_left = False

    def cancel(self) -> None:
        """Cancel again and again: a statement may have begun after the first request."""
        threading.Thread(target=self._cancel_until_left, daemon=True).start()

    def leave(self) -> None:
        """Cancel no more: whatever the thread does next is not to be cancelled."""
        with self._lock:
            self._has_left = True

    def _cancel_until_left(self) -> None:
        while True:
            with self._lock:
                if self._has_left:
                    return
                self._cancel()
            threading.Event().wait(AGAIN_SECONDS)


class RunStop:
    """Whether a run is to stop, and why; all of it may be used by any thread."""

    def __init__(self) -> None:
        self.reason: BaseException | None = None
        self.asked = threading.Event()
        self._lock = threading.Lock()
        self._blocks: list[_Block] = []
        self._targets: weakref.WeakSet[postgres.TargetConnection] = weakref.WeakSet()

    def ask(self, reason: BaseException) -> None:
        """Have every thread raise ``reason``; the first one counts."""
        with self._lock:
            if self.reason is not None:
                return
            self.reason = reason
            for block in self._blocks:
                block.cancel()
        self.asked.set()

    def check(self) -> None:
        """Raise where the run is to stop."""
        if isinstance(self.reason, KeyboardInterrupt):
            raise STOPS[signal_of(self.reason)]
        if self.reason is not None:
            raise self.reason

    def wait(self, seconds: float) -> None:
        """Wait; raises as soon as the run is to stop."""
        if self.asked.wait(seconds):
            self.check()

    @contextlib.contextmanager
    def cancelling(self, cancel: Callable[[], None]) -> Iterator[None]:
        """Cancel the block's statements when the run is to stop; never after the block."""
        block = _Block(cancel)
        with self._lock:
            self._blocks.append(block)
            if self.reason is not None:
                block.cancel()
        try:
            yield
        except TransientError as error:
            if error.code == CANCELLED:
                self.check()
            raise
        finally:
            block.leave()
            with self._lock:
                self._blocks.remove(block)

    def opened(self, connection: postgres.TargetConnection) -> None:
        """Remember a connection that a thread may wait on."""
        with self._lock:
            self._targets.add(connection)

    def cancel_statements(self) -> None:
        """Cancel what threads wait for in the target, and end what they wait for in the source.

        For a statement that runs long, or waits for a lock, and for a source that says nothing.
        """
        # At the same time: a server that does not answer takes each request its time limit.
        cancels = [
            threading.Thread(target=connection.cancel, daemon=True)
            for connection in self._open_targets()
        ]
        for thread in cancels:
            thread.start()
        sqlserver.shut_down_connections()
        for thread in cancels:
            thread.join()

    def shut_down(self) -> None:
        """Shut down the threads' connections: a server that does not answer cancels nothing."""
        for connection in self._open_targets():
            connection.shut_down()
        sqlserver.shut_down_connections()

    def _open_targets(self) -> list[postgres.TargetConnection]:
        with self._lock:
            return [connection for connection in self._targets if not connection.is_closed]


@dataclass(frozen=True, slots=True)
class StoppableDeadline(Deadline):
    """A run's deadline, at which a thread of the run also learns that the run is to stop."""

    stop: RunStop = field(default_factory=RunStop)

    def check(self) -> None:
        """Raise DeadlineError once the deadline has passed, or what the stop raises."""
        self.stop.check()
        Deadline.check(self)

    def sleep(self, seconds: float) -> None:
        """Wait as ``Deadline.sleep`` does; raises what the stop raises as soon as it is asked."""
        self.stop.check()
        Deadline.sleep(self, seconds)

    @contextlib.contextmanager
    def ending(self, cancel: Callable[[], None]) -> Iterator[None]:
        """Cancel the block's statements at the deadline, or when the run is to stop."""
        self.stop.check()
        with self.stop.cancelling(cancel), Deadline.ending(self, cancel):
            yield


def stoppable(deadline: Deadline, stop: RunStop) -> StoppableDeadline:
    """Return the deadline for the threads of a run."""
    return StoppableDeadline(deadline.at, deadline.clock, stop.wait, stop)
