"""Runs build.sh with this Python, and fetches the wheels for several builds."""

import os
import re
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


def download(python: str, folder: Path) -> dict[str, str]:
    """Download what build.sh installs on x86_64; returns the variables that make pip use it.

    Most of pip's time is spent on the index, although every version is locked.
    """
    script = (ROOT / FOLDER / "build.sh").read_text()
    (platforms,) = re.findall(r"^for platform in (.*); do$", script, re.MULTILINE)
    folder.mkdir()
    subprocess.run(
        [sys.executable, ROOT / "deploy" / "package" / "requirements.py", ROOT / "pyproject.toml",
         ROOT / "requirements" / "constraints.txt", "x86_64", folder],
        check=True,
    )  # fmt: skip
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
            *("--only-binary=:all:", "--implementation", "cp", "--python-version", python),
            *(f"--platform={platform}_x86_64" for platform in platforms.split()),
            *("--constraint", folder / "constraints.txt", "--dest", folder),
            *("--requirement", folder / "requirements.txt"),
        ],
        check=True,
        stderr=subprocess.PIPE,
    )
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder)}
