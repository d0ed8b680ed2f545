"""Finds an interpreter of one version on this machine and prints its path; ends with 1 without.

python3 interpreter.py 3.13 [MACHINE]      e.g. MACHINE aarch64, one of another machine, emulated
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ASK = "import sys; print(sys._base_executable, '%d.%d' % sys.version_info[:2])"
"""Of a virtual environment the interpreter that it was made from: that one has no packages."""


def candidates(version: str) -> Iterator[str]:
    """Yield what may be one: by name, then where pyenv keeps those that are not switched on."""
    yield f"python{version}"
    yield "python3"
    yield sys.executable
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for folder in sorted(root.glob(f"versions/{version}.*/bin")):
        yield str(folder / f"python{version}")


def emulated(version: str, machine: str) -> str | None:
    """Return the path of what runs Python for another machine: MACHINE-python3.13."""
    path = shutil.which(f"{machine}-python{version}")
    return str(Path(path).resolve()) if path else None


def find(version: str) -> str | None:
    """Return the path of an interpreter of this version that runs."""
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
