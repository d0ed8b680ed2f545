"""Signals are the front end's: the library installs no handler."""

import signal
import threading

import pytest

from tableferry.frontend.exit_codes import STOPPED_BY
from tableferry.frontend.signals import REPEATED_SECONDS, stop_on_signals
from tableferry.runs.stop_signal import STOPS, TerminatedError, signal_of


def test_sigterm_is_an_exception_while_the_block_runs_and_handled_as_before_afterwards() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(TerminatedError) as stopped, stop_on_signals():
        signal.raise_signal(signal.SIGTERM)
    assert signal_of(stopped.value) is signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is before


def test_in_another_thread_nothing_is_installed() -> None:
    found = []

    def look() -> None:
        with stop_on_signals():
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == [signal.getsignal(signal.SIGTERM)]


def test_no_handler_of_errors_catches_a_signal() -> None:
    assert not issubclass(TerminatedError, Exception)
    assert signal_of(KeyboardInterrupt()) is signal.SIGINT


@pytest.mark.parametrize("number", STOPS)
def test_each_signal_is_known_by_its_exception_and_has_an_exit_code(
    number: signal.Signals,
) -> None:
    with pytest.raises(KeyboardInterrupt) as stopped, stop_on_signals():
        signal.raise_signal(number)
    assert signal_of(stopped.value) is number
    assert STOPPED_BY[number].exit_code == 128 + number


@pytest.mark.parametrize("number", STOPS)
def test_a_signal_that_is_ignored_stays_ignored_as_under_nohup(number: signal.Signals) -> None:
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with stop_on_signals():
            signal.raise_signal(number)
            assert signal.getsignal(number) is signal.SIG_IGN
    finally:
        signal.signal(number, before)


def test_a_signal_right_after_the_first_does_not_interrupt_the_rollback_and_a_later_one_does() -> (
    None
):
    now = [0.0]
    with stop_on_signals(lambda: now[0]):
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGHUP)
        now[0] += REPEATED_SECONDS / 2
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        now[0] += REPEATED_SECONDS
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_a_block_within_another_shares_its_handler() -> None:
    with stop_on_signals():
        outer = signal.getsignal(signal.SIGTERM)
        with stop_on_signals():
            assert signal.getsignal(signal.SIGTERM) is outer
        assert signal.getsignal(signal.SIGTERM) is outer
