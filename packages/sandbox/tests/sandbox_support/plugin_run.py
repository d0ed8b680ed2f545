"""A pytest run of its own with the sandbox's plugin, as somebody else's project would have it."""

import os
import subprocess
import sys
from pathlib import Path


def run_pytest(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the tests in a folder; the plugin is named, as an editable install may lack its entry."""
    command = [sys.executable, "-m", "pytest", "-rA", "-p", "tableferry_sandbox.pytest_plugin"]
    return subprocess.run(
        [*command, "-p", "no:cacheprovider", str(folder)],
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def outcomes_of(name: str, run: subprocess.CompletedProcess[str]) -> list[str]:
    """Return the outcome of each test of a file: PASSED, FAILED, ERROR; none if it did not load."""
    lines = run.stdout.partition("short test summary info")[2].splitlines()
    return [line.split()[0] for line in lines if f" {name}::" in line]
