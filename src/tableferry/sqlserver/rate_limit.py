"""Limits the read rate: to 'max_rows_per_second', and further while the source is slow.

One ``RateLimit`` is shared by all connections that read a table.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tableferry.model.counting import counted

FETCHES_PER_SECOND: Final = 10
"""The allowance of a second is spread over so many fetches."""

BURST_SECONDS: Final = 1.0
"""Unused allowance that is kept: after a pause of the writer, at most this much is caught up."""

WINDOW_SECONDS: Final = 1.0
"""Reading time that is measured at once. A single fetch says nothing: one from a buffer takes a
hundredth of the one before."""

SLOW_FACTOR: Final = 8.0
"""Reading is slow when a row takes so many times as long as it did at best. The widths of a table's
rows mostly differ by less."""

PAUSE_SHARE: Final = 0.5
"""A pause is half as long as the slow reading was, so pauses never add more than half of the
reading time."""

LONGEST_PAUSE: Final = 1.5
"""Seconds; leaving a table waits two for its reading thread."""


@dataclass(slots=True)
class RateLimit:
    """The read rate of one table; every method may be called from any thread.

    ``most`` is in rows a second, 0 for no limit. ``pauses`` counts the pauses for a slow source and
    ``paused`` their seconds; ``held_back`` is the seconds waited because of ``most``.
    """

    most: int = 0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    pauses: int = 0
    paused: float = 0.0
    held_back: float = 0.0
    _rows: int = 0
    _seconds: float = 0.0
    _best: float | None = None
    _due: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def at_once(self, rows: int) -> int:
        """Return how many of ``rows`` may be fetched at once."""
        return min(rows, max(1, self.most // FETCHES_PER_SECOND)) if self.most else rows

    def fetched(self, rows: int, seconds: float, *, first: bool = False) -> None:
        """Wait as long as needed, after ``rows`` were fetched in ``seconds``.

        ``first``: of a stream, whose time includes what the source needed to begin, say a sort.
        """
        with self._lock:
            wait = 0.0 if first else self._pause_if_slow(rows, seconds)
            if self.most:
                wait = max(wait, self._wait_for_allowance(rows))
        if wait:
            self.sleep(wait)

    def _pause_if_slow(self, rows: int, seconds: float) -> float:
        self._rows += rows
        self._seconds += seconds
        if self._seconds < WINDOW_SECONDS or not self._rows:
            return 0.0
        per_row, seconds = self._seconds / self._rows, self._seconds
        self._rows, self._seconds = 0, 0.0
        if self._best is None or per_row < self._best:
            self._best = per_row
        if per_row <= SLOW_FACTOR * self._best:
            return 0.0
        pause = min(LONGEST_PAUSE, seconds * PAUSE_SHARE)
        self.pauses += 1
        self.paused += pause
        return pause

    def _wait_for_allowance(self, rows: int) -> float:
        now = self.clock()
        due = now if self._due is None else max(self._due, now - BURST_SECONDS)
        self._due = due + rows / self.most
        wait = max(0.0, self._due - now)
        self.held_back += wait
        return wait

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings for the outcome; none where nothing was delayed."""
        found = []
        if self.pauses:
            found.append(
                f"the source was slow: reading paused {counted(self.pauses, 'time')}, "
                f"{self.paused:,.1f} s in all"
            )
        if self.held_back:
            found.append(f"'max_rows_per_second' delayed reading by {self.held_back:,.1f} s in all")
        return tuple(found)
