"""Runs of the command that are forked from a process which has imported it already.

Importing takes longer than a small run, so more runs fit into a storm (see ``warm_server``).
"""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self


class WarmProcess:
    """Starts runs of the command, one at a time, each in a process of its own."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="storm-run-"))
        self._server = subprocess.Popen(
            [sys.executable, "-m", "chaos.warm_server"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def begin(self, arguments: Sequence[str], idle: "list[WarmProcess]") -> "WarmRun":
        """Begin a run; when it has ended this process is one of the ``idle`` ones again."""
        files = [str(self._folder / name) for name in ("out", "err")]
        if self._server.stdin is None or self._server.stdout is None:
            raise TypeError("it was started with pipes")
        os.write(self._server.stdin.fileno(), json.dumps([arguments, *files]).encode() + b"\n")
        answers = self._server.stdout.fileno()
        return WarmRun(_line(answers), files, answers, lambda: idle.append(self))

    def stop(self) -> None:
        """End it; a run that is under way is waited for."""
        self._server.communicate()


def _line(answers: int) -> int:
    """Read a number, and no byte of what comes after its line."""
    text = b""
    while not text.endswith(b"\n"):
        if not (byte := os.read(answers, 1)):
            raise EOFError("the process from which runs are forked has ended")
        text += byte
    return int(text)


class WarmRun:
    """One run, with the part of ``subprocess.Popen`` that the storm uses."""

    def __init__(
        self, pid: int, files: Sequence[str], ended: int, free: Callable[[], None]
    ) -> None:
        self.pid = pid
        self._files = files
        self._ended = ended
        self._free = free

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it is still there."""
        if not select.select([self._ended], [], [], 0)[0]:
            os.kill(self.pid, number)

    def communicate(self, timeout: float) -> tuple[str, str]:
        """Wait for its end; returns what it has printed. Raises TimeoutError."""
        if not select.select([self._ended], [], [], timeout)[0]:
            raise TimeoutError(f"the run {self.pid} has not ended after {timeout:g} s")
        _line(self._ended)
        out, err = (Path(name).read_text(encoding="utf-8") for name in self._files)
        self._free()
        return out, err

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave it to ``communicate``."""
