"""A process that begins with the engine loaded: how a test asks for one, and what it sees of it.

A new interpreter takes a second of processor time to import the engine and its drivers, more than
most tests of a process need for all the rest. ``start`` has one that did so fork itself
(``loaded_python``), which takes some hundredths of a second.

The process is one of its own: with its arguments, environment, working folder, streams, signals and
exit code, and an interpreter that ends as usual. What differs is that it is not a child of the
test's process, and that variables which Python reads when it begins (``PYTHONIOENCODING``,
``LC_ALL``) come too late. A test of the start, of such a variable or of what a shell does takes a
new interpreter.
"""

import atexit
import contextlib
import functools
import json
import os
import secrets
import select
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Final, Self

ROOT: Final = Path(__file__).parents[2]

PIPE: Final = subprocess.PIPE

TOO_LATE: Final = ("PYTHON", "LC_", "LANG", "TZ", "MSSQL_PYTHON_")
"""How variables begin that an interpreter or the driver reads once, when it is loaded."""

IN_TIME: Final = "PYTHONFAULTHANDLER"
"""The one of them that a loaded process obeys."""


class LoadedProcess:
    """A running process, with what ``subprocess.Popen`` has as far as tests need it.

    Its streams are of text. ``returncode`` is that of Popen: minus the signal that ended it.
    """

    def __init__(self, asked: socket.socket, streams: Sequence[IO[str] | None]) -> None:
        self.pid = int(_answer(asked))
        self.returncode: int | None = None
        self.stdin, self.stdout, self.stderr = streams
        self._asked = asked

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self.stdin, self.stdout, self.stderr):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        self.wait()

    def poll(self) -> int | None:
        """Return the exit code, None while the process runs."""
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end, return the exit code; raises subprocess.TimeoutExpired."""
        code = self._look(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
        return code

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Close stdin, read both outputs to their ends, wait; raises subprocess.TimeoutExpired."""
        if self.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.stdin.close()
        until = None if timeout is None else time.monotonic() + timeout
        readers = [_Reader(stream) for stream in (self.stdout, self.stderr)]
        for reader in readers:
            if not reader.join_until(until):
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
        self.wait(None if until is None else max(0.0, until - time.monotonic()))
        return readers[0].text, readers[1].text

    def send_signal(self, number: int) -> None:
        """Send a signal to the process, if it has not ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _look(self, seconds: float | None) -> int | None:
        if self.returncode is None and select.select([self._asked], [], [], seconds)[0]:
            with self._asked:
                self.returncode = os.waitstatus_to_exitcode(int(_answer(self._asked)))
        return self.returncode


def _answer(asked: socket.socket) -> bytes:
    answer = asked.recv(16)
    if not answer:
        raise RuntimeError("the Python that starts loaded processes is gone")
    return answer


class _Reader(threading.Thread):
    """Reads a stream to its end and closes it."""

    def __init__(self, stream: IO[str] | None) -> None:
        super().__init__(daemon=True)
        self.text = ""
        self._stream = stream
        self.start()

    def run(self) -> None:
        if self._stream is not None:
            with self._stream:
                self.text = self._stream.read()

    def join_until(self, until: float | None) -> bool:
        """Wait for the end of the stream until this moment; returns whether it has come."""
        self.join(None if until is None else max(0.0, until - time.monotonic()))
        return not self.is_alive()


class _LoadedPython:
    """The process that has imported the engine, and forks itself.

    ``name`` is that of its socket, in the system's abstract namespace.
    """

    def __init__(self) -> None:
        # Of messages, each with the descriptors that belong to it; none is ever split.
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.name = f"loaded-{secrets.token_hex(8)}"
        self._listener.bind(f"\0{self.name}")
        self._listener.listen(100)
        number = self._listener.fileno()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.loaded_python", str(number)],
            pass_fds=[number],
            stdin=PIPE,
            env={"PATH": os.environ["PATH"]},
            cwd=ROOT,
        )
        atexit.register(self._end)

    def _end(self) -> None:
        self._listener.close()
        self._process.communicate()


@functools.cache
def _loaded_python() -> _LoadedPython:
    return _LoadedPython()


def start(
    *arguments: str,
    env: Mapping[str, str],
    cwd: Path | None = None,
    stdin: int | None = None,
    stdout: int | None = PIPE,
    stderr: int | None = PIPE,
) -> LoadedProcess:
    """Start ``python ARGUMENTS``, which begin with ``-m MODULE``, ``-c CODE`` or a script's path.

    A stream is a descriptor, PIPE or None for this process's own, as with ``subprocess.Popen``.
    Raises ValueError for a variable that would come too late.
    """
    late = sorted(name for name in env if name.startswith(TOO_LATE) and name != IN_TIME)
    if late:
        raise ValueError(f"a loaded process cannot be told {', '.join(late)} any more")
    theirs, ours = [], []
    for number, asked in enumerate((stdin, stdout, stderr)):
        end, stream = _stream(number, asked)
        theirs.append(end)
        ours.append(stream)
    request = {"arguments": arguments, "env": dict(env), "cwd": str(cwd or Path.cwd())}
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(f"\0{_loaded_python().name}")
    socket.send_fds(connection, [json.dumps(request).encode()], theirs)
    for end, stream in zip(theirs, ours, strict=True):
        if stream is not None:
            os.close(end)
    return LoadedProcess(connection, ours)


def shell_words(*arguments: str) -> str:
    """Return what a shell runs as a loaded ``python ARGUMENTS``, with three open streams."""
    client = Path(__file__).with_name("loaded_command.py")
    words = [sys.executable, "-I", "-S", str(client), _loaded_python().name, *arguments]
    return shlex.join(words)


def run(
    *arguments: str, env: Mapping[str, str], cwd: Path | None = None, timeout: float = 120
) -> "subprocess.CompletedProcess[str]":
    """Run ``python ARGUMENTS`` to its end, as ``subprocess.run`` does; captures both outputs."""
    with start(*arguments, env=env, cwd=cwd) as process:
        try:
            out, err = process.communicate(timeout)
        finally:
            process.kill()
    return subprocess.CompletedProcess(arguments, process.wait(), out, err)


def _stream(number: int, asked: int | None) -> tuple[int, IO[str] | None]:
    """Return the process's descriptor, and what this one has of a pipe."""
    if asked != PIPE:
        return number if asked is None else asked, None
    reading, writing = os.pipe()
    if number == 0:
        return reading, os.fdopen(writing, "w", encoding="utf-8")
    return writing, os.fdopen(reading, encoding="utf-8")
