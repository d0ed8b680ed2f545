"""Prints the path of a Python interpreter of one version; exits with 1 if there is none.

python3 interpreter.py 3.13 [MACHINE]      e.g. MACHINE aarch64, for an emulated interpreter
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ASK = "import sys; print(sys._base_executable, '%d.%d' % sys.version_info[:2])"
"""In a virtual environment, prints its base interpreter, which has no packages."""


def candidates(version: str) -> Iterator[str]:
    """Yield names and paths that may be one, including pyenv's versions that are not active."""
    yield f"python{version}"
    yield "python3"
    yield sys.executable
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for folder in sorted(root.glob(f"versions/{version}.*/bin")):
        yield str(folder / f"python{version}")


def emulated(version: str, machine: str) -> str | None:
    """Return the path of an emulated Python for another machine, MACHINE-python3.13."""
    path = shutil.which(f"{machine}-python{version}")
    return str(Path(path).resolve()) if path else None


def find(version: str) -> str | None:
    """Return the path of a working interpreter of this version."""
    for candidate in candidates(version):
        try:
            done = subprocess.run(
                [candidate, "-c", ASK], capture_output=True, text=True, check=True, timeout=60
            )
        except (OSError, subprocess.SubprocessError):
            continue
        path, _, found = done.stdout.strip().rpartition(" ")
        if found == version:
            return path
    return None


if __name__ == "__main__":
    if not (path := (emulated if sys.argv[2:] else find)(*sys.argv[1:])):
        sys.exit(1)
    print(path)
