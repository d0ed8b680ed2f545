"""Several threads at one work: all of it is done, or the first error is told and all stop."""

import threading

import pytest

from tableferry.transfer import workers
from tableferry.transfer.workers import THREAD, Check, StoppedError, work_together


def go_on() -> None:
    pass


def left_over() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == THREAD]


def test_every_job_is_done_at_the_same_time_as_the_others() -> None:
    together = threading.Barrier(3, timeout=10)
    done: list[int] = []

    def job(_check: Check) -> None:
        together.wait()
        done.append(1)

    work_together([job] * 3, go_on)
    assert len(done) == 3
    assert left_over() == []


def test_the_first_error_is_told_and_the_others_stop_at_their_next_step() -> None:
    failed = threading.Event()
    stopped: list[bool] = []

    def failing(_check: Check) -> None:
        failed.set()
        raise ValueError("the first")

    def going_on(check: Check) -> None:
        failed.wait(10)
        try:
            while True:
                check()
        except StoppedError:
            stopped.append(True)
            raise

    def failing_later(check: Check) -> None:
        failed.wait(10)
        with pytest.raises(StoppedError):
            while True:
                check()
        raise KeyError("a consequence")

    with pytest.raises(ValueError, match="the first"):
        work_together([going_on, failing, failing_later], go_on)
    assert stopped == [True]
    assert left_over() == []


def test_who_waits_in_something_is_cancelled_when_another_has_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workers, "LEAVING_SECONDS", 0.2)
    answer = threading.Event()

    def failing(_check: Check) -> None:
        raise ValueError("the first")

    with pytest.raises(ValueError, match="the first"):
        work_together([lambda _check: answer.wait(60) and None, failing], go_on, answer.set)
    assert left_over() == []


def test_who_cannot_be_cancelled_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "LEAVING_SECONDS", 0.05)
    answer = threading.Event()

    def failing(_check: Check) -> None:
        raise ValueError("the first")

    with pytest.raises(ValueError, match="the first"):
        work_together([failing, lambda _check: answer.wait(60) and None], go_on)
    [thread] = left_over()
    answer.set()
    thread.join()


@pytest.mark.parametrize("kind", [KeyboardInterrupt, TimeoutError])
def test_a_check_that_raises_where_the_work_was_ordered_stops_it(
    monkeypatch: pytest.MonkeyPatch, kind: type[BaseException]
) -> None:
    monkeypatch.setattr(workers, "TICK", 0.01)
    main = threading.current_thread()
    stopped: list[bool] = []

    def check() -> None:
        if threading.current_thread() is main:
            raise kind

    def job(check: Check) -> None:
        try:
            while True:
                check()
        except StoppedError:
            stopped.append(True)
            raise

    with pytest.raises(kind):
        work_together([job, job], check)
    assert stopped == [True, True]
    assert left_over() == []


def test_a_check_that_raises_in_a_worker_is_the_error() -> None:
    main = threading.current_thread()

    def check() -> None:
        if threading.current_thread() is not main:
            raise TimeoutError("it is time")

    def job(check: Check) -> None:
        while True:
            check()

    with pytest.raises(TimeoutError, match="it is time"):
        work_together([job] * 4, check)
    assert left_over() == []
