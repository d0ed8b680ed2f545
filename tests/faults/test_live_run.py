"""``script/live`` that is killed: the next run drops what it has left, and nothing else."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from live.databases import MARK, create, sweep
from live.place import Place
from tableferry import sqlserver
from tableferry_sandbox.testing import SqlServer, sql_server

ROOT = Path(__file__).parents[2]
SYSTEM = ["master", "tempdb", "model", "msdb"]
OTHERS = ["tableferry_live_of_somebody", "Shop"]

MOMENTS = [
    r"^CREATE DATABASE",
    r"^ALTER DATABASE .* SET READ_COMMITTED_SNAPSHOT",
    r"CREATE TABLE dbo\.U",
    r"^DROP DATABASE",
]
"""Statements at whose arrival the run is killed; the server carries them out all the same."""


@pytest.fixture
def server() -> Iterator[SqlServer]:
    with sql_server(*OTHERS) as made:
        yield made


def names(server: SqlServer) -> list[str]:
    found: list[str] = server.query("master", "SELECT name FROM sys.databases")["name"].to_pylist()
    return found


def started(server: SqlServer, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            sys.executable, "-m", "live", f"{server.host}:{server.port}:{server.user}", "--yes",
            "--probes-only", "--area", "isolation", "--output", str(folder),
        ],
        cwd=ROOT,
        env={**os.environ, "TABLEFERRY_LIVE_PASSWORD": server.password},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip


def killed_at(server: SqlServer, moment: str, folder: Path, monkeypatch: Any) -> None:
    """Run until a statement like this arrives, and kill the process at that moment."""
    take = server.faults.take_statement
    processes: list[subprocess.Popen[str]] = []

    def kill_and_take(sql: str) -> Any:
        if processes and re.search(moment, sql, re.DOTALL):
            processes.pop().send_signal(signal.SIGKILL)
        return take(sql)

    monkeypatch.setattr(server.faults, "take_statement", kill_and_take)
    process = started(server, folder)
    processes.append(process)
    said, _ = process.communicate(timeout=300)
    assert process.returncode == -signal.SIGKILL, said
    monkeypatch.setattr(server.faults, "take_statement", take)


def test_a_run_that_was_killed_at_any_moment_leaves_nothing_when_it_is_run_again(
    server: SqlServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = 0
    for moment in MOMENTS:
        killed_at(server, moment, tmp_path, monkeypatch)
        left += any(name.startswith(MARK) for name in names(server))
    assert left >= 2
    process = started(server, tmp_path)
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert names(server) == [*SYSTEM, *OTHERS]


def test_a_run_that_is_interrupted_drops_its_databases_and_says_so(
    server: SqlServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = server.faults.take_statement
    begun = threading.Event()

    def note_and_take(sql: str) -> Any:
        if "CREATE TABLE dbo.U" in sql:
            begun.set()
        return take(sql)

    monkeypatch.setattr(server.faults, "take_statement", note_and_take)
    process = started(server, tmp_path)
    assert begun.wait(300)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 128 + signal.SIGINT, said
    assert "interrupted; there is no report" in said
    assert names(server) == [*SYSTEM, *OTHERS]
    assert list(tmp_path.iterdir()) == []


def test_a_report_holds_neither_the_servers_address_nor_the_login_nor_its_databases(
    server: SqlServer, tmp_path: Path
) -> None:
    process = started(server, tmp_path)
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    for file in ("live-report.md", "live-report.json"):
        text = (tmp_path / file).read_text(encoding="utf-8")
        for word in (server.host, server.password, MARK, *OTHERS):
            assert word not in text
    report = json.loads((tmp_path / "live-report.json").read_text(encoding="utf-8"))
    assert report["good"] is True
    assert set(report["areas"]) == {"isolation"}


def test_databases_that_a_session_is_in_belong_to_a_run_that_goes_on(
    server: SqlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("live.databases.PATIENCE", 0)
    place = Place(server.host, server.port, server.user, server.password)
    with sqlserver.connect(place.settings()) as master:
        used, unused = create(master), create(master)
        with sqlserver.connect(place.settings(used)):
            assert sweep(master) == ([unused], [used])
        assert sweep(master) == ([used], [])
