"""Runs build.sh with this Python."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.lambda_runtime import ROOT

FOLDER = "lambda_deployment_postgresql_updated"


def build(*arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run build.sh in a folder, with this Python as ``python3`` and further variables."""
    return shell(str(ROOT / FOLDER / "build.sh"), *arguments, cwd=cwd, **variables)


def shell(*command: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the same environment."""
    programs = cwd / "bin"
    programs.mkdir(exist_ok=True)
    # A script, not a link: a link would bypass the virtual environment, to a Python without pip.
    (programs / "python3").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (programs / "python3").chmod(0o755)
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", **variables},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
