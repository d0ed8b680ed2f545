"""Being told to stop: Ctrl-C and SIGTERM end a run in order, with an outcome.

Both are exceptions in the main thread, wherever it is: what is open is rolled back on the way out.
A thread that waits in the driver cannot be told, and must not spoil the exit code.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Final, NoReturn

from tableferry.transfer.prefetch import THREAD as READER
from tableferry.transfer.workers import THREAD as WORKER

_LEFT_BEHIND: Final = frozenset({READER, WORKER})


class TerminatedError(KeyboardInterrupt):
    """SIGTERM; like Ctrl-C no ``Exception``, so that nobody handles it by accident."""


@contextlib.contextmanager
def sigterm_stops() -> Iterator[None]:
    """Let SIGTERM raise TerminatedError while the block runs; only a main thread can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise TerminatedError


def signal_of(stop: KeyboardInterrupt) -> signal.Signals:
    """Return the signal that an exception stands for."""
    return signal.SIGTERM if isinstance(stop, TerminatedError) else signal.SIGINT


def end_process(code: int) -> NoReturn:
    """End a command with its exit code, though threads are left behind in the driver.

    At once, and on every system; ``prefetch`` says what Python's own end would come to.
    """
    if any(thread.name in _LEFT_BEHIND for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
