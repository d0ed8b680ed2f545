"""Callbacks: each gets its events, and none can fail a load."""

from typing import Any

import pytest

from tableferry.runs.events import Event, Listener, Progress, TableFinished, TableStarted
from tableferry.runs.outcome import Status, TableOutcome

STARTED = TableStarted("t", "public.t")
PROGRESS = Progress("t", 10, 1.0, 20)
FINISHED = TableFinished(TableOutcome("t", "public.t", Status.OK))


def test_each_callback_gets_what_it_is_for() -> None:
    events: list[Event] = []
    progress: list[Progress] = []
    listener = Listener(events.append, progress.append)
    for event in (STARTED, PROGRESS, FINISHED):
        listener.tell(event)
    assert events == [STARTED, PROGRESS, FINISHED]
    assert progress == [PROGRESS]
    assert {event.table for event in events} == {"t"}
    assert listener.take_warnings() == ()


def test_what_a_callback_raises_is_a_warning_without_its_text() -> None:
    def broken(_: object) -> None:
        raise ValueError("canary")

    listener = Listener(broken, on_progress=broken)
    for event in (STARTED, PROGRESS, FINISHED):
        listener.tell(event)
    [one, other] = listener.take_warnings()
    assert one.startswith("The callback on_event raised ValueError at test_events.py:")
    assert one.endswith(", 3 times; the load was not affected")
    assert other.startswith("The callback on_progress raised ValueError")
    assert "canary" not in one + other
    assert listener.take_warnings() == ()


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_a_callback_may_stop_the_run(stop: type[BaseException]) -> None:
    def stops(_: Any) -> None:
        raise stop

    with pytest.raises(stop):
        Listener(stops).tell(STARTED)


def progress(rows: int, expected: int | None, stored: int = 0) -> Progress:
    return Progress("t", rows, 2.0, expected, stored)


@pytest.mark.parametrize(
    ("rows", "expected", "share"),
    [(0, 100, 0.0), (25, 100, 0.25), (100, 100, 1.0), (5, None, None), (5, 0, None), (9, 8, None)],
)
def test_a_share_comes_from_a_known_count_that_still_holds(
    rows: int, expected: int | None, share: float | None
) -> None:
    assert progress(rows, expected).share == share
    if share is None:
        assert progress(rows, expected).seconds_left is None


def test_the_rate_and_the_time_left_do_not_count_rows_of_an_earlier_run() -> None:
    now = progress(500, 900, stored=300)
    assert now.rows_per_second == 100
    assert now.seconds_left == 4.0
    assert progress(300, 900, stored=300).seconds_left is None
