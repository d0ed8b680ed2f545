"""How fast the source is asked: no faster than is allowed, and slower while it struggles.

One ``RateLimit`` is shared by all connections that read a table.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

PARTS: Final = 10
"""In a second: so much of the allowance is fetched at once, and waited for."""

SAVED_SECONDS: Final = 1.0
"""How much unused allowance is kept: after a halt of the writer no more than this is caught up."""

LOOK_SECONDS: Final = 1.0
"""Seconds of reading that are judged at once. A single fetch says nothing: one that comes out of a
buffer takes a hundredth of the one before."""

SLOW_TIMES: Final = 8.0
"""How many times the seconds that a row has taken at best make reading slow. The rows of a table
differ less in their widths, mostly."""

PAUSE_SHARE: Final = 0.5
"""A pause is half as long as the slow reading was: a table never takes more than half as long
again."""

LONGEST_PAUSE: Final = 1.5
"""Seconds. Who leaves a table waits two for the thread that reads it."""


@dataclass(slots=True)
class RateLimit:
    """The rate_limit of one table; every method may be called from any thread.

    ``most`` is in rows a second, 0 for no limit. ``pauses`` counts those made because the source
    was slow, ``paused`` are their seconds; ``held_back`` are the seconds waited for ``most``.
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
        """Return how many of so many rows may be fetched at once."""
        return min(rows, max(1, self.most // PARTS)) if self.most else rows

    def fetched(self, rows: int, seconds: float, *, first: bool = False) -> None:
        """Wait as long as is due, after ``rows`` were fetched in ``seconds``.

        ``first``: of a stream. It took as long as the source did to begin, a sort included.
        """
        with self._lock:
            wait = 0.0 if first else self._for_slowness(rows, seconds)
            if self.most:
                wait = max(wait, self._for_allowance(rows))
        if wait:
            self.sleep(wait)

    def _for_slowness(self, rows: int, seconds: float) -> float:
        self._rows += rows
        self._seconds += seconds
        if self._seconds < LOOK_SECONDS or not self._rows:
            return 0.0
        a_row, took = self._seconds / self._rows, self._seconds
        self._rows, self._seconds = 0, 0.0
        if self._best is None or a_row < self._best:
            self._best = a_row
        if a_row <= SLOW_TIMES * self._best:
            return 0.0
        pause = min(LONGEST_PAUSE, took * PAUSE_SHARE)
        self.pauses += 1
        self.paused += pause
        return pause

    def _for_allowance(self, rows: int) -> float:
        now = self.clock()
        due = now if self._due is None else max(self._due, now - SAVED_SECONDS)
        self._due = due + rows / self.most
        wait = max(0.0, self._due - now)
        self.held_back += wait
        return wait

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the outcome should say of it: nothing where nothing was waited for."""
        found = []
        if self.pauses:
            found.append(
                f"the source answered slowly: it was given {self.pauses:,} pauses, "
                f"{self.paused:,.1f} s in all"
            )
        if self.held_back:
            found.append(f"'max_rows_per_second' held reading back, {self.held_back:,.1f} s in all")
        return tuple(found)
