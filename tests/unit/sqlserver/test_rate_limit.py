"""The rate_limit: an allowance that is kept, and pauses for a source that struggles."""

import threading

import pytest

from tableferry.sqlserver.rate_limit import LONGEST_PAUSE, RateLimit


class Time:
    """A clock that only waiting moves, and what was waited."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


def rate_limit(time: Time, most: int = 0) -> RateLimit:
    return RateLimit(most, clock=lambda: time.now, sleep=time.sleep)


def read(rate_limit: RateLimit, time: Time, seconds: float, rows: int = 1000) -> None:
    time.now += seconds
    rate_limit.fetched(rows, seconds)


def test_without_a_limit_and_with_a_steady_source_nothing_is_waited_for(time: Time) -> None:
    steady = rate_limit(time)
    assert steady.at_once(10_000) == 10_000
    for _ in range(1000):
        read(steady, time, 0.1)
    assert time.waits == []
    assert steady.warnings == ()


def test_rows_come_no_faster_than_is_allowed(time: Time) -> None:
    limited = rate_limit(time, most=1000)
    began = time.now
    for _ in range(100):
        read(limited, time, 0.001, rows=limited.at_once(5000))
    assert time.now - began == pytest.approx(10.0, abs=0.01)
    assert limited.held_back == pytest.approx(sum(time.waits))
    assert "'max_rows_per_second'" in limited.warnings[0]


def test_a_small_allowance_is_kept_row_by_row(time: Time) -> None:
    limited = rate_limit(time, most=3)
    assert limited.at_once(5000) == 1
    for _ in range(6):
        read(limited, time, 0.0, rows=1)
    assert time.now - 100.0 == pytest.approx(2.0)


def test_a_halt_of_the_writer_is_not_caught_up_for_more_than_a_second(time: Time) -> None:
    limited = rate_limit(time, most=1000)
    limited.fetched(100, 0.0)
    time.now += 60
    began = time.now
    for _ in range(30):
        limited.fetched(100, 0.0)
    assert time.now - began == pytest.approx(2.0)


def test_several_threads_share_one_allowance(time: Time) -> None:
    lock = threading.Lock()
    waits: list[float] = []

    def note(seconds: float) -> None:
        with lock:
            waits.append(seconds)

    limited = RateLimit(1000, clock=lambda: 0.0, sleep=note)
    threads = [
        threading.Thread(target=lambda: [limited.fetched(100, 0.0) for _ in range(10)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(waits) == pytest.approx(4.0)


def test_a_source_that_has_become_slow_is_given_pauses_and_they_are_told(time: Time) -> None:
    struggling = rate_limit(time)
    for _ in range(16):
        read(struggling, time, 0.125)
    assert time.waits == []
    for _ in range(3):
        read(struggling, time, 2.0)
    assert time.waits == [1.0, 1.0, 1.0]
    assert struggling.warnings == ("the source was slow: reading paused 3 times, 3.0 s in all",)
    for _ in range(16):
        read(struggling, time, 0.125)
    assert len(time.waits) == 3


def test_a_pause_is_never_longer_than_a_moment(time: Time) -> None:
    struggling = rate_limit(time)
    read(struggling, time, 1.0)
    read(struggling, time, 500.0)
    assert time.waits == [LONGEST_PAUSE]


def test_fetches_out_of_a_buffer_make_none_of_the_others_slow(time: Time) -> None:
    """One in ten waits for the wire, the others are there already: no pause is due for it."""
    steady = rate_limit(time)
    for number in range(500):
        read(steady, time, 0.5 if number % 10 == 0 else 0.0001)
    assert time.waits == []


def test_the_first_fetch_of_a_stream_is_not_judged(time: Time) -> None:
    steady = rate_limit(time)
    read(steady, time, 1.0)
    steady.fetched(1, 300.0, first=True)
    assert time.waits == []
