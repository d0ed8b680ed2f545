"""The other tools: their environment, what they take, and what the page says of them."""

import sys
from pathlib import Path

import pytest

from bench.errors import BenchError
from bench.groups import peers
from bench.groups.peers import Beside
from bench.measure import Series
from bench.peers import environment, tools
from bench.peers.tools import TOOLS
from bench.peers.watched import watched
from bench.suite import Context


def test_what_a_command_and_its_children_take_is_counted() -> None:
    code = (
        "import subprocess, sys, time; held = bytearray(60_000_000); "
        "subprocess.run([sys.executable, '-c', "
        "'import time; held = bytearray(60_000_000); time.sleep(0.5)'])"
    )
    found = watched([sys.executable, "-c", code], {})
    assert found["peak_mb"] > 115
    assert found["cpu"] > 0
    assert found["wall"] > 0.5


def test_a_command_gets_its_input_and_its_variables() -> None:
    code = "import os, sys; sys.exit(sys.stdin.read() + os.environ['NAME'] != 'given well')"
    watched([sys.executable, "-c", code], {"NAME": " well"}, "given")


def test_a_command_that_fails_says_what_it_printed() -> None:
    with pytest.raises(BenchError, match=r"the tool ended with 3 after 0 s:\nno such server"):
        watched(
            [sys.executable, "-c", "print('no such server'); raise SystemExit(3)"],
            {},
            what="the tool",
        )


def test_an_environment_that_is_there_is_used_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    assert environment.prepared(tmp_path, pytest.fail) == tmp_path


def test_a_missing_environment_is_made_and_a_package_that_cannot_be_had_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[list[str]] = []

    def run(command: list[str], **_: object) -> object:
        ran.append(command)
        return type("Done", (), {"returncode": int("connectorx" in command)})

    monkeypatch.setattr(environment.subprocess, "run", run)
    lines: list[str] = []
    assert environment.prepared(tmp_path / "venv", lines.append) == tmp_path / "venv"
    assert ran[0][-3:] == ["-m", "venv", str(tmp_path / "venv")]
    assert [command[-1] for command in ran[1:]] == list(environment.PACKAGES)
    assert lines[1:] == ["peers: connectorx could not be installed"]


def test_the_page_says_the_version_and_the_settings_of_each_tool_and_which_is_missing() -> None:
    said = peers._settings({"dlt": "1.2.3", "connectorx": "0.4"})
    assert "- dlt 1.2.3: `sql_database` with the backend `pyarrow`" in said
    assert "- sling: not measured, since it is not installed." in said
    assert all(tool.name in said for tool in TOOLS)


def test_a_tool_that_cannot_do_it_is_in_the_table_with_its_error() -> None:
    found = Beside(
        {TOOLS[0].name: Series([2.0], [1.0], [100.0])}, {"sling": "it said\n~ no such type"}
    )
    shown = peers._table(found, 1000)
    assert "| **tableferry** `sync` | 2.00 | 500 | 1.00 | 100 | 1.00 |" in shown
    assert "| sling | failed |" in shown
    assert "sling said:\n\n    it said\n    ~ no such type" in shown


def test_the_bar_compares_as_many_tables_at_once_as_sling_takes() -> None:
    found = Beside({peers.OURS: Series([1.0], [1.0], [1.0]), "sling": Series([4.0], [1.0], [1.0])})
    (bar,) = peers._bars(200, found)
    assert (bar.measured, bar.met) == ("0.25x", True)
    assert peers._bars(200, Beside({peers.OURS: Series([1.0], [1.0], [1.0])})) == []


def test_tableferry_itself_is_measured_as_a_command_and_its_rows_are_counted(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only = TOOLS[0]
    monkeypatch.setattr(peers, "TOOLS", (only,))
    monkeypatch.setattr(peers.environment, "versions", lambda _: {})
    section = peers.measure(
        Context(
            context.sizes,
            1,
            context.log,
            peers=tmp_path,
            source=context.source,
            target=context.target,
        )
    )
    assert section.body.count(f"| {only.name} |") == 2
    assert "failed" not in section.body


def test_a_tool_that_copies_fewer_rows_has_failed(context: Context, tmp_path: Path) -> None:
    lazy = tools.Tool("lazy", "", "", "public", lambda _: {"wall": 1.0, "cpu": 1.0, "peak_mb": 1.0})
    short = tools.Tool("short", "", "", "nowhere", lazy.run)
    with_peers = Context(
        context.sizes, 1, context.log, peers=tmp_path, source=context.source, target=context.target
    )
    found = peers._beside((peers.made("Narrow", 7),), [lazy, short], with_peers)
    assert found.errors == {"short": "short has copied 0 rows of 7"}
    assert list(found.series) == ["lazy"]
