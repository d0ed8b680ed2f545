"""``python -m tests.support.loaded_python LISTENER``: forks itself for each process asked for.

It has imported the engine and its drivers. Whoever connects sends one message: the arguments,
environment and working folder of a process, with the descriptors of its three streams. The answers
are the process's id and, when it has ended, its status. It ends with its own stdin. Only
``loaded_process`` starts it.
"""

import contextlib
import faulthandler
import gc
import importlib
import importlib.util
import io
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final, TextIO

PRELOADED: Final = (
    "mssql_python", "psycopg", "pgpq", "pyarrow.compute",
    "tableferry.aws.invocation", "tableferry.cli", "tableferry.cli.entry", "tableferry.cli.shared",
    "tableferry.fanout", "tableferry.inspect.check", "tableferry.inspect.discover",
    "tableferry.inspect.plan_report", "tableferry.report.run_view", "tableferry.runs.run",
)  # fmt: skip

MESSAGE: Final = 2**18
"""Bytes; a request has some kilobytes."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a new process is to be."""

    arguments: Sequence[str]
    env: dict[str, str]
    cwd: str
    streams: Sequence[int]


def serve(listener: int) -> Request:
    """Fork for every request; returns it in the new process, and never in this one.

    Sockets are kept as descriptors: the new process closes all of them, and a socket that is
    collected afterwards would close whatever has its number by then.
    """
    poll = select.poll()
    poll.register(0, select.POLLIN)
    poll.register(listener, select.POLLIN)
    asking: dict[int, tuple[int, int]] = {}
    while True:
        for descriptor, _ in poll.poll():
            if descriptor == 0:
                os._exit(0)
            if descriptor != listener:
                poll.unregister(descriptor)
                _tell_the_end(descriptor, *asking.pop(descriptor))
                continue
            with socket.socket(fileno=os.dup(listener)) as listening:
                connection, _ = listening.accept()
            message, streams, _, _ = socket.recv_fds(connection, MESSAGE, 3)
            asked = connection.detach()
            pid = os.fork()
            if pid == 0:
                return Request(streams=streams, **json.loads(message))
            for stream in streams:
                os.close(stream)
            pidfd = os.pidfd_open(pid)
            asking[pidfd] = pid, asked
            poll.register(pidfd, select.POLLIN)
            os.write(asked, str(pid).encode())


def _tell_the_end(pidfd: int, pid: int, asked: int) -> None:
    os.close(pidfd)
    _, status = os.waitpid(pid, 0)
    with contextlib.suppress(BrokenPipeError):  # nobody waits for it any more
        os.write(asked, str(status).encode())
    os.close(asked)


def become(request: Request) -> None:
    """Make this process what a new interpreter would be, and run its program."""
    for number, descriptor in enumerate(request.streams):
        os.dup2(descriptor, number)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    sys.stdin = sys.__stdin__ = _text(0, sys.stdin)  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = _text(1, sys.stdout)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _text(2, sys.stderr)  # type: ignore[misc]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(request.env)
    os.chdir(request.cwd)
    if request.env.get("PYTHONFAULTHANDLER"):
        faulthandler.enable()
    main = sys.modules["__main__"] = ModuleType("__main__")
    match request.arguments:
        case ["-m", name, *rest]:
            code = _code_of_module(name, main, request.cwd)
        case ["-c", program, *rest]:
            code = compile(program, "<string>", "exec")
            sys.path[0], sys.argv[0] = "", "-c"
        case [script, *rest]:
            code = compile(Path(script).read_bytes(), script, "exec")
            main.__file__ = sys.argv[0] = script
            sys.path[0] = str(Path(script).resolve().parent)
    sys.argv[1:] = rest
    exec(code, main.__dict__)


def _text(number: int, inherited: TextIO) -> TextIO:
    """Return the stream that Python makes of this descriptor when it begins."""
    binary = open(number, "wb" if number else "rb", closefd=False)  # noqa: SIM115 - to the end
    return io.TextIOWrapper(
        binary,
        encoding=inherited.encoding,
        errors=inherited.errors,
        line_buffering=number == 2 or binary.isatty(),
    )


def _code_of_module(name: str, main: ModuleType, folder: str) -> CodeType:
    """Return what ``-m`` runs, and name it in the module as ``-m`` does."""
    sys.path[0] = folder
    spec = importlib.util.find_spec(name)
    if spec is not None and spec.submodule_search_locations is not None:
        spec = importlib.util.find_spec(f"{name}.__main__")
    assert spec is not None
    loader: Any = spec.loader
    main.__spec__, main.__loader__, main.__package__ = spec, loader, spec.parent
    main.__file__ = sys.argv[0] = str(spec.origin)
    code: CodeType = loader.get_code(spec.name)
    return code


def load(listener: int) -> None:
    """Import the engine, and fork; the new processes come back from here."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests, and ends them
    for name in PRELOADED:
        importlib.import_module(name)
    # Threads that numpy and Arrow start when they are loaded are started again by each copy.
    gc.freeze()
    become(serve(listener))


if __name__ == "__main__":
    load(int(sys.argv[1]))
