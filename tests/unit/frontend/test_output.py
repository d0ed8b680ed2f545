"""What is printed may fail; what it is printed about goes on."""

import errno
import io
import sys

import pytest

from tableferry.frontend.output import shielded_output


class Failing(io.StringIO):
    """A stream that takes so many writes, and no more."""

    def __init__(self, number: int, writes: int = 0) -> None:
        super().__init__()
        self.left = writes
        self.number = number

    def write(self, text: str) -> int:
        if not self.left:
            raise OSError(self.number, "No room")
        self.left -= 1
        return super().write(text)


def test_a_reader_that_has_gone_is_no_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = Failing(errno.EPIPE, writes=2)
    monkeypatch.setattr(sys, "stdout", out)
    with shielded_output():
        print("one")
        print("two")
        print("three")
    assert out.getvalue() == "one\n"
    assert capsys.readouterr().err == ""


def test_a_full_disk_is_reported_once_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", Failing(errno.ENOSPC))
    with shielded_output(), shielded_output():
        print("one")
        print("two")
    assert capsys.readouterr().err == "The output is incomplete: No room\n"


def test_a_stderr_that_fails_fails_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Failing(errno.ENOSPC))
    with shielded_output():
        print("one", file=sys.stderr)


def test_characters_that_the_encoding_lacks_are_written_as_escapes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    with shielded_output():
        print("Größe")
    assert raw.getvalue() == b"Gr\\xf6\\xdfe\n"


def test_the_streams_are_as_before_afterwards() -> None:
    before = sys.stdout, sys.stderr
    with shielded_output():
        assert sys.stdout is not before[0]
    assert (sys.stdout, sys.stderr) == before
