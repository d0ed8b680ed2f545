"""The environment of the other tools: a venv of their own, never the project's."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

from bench.measure import Log

FOLDER: Final = Path(__file__).parents[2] / "build" / "peers"

PACKAGES: Final = (
    *("dlt[postgres,sql_database]", "sqlalchemy", "pymssql"),
    *("connectorx", "pyarrow", "psycopg[binary]"),
    *("sling-linux-amd64", "tpchgen-cli"),
)
"""``sling-linux-amd64`` is sling's program itself; the package ``sling`` only starts one."""

_VERSIONS: Final = """
import importlib.metadata as m, json
names = "dlt", "connectorx", "sling-linux-amd64", "sqlalchemy", "pymssql", "pyarrow", "psycopg"
found = {}
for name in names:
    try:
        found[name] = m.version(name)
    except m.PackageNotFoundError:
        pass
print(json.dumps(found))
"""


def prepared(folder: Path | None, log: Log) -> Path:
    """Return the environment's folder, which is made where it is named and missing.

    A tool that is not installed there is left out, and the page says so.
    """
    chosen = folder or FOLDER
    if not python(chosen).exists():
        log(f"peers: installing {', '.join(PACKAGES)} into {chosen}")
        subprocess.run([sys.executable, "-m", "venv", str(chosen)], check=True)
        pip = [str(python(chosen)), "-m", "pip", "install", "--quiet"]
        for package in PACKAGES:  # one that cannot be had does not keep the others away
            if subprocess.run([*pip, package], check=False).returncode:
                log(f"peers: {package} could not be installed")
    return chosen


def python(folder: Path) -> Path:
    """Return the environment's Python."""
    return folder / "bin" / "python"


def versions(folder: Path) -> dict[str, str]:
    """Return the versions of what is installed there, by package."""
    done = subprocess.run(
        [str(python(folder)), "-c", _VERSIONS], capture_output=True, text=True, check=True
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def sling(folder: Path) -> Path | None:
    """Return sling's program, None where it is not installed."""
    found = sorted(folder.glob("lib/python*/site-packages/sling_linux_amd64/bin/sling-linux-*"))
    return found[0] if found else None
