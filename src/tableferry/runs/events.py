"""What a run reports while it goes on: progress, typed events, and their callbacks."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tableferry.errors import ErrorReport, kind_and_place
from tableferry.runs.outcome import TableOutcome


@dataclass(frozen=True, slots=True)
class Progress:
    """After a batch: ``rows`` so far, in ``seconds``; of ``expected`` in all, None: unknown."""

    table: str
    rows: int
    seconds: float
    expected: int | None

    @property
    def rows_per_second(self) -> int:
        """Rows per second since the table was begun."""
        return round(self.rows / self.seconds) if self.seconds else 0

    @property
    def share(self) -> float | None:
        """The share of the table that is done, 0.0 to 1.0; None where its size is not known."""
        if self.expected is None:
            return None
        return min(1.0, self.rows / self.expected) if self.expected else 1.0


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class TableStarted:
    """A table's turn has come: nothing is read yet. A table that is skipped has no such event."""

    table: str
    target: str


@dataclass(frozen=True, slots=True)
class Retrying:
    """An attempt failed with a transient error; the next one begins after ``pause`` seconds."""

    table: str
    error: ErrorReport
    pause: float


@dataclass(frozen=True, slots=True)
class TableFinished:
    """A table has its outcome, whatever it is; the last event of a table."""

    outcome: TableOutcome

    @property
    def table(self) -> str:
        """The table's key."""
        return self.outcome.table


Event = TableStarted | Progress | Retrying | TableFinished

OnEvent = Callable[[Event], None]

T = TypeVar("T")


class Listener:
    """Calls the callbacks of a run; what one of them raises becomes a warning of the table.

    An exception that is no ``Exception`` (Ctrl-C, an orchestrator's timeout) is raised.
    """

    def __init__(
        self,
        on_event: OnEvent | None = None,
        on_progress: OnProgress | None = None,
        on_outcome: Callable[[TableOutcome], None] | None = None,
    ) -> None:
        self._on_event = on_event
        self._on_progress = on_progress
        self._on_outcome = on_outcome
        self._failures: Counter[str] = Counter()

    def tell(self, event: Event) -> None:
        """Pass an event to every callback that takes it."""
        if self._on_event is not None:
            self._call("on_event", self._on_event, event)
        if isinstance(event, Progress) and self._on_progress is not None:
            self._call("on_progress", self._on_progress, event)
        if isinstance(event, TableFinished) and self._on_outcome is not None:
            self._call("on_outcome", self._on_outcome, event.outcome)

    def take_warnings(self) -> tuple[str, ...]:
        """Return a sentence for each distinct failure since the last call."""
        found, self._failures = self._failures, Counter()
        return tuple(
            f"The callback {failure}, {count:,} times; the load was not affected"
            if count > 1
            else f"The callback {failure}; the load was not affected"
            for failure, count in found.items()
        )

    def _call(self, name: str, callback: Callable[[T], None], argument: T) -> None:
        try:
            callback(argument)
        except Exception as error:  # noqa: BLE001 - the caller's code; it must not fail a load
            self._failures[f"{name} raised {kind_and_place(error)}"] += 1
