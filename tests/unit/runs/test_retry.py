"""What is tried again, how often, and for how long."""

import pytest

from tableferry.errors import CommitUnknownError, ConfigError, DeadlineError, TransientError
from tableferry.runs.deadline import NEVER, Deadline
from tableferry.runs.retry import Retries, retried

QUICK = Retries(attempts=3, first=1.0, longest=20.0)


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Work:
    """Fails with these errors, one after the other, and then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def deadline(clock: Clock, at: float | None = None) -> Deadline:
    return Deadline(at, clock, clock.sleep)


def test_what_is_transient_is_tried_again_after_a_pause(clock: Clock) -> None:
    work = Work(TransientError("cut"), TransientError("cut"))
    assert retried(work, QUICK, deadline(clock)) == "done"
    assert work.calls == 3
    assert 1.0 <= clock.slept[0] <= 2.0
    assert 2.0 <= clock.slept[1] <= 3.0


def test_the_last_attempts_error_is_raised_as_it_is(clock: Clock) -> None:
    last = TransientError("third")
    work = Work(TransientError("first"), TransientError("second"), last)
    with pytest.raises(TransientError) as raised:
        retried(work, QUICK, deadline(clock))
    assert raised.value is last


@pytest.mark.parametrize("error", [ConfigError("no"), CommitUnknownError("lost"), ValueError("x")])
def test_nothing_else_is_tried_again(clock: Clock, error: Exception) -> None:
    work = Work(error)
    with pytest.raises(type(error)):
        retried(work, QUICK, deadline(clock))
    assert work.calls == 1
    assert clock.slept == []


@pytest.mark.parametrize("code", ["40501", "40613", "53300", "57P03"])
def test_a_busy_server_gets_ten_seconds(clock: Clock, code: str) -> None:
    retried(Work(TransientError("busy", code=code)), QUICK, deadline(clock))
    assert clock.slept == [10.0]


def test_a_pause_that_would_outlast_the_deadline_is_not_begun(clock: Clock) -> None:
    work = Work(TransientError("cut"), TransientError("cut"))
    with pytest.raises(DeadlineError):
        retried(work, QUICK, deadline(clock, at=2.5))
    assert work.calls == 2
    assert clock.now < 2.5


def test_every_retry_is_told(clock: Clock) -> None:
    told: list[str] = []
    work = Work(TransientError("one"), TransientError("two"))
    retried(work, QUICK, deadline(clock), lambda error: told.append(error.message))
    assert told == ["one", "two"]


def test_without_a_deadline_there_is_always_time() -> None:
    NEVER.check()
    assert NEVER.remaining is None


def test_a_deadline_that_is_over_is_an_error_of_its_own(clock: Clock) -> None:
    soon = deadline(clock, at=1.0)
    soon.check()
    clock.now = 1.0
    with pytest.raises(DeadlineError):
        soon.check()
