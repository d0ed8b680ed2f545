"""The signal that stopped a run. The library names it; its callers handle it.

Python raises KeyboardInterrupt in the main thread for Ctrl-C. A program that wants SIGTERM or
SIGHUP to end a run in the same way raises one of these classes from its own signal handler:
``frontend.signals`` does so for the command, the deployment's scripts and Lambda. ``sync_tables``
turns all of them into outcomes.
"""

import signal
from collections.abc import Mapping
from typing import Final


class TerminatedError(KeyboardInterrupt):
    """SIGTERM. Like Ctrl-C it is no ``Exception``, so no handler of errors catches it by accident.

    Raised in the main thread, at any bytecode: open transactions roll back as the stack unwinds.
    """


class HungUpError(KeyboardInterrupt):
    """SIGHUP: the terminal is gone. Like SIGTERM in everything else."""


_RAISED: Final = {
    "SIGINT": KeyboardInterrupt,
    "SIGTERM": TerminatedError,
    "SIGHUP": HungUpError,
}

STOPS: Final[Mapping[signal.Signals, type[KeyboardInterrupt]]] = {
    signal.Signals[name]: raised
    for name, raised in _RAISED.items()
    if name in signal.Signals.__members__
}
"""What each signal raises; Windows has no SIGHUP."""


def signal_of(stop: KeyboardInterrupt) -> signal.Signals:
    """Return the signal that raised this exception: SIGINT, SIGTERM or SIGHUP."""
    for number, raised in STOPS.items():
        if raised is not KeyboardInterrupt and isinstance(stop, raised):
            return number
    return signal.SIGINT


def stop_within(error: Exception) -> KeyboardInterrupt | None:
    """Return the stop that this error hides, None for any other error.

    Before Python 3.12, whatever is raised while a class names its attributes becomes the cause of a
    RuntimeError: a signal that comes while a module of ours is imported may end so.
    """
    cause = error.__cause__
    return cause if isinstance(cause, KeyboardInterrupt) else None
