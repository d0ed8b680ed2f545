"""A command: its work's result or error, shown or as JSON, and its exit code."""

import json
import signal
import threading

import pytest

from tableferry.errors import ConfigError, TransientError
from tableferry.frontend.command import Style, Work, run_command
from tableferry.frontend.execute import RunCallbacks
from tableferry.frontend.response import Result
from tableferry.runs.stop_signal import TerminatedError


def raising(error: BaseException) -> Work:
    def work(_: RunCallbacks) -> Result:
        raise error

    return work


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize(
    ("error", "code"), [(ConfigError("no such file", hint="Name it."), 2), (TransientError("x"), 1)]
)
def test_an_error_is_on_stderr_in_either_format(
    error: Exception, code: int, as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(raising(error), Style(as_json=as_json)) == code
    out, err = capsys.readouterr()
    assert f"{type(error).__name__}: {error}" in err
    if as_json:
        assert json.loads(out)["error"]["message"] == str(error)
    else:
        assert out == ""


def test_the_text_of_an_unforeseen_error_is_nowhere(capsys: pytest.CaptureFixture[str]) -> None:
    for as_json in (True, False):
        assert run_command(raising(RuntimeError("PWD=secret")), Style(as_json=as_json)) == 1
    out, err = capsys.readouterr()
    assert "RuntimeError" in out
    assert "RuntimeError" in err
    assert "secret" not in out + err


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
@pytest.mark.parametrize("as_json", [True, False])
def test_a_signal_ends_what_is_no_run_with_its_own_exit_code(
    number: signal.Signals, code: int, as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    def work(_: RunCallbacks) -> Result:
        signal.raise_signal(number)
        return {}

    assert threading.current_thread() is threading.main_thread()
    assert run_command(work, Style(as_json=as_json)) == code
    out, err = capsys.readouterr()
    assert f"The command was stopped ({number.name})" in err
    if as_json:
        assert json.loads(out)["error"]["code"] == number.name


def test_an_empty_answer_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    for as_json in (True, False):
        assert run_command(lambda _: {}, Style(as_json=as_json)) == 0
    assert capsys.readouterr() == ("", "")


def within_an_import(stop: BaseException) -> Work:
    """Work that a signal stops where Python before 3.12 makes another error of it."""

    def work(_: RunCallbacks) -> Result:
        raise RuntimeError("Error calling __set_name__ on 'Field' instance") from stop

    return work


@pytest.mark.parametrize(("stop", "code"), [(KeyboardInterrupt(), 130), (TerminatedError(), 143)])
def test_a_signal_during_an_import_stops_the_command_as_any_other(
    stop: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(within_an_import(stop)) == code
    assert "The command was stopped" in capsys.readouterr().err


def test_a_signal_during_the_import_of_what_shows_a_result_stops_the_command() -> None:
    def show(*_: object) -> None:
        raise RuntimeError("Error calling __set_name__ on 'Field' instance") from KeyboardInterrupt

    assert run_command(lambda _: {}, show=show) == 130
