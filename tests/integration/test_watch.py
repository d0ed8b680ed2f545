"""``tableferry watch``: real processes between a stand-in and a PostgreSQL, stopped by signals."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import psycopg
import pytest

from tableferry.postgres.connection import TargetConnection
from tableferry_sandbox.faults import Stall
from tests.faults.support import wait_for
from tests.integration.conftest import PASSWORD, USER, Sandbox
from tests.support import loaded_process
from tests.support.databases import PgDatabase
from tests.support.in_process import call, surroundings
from tests.support.process_state import connections_of, descriptors_of, threads_of
from tests.support.terminal import Terminal

SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]

SESSIONS = """\
SELECT count(*) FROM pg_stat_activity
WHERE application_name LIKE 'tableferry%' AND pid <> pg_backend_pid()"""

OVERLAPPING = """\
SELECT count(*) FROM tableferry.runs a JOIN tableferry.runs b ON a.run_id < b.run_id
AND tstzrange(a.started_at, a.ended_at) && tstzrange(b.started_at, b.ended_at)"""

WATCH = ["-m", "tableferry", "watch"]


@pytest.fixture
def source(sandbox: Sandbox) -> Iterator[Sandbox]:
    """A source with two rows in its table T, which is copied into t."""
    sandbox.run("DROP TABLE IF EXISTS dbo.T")
    sandbox.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY)")
    sandbox.run("INSERT INTO dbo.T VALUES (1), (2)")
    yield sandbox
    sandbox.run("DROP TABLE dbo.T")


@pytest.fixture
def env(source: Sandbox, pg_database: PgDatabase) -> dict[str, str]:
    prefix = "SQL_SERVER_MCTM_"
    server = {"HOST": source.server.host, "PORT": str(source.server.port), "DB": "McTM"}
    login = {"USER": USER, "PASSWORD": PASSWORD}
    return {
        **{f"{prefix}{name}": value for name, value in (server | login).items()},
        **pg_database.environment,
    }


def write(folder: Path, **tables: dict[str, Any]) -> None:
    entry = {"db_type": "mctm", "sql_server_db": "McTM", "sql_table": "dbo.T"}
    configs = {key: {**entry, "pg_table": key, **more} for key, more in tables.items()}
    new = folder / "new.py"
    new.write_text(f"TABLE_CONFIGS = {configs!r}\n")
    new.replace(folder / "table_configs.py")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, t={"publish": "merge"})
    return tmp_path


class Watching:
    """A watch in a process of its own; its lines are read as they come."""

    def __init__(self, folder: Path, env: dict[str, str], *arguments: str) -> None:
        self.process = loaded_process.start(*WATCH, *arguments, cwd=folder, env=surroundings(env))
        self.lines: list[str] = []
        self.said: list[str] = []
        self._readers = [
            threading.Thread(target=lambda: self.lines.extend(self.process.stdout or ())),
            threading.Thread(target=lambda: self.said.extend(self.process.stderr or ())),
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self._finish()

    def _finish(self) -> int:
        code = self.process.wait(60)
        for reader in self._readers:
            reader.join()
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        return code

    def wait_for_runs(self, count: int) -> None:
        assert wait_for(lambda: len(self.lines) >= count, 60), (self.lines, self.said)

    def wait_until(self, text: str) -> None:
        said = lambda: text in "".join(self.lines + self.said)  # noqa: E731
        assert wait_for(said, 60), (self.lines, self.said)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self._finish()


def test_it_carries_what_is_new_run_after_run_and_says_so_in_a_line_each(
    folder: Path, env: dict[str, str], source: Sandbox, pg_database: PgDatabase
) -> None:
    with Watching(folder, env, "--every", "1s") as watching:
        watching.wait_for_runs(2)
        assert "  ok  1 of 1 table, 2 rows in " in watching.lines[0]
        assert "; changed: t (2 rows, " in watching.lines[0]
        assert "changed:" not in watching.lines[1]
        assert "; oldest rows: " in watching.lines[1]
        source.run("INSERT INTO dbo.T VALUES (3)")
        watching.wait_until("; changed: t (1 row, ")
        assert pg_database.rows("SELECT * FROM t ORDER BY 1") == [(1,), (2,), (3,)]
        assert watching.stop() == 143
    assert watching.lines[-1].startswith("stopped by SIGTERM after ")
    runs = pg_database.rows("SELECT count(*) FROM tableferry.runs WHERE status = 'ok'")
    assert runs == [(sum("  ok  1 of 1 table, " in line for line in watching.lines),)]


def test_between_two_runs_it_keeps_nothing_open(
    folder: Path, env: dict[str, str], source: Sandbox, pg_database: PgDatabase
) -> None:
    servers = {source.server.port, pg_database.port}
    with Watching(folder, env, "--every=5s") as watching:
        pid = watching.process.pid
        held = []
        for run in (1, 2):
            watching.wait_for_runs(run)
            assert wait_for(lambda: not connections_of(pid) & servers)
            assert pg_database.rows(SESSIONS) == [(0,)]
            held.append((len(descriptors_of(pid)), threads_of(pid)))
    assert held[0] == held[1]


def test_as_json_each_run_is_a_document_on_a_line_of_its_own(
    folder: Path, env: dict[str, str]
) -> None:
    with Watching(folder, env, "--every=1s", "--json") as watching:
        watching.wait_for_runs(2)
        assert watching.stop(signal.SIGINT) == 130
    *runs, end = map(json.loads, watching.lines)
    assert [run["status"] for run in runs[:2]] == ["ok", "ok"]
    assert [run["tables"][0]["rows_written"] for run in runs[:2]] == [2, 2]
    assert all(run["tables"][0]["age_seconds"] >= 0 for run in runs[:2])
    assert all(run["next_in_seconds"] <= 1 for run in runs[:2])
    assert len({run["run_id"] for run in runs}) == len(runs)
    failed = sum(run["status"] != "ok" for run in runs)  # the signal may have come during a run
    assert end == {"stopped_by": "SIGINT", "runs": len(runs), "failed": failed}


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_between_two_runs_ends_it_at_once(
    folder: Path, env: dict[str, str], number: signal.Signals, code: int
) -> None:
    with Watching(folder, env, "--every=1h") as watching:
        watching.wait_for_runs(1)
        assert watching.stop(number) == code
    assert watching.lines[1:] == [f"stopped by {number.name} after 1 run\n"]
    assert watching.said == []


@pytest.mark.parametrize(("number", "code"), SIGNALS[:2])
def test_a_signal_during_a_run_rolls_it_back_and_ends_it(
    folder: Path,
    env: dict[str, str],
    pg_database: PgDatabase,
    number: signal.Signals,
    code: int,
) -> None:
    write(folder, t={"publish": "truncate"})
    pg_database.run("CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (7)")
    # A reader that holds the table makes the run wait for its lock, so it is surely in its midst.
    with psycopg.connect(pg_database.conninfo) as reader:
        reader.execute("SELECT count(*) FROM t")
        with Watching(folder, env, "--every=1s") as watching:
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            assert wait_for(lambda: pg_database.rows(waiting) == [(1,)])
            assert watching.stop(number) == code
    run, end = watching.lines
    assert "  cancelled  0 of 1 table, " in run
    assert end == f"stopped by {number.name} after 1 run, 1 of them not ok\n"
    assert f"t: Cancelled: The run was stopped ({number.name})" in "".join(watching.said)
    assert pg_database.rows("SELECT status FROM tableferry.table_runs") == [("cancelled",)]
    assert pg_database.rows("SELECT id FROM t") == [(7,)]


def test_a_signal_that_comes_as_the_last_table_is_committed_is_not_lost(
    folder: Path, env: dict[str, str], pg_database: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = TargetConnection.commit

    def commit(connection: TargetConnection, *questions: Any) -> Any:
        answers = original(connection, *questions)
        if pg_database.rows("SELECT to_regclass('t') IS NOT NULL") == [(True,)]:
            monkeypatch.undo()
            signal.raise_signal(signal.SIGTERM)
        return answers

    monkeypatch.setattr(TargetConnection, "commit", commit)
    done = call("watch", "--every=1h", env=env, cwd=folder)
    run, end = done.stdout.splitlines()
    assert "  ok  1 of 1 table, 2 rows in " in run
    assert "next in" not in run
    assert (end, done.returncode) == ("stopped by SIGTERM after 1 run", 143)


def test_it_goes_on_when_a_server_is_away_and_comes_back(
    folder: Path, env: dict[str, str], source: Sandbox, pg_database: PgDatabase
) -> None:
    source.run("EXEC sp_rename 'dbo.T', 'Hidden'")
    with Watching(folder, env, "--every=1s") as watching:
        watching.wait_for_runs(2)
        assert "; not ok: t (" in watching.lines[0]
        assert "next in 2 s, backing off after 1 failed run" in watching.lines[0]
        assert "next in 4 s, backing off after 2 failed runs" in watching.lines[1]
        source.run("EXEC sp_rename 'dbo.Hidden', 'T'")
        watching.wait_until("  ok  1 of 1 table, 2 rows")
        assert watching.stop() == 143
    errors = [line for line in watching.said if line.startswith("    t: SchemaError")]
    assert len(errors) == 1  # the second is the same as the first
    assert pg_database.rows("SELECT count(*) FROM t") == [(2,)]


def test_the_file_of_tables_is_read_again_and_a_broken_one_is_told_and_not_used(
    folder: Path, env: dict[str, str], pg_database: PgDatabase
) -> None:
    with Watching(folder, env, "--every=1s") as watching:
        watching.wait_for_runs(1)
        (folder / "table_configs.py").write_text("TABLE_CONFIGS = {")
        watching.wait_until("has changed and cannot be used: the tables stay as they were")
        watching.wait_until("  ok  1 of 1 table")
        write(folder, t={"publish": "merge"}, u={"publish": "merge"})
        watching.wait_until("table_configs.py has changed: added u")
        assert watching.stop() == 143
    text = "".join(watching.lines + watching.said)
    assert "ConfigError: table_configs.py is not valid Python" in text
    assert text.count("cannot be used") == 1
    assert pg_database.rows("SELECT count(*) FROM u") == [(2,)]


def test_a_run_that_takes_longer_than_the_interval_is_not_overtaken(
    folder: Path, env: dict[str, str], source: Sandbox, pg_database: PgDatabase
) -> None:
    source.server.faults.on_statement(r"FROM \[McTM\]\.\[dbo\]\.\[T\]", Stall(2.5))
    with Watching(folder, env, "--every=1s") as watching:
        watching.wait_for_runs(2)
        assert "; next in 0 s" in watching.lines[0]
        watching.stop()
    assert pg_database.rows(OVERLAPPING) == [(0,)]


def test_it_survives_a_reader_of_its_lines_that_goes_away(
    folder: Path, env: dict[str, str], pg_database: PgDatabase
) -> None:
    reading, writing = os.pipe()
    with loaded_process.start(
        *WATCH, "--every=1s", cwd=folder, env=surroundings(env), stdout=writing
    ) as process:
        os.close(writing)
        os.read(reading, 1)
        os.close(reading)
        runs = "SELECT count(*) FROM tableferry.runs WHERE status = 'ok'"
        assert wait_for(lambda: pg_database.rows(runs)[0][0] >= 3, 60)
        process.terminate()
        _, said = process.communicate(timeout=60)
    assert process.returncode == 143
    # A run that the signal meets says so; nothing else is said.
    assert said == "" or said.startswith("    t: Cancelled: The run was stopped (SIGTERM)\n")


def test_a_terminal_that_is_closed_ends_it(
    folder: Path, env: dict[str, str], pg_database: PgDatabase
) -> None:
    terminal = Terminal(columns=120)
    terminal.start([sys.executable, *WATCH, "--every=1h"], folder, surroundings(env))
    terminal.wait_until(lambda shown: "; next in " in shown)
    terminal.close()
    assert terminal.process is not None
    assert terminal.process.wait(60) == 129
    assert pg_database.rows("SELECT status FROM tableferry.runs") == [("ok",)]


def test_under_a_line_of_cron_the_first_run_waits_for_its_time(
    folder: Path, env: dict[str, str], pg_database: PgDatabase
) -> None:
    with Watching(folder, env, "--cron", "0 0 1 1 *") as watching:
        assert wait_for(lambda: len(descriptors_of(watching.process.pid)) >= 3)
        with pytest.raises(subprocess.TimeoutExpired):
            watching.process.wait(3)
        assert watching.stop() == 143
    assert watching.lines == ["stopped by SIGTERM after 0 runs\n"]
    assert pg_database.rows("SELECT to_regclass('tableferry.runs') IS NULL") == [(True,)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "watch needs --every or --cron, and neither is given"),
        (["--every=30s", "--cron=* * * * *"], "watch needs --every or --cron, and both is given"),
        (["--every=30"], "--every takes a number and a unit"),
        (["--cron=61 * * * *"], "Bad minute"),
        (["--every=30s", "--config=missing.py"], "There is no file missing.py"),
        (["--every=30s", "--tables=x"], "'x'"),
        (["--every=30s", "--tables="], "No table was named"),
    ],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_wrong_use_is_refused_before_anything_is_begun(
    folder: Path, env: dict[str, str], arguments: list[str], said: str, as_json: bool
) -> None:
    done = call("watch", *arguments, *(["--json"] if as_json else []), env=env, cwd=folder)
    assert done.returncode == 2
    assert said in done.stderr
    if as_json:
        (line,) = done.stdout.splitlines()
        assert said in json.loads(line)["error"]["message"]


def test_a_missing_environment_is_refused_before_anything_is_begun(folder: Path) -> None:
    done = call("watch", "--every=30s", cwd=folder)
    assert done.returncode == 2
    assert "SQL_SERVER_MCTM_HOST is missing" in done.stderr


def test_the_page_is_written_again_after_each_run(
    folder: Path, env: dict[str, str], source: Sandbox
) -> None:
    page = folder / "status.html"
    with Watching(folder, env, "--every=1s", "--report=status.html") as watching:
        watching.wait_for_runs(1)
        assert "The table is fresh" in page.read_text("utf-8")
        source.run("DROP TABLE dbo.T")
        try:
            watching.wait_until("SchemaError")
            failing = lambda: "1 of 1 table needs attention" in page.read_text("utf-8")  # noqa: E731
            assert wait_for(failing, 60)
        finally:
            source.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY)")


def test_a_page_that_can_no_longer_be_written_is_told_once_and_stops_no_run(
    folder: Path, env: dict[str, str]
) -> None:
    pages = folder / "pages"
    pages.mkdir()
    with Watching(folder, env, "--every=1s", "--report=pages/status.html") as watching:
        watching.wait_for_runs(1)
        (pages / "status.html").unlink()
        pages.rmdir()
        watching.wait_until("The page pages/status.html cannot be written")
        seen = sum("  ok  " in line for line in watching.lines)
        assert wait_for(lambda: sum("  ok  " in line for line in watching.lines) > seen + 1, 60)
        watching.stop()
    assert "".join(watching.lines + watching.said).count("cannot be written") == 1


def test_a_page_without_a_folder_is_refused_before_the_first_run(
    folder: Path, env: dict[str, str]
) -> None:
    done = call("watch", "--every=1s", "--report=nowhere/status.html", cwd=folder, env=env)
    assert done.returncode == 2
    assert "its folder does not exist" in done.stderr
