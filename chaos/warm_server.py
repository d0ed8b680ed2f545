"""``python -m chaos.warm_server``: forks runs of the command; ``warm`` is its other end.

It reads lines of JSON, each with the command's arguments and two files for what it prints, and
answers with the pid, then with the exit code.
"""

import json
import os
import sys
from collections.abc import Sequence

import mssql_python  # noqa: F401 - and what follows, once for all runs
import psycopg  # noqa: F401

import tableferry.cli.shared
import tableferry.cli.sync
import tableferry.runs.run  # noqa: F401
from tableferry.cli import main as command


def run(arguments: Sequence[str], out: str, err: str) -> None:
    """Run the command in this process, which ends with it."""
    for name, number in ((out, 1), (err, 2)):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv = ["tableferry", *arguments]
    code = 1
    try:
        command()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 - as Python ends any program
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Serve until stdin ends."""
    for line in sys.stdin:
        arguments, out, err = json.loads(line)
        child = os.fork()
        if child == 0:
            run(arguments, out, err)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
