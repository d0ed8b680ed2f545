"""What PostgreSQL is busy with ends when a run's time is over."""

import threading

import pytest

from tableferry.errors import DeadlineError, TransientError
from tableferry.runs.deadline import NEVER, Deadline


def busy(cancelled: threading.Event) -> None:
    """Stand for a statement that goes on until it is cancelled."""
    assert cancelled.wait(10)
    raise TransientError("cancelled", hint="", code="57014")


def test_what_is_cancelled_when_the_time_is_over_is_told_as_that() -> None:
    cancelled = threading.Event()
    with pytest.raises(DeadlineError), Deadline.after(0.05).ending(cancelled.set):
        busy(cancelled)


def test_a_statement_that_was_begun_after_the_first_cancel_is_ended_too() -> None:
    calls: list[int] = []
    cancelled = threading.Event()

    def cancel() -> None:
        calls.append(1)
        if len(calls) == 2:
            cancelled.set()

    with pytest.raises(DeadlineError), Deadline.after(0.0).ending(cancel):
        busy(cancelled)


def test_what_somebody_else_cancels_is_told_as_it_is() -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(TransientError), Deadline.after(60.0).ending(lambda: None):
        busy(cancelled)


def test_nothing_is_cancelled_after_the_block() -> None:
    calls: list[int] = []
    before = threading.active_count()
    with Deadline.after(60.0).ending(lambda: calls.append(1)):
        pass
    with NEVER.ending(lambda: calls.append(1)):
        pass
    assert calls == []
    assert threading.active_count() == before
