"""When a run must have ended: Lambda kills without a word, so a run stops before."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tableferry.errors import DeadlineError

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on ``clock``, in seconds; None: never."""

    at: float | None = None
    clock: Clock = time.monotonic
    wait: Callable[[float], None] = time.sleep

    @classmethod
    def after(cls, seconds: float, clock: Clock = time.monotonic) -> "Deadline":
        """Return the deadline that is so many seconds away."""
        return cls(clock() + seconds, clock)

    @property
    def remaining(self) -> float | None:
        """Seconds until then, None for no end."""
        return None if self.at is None else self.at - self.clock()

    def check(self) -> None:
        """Raise DeadlineError when it is time to stop."""
        if self.at is not None and self.clock() >= self.at:
            raise DeadlineError(
                "The time for this run is over",
                hint="Nothing half-done is visible; what is left is for the next run.",
            )

    def sleep(self, seconds: float) -> None:
        """Wait so long; raises DeadlineError at once where that would be too long."""
        if self.at is not None and self.clock() + seconds >= self.at:
            raise DeadlineError(
                "The time for this run does not suffice to wait and try again",
                hint="Nothing half-done is visible; run it again.",
            )
        self.wait(seconds)


NEVER: Final = Deadline()
