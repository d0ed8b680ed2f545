"""What a run reports while it goes on: progress, typed events, and their callbacks."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from tableferry.errors import ErrorReport, kind_and_place
from tableferry.runs.outcome import TableOutcome
from tableferry.verification.result import TableVerification


class Phase(StrEnum):
    """What is being done about a table; the ledger's column ``phase`` has the same words.

    ``connect``: lease and connections; ``plan``: both catalogs; ``load``: rows; ``prepare``: keys,
    indexes and checks on what was loaded; ``publish``: the transaction that makes it visible.
    ``verify``: rows of both sides are compared; ``repair``: those that differ are made equal.
    """

    CONNECT = "connect"
    PLAN = "plan"
    LOAD = "load"
    PREPARE = "prepare"
    PUBLISH = "publish"
    VERIFY = "verify"
    REPAIR = "repair"


@dataclass(frozen=True, slots=True)
class TableStarted:
    """A table's turn has come: nothing is read yet. A table that is skipped has no such event.

    It is table ``number`` (from 1) of ``tables`` in the run.
    """

    table: str
    target: str
    number: int = 1
    tables: int = 1


@dataclass(frozen=True, slots=True)
class PhaseStarted:
    """A table enters a phase, or goes on with it when a wait is over.

    A retry begins with ``connect`` again.
    """

    table: str
    phase: Phase


@dataclass(frozen=True, slots=True)
class WaitingForLease:
    """Another run holds the table's lease; sent with every look at it, twice a second.

    ``process`` is host and process id of that run. Unless it renews the lease, the lease expires
    in ``seconds``.
    """

    table: str
    process: str
    run_id: str
    seconds: float


@dataclass(frozen=True, slots=True)
class WaitingForSessions:
    """Other sessions of the target hold what publishing needs; sent with every try to get it.

    ``pids`` are their backend process ids, as in ``pg_stat_activity``; empty where they cannot be
    told. ``seconds`` is how long this wait has lasted.
    """

    table: str
    pids: tuple[int, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Progress:
    """After a batch: ``rows`` so far, in ``seconds`` since the load began.

    ``expected`` is how many rows the source says the table has, None where it does not. ``stored``
    of the rows were there before: an earlier run or attempt had read them.
    """

    table: str
    rows: int
    seconds: float
    expected: int | None
    stored: int = 0

    @property
    def rows_per_second(self) -> int:
        """Rows per second that this attempt itself has read."""
        return round((self.rows - self.stored) / self.seconds) if self.seconds else 0

    @property
    def share(self) -> float | None:
        """The share of the table that is done, 0.0 to 1.0.

        None where its size is unknown, or was told wrong: more rows have come.
        """
        if not self.expected or self.rows > self.expected:
            return None
        return self.rows / self.expected

    @property
    def seconds_left(self) -> float | None:
        """How long the rest takes at this rate; None where the size or the rate is unknown."""
        if self.share is None or self.expected is None or not self.rows_per_second:
            return None
        return (self.expected - self.rows) / self.rows_per_second


OnProgress = Callable[[Progress], None]


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


@dataclass(frozen=True, slots=True)
class TableVerified:
    """A table has been compared with its source.

    In a verification it is the last event of a table; in a run ``TableFinished`` follows.
    """

    verification: TableVerification

    @property
    def table(self) -> str:
        """The table's key."""
        return self.verification.table


Event = (
    TableStarted
    | PhaseStarted
    | WaitingForLease
    | WaitingForSessions
    | Progress
    | Retrying
    | TableVerified
    | TableFinished
)

OnEvent = Callable[[Event], None]

T = TypeVar("T")


class Listener:
    """Calls the callbacks of a run; what one of them raises becomes a warning of the table.

    They are called by one thread at a time. An exception that is no ``Exception`` (Ctrl-C, an
    orchestrator's timeout) is raised.
    """

    def __init__(
        self,
        on_event: OnEvent | None = None,
        on_progress: OnProgress | None = None,
    ) -> None:
        self._on_event = on_event
        self._on_progress = on_progress
        self._failures: dict[str, Counter[str]] = {}
        self._turn = threading.Lock()

    def tell(self, event: Event) -> None:
        """Pass an event to every callback that takes it."""
        with self._turn:
            if self._on_event is not None:
                self._call("on_event", self._on_event, event, event.table)
            if isinstance(event, Progress) and self._on_progress is not None:
                self._call("on_progress", self._on_progress, event, event.table)

    def take_warnings(self, table: str | None = None) -> tuple[str, ...]:
        """Return a sentence for each distinct failure since the last call; None: of any table."""
        with self._turn:
            tables = list(self._failures) if table is None else [table]
            found = sum((self._failures.pop(key, Counter()) for key in tables), Counter[str]())
        return tuple(
            f"The callback {failure}, {count:,} times; the load was not affected"
            if count > 1
            else f"The callback {failure}; the load was not affected"
            for failure, count in found.items()
        )

    def _call(self, name: str, callback: Callable[[T], None], argument: T, table: str) -> None:
        try:
            callback(argument)
        except Exception as error:  # noqa: BLE001 - the caller's code; it must not fail a load
            failures = self._failures.setdefault(table, Counter())
            failures[f"{name} raised {kind_and_place(error)}"] += 1
