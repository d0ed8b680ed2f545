"""Groups of tables carried by several threads: each takes the next group that none has begun.

The main thread waits, since only it receives signals. When one comes, or a thread cannot go on, the
others stop; those that do not come out of a wait have it ended for them.
"""

import threading
from collections.abc import Callable
from typing import Final

from tableferry.runs.run_stop import RunStop

THREAD: Final = "tableferry-table"

ROLLBACK_SECONDS: Final = 3.0
"""How long tables may take to come to a stop by themselves: leaving a table waits up to 2 seconds
for its readers."""

CANCEL_SECONDS: Final = 10.0
"""How long after their statements were cancelled: what is then written to the ledger may need a new
connection."""

GIVE_UP_SECONDS: Final = 15.0
"""How long after their connections were shut down; then the threads are left behind."""

TICK: Final = 0.5
"""Seconds after which the main thread looks again, so that a signal is noticed on every system."""


class SideBySide:
    """The threads of a run; ``carry`` is called with the number of each group, from 0."""

    def __init__(self, groups: int, carry: Callable[[int], None], stop: RunStop) -> None:
        self._groups = groups
        self._carry = carry
        self._stop = stop
        self._changed = threading.Condition()
        self._next = 0
        self._running: set[int] = set()
        self._threads = 0

    def run(self, jobs: int) -> None:
        """Carry every group, so many at once; returns early where the run is to stop.

        ``begun`` then says how many groups were begun, and ``left_behind`` which of them have not
        ended. Raises nothing but a signal's second exception while the threads are waited for.
        """
        count = min(jobs, self._groups)
        try:
            for _ in range(count):
                thread = threading.Thread(target=self._work, name=THREAD, daemon=True)
                with self._changed:
                    self._threads += 1
                thread.start()
            self._wait_until_ended_or_stopped()
        except BaseException as reason:  # noqa: BLE001 - the caller is told: stop.reason
            self._stop.ask(reason)
        if self._stop.reason is not None:
            self._come_to_a_stop()

    @property
    def begun(self) -> int:
        """How many groups were begun: the first ones."""
        return self._next

    @property
    def left_behind(self) -> frozenset[int]:
        """The numbers of groups whose threads have not ended."""
        with self._changed:
            return frozenset(self._running)

    def _work(self) -> None:
        try:
            while (number := self._take()) is not None:
                self._carry(number)
                with self._changed:
                    self._running.discard(number)
        except BaseException as reason:  # noqa: BLE001 - the caller is told: stop.reason
            self._stop.ask(reason)
        finally:
            with self._changed:
                self._threads -= 1
                self._changed.notify_all()

    def _take(self) -> int | None:
        with self._changed:
            if self._stop.reason is not None or self._next == self._groups:
                return None
            number, self._next = self._next, self._next + 1
            self._running.add(number)
            return number

    def _wait_until_ended_or_stopped(self) -> None:
        with self._changed:
            while self._threads and self._stop.reason is None:
                self._changed.wait(TICK)

    def _come_to_a_stop(self) -> None:
        """Wait for the threads; end what they wait for where they do not come by themselves."""
        try:
            if self._ended(ROLLBACK_SECONDS):
                return
            self._stop.cancel_statements()
            if self._ended(CANCEL_SECONDS):
                return
        except KeyboardInterrupt:
            pass  # a second one is for a rollback that hangs
        self._stop.shut_down()
        self._ended(GIVE_UP_SECONDS)

    def _ended(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: not self._threads, seconds)
