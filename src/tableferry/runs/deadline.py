"""The time limit of a run: Lambda kills without warning, so a run stops itself before that."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from tableferry.errors import DeadlineError, TransientError

Clock = Callable[[], float]

AGAIN_SECONDS: Final = 0.5
"""Pause between two cancel requests: a statement may have begun after the first."""

CANCELLED: Final = "57014"
"""PostgreSQL's query_canceled."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on ``clock``, in seconds; ``at`` None: no limit."""

    at: float | None = None
    clock: Clock = time.monotonic
    wait: Callable[[float], None] = time.sleep

    @classmethod
    def after(cls, seconds: float, clock: Clock = time.monotonic) -> "Deadline":
        """Return the deadline that many seconds from now."""
        return cls(clock() + seconds, clock)

    @property
    def remaining(self) -> float | None:
        """Seconds until the deadline, None where there is none."""
        return None if self.at is None else self.at - self.clock()

    @property
    def is_over(self) -> bool:
        """Whether the deadline has passed."""
        return self.at is not None and self.clock() >= self.at

    def check(self) -> None:
        """Raise DeadlineError once the deadline has passed."""
        if self.is_over:
            raise _over()

    @contextlib.contextmanager
    def ending(self, cancel: Callable[[], None]) -> Iterator[None]:
        """Cancel the block's statements at the deadline; raises DeadlineError then.

        ``cancel`` is called on another thread, and never after the block has been left.
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
        """Wait; raises DeadlineError at once where the wait would outlast the deadline."""
        if self.at is not None and self.clock() + seconds >= self.at:
            raise DeadlineError(
                "The run's time limit leaves no time to wait and retry",
                hint="Nothing half-done is visible. Run it again.",
            )
        self.wait(seconds)


def _over() -> DeadlineError:
    return DeadlineError(
        "The run's time limit was reached",
        hint="Nothing half-done is visible. Run it again for the tables that are left.",
    )


NEVER: Final = Deadline()
