"""Folders and files that a process may not read end no command with a traceback.

Root may read everything, so as root these processes run without the two capabilities that allow it.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.in_process import surroundings

WITHOUT_PRIVILEGES = """
import ctypes, os, sys
if os.geteuid() == 0:
    drop, override, search = 24, 1, 2  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    for capability in (override, search):
        assert ctypes.CDLL(None).prctl(drop, capability, 0, 0, 0) == 0
os.chdir(sys.argv[1])
os.execv(sys.executable, [sys.executable, "-m", *sys.argv[2:]])
"""

CONFIG = "TABLE_CONFIGS = {}\n"


def run(folder: Path, *arguments: str, close: Path | None = None) -> tuple[int, str]:
    """Run a command there; ``close`` is a folder that may not be searched from then on.

    Returns the exit code and all output, with ``--json`` the result only.
    """
    change = f"import os; os.chmod({str(close)!r}, 0)\n" if close else ""
    code = WITHOUT_PRIVILEGES.replace("os.execv", change + "os.execv")
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder), "tableferry", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=surroundings({"HOME": "/nowhere", "TMPDIR": "/nowhere"}),
    )
    said = done.stdout if "--json" in arguments else done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.returncode, said


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A folder, whose rights are given back when the test is over."""
    folder = tmp_path / "closed"
    (folder / "inner").mkdir(parents=True)
    yield folder
    folder.chmod(0o700)


DISCOVER = ("discover", "--source", "mctm")


def test_a_working_folder_below_one_that_cannot_be_searched_has_no_env_file(closed: Path) -> None:
    code, said = run(closed / "inner", *DISCOVER, close=closed)
    assert code == 2, said
    assert "SQL_SERVER_MCTM_HOST is missing" in said
    assert "no .env found" in said


@pytest.mark.parametrize("command", ["info", "plan", "check", "sync"])
def test_a_configuration_that_cannot_be_reached_is_refused(closed: Path, command: str) -> None:
    (closed / "tables.py").write_text(CONFIG)
    code, said = run(
        closed.parent, command, "--config", str(closed / "tables.py"), "--json", close=closed
    )
    assert code == 2, said
    error = json.loads(said)["error"]
    assert error["type"] == "ConfigError"
    assert "tables.py" in error["message"]
    assert "--config" in error["hint"]


def test_a_folder_as_the_configuration_is_refused(tmp_path: Path) -> None:
    code, said = run(tmp_path, "plan", "--config", str(tmp_path))
    assert code == 2
    assert f"{tmp_path} is not a file" in said


def test_an_env_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SQL_SERVER_MCTM_HOST=sql01\n")
    (tmp_path / ".env").chmod(0)
    code, said = run(tmp_path, *DISCOVER)
    assert code == 2
    assert f"{tmp_path / '.env'} cannot be read: Permission denied" in said


def test_a_folder_named_like_the_env_file_is_none(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    code, said = run(tmp_path, *DISCOVER)
    assert code == 2
    assert "no .env found" in said


def test_a_ca_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("")
    (tmp_path / "ca.pem").chmod(0)
    lines = {"HOST": "127.0.0.1", "DB": "x", "USER": "x", "PASSWORD": "x", "CA_FILE": "ca.pem"}
    text = "".join(f"SQL_SERVER_MCTM_{name}={value}\n" for name, value in lines.items())
    (tmp_path / ".env").write_text(text)
    code, said = run(tmp_path, *DISCOVER)
    assert code == 2, said
    assert "ca.pem cannot be read: Permission denied" in said
    assert "SQL_SERVER_MCTM_CA_FILE" in said
