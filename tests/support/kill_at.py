"""``python -m tests.support.kill_at ARGUMENTS``: runs of the command that end at a chosen moment.

For each number on stdin a process is forked that runs ``tableferry ARGUMENTS`` and kills itself, as
kill -9 would, before it waits for PostgreSQL for so many-th time: before each statement it sends,
among others. 0 lets it run to its end. The exit code is printed.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

import mssql_python  # noqa: F401 - and what follows, once for all runs
import psycopg

import tableferry.cli.shared
import tableferry.cli.sync
import tableferry.runs.run  # noqa: F401
from tableferry.cli import main as command


def run(number: int, work: Callable[[], Any]) -> None:
    """Do the work in this process, up to that moment."""
    wait, waits = psycopg.Connection.wait, iter(range(1, 1_000_000))

    def counted(connection: Any, *arguments: Any, **options: Any) -> Any:
        if threading.current_thread() is threading.main_thread() and next(waits) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return wait(connection, *arguments, **options)

    psycopg.Connection.wait = counted  # type: ignore[method-assign]
    try:
        work()
    except SystemExit as end:
        os._exit(int(end.code or 0))
    os._exit(0)


def serve(work: Callable[[], Any]) -> None:
    """Serve until stdin ends: do the work, each time in a process of its own."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            run(int(line), work)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    sys.argv[0] = "tableferry"
    serve(command)
