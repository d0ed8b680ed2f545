"""Runs a command in a terminal of its own, and keeps everything that it writes there."""

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

CHUNK = 65536

TAKES_THE_TERMINAL = """\
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""
"""Makes stdin the controlling terminal of the new session, and becomes the command."""


class Terminal:
    """A pseudo-terminal of a size; ``shown`` is what was written to it so far, escapes included."""

    def __init__(self, columns: int = 100, rows: int = 40) -> None:
        self._main, self._end = pty.openpty()
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self._end, termios.TIOCSWINSZ, size)
        os.set_blocking(self._main, False)
        self.raw = b""
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, command: Sequence[str | Path], cwd: Path, env: Mapping[str, str]) -> None:
        """Start the command as the terminal's session leader, so that closing it hangs it up."""
        self.process = subprocess.Popen(
            [sys.executable, "-c", TAKES_THE_TERMINAL, *command],
            stdin=self._end,
            stdout=self._end,
            stderr=self._end,
            cwd=cwd,
            env={"TERM": "xterm-256color", **env},
            start_new_session=True,
        )
        os.close(self._end)

    @property
    def shown(self) -> str:
        """Everything that was written so far."""
        with contextlib.suppress(BlockingIOError, OSError):
            while chunk := os.read(self._main, CHUNK):
                self.raw += chunk
        return self.raw.decode()

    def wait_until(self, condition: Callable[[str], bool], seconds: float = 60) -> None:
        """Read until the condition holds for what was shown; raises TimeoutError."""
        until = time.monotonic() + seconds
        while not condition(self.shown):
            if time.monotonic() > until:
                raise TimeoutError(self.shown)
            time.sleep(0.02)

    def type(self, text: str) -> None:
        """Type something; ``\x03`` is Ctrl-C."""
        os.write(self._main, text.encode())

    def wait(self, seconds: float = 120) -> int:
        """Read until the command has ended; returns its exit code."""
        assert self.process is not None
        self.wait_until(lambda _: self.process is None or self.process.poll() is not None, seconds)
        return self.process.returncode

    def close(self) -> None:
        """Close the terminal: whoever writes to it gets EIO, its session leader SIGHUP."""
        os.close(self._main)


def run_in_terminal(
    command: Sequence[str | Path], cwd: Path, env: Mapping[str, str], columns: int = 100
) -> tuple[int, str]:
    """Run a command in a terminal; returns its exit code and everything that it showed."""
    terminal = Terminal(columns)
    terminal.start(command, cwd, env)
    code = terminal.wait()
    shown = terminal.shown
    terminal.close()
    return code, shown
