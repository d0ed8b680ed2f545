"""Signals, for the processes that we own: the command, the deployment's scripts, Lambda.

Ctrl-C and SIGTERM are exceptions in the main thread: a run that is stopped rolls back, writes its
outcome to the ledger and reports it. The library itself installs no handler.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

from tableferry.runs.stop_signal import TerminatedError


@contextlib.contextmanager
def stop_on_sigterm() -> Iterator[None]:
    """Raise TerminatedError on SIGTERM while the block runs.

    Does nothing outside the main thread: only that one may install a handler.
    """
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
