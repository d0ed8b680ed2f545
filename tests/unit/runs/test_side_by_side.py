"""Threads that carry groups of tables, and how they come to a stop."""

import threading

import pytest

from tableferry.runs import side_by_side
from tableferry.runs.run_stop import RunStop
from tableferry.runs.side_by_side import SideBySide


def test_every_group_is_carried_once_by_so_many_threads() -> None:
    carried: list[int] = []
    threads = {threading.get_ident()}

    def carry(number: int) -> None:
        carried.append(number)
        threads.add(threading.get_ident())

    side = SideBySide(50, carry, RunStop())
    side.run(3)
    assert sorted(carried) == list(range(50))
    assert side.begun == 50
    assert not side.left_behind
    assert len(threads) <= 4


def test_a_stop_is_raised_in_each_thread_and_no_group_is_begun_after_it() -> None:
    stop, raised = RunStop(), []

    def carry(number: int) -> None:
        if number == 1:
            stop.ask(KeyboardInterrupt())
            return
        try:
            stop.wait(60)
        except KeyboardInterrupt as reason:
            raised.append(reason)

    side = SideBySide(5, carry, stop)
    side.run(2)
    assert len(raised) == 1
    assert side.begun == 2


def test_an_error_of_a_thread_stops_the_others_and_is_kept() -> None:
    stop, error = RunStop(), RuntimeError()

    def carry(number: int) -> None:
        if number == 1:
            raise error
        with pytest.raises(RuntimeError):
            stop.wait(60)

    SideBySide(5, carry, stop).run(2)
    assert stop.reason is error


def test_a_thread_that_does_not_come_out_of_a_wait_is_left_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("ROLLBACK_SECONDS", "CANCEL_SECONDS", "GIVE_UP_SECONDS"):
        monkeypatch.setattr(side_by_side, name, 0.01)
    stop, hangs, began = RunStop(), threading.Event(), threading.Event()
    ended: list[str] = []
    monkeypatch.setattr(stop, "cancel_statements", lambda: ended.append("cancelled"))
    monkeypatch.setattr(stop, "shut_down", lambda: ended.append("shut down"))

    def carry(number: int) -> None:
        if number == 0:
            began.set()
            hangs.wait(60)
        else:
            assert began.wait(60)
            stop.ask(KeyboardInterrupt())

    side = SideBySide(2, carry, stop)
    side.run(2)
    assert side.left_behind == {0}
    assert ended == ["cancelled", "shut down"]
    hangs.set()


def test_statements_are_cancelled_when_the_stop_is_asked_and_never_afterwards() -> None:
    stop, cancelled = RunStop(), threading.Event()
    with stop.cancelling(cancelled.set):
        stop.ask(KeyboardInterrupt())
        assert cancelled.wait(60)
    cancelled.clear()
    with stop.cancelling(lambda: None):
        pass
    assert not cancelled.is_set()
