"""Runs of the same tables, one after another, until a signal stops them.

A run begins when it is due and the one before it has ended: runs never overlap, and one that took
too long is followed by one run, not by all that were due meanwhile. The pauses grow while nothing
works. Between two runs nothing is kept open.
"""

import datetime as dt
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from tableferry.errors import ErrorReport
from tableferry.runs.events import Event, OnEvent, TableFinished
from tableferry.runs.outcome import RunOutcome, Status
from tableferry.runs.rounds import Round, Waiting, Watched
from tableferry.runs.stop_signal import signal_of

if TYPE_CHECKING:
    from tableferry.config.table_file import FileChange

LONGEST_BACKOFF: Final = 600.0
"""Seconds between two runs while none works. A server that comes back waits no longer than this."""

LONGEST_SLEEP: Final = 10.0
"""Seconds of one sleep: a clock that was set, and a machine that slept, are noticed after it."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment on two clocks. ``wall``, in a time zone, may be set; ``seconds`` only grows."""

    wall: dt.datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Times:
    """The clocks, and how to wait."""

    wall: Callable[[], dt.datetime]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def now(self) -> Moment:
        """Return this moment."""
        return Moment(self.wall(), self.clock())


class Schedule(Protocol):
    """When runs are due."""

    @property
    def begins_at_once(self) -> bool:
        """Whether the first run is due at once."""

    def left(self, since: Moment, now: Moment) -> float:
        """Return the seconds from ``now`` to the first run due after ``since``; 0 or less: now."""


class Work(Protocol):
    """What a watch repeats."""

    def refresh(self) -> "FileChange | None":
        """Read the tables again if their file has changed; None where it has not."""

    def run(self, on_event: OnEvent) -> RunOutcome:
        """Sync the tables; raises Exception where no run can be begun."""

    @property
    def outdated(self) -> bool:
        """Whether the file cannot be used as it is, so that the tables are those read before."""


def watch(
    work: Work,
    schedule: Schedule,
    times: Times,
    on_news: Callable[[Round | Waiting], None],
    *,
    on_event: OnEvent = lambda _event: None,
    stopped: Callable[[], signal.Signals | None] = lambda: None,
) -> Watched:
    """Repeat the work as the schedule says; ``on_news`` is told of each run, and of the waits.

    Ends when KeyboardInterrupt is raised (see ``runs.stop_signal``), or when ``stopped`` returns a
    signal: one that comes while the last table is committed stops no table, and would be lost.
    """
    state = _Watch(work, schedule, times, on_event, stopped)
    try:
        while (stop := state.wait(on_news)) is None:
            on_news(state.round())
    except KeyboardInterrupt as error:
        stop = stopped() or signal_of(error)
    return Watched(stop, state.runs, state.failed)


class _Watch:
    """The state of a watch between its runs."""

    def __init__(
        self,
        work: Work,
        schedule: Schedule,
        times: Times,
        on_event: OnEvent,
        stopped: Callable[[], signal.Signals | None],
    ) -> None:
        self.runs = 0
        self.failed = 0
        self._work = work
        self._schedule = schedule
        self._times = times
        self._on_event = on_event
        self._stopped = stopped
        self._stop: signal.Signals | None = None
        self._began = self._ended = times.now()
        self._failures = 0
        self._backoff = 0.0
        self._as_of: dict[str, float] = {}

    def wait(self, on_wait: Callable[[Waiting], None]) -> signal.Signals | None:
        """Wait until a run is due; return the signal that stops the watch instead, if one does."""
        while not self._has_stopped() and (left := self._left()) > 0:
            on_wait(Waiting(left))
            self._times.sleep(min(left, LONGEST_SLEEP))
        return self._stop

    def round(self) -> Round:
        """Carry the tables once."""
        change = self._work.refresh()
        self._began = self._times.now()
        result = self._run()
        self._ended = self._times.now()
        self.runs += 1
        self.failed += not (isinstance(result, RunOutcome) and result.ok)
        self._back_off(result)
        if isinstance(result, RunOutcome):
            self._stop = result.stopped_by
        return Round(
            self._began.wall,
            result,
            self._ages(result),
            change,
            self._work.outdated,
            self._failures,
            None if self._has_stopped() else max(0.0, self._left()),
        )

    def _run(self) -> RunOutcome | ErrorReport:
        try:
            return self._work.run(self._event)
        except Exception as error:  # noqa: BLE001 - one run's failure never stops the next
            return ErrorReport.of(error)

    def _event(self, event: Event) -> None:
        """Note since when rows of a table may be missing, and pass the event on.

        Idle tables are found at the beginning of a run; the event comes when it is their turn.
        """
        if isinstance(event, TableFinished) and event.outcome.ok:
            lag = None if event.outcome.idle else event.outcome.lag
            as_of = self._began.seconds if lag is None else self._times.clock() - lag
            self._as_of[event.table] = as_of
        self._on_event(event)

    def _ages(self, result: RunOutcome | ErrorReport) -> dict[str, float | None]:
        if isinstance(result, RunOutcome):
            present = {table.table for table in result.tables}
            self._as_of = {key: at for key, at in self._as_of.items() if key in present}
        else:
            present = set(self._as_of)
        return {
            key: self._ended.seconds - self._as_of[key] if key in self._as_of else None
            for key in sorted(present)
        }

    def _back_off(self, result: RunOutcome | ErrorReport) -> None:
        """Double the pause where nothing worked; tables that another run holds need no patience."""
        if isinstance(result, RunOutcome) and (result.any_ok or result.status is Status.HELD):
            self._failures, self._backoff = 0, 0.0
            return
        self._failures += 1
        usual = self._schedule.left(self._began, self._began)
        self._backoff = min(LONGEST_BACKOFF, 2 * max(self._backoff, usual))

    def _left(self) -> float:
        """Return the seconds until the next run."""
        now = self._times.now()
        if not self.runs and self._schedule.begins_at_once:
            return 0.0
        backing_off = self._ended.seconds + self._backoff - now.seconds if self._failures else 0.0
        return max(self._schedule.left(self._began, now), backing_off)

    def _has_stopped(self) -> bool:
        self._stop = self._stop or self._stopped()
        return self._stop is not None
