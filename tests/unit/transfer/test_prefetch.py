"""Reading ahead: bounded, in order, and without a thread left over."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator

import pyarrow as pa
import pytest

from tableferry.errors import TransientError
from tableferry.transfer import prefetch
from tableferry.transfer.budget import Budget
from tableferry.transfer.prefetch import Prefetch
from tableferry.transfer.silence import SilenceLimit


def batch(number: int, size: int = 1000) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([number] * (size // 8), pa.int64())], names=["n"])


def numbers(batches: list[pa.RecordBatch]) -> list[int]:
    return [found.column(0)[0].as_py() for found in batches]


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "tableferry-reader"]


def wait_for(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def test_batches_come_in_order_and_all_of_them() -> None:
    with Prefetch(map(batch, range(100)), budget=Budget(3000)) as ahead:
        assert numbers(list(ahead)) == list(range(100))
        assert list(ahead) == []
    assert readers() == []


def test_no_more_is_read_ahead_than_the_bound_and_one_batch() -> None:
    made: list[int] = []

    def source() -> Iterator[pa.RecordBatch]:
        for number in range(50):
            made.append(number)
            yield batch(number)

    with Prefetch(source(), budget=Budget(3000)) as ahead:
        # Three are ready, and a fourth waits in the reader's hand.
        assert wait_for(lambda: len(made) == 4)
        time.sleep(0.1)
        assert len(made) == 4
        next(ahead)
        assert wait_for(lambda: len(made) == 5)


def test_a_batch_larger_than_the_bound_passes_alone() -> None:
    with Prefetch(iter([batch(1, 9000), batch(2, 9000)]), budget=Budget(100)) as ahead:
        assert numbers(list(ahead)) == [1, 2]


def test_an_error_arrives_after_the_batches_before_it() -> None:
    def source() -> Iterator[pa.RecordBatch]:
        yield batch(1)
        yield batch(2)
        raise ValueError("the stream broke")

    with Prefetch(source()) as ahead:
        assert numbers([next(ahead), next(ahead)]) == [1, 2]
        with pytest.raises(ValueError, match="the stream broke"):
            next(ahead)
        with pytest.raises(ValueError, match="the stream broke"):
            next(ahead)
    assert readers() == []


def test_leaving_early_stops_a_reader_that_waits_for_room() -> None:
    with Prefetch(map(batch, range(10**9)), budget=Budget(1000)) as ahead:
        next(ahead)
    assert readers() == []


def test_leaving_by_an_exception_stops_the_reader_and_keeps_the_exception() -> None:
    with pytest.raises(ZeroDivisionError), Prefetch(map(batch, range(10**9))):
        raise ZeroDivisionError
    assert readers() == []


def test_nothing_at_all_is_an_end() -> None:
    with Prefetch(iter([])) as ahead:
        assert list(ahead) == []


def test_a_source_that_says_nothing_is_given_up_and_its_thread_left_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prefetch, "LEAVING_SECONDS", 0.01)
    answered = threading.Event()
    stuck: list[bool] = []

    def silent() -> Iterator[pa.RecordBatch]:
        yield batch(1)
        answered.wait()

    with (
        pytest.raises(TransientError, match=r"said nothing for 0\.05 seconds"),
        Prefetch(silent(), lambda: stuck.append(True), limit=lambda: SilenceLimit(0.05)) as ahead,
    ):
        list(ahead)
    assert stuck == [True]
    answered.set()
    for thread in readers():
        thread.join()


def test_a_thread_is_told_as_stuck_though_a_second_ctrl_c_ends_the_waiting_for_it() -> None:
    answered = threading.Event()
    stuck: list[bool] = []

    def silent() -> Iterator[pa.RecordBatch]:
        yield batch(1)
        answered.wait()

    again = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    with (
        pytest.raises(KeyboardInterrupt) as second,
        Prefetch(silent(), lambda: stuck.append(True)) as ahead,
    ):
        next(ahead)
        again.start()
        raise KeyboardInterrupt("the first")
    assert second.value.args == ()
    assert stuck == [True]
    answered.set()
    for thread in readers():
        thread.join()


def test_a_thread_that_ends_in_time_is_not_told_as_stuck() -> None:
    stuck: list[bool] = []
    with Prefetch(map(batch, range(3)), lambda: stuck.append(True)) as ahead:
        next(ahead)
    assert stuck == []


def test_several_streams_are_read_at_once_each_in_its_order() -> None:
    begun = threading.Barrier(3, timeout=10)

    def stream(first: int) -> Iterator[pa.RecordBatch]:
        begun.wait()
        yield from map(batch, range(first, first + 50))

    with Prefetch([stream(0), stream(100), stream(200)], budget=Budget(3000)) as ahead:
        found = numbers(list(ahead))
    for first in (0, 100, 200):
        assert [n for n in found if first <= n < first + 100] == list(range(first, first + 50))
    assert len(found) == 150
    assert readers() == []


def test_an_error_of_one_stream_ends_all() -> None:
    def broken() -> Iterator[pa.RecordBatch]:
        yield batch(1)
        raise ValueError("the stream broke")

    with Prefetch([map(batch, range(10**9)), broken()], budget=Budget(3000)) as ahead:
        with pytest.raises(ValueError, match="the stream broke"):
            list(ahead)
        assert wait_for(lambda: readers() == [])


def test_who_share_a_budget_keep_it_together_and_each_gets_on() -> None:
    budget = Budget(5000)

    def made(place: int) -> Iterator[pa.RecordBatch]:
        yield from (batch(100 * place + number) for number in range(20))

    with (
        Prefetch(made(0), budget=budget) as one,
        Prefetch(made(1), budget=budget) as other,
        Prefetch(made(2), budget=budget) as third,
    ):
        assert wait_for(lambda: budget.used >= 5000)
        time.sleep(0.05)
        # Not more than the budget, and one batch for each that had none.
        assert budget.used <= 5000 + 2 * 1000
        for place, ahead in ((2, third), (0, one), (1, other)):
            assert numbers(list(ahead)) == list(range(100 * place, 100 * place + 20))
    assert budget.used == 0
    assert readers() == []


def test_what_is_left_unread_is_given_back_to_the_budget() -> None:
    budget = Budget(5000)
    with Prefetch(map(batch, range(10**9)), budget=budget) as ahead:
        next(ahead)
    assert budget.used == 0


def test_a_generator_that_nobody_wants_any_more_is_closed_in_its_own_thread() -> None:
    closed: list[str] = []

    def stream() -> Iterator[pa.RecordBatch]:
        try:
            yield from map(batch, range(10**9))
        finally:
            closed.append(threading.current_thread().name)

    with Prefetch(stream(), budget=Budget(3000)) as ahead:
        next(ahead)
    assert closed == ["tableferry-reader"]


def test_silence_is_what_the_source_says_not_how_long_a_batch_takes() -> None:
    """A reader that is held back on purpose is not taken for a silent source."""
    clock = [0.0]
    silent = [0.0]
    going_on = threading.Event()

    def held_back() -> Iterator[pa.RecordBatch]:
        yield batch(1)
        going_on.wait(10)
        yield batch(2)

    def check() -> None:
        clock[0] += 1000
        if clock[0] > 3000:
            going_on.set()

    with Prefetch(
        held_back(),
        limit=lambda: SilenceLimit(0.05),
        silence=lambda: silent[0],
        check=check,
        clock=lambda: clock[0],
    ) as ahead:
        assert numbers(list(ahead)) == [1, 2]


def test_while_the_source_is_silent_the_check_is_asked_and_may_end_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prefetch, "TICK", 0.01)
    answered = threading.Event()

    def silent() -> Iterator[pa.RecordBatch]:
        answered.wait(60)
        yield batch(1)

    def check() -> None:
        answered.set()
        raise TimeoutError("it is time")

    with pytest.raises(TimeoutError, match="it is time"), Prefetch(silent(), check=check) as ahead:
        next(ahead)
    assert readers() == []
