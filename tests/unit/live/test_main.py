"""What the command says, and how it ends, where it cannot do what it is for."""

import io
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from live.__main__ import COULD_NOT, main
from live.servers import PASSWORD
from tableferry_sandbox.faults import SendError
from tableferry_sandbox.testing import SqlServer, sql_server

SYSTEM = ["master", "tempdb", "model", "msdb"]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SqlServer]:
    with sql_server() as made:
        monkeypatch.setenv(PASSWORD, made.password)
        yield made


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    kept = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for one, handler in kept.items():
        signal.signal(one, handler)


def asked(server: SqlServer, folder: Path, *more: str) -> int:
    """Run one area's probes, without the tests."""
    name = f"{server.host}:{server.port}:{server.user}"
    given = [name, "--probes-only", "--area", "rowversion", "--output", str(folder), *more]
    return main(given)


def names(server: SqlServer) -> list[str]:
    found: list[str] = server.query("master", "SELECT name FROM sys.databases")["name"].to_pylist()
    return found


def test_a_folder_that_cannot_be_written_is_found_out_before_the_server_is_asked(
    server: SqlServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    server.faults.on_statement("CREATE DATABASE", SendError(50000, "It was asked"))
    assert asked(server, tmp_path / "file" / "folder", "--yes") == COULD_NOT
    said = capsys.readouterr().err
    assert f"No report can be written to {tmp_path}/file/folder: Not a directory" in said
    assert "--output" in said


def test_where_nobody_answers_nothing_is_done(
    server: SqlServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert asked(server, tmp_path) == COULD_NOT
    assert "Nothing was done: nobody answered; --yes does" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_password_is_named_by_its_variable_and_not_shown(
    server: SqlServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(PASSWORD, "Wrong-47110815")
    assert asked(server, tmp_path, "--yes") == COULD_NOT
    said = capsys.readouterr().err
    assert "(18456)" in said
    assert PASSWORD in said
    assert "Wrong-47110815" not in said


def test_a_server_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(PASSWORD, "Secret-1")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    name = f"127.0.0.1:{port}:sa"
    assert main([name, "--yes", "--output", str(tmp_path)]) == COULD_NOT
    assert f"127.0.0.1:{port}" in capsys.readouterr().err


def test_a_login_that_may_not_create_databases_is_told_which_right_it_needs(
    server: SqlServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    denied = SendError(262, "CREATE DATABASE permission denied in database 'master'.")
    server.faults.on_statement("CREATE DATABASE", denied, times=9)
    assert asked(server, tmp_path, "--yes") == COULD_NOT
    said = capsys.readouterr().err
    assert "CREATE DATABASE permission denied" in said
    assert "CREATE ANY DATABASE" in said


def test_a_server_that_refuses_everything_has_said_nothing(
    server: SqlServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refusal = SendError(102, "Incorrect syntax near 'TABLE'.")
    server.faults.on_statement(r"dbo\.|ROWVERSION\(|@@DBTS|CAST\(0x", refusal, times=999)
    assert asked(server, tmp_path, "--yes") == COULD_NOT
    assert "Nothing was found out." in capsys.readouterr().out
    assert names(server) == SYSTEM
