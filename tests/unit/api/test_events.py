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
    outcomes: list[TableOutcome] = []
    listener = Listener(events.append, progress.append, outcomes.append)
    for event in (STARTED, PROGRESS, FINISHED):
        listener.tell(event)
    assert events == [STARTED, PROGRESS, FINISHED]
    assert progress == [PROGRESS]
    assert outcomes == [FINISHED.outcome]
    assert {event.table for event in events} == {"t"}
    assert listener.take_warnings() == ()


def test_what_a_callback_raises_is_a_warning_without_its_text() -> None:
    def broken(_: object) -> None:
        raise ValueError("canary")

    listener = Listener(broken, on_outcome=broken)
    for event in (STARTED, PROGRESS, FINISHED):
        listener.tell(event)
    [one, other] = listener.take_warnings()
    assert one.startswith("The callback on_event raised ValueError at test_events.py:")
    assert one.endswith(", 3 times; the load was not affected")
    assert other.startswith("The callback on_outcome raised ValueError")
    assert "canary" not in one + other
    assert listener.take_warnings() == ()


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_a_callback_may_stop_the_run(stop: type[BaseException]) -> None:
    def stops(_: Any) -> None:
        raise stop

    with pytest.raises(stop):
        Listener(stops).tell(STARTED)
