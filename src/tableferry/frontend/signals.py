"""Signals, for the processes that we own: the command, the deployment's scripts, Lambda.

Ctrl-C, SIGTERM and SIGHUP are exceptions in the main thread: a run that is stopped rolls back,
writes its outcome to the ledger and reports it. The library itself installs no handler.
"""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Final, NoReturn

from tableferry.runs.stop_signal import STOPS

REPEATED_SECONDS: Final = 2.0
"""A second signal within this time of the first is taken for the same wish: a terminal that closes
and a service that is stopped send several, and a second exception would interrupt the rollback. A
later one is an exception again, for a rollback that hangs."""

Clock = Callable[[], float]


@contextlib.contextmanager
def stop_on_signals(clock: Clock = time.monotonic) -> Iterator["Stop"]:
    """Raise an exception of ``STOPS`` on each of its signals while the block runs.

    Yields the handler, which knows whether a signal has come; a block within another shares it.
    A signal that is ignored stays so: ``nohup`` ignores SIGHUP, a shell the SIGINT of a job in the
    background. Does nothing outside the main thread: only that one may install a handler.
    """
    if threading.current_thread() is not threading.main_thread():
        yield Stop(clock)
        return
    found = {number: signal.getsignal(number) for number in STOPS}
    outer = [handler for handler in found.values() if isinstance(handler, Stop)]
    stop = outer[0] if outer else Stop(clock)
    # None: a handler that was not installed by Python, which could not be installed again.
    before = {
        number: handler
        for number, handler in found.items()
        if handler not in (signal.SIG_IGN, None) and not isinstance(handler, Stop)
    }
    for number in before:
        signal.signal(number, stop)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Stop:
    """The handler of these signals. ``received`` is the first that came, None where none has.

    An exception alone does not tell: a run that is committing its last table when it comes ends as
    it would have.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._first: float | None = None
        self.received: signal.Signals | None = None

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        """Raise the signal's exception, unless this one repeats the last."""
        self.received = self.received or signal.Signals(number)
        now = self._clock()
        if self._first is not None and now - self._first < REPEATED_SECONDS:
            return
        self._first = now
        raise STOPS[signal.Signals(number)]


def end_process(code: int) -> NoReturn:
    """Exit with this code, even while threads of ours are blocked inside the SQL Server driver.

    Python's own shutdown closes the connections that such a thread still uses, and the process
    crashes instead of exiting (docs/decisions/0020); ``os._exit`` skips that.
    """
    if threading.active_count() > 1 and _is_reading():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _is_reading() -> bool:
    """Whether a thread that reads from the source is still running."""
    # Not at the top: a command that reads nothing loads no engine, and has no such thread.
    from tableferry.transfer.prefetch import THREAD as READER
    from tableferry.transfer.workers import THREAD as WORKER

    return any(thread.name in {READER, WORKER} for thread in threading.enumerate())
