"""The signal that stopped a run. The library names it; its callers handle it.

Python raises KeyboardInterrupt in the main thread for Ctrl-C. A program that wants SIGTERM to end a
run in the same way raises TerminatedError from its own signal handler: ``frontend.signals`` does so
for the command, the deployment's scripts and Lambda. ``sync_tables`` turns both into outcomes.
"""

import signal


class TerminatedError(KeyboardInterrupt):
    """SIGTERM. Like Ctrl-C it is no ``Exception``, so no handler of errors catches it by accident.

    Raised in the main thread, at any bytecode: open transactions roll back as the stack unwinds.
    """


def signal_of(stop: KeyboardInterrupt) -> signal.Signals:
    """Return the signal that raised this exception: SIGINT or SIGTERM."""
    return signal.SIGTERM if isinstance(stop, TerminatedError) else signal.SIGINT
