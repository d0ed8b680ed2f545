"""Clocks: how far a server's differs from this machine's.

tableferry compares no times of different clocks. But logs do, certificates and tokens are judged by
this machine's, and a column that ``mode: watermark`` follows may be written by several.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

LARGEST_DIFFERENCE: Final = 10.0
"""Seconds. Clocks that are synchronised differ by far less, and a slow answer is allowed for."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How many seconds a clock is ahead of this machine's, give or take ``error`` seconds."""

    ahead: float
    error: float

    def since(self, other: "Reading") -> "Reading":
        """Return how far this clock is ahead of the other one."""
        return Reading(self.ahead - other.ahead, self.error + other.error)

    @property
    def differs(self) -> bool:
        """Whether the difference is larger than what a clock is allowed."""
        return abs(self.ahead) - self.error > LARGEST_DIFFERENCE

    def __str__(self) -> str:
        direction = "ahead of" if self.ahead > 0 else "behind"
        return f"{abs(self.ahead):.1f} s {direction}"


def read_clock(now: Callable[[], float], here: Callable[[], float] = time.time) -> Reading:
    """Ask for a clock's time (seconds since 1970); the answer is of some moment of the question."""
    before = here()
    there = now()
    after = here()
    return Reading(there - (before + after) / 2, (after - before) / 2)
