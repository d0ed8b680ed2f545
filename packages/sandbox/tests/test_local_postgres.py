"""The throwaway PostgreSQL: it asks for a password, survives a kill, and leaves nothing."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tableferry_sandbox import SandboxError, postgres_binaries
from tableferry_sandbox.local_postgres import LocalPostgres
from tableferry_sandbox.postgres_binaries import is_open_to_others


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users can enter, as the server runs as ``nobody`` when we are root."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name) / "cluster"


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_a_wrong_password_is_refused(postgres: LocalPostgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.conninfo(), password="not it")


def test_a_database_is_created_empty_and_dropped(postgres: LocalPostgres) -> None:
    postgres.create_database("only_here")
    with psycopg.connect(postgres.conninfo("only_here")) as connection:
        ((name, tables),) = connection.execute(
            "SELECT current_database(), count(*) FROM pg_stat_user_tables"
        )
    assert (name, tables) == ("only_here", 0)
    postgres.drop_database("only_here")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(postgres.conninfo("only_here"))


def test_the_password_is_not_in_its_repr(postgres: LocalPostgres) -> None:
    assert postgres.password not in repr(postgres)


def test_committed_rows_survive_a_killed_server(own_postgres: LocalPostgres) -> None:
    with psycopg.connect(own_postgres.conninfo(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    port = own_postgres.port
    own_postgres.kill()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(own_postgres.conninfo())
    own_postgres.start()
    assert own_postgres.port == port
    with psycopg.connect(own_postgres.conninfo()) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_leaving_the_block_by_an_exception_stops_the_server_and_removes_its_folder() -> None:
    server = LocalPostgres()
    with pytest.raises(ZeroDivisionError), server:
        folder, process = server.folder, server.postmaster_pid
        raise ZeroDivisionError
    assert not folder.exists()
    assert not is_running(process)
    with pytest.raises(SandboxError, match="closed"):
        _ = server.folder


def test_a_killed_owner_leaves_neither_server_nor_folder_behind() -> None:
    code = (
        "from tableferry_sandbox.local_postgres import LocalPostgres\n"
        "with LocalPostgres() as server:\n"
        "    print(server.postmaster_pid, server.folder, flush=True)\n"
        "    input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        process, folder = owner.stdout.readline().split()
        owner.send_signal(signal.SIGKILL)
    assert wait_for(lambda: not is_running(int(process)))
    assert wait_for(lambda: not Path(folder).exists())


def test_a_given_folder_keeps_its_rows_between_servers(open_folder: Path) -> None:
    with LocalPostgres(open_folder, password="fixed") as server:
        server.create_database("kept")
    with LocalPostgres(open_folder, password="fixed") as server:
        with psycopg.connect(server.conninfo("kept")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        server.drop_database("kept")
    assert open_folder.exists()


def test_an_invalid_setting_is_reported_with_the_servers_log() -> None:
    server = LocalPostgres(settings={"work_mem": "plenty"})
    with pytest.raises(SandboxError, match="work_mem") as raised, server:
        pass
    assert "did not start" in str(raised.value)


def test_unreachable_programs_are_copied_and_removed_with_the_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Only root needs another user for the server; anybody else runs the programs where they are.
    monkeypatch.setattr(postgres_binaries, "is_open_to_others", lambda _path: False)
    with LocalPostgres() as server:
        folder = server.folder
        assert (folder / "programs").exists() == (os.geteuid() == 0)
        with psycopg.connect(server.conninfo()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not folder.exists()


def test_a_folder_closed_to_others_closes_everything_below_it(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    below = closed / "below"
    below.mkdir(parents=True)
    closed.chmod(0o700)
    below.chmod(0o755)
    assert not is_open_to_others(closed)
    assert not is_open_to_others(below)
    assert is_open_to_others(Path("/usr/bin"))
