"""Retries: whole phases on new connections, never a single statement.

The error's class says whether it is transient: ``sqlserver.errors`` and ``postgres.errors`` decide
by the server's codes. A refused login is not retried: servers lock accounts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import tenacity

from tableferry.errors import CommitUnknownError, TransientError
from tableferry.runs.deadline import Deadline

BUSY: Final = frozenset({
    "615", "701", "802", "845", "913", "921", "922", "924", "926", "927", "941", "952", "955",
    "956", "976", "982", "983", "988", "1204", "1214", "1220", "1232", "3985", "4221", "6005",
    "8628", "8634", "8642", "8645", "8651", "9001", "10928", "10929", "10930", "10936",
    "17142", "17187", "17188", "17189", "17191", "17197", "17198", "17300", "17803", "17809",
    "17810", "17813", "17830", "18401", "18451", "18458", "18459", "18460", "18461", "24801",
    "40197", "40501", "40549", "40550", "40551", "40552", "40553", "40613", "40627", "40640",
    "40642", "40648", "40671", "40675", "41805", "42109", "49918", "49919", "49920", "53300",
    "57P03",
})  # fmt: skip
"""Codes of a server that fails over, starts or has no free session: it needs a longer pause. For
40501 Microsoft documents 10 seconds. Those of SQL Server are ``sqlserver.messages.BUSY_NUMBERS``:
written down again, since its import would load the driver."""


@dataclass(frozen=True, slots=True)
class Retries:
    """``attempts`` in all; pauses in seconds, doubled from ``first`` to ``longest``, with jitter.

    A busy server gets at least ``busy`` seconds. ``on_retry`` is called with the error and the
    pause before each new attempt.
    """

    attempts: int = 3
    first: float = 1.0
    longest: float = 20.0
    busy: float = 10.0
    on_retry: Callable[[TransientError, float], None] = lambda _error, _pause: None


T = TypeVar("T")


def retried(
    work: Callable[[], T],
    retries: Retries,
    deadline: Deadline,
    on_retry: Callable[[TransientError], None] = lambda _error: None,
) -> T:
    """Do the work, again after a TransientError; the last attempt's error is raised as it is.

    Raises DeadlineError where the pause would outlast the deadline. A lost COMMIT is not repeated:
    it has to be decided first.
    """
    pauses = tenacity.wait_exponential_jitter(
        multiplier=retries.first, max=retries.longest, jitter=retries.first
    )

    def pause(state: tenacity.RetryCallState) -> float:
        seconds = float(pauses(state))
        return max(seconds, retries.busy) if _error(state).code in BUSY else seconds

    def announce(state: tenacity.RetryCallState) -> None:
        on_retry(_error(state))
        retries.on_retry(_error(state), state.upcoming_sleep)

    attempts = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(retries.attempts),
        wait=pause,
        sleep=deadline.sleep,
        retry=tenacity.retry_if_exception(is_repeatable),
        before_sleep=announce,
        reraise=True,
    )
    return attempts(work)


def is_repeatable(error: BaseException) -> bool:
    """Whether a retry of the same work may succeed."""
    return isinstance(error, TransientError) and not isinstance(error, CommitUnknownError)


def _error(state: tenacity.RetryCallState) -> TransientError:
    error = state.outcome.exception() if state.outcome else None
    if not isinstance(error, TransientError):
        raise TypeError(f"not an error to try again after: {error!r}")
    return error
