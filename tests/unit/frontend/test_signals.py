"""Signals are the front end's: the library installs no handler."""

import signal
import threading

import pytest

from tableferry.frontend.signals import stop_on_sigterm
from tableferry.runs.stop_signal import TerminatedError, signal_of


def test_sigterm_is_an_exception_while_the_block_runs_and_handled_as_before_afterwards() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(TerminatedError) as stopped, stop_on_sigterm():
        signal.raise_signal(signal.SIGTERM)
    assert signal_of(stopped.value) is signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is before


def test_in_another_thread_nothing_is_installed() -> None:
    found = []

    def look() -> None:
        with stop_on_sigterm():
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == [signal.getsignal(signal.SIGTERM)]


def test_no_handler_of_errors_catches_a_signal() -> None:
    assert not issubclass(TerminatedError, Exception)
    assert signal_of(KeyboardInterrupt()) is signal.SIGINT
