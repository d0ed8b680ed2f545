"""A watch on clocks that a test moves: when runs begin, what becomes of failures, how it ends."""

import datetime as dt
import signal
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tableferry.config.table_file import FileChange
from tableferry.errors import ErrorReport, TransientError
from tableferry.runs.events import OnEvent, TableFinished
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome
from tableferry.runs.rounds import Round, Waiting, Watched, changed_rows
from tableferry.runs.stop_signal import HungUpError, TerminatedError
from tableferry.runs.watch import LONGEST_BACKOFF, LONGEST_SLEEP, Moment, Times, watch

BEGIN = dt.datetime(2026, 11, 29, 10, 0, tzinfo=dt.UTC)


class Clock:
    """Both clocks; sleeping moves them."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.sleeps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.seconds += seconds

    @property
    def times(self) -> Times:
        wall = lambda: BEGIN + dt.timedelta(seconds=self.seconds)  # noqa: E731
        return Times(wall, lambda: self.seconds, self.sleep)


@dataclass(frozen=True)
class Each:
    """A run every so many seconds, of one clock."""

    seconds: float
    begins_at_once: bool = True

    def left(self, since: Moment, now: Moment) -> float:
        return since.seconds + self.seconds - now.seconds


Step = Callable[["Syncs", OnEvent], RunOutcome]


@dataclass
class Syncs:
    """Work of scripted steps; after the last of them Ctrl-C stops it."""

    clock: Clock
    steps: Iterator[Step]
    began: list[float] = field(default_factory=list)
    changes: dict[int, FileChange] = field(default_factory=dict)
    outdated: bool = False

    def refresh(self) -> FileChange | None:
        return self.changes.get(len(self.began))

    def run(self, on_event: OnEvent) -> RunOutcome:
        step = next(self.steps, None)
        if step is None:
            raise KeyboardInterrupt
        self.began.append(self.clock.seconds)
        return step(self, on_event)


def outcome(status: Status = Status.OK, table: str = "t", **more: object) -> TableOutcome:
    return TableOutcome(table, f"public.{table}", status, **more)  # type: ignore[arg-type]


def lasting(seconds: float, *tables: TableOutcome) -> Step:
    def step(syncs: Syncs, on_event: OnEvent) -> RunOutcome:
        syncs.clock.seconds += seconds
        for table in tables:
            on_event(TableFinished(table))
        return RunOutcome(tables or (outcome(),), seconds)

    return step


def failing(error: Exception) -> Step:
    def step(_: Syncs, __: OnEvent) -> RunOutcome:
        raise error

    return step


FAILED = lasting(0.0, outcome(Status.FAILED))
OK = lasting(0.0)


def watched(
    steps: Iterable[Step],
    schedule: Each,
    changes: dict[int, FileChange] | None = None,
    stopped: Callable[[], signal.Signals | None] = lambda: None,
) -> tuple[Syncs, list[Round], Watched]:
    clock = Clock()
    syncs = Syncs(clock, iter(steps), changes=changes or {})
    rounds: list[Round] = []

    def note(news: Round | Waiting) -> None:
        if isinstance(news, Round):
            rounds.append(news)

    end = watch(syncs, schedule, clock.times, note, stopped=stopped)
    assert max([0.0, *clock.sleeps]) <= LONGEST_SLEEP
    return syncs, rounds, end


def test_the_first_run_begins_at_once_and_each_next_one_an_interval_after_the_last_began() -> None:
    syncs, rounds, _ = watched([lasting(12.0), lasting(3.0), OK], Each(30))
    assert syncs.began == [0.0, 30.0, 60.0]
    assert [one.pause for one in rounds] == [18.0, 27.0, 30.0]
    assert [one.began for one in rounds] == [BEGIN + dt.timedelta(seconds=s) for s in (0, 30, 60)]


def test_a_schedule_that_does_not_begin_at_once_is_waited_for() -> None:
    syncs, _, _ = watched([OK], Each(45, begins_at_once=False))
    assert syncs.began == [45.0]


def test_while_it_waits_it_tells_how_long_until_the_next_run() -> None:
    clock = Clock()
    told: list[Round | Waiting] = []
    watch(Syncs(clock, iter([OK])), Each(25), clock.times, told.append)
    assert [one.seconds for one in told if isinstance(one, Waiting)] == [25, 15, 5]
    assert isinstance(told[0], Round)


def test_a_run_that_takes_longer_is_followed_by_one_at_once_and_not_by_all_that_were_due() -> None:
    syncs, rounds, _ = watched([lasting(100.0), OK, OK], Each(30))
    assert syncs.began == [0.0, 100.0, 130.0]
    assert rounds[0].pause == 0.0


def test_pauses_double_while_nothing_works_up_to_ten_minutes_and_are_the_usual_ones_after() -> None:
    syncs, rounds, end = watched([*[FAILED] * 8, OK, OK], Each(30))
    pauses = [b - a for a, b in zip(syncs.began, syncs.began[1:], strict=False)]
    assert pauses == [60, 120, 240, 480, 600, 600, 600, 600, 30]
    assert pauses[5] == LONGEST_BACKOFF
    assert [one.failures for one in rounds] == [1, 2, 3, 4, 5, 6, 7, 8, 0, 0]
    assert [one.pause for one in rounds[:2]] == [60, 120]
    assert end == Watched(signal.SIGINT, 10, 8)


def test_the_pause_counts_from_the_end_of_a_run_that_failed_slowly() -> None:
    slow = lasting(100.0, outcome(Status.FAILED))
    syncs, _, _ = watched([slow, OK], Each(30))
    assert syncs.began == [0.0, 160.0]


def test_an_interval_longer_than_ten_minutes_stays_as_it_is() -> None:
    syncs, _, _ = watched([FAILED, FAILED, OK], Each(3600))
    assert syncs.began == [0.0, 3600.0, 7200.0]


def test_a_run_that_cannot_be_begun_is_a_failure_and_the_next_one_is_tried() -> None:
    error = TransientError("The vault does not answer", hint="Wait.")
    syncs, rounds, end = watched([failing(error), failing(ValueError("secret")), OK], Each(30))
    assert syncs.began == [0.0, 60.0, 180.0]
    assert rounds[0].result == ErrorReport("TransientError", error.message, "Wait.")
    assert rounds[0].status is Status.FAILED
    assert "secret" not in repr(rounds[1])
    assert (end.runs, end.failed) == (3, 2)


def test_one_table_that_fails_does_not_slow_down_the_others() -> None:
    some = lasting(0.0, outcome(Status.FAILED, "a"), outcome(Status.OK, "b"))
    syncs, rounds, end = watched([some, some], Each(30))
    assert syncs.began == [0.0, 30.0]
    assert [one.status for one in rounds] == [Status.PARTIAL] * 2
    assert (end.failed, end.ok, end.any_ok) == (2, False, False)


def test_tables_that_another_run_holds_are_no_reason_to_back_off() -> None:
    syncs, _, _ = watched([lasting(0.0, outcome(Status.HELD)), OK], Each(30))
    assert syncs.began == [0.0, 30.0]


@pytest.mark.parametrize(
    ("raised", "number"),
    [
        (KeyboardInterrupt, signal.SIGINT),
        (TerminatedError, signal.SIGTERM),
        (HungUpError, signal.SIGHUP),
    ],
)
def test_a_signal_while_it_waits_ends_it(
    raised: type[KeyboardInterrupt], number: signal.Signals
) -> None:
    clock = Clock()
    syncs = Syncs(clock, iter([OK, OK]))

    def sleep(_: float) -> None:
        raise raised

    times = Times(clock.times.wall, lambda: clock.seconds, sleep)
    assert watch(syncs, Each(30), times, lambda _: None) == Watched(number, 1, 0)


def test_a_run_that_a_signal_stops_is_the_last_and_is_shown() -> None:
    report = ErrorReport("Cancelled", "stopped", "", "SIGTERM")
    stopped = lasting(0.0, outcome(Status.CANCELLED, error=report))
    _, rounds, end = watched([OK, stopped, OK], Each(30))
    assert [(one.status, one.pause) for one in rounds] == [("ok", 30.0), ("cancelled", None)]
    assert end == Watched(signal.SIGTERM, 2, 1)


def test_a_signal_that_comes_as_the_last_table_is_committed_ends_it_too() -> None:
    """The run is ok then, and no exception is left of the signal."""
    received: list[signal.Signals] = []

    def committing(syncs: Syncs, on_event: OnEvent) -> RunOutcome:
        received.append(signal.SIGTERM)
        return OK(syncs, on_event)

    _, rounds, end = watched(
        [OK, committing, OK], Each(30), stopped=lambda: received[0] if received else None
    )
    assert [(one.status, one.pause) for one in rounds] == [("ok", 30.0), ("ok", None)]
    assert end == Watched(signal.SIGTERM, 2, 0)


def test_the_age_of_rows_grows_until_the_table_is_published_again() -> None:
    new = outcome(table="a", lag=2.0)
    bad = outcome(Status.FAILED, "a")
    never = outcome(Status.FAILED, "b")
    _, rounds, _ = watched(
        [lasting(5.0, new, never), lasting(1.0, bad, never), lasting(5.0, new, never)], Each(30)
    )
    assert rounds[0].ages == {"a": 2.0, "b": None}
    assert rounds[1].ages == {"a": 28.0, "b": None}  # at 31 s, as of 3 s
    assert rounds[2].ages["a"] == 2.0


def test_rows_without_a_lag_are_as_old_as_the_run() -> None:
    _, rounds, _ = watched([lasting(5.0, outcome(table="a"))], Each(30))
    assert rounds[0].ages == {"a": 5.0}


def test_an_idle_table_is_as_old_as_the_run_also_where_its_turn_comes_late() -> None:
    idle = outcome(table="a", idle=True, lag=0.1)
    _, rounds, _ = watched([lasting(600.0, idle)], Each(30))
    assert rounds[0].ages == {"a": 600.0}


def test_a_table_that_is_no_longer_configured_is_forgotten() -> None:
    a, b = outcome(table="a", lag=0.0), outcome(table="b", lag=0.0)
    _, rounds, _ = watched([lasting(0.0, a, b), lasting(0.0, b), lasting(0.0, a, b)], Each(30))
    assert [list(one.ages) for one in rounds] == [["a", "b"], ["b"], ["a", "b"]]


def test_what_became_of_the_file_is_told_with_the_run_that_follows() -> None:
    change = FileChange(Path("tables.py"), added=("b",))
    _, rounds, _ = watched([OK, OK, OK], Each(30), {1: change})
    assert [one.change for one in rounds] == [None, change, None]


def test_the_json_of_a_run_counts_idle_tables_and_lists_the_others() -> None:
    tables = (outcome(table="a", idle=True), outcome(table="b"), outcome(table="c", idle=True))
    _, rounds, _ = watched([lasting(0.0, *tables)], Each(30))
    found = rounds[0].to_dict()
    assert [table["table"] for table in found["tables"]] == ["b"]
    assert (found["totals"]["tables"], found["totals"]["idle"]) == (3, 2)


@pytest.mark.parametrize(
    ("changes", "written", "changed"),
    [
        ({}, 300, 300),
        ({"inserted": 1, "updated": 2, "deleted": 3, "unchanged": 294}, 297, 6),
        ({"inserted": 0, "updated": 0, "deleted": 0, "unchanged": 300}, 300, 0),
    ],
)
def test_rows_that_a_merge_leaves_as_they_were_have_not_changed(
    changes: dict[str, int], written: int, changed: int
) -> None:
    assert changed_rows(outcome(changes=changes, rows_written=written)) == changed


def test_the_json_of_a_run_says_how_old_rows_are_and_when_the_next_run_begins() -> None:
    change = FileChange(Path("tables.py"), removed=("b",))
    _, rounds, _ = watched(
        [lasting(5.0, outcome(table="a", lag=2.0)), failing(TransientError("away"))],
        Each(30),
        {1: change},
    )
    first, second = (one.to_dict() for one in rounds)
    assert first["time"] == "2026-11-29T10:00:00.000+00:00"
    assert first["tables"][0]["age_seconds"] == 2.0
    assert first["oldest"] == {"table": "a", "age_seconds": 2.0}
    assert first["next_in_seconds"] == 25.0
    assert "failures" not in first
    assert second["status"] == "failed"
    assert second["error"]["message"] == "away"
    assert second["table_file"] == {
        "path": "tables.py", "added": [], "removed": ["b"], "altered": [],
    }  # fmt: skip
    assert (second["failures"], second["next_in_seconds"]) == (1, 60.0)
