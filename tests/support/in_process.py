"""Runs the ``tableferry`` command in this process, which saves the imports of a new one."""

import contextlib
import functools
import io
import os
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest
import typer

from tableferry.cli import entry

_COMMAND = functools.cache(typer.main.get_command)
"""Typer makes the command of its declarations for every call, which takes as long as many commands
do. The command holds nothing of a call."""


def surroundings(env: dict[str, str] | None) -> dict[str, str]:
    """Return the environment for a command: ``env``, and of ours only what every program needs."""
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
        # A real exit would end the test run: exit by SystemExit, whatever threads the driver left.
        mock.patch.object(entry, "end_process", sys.exit),
        mock.patch.object(typer.main, "get_command", _COMMAND),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        entry.main()
    code = ended.value.code or 0
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())
