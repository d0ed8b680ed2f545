"""When a run must have ended: Lambda kills without a word, so a run stops before."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from tableferry.errors import DeadlineError, TransientError

Clock = Callable[[], float]

AGAIN_SECONDS: Final = 0.5
"""After so long a statement is cancelled that was begun since the last one was."""

CANCELLED: Final = "57014"
"""PostgreSQL's query_canceled."""


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

    @property
    def is_over(self) -> bool:
        """Whether it is time to stop."""
        return self.at is not None and self.clock() >= self.at

    def check(self) -> None:
        """Raise DeadlineError when it is time to stop."""
        if self.is_over:
            raise _over()

    @contextlib.contextmanager
    def ending(self, cancel: Callable[[], None]) -> Iterator[None]:
        """End what PostgreSQL is busy with when it is time; raises DeadlineError then.

        ``cancel`` ends a statement of the block from another thread. It is not called any more
        when the block has been left.
        """
        if self.remaining is None:
            yield
            return
        left = threading.Event()
        watching = threading.Thread(target=self._cancel, args=(cancel, left), daemon=True)
        watching.start()
        try:
            yield
        except TransientError as error:
            if error.code == CANCELLED and self.is_over:
                raise _over() from error
            raise
        finally:
            left.set()
            watching.join()

    def _cancel(self, cancel: Callable[[], None], left: threading.Event) -> None:
        while not left.wait(max(0.0, self.remaining or 0.0)):
            while self.is_over and not left.is_set():
                cancel()
                left.wait(AGAIN_SECONDS)

    def sleep(self, seconds: float) -> None:
        """Wait so long; raises DeadlineError at once where that would be too long."""
        if self.at is not None and self.clock() + seconds >= self.at:
            raise DeadlineError(
                "The time for this run does not suffice to wait and try again",
                hint="Nothing half-done is visible; run it again.",
            )
        self.wait(seconds)


def _over() -> DeadlineError:
    return DeadlineError(
        "The time for this run is over",
        hint="Nothing half-done is visible; what is left is for the next run.",
    )


NEVER: Final = Deadline()
