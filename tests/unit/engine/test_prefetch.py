"""Reading ahead: bounded, in order, and without a thread left over."""

import threading
import time
from collections.abc import Callable, Iterator

import pyarrow as pa
import pytest

from tableferry.errors import TransientError
from tableferry.sync import prefetch
from tableferry.sync.prefetch import Prefetch


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
    with Prefetch(map(batch, range(100)), max_bytes=3000) as ahead:
        assert numbers(list(ahead)) == list(range(100))
        assert list(ahead) == []
    assert readers() == []


def test_no_more_is_read_ahead_than_the_bound_and_one_batch() -> None:
    made: list[int] = []

    def source() -> Iterator[pa.RecordBatch]:
        for number in range(50):
            made.append(number)
            yield batch(number)

    with Prefetch(source(), max_bytes=3000) as ahead:
        # Three are ready, and a fourth waits in the reader's hand.
        assert wait_for(lambda: len(made) == 4)
        time.sleep(0.1)
        assert len(made) == 4
        next(ahead)
        assert wait_for(lambda: len(made) == 5)


def test_a_batch_larger_than_the_bound_passes_alone() -> None:
    with Prefetch(iter([batch(1, 9000), batch(2, 9000)]), max_bytes=100) as ahead:
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
    with Prefetch(map(batch, range(10**9)), max_bytes=1000) as ahead:
        next(ahead)
    assert readers() == []


def test_leaving_by_an_exception_stops_the_reader_and_keeps_the_exception() -> None:
    with pytest.raises(ZeroDivisionError), Prefetch(map(batch, range(10**9)), 1000):
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
        Prefetch(silent(), lambda: stuck.append(True), silent_seconds=0.05) as ahead,
    ):
        list(ahead)
    assert stuck == [True]
    answered.set()
    for thread in readers():
        thread.join()


def test_a_thread_that_ends_in_time_is_not_told_as_stuck() -> None:
    stuck: list[bool] = []
    with Prefetch(map(batch, range(3)), lambda: stuck.append(True)) as ahead:
        next(ahead)
    assert stuck == []
