"""The ``tableferry`` command in this process: quicker than one of its own by all its imports."""

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

from tableferry import cli


def surroundings(env: dict[str, str] | None) -> dict[str, str]:
    """What a command finds in its environment: nothing of ours but what every program needs."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "COLUMNS": "160", **(env or {})}


def call(
    *arguments: str, cwd: Path, env: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(cwd),
        mock.patch.dict(os.environ, surroundings(env), clear=True),
        mock.patch.object(sys, "argv", ["tableferry", *arguments]),
        # Threads that another test has left behind in the driver end nothing here.
        mock.patch.object(cli, "end_process", sys.exit),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        cli.main()
    code = ended.value.code or 0
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())
