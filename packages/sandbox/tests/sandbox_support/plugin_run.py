"""A pytest run of its own with the sandbox's plugin, as somebody else's project would have it."""

import os
import subprocess
import sys
from pathlib import Path


def run_pytest(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the tests in a folder; the plugin is named, as an editable install may lack its entry."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tableferry_sandbox.pytest_plugin"]
    return subprocess.run(
        [*command, "-p", "no:cacheprovider", str(folder)],
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
