"""Output decides about nothing: whatever becomes of it, a command does its work.

Each command runs as a process of its own, with streams that are closed, full, unread or of a
terminal that goes away; a new interpreter where a stream is closed or a terminal when it begins.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tableferry_sandbox.faults import Stall
from tableferry_sandbox.sample import table_configs
from tests.integration.conftest import PASSWORD, USER
from tests.integration.conftest import Sandbox as FreshSandbox
from tests.support import loaded_process
from tests.support.databases import PgDatabase
from tests.support.in_process import surroundings
from tests.support.sandbox import Sandbox
from tests.support.terminal import Terminal, run_in_terminal

TABLEFERRY = f"{sys.executable} -m tableferry"
TABLE = "--tables=mctm_module"

ONE_LINE = "| head -1 >/dev/null"
NO_LINE = "| true"
NO_STDERR = "2>/dev/full"
FULL = ">/dev/full 2>&1"
CLOSED = ">&- 2>&-"

CASES: dict[str, tuple[int, list[str]]] = {
    f"sync {TABLE}": (0, [NO_LINE, NO_STDERR, FULL]),
    "sync --tables=customer": (1, [FULL, CLOSED]),
    "sync --tables=customer --json": (1, [FULL]),
    f"plan {TABLE}": (0, [ONE_LINE, FULL]),
    f"plan {TABLE} --json": (0, [FULL]),
    f"check {TABLE}": (0, [ONE_LINE, FULL]),
    f"check {TABLE} --json": (0, [FULL]),
    "discover --source=mctm": (0, [NO_LINE]),
    "info": (0, [NO_LINE]),
    "sync --tables=nonsense": (2, [NO_STDERR, CLOSED]),
}
"""A command, its exit code, and what becomes of its output. In the target ``mctm_customer`` is a
view, so that table fails."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "table_configs.py").write_text(f"TABLE_CONFIGS = {table_configs()!r}\n")
    return tmp_path


@pytest.fixture
def env(sample_sandbox: Sandbox, pg_database: PgDatabase) -> dict[str, str]:
    return {**sample_sandbox.environment, **pg_database.environment}


def shell(script: str, cwd: Path, env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["bash", "-c", script],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=surroundings(env),
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("command", CASES)
def test_a_command_ends_with_its_own_exit_code_whatever_becomes_of_its_output(
    command: str, folder: Path, env: dict[str, str], pg_database: PgDatabase
) -> None:
    pg_database.run("CREATE VIEW mctm_customer AS SELECT 1 AS customer_id")
    code, redirections = CASES[command]
    loaded = loaded_process.shell_words("-m", "tableferry")
    lines = [
        f"{{ {TABLEFERRY if one == CLOSED else loaded} {command}; echo $? >>codes; }} {one}"
        for one in redirections
    ]
    done = shell("\n".join(lines), folder, env)
    assert (folder / "codes").read_text().split() == [str(code)] * len(lines), done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "Exception ignored" not in done.stderr
    if command.startswith("sync") and code < 2:
        status = "ok" if code == 0 else "failed"
        runs = pg_database.rows("SELECT status FROM tableferry.runs")
        assert runs == [(status,)] * len(lines)


@pytest.mark.parametrize(
    ("command", "locale"),
    [
        ("sync", {"PYTHONIOENCODING": "ascii"}),
        ("check", {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
        ("plan", {"PYTHONIOENCODING": "latin-1:strict"}),
    ],
)
def test_a_terminal_that_lacks_characters_gets_escapes(
    folder: Path, env: dict[str, str], command: str, locale: dict[str, str]
) -> None:
    code, shown = run_in_terminal(
        [sys.executable, "-m", "tableferry", command, TABLE],
        folder,
        surroundings({**env, **locale}),
    )
    assert code == 0, shown
    assert "Traceback" not in shown


@pytest.fixture
def slow(sandbox: FreshSandbox) -> Iterator[FreshSandbox]:
    """A source whose table T comes slowly."""
    sandbox.run("DROP TABLE IF EXISTS dbo.T")
    sandbox.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY)")
    sandbox.run("INSERT INTO dbo.T VALUES (1), (2)")
    sandbox.server.faults.on_statement(r"FROM \[McTM\]\.\[dbo\]\.\[T\]", Stall(2.0))
    yield sandbox
    sandbox.server.faults.clear()
    sandbox.run("DROP TABLE dbo.T")


def of(sandbox: FreshSandbox, database: PgDatabase, folder: Path, **more: str) -> dict[str, str]:
    entry = {"db_type": "mctm", "sql_server_db": "McTM", "sql_table": "dbo.T", "pg_table": "t"}
    entry |= more
    (folder / "table_configs.py").write_text(f"TABLE_CONFIGS = {{'t': {entry!r}}}\n")
    prefix = "SQL_SERVER_MCTM_"
    source = {
        f"{prefix}HOST": sandbox.server.host,
        f"{prefix}PORT": str(sandbox.server.port),
        f"{prefix}DB": "McTM",
        f"{prefix}USER": USER,
        f"{prefix}PASSWORD": PASSWORD,
    }
    return surroundings({**source, **database.environment})


def test_a_terminal_is_never_blank_and_shows_the_phase(
    slow: FreshSandbox, pg_database: PgDatabase, tmp_path: Path
) -> None:
    env = of(slow, pg_database, tmp_path)
    code, shown = run_in_terminal([sys.executable, "-m", "tableferry", "sync"], tmp_path, env)
    assert code == 0, shown
    assert "waiting for the first rows" in shown
    assert "waiting for the first rows, 1 s" in shown


@pytest.mark.parametrize("ignored", [False, True])
def test_a_terminal_that_is_closed_ends_the_run_in_order_unless_nohup_ignores_it(
    slow: FreshSandbox, pg_database: PgDatabase, tmp_path: Path, ignored: bool
) -> None:
    env = of(slow, pg_database, tmp_path)
    ignoring = "trap '' HUP; " if ignored else ""
    script = f"{ignoring}exec {TABLEFERRY} sync"
    terminal = Terminal()
    terminal.start(["sh", "-c", script], tmp_path, env)
    terminal.wait_until(lambda shown: "waiting for the first rows" in shown)
    terminal.close()
    assert terminal.process is not None
    code = terminal.process.wait(timeout=60)
    assert code == (0 if ignored else 128 + signal.SIGHUP)
    [(run, table)] = pg_database.rows(
        "SELECT r.status, t.status FROM tableferry.runs r "
        "JOIN tableferry.table_runs t USING (run_id)"
    )
    assert run == table == ("ok" if ignored else "cancelled")
    [(exists,)] = pg_database.rows("SELECT to_regclass('t') IS NOT NULL")
    assert exists is ignored


def test_a_log_and_a_terminal_can_be_told_apart(
    slow: FreshSandbox, pg_database: PgDatabase, tmp_path: Path
) -> None:
    env = of(slow, pg_database, tmp_path)
    script = f"exec {TABLEFERRY} sync >out.txt"
    code, shown = run_in_terminal(["sh", "-c", script], tmp_path, env)
    assert code == 0
    assert "waiting for the first rows" in shown
    assert "ok  t" not in shown
    printed = (tmp_path / "out.txt").read_text()
    assert printed.startswith("ok  t -> ")
    assert "\x1b" not in printed


def test_quiet_prints_the_last_line_only(
    slow: FreshSandbox, pg_database: PgDatabase, tmp_path: Path
) -> None:
    slow.server.faults.clear()
    env = of(slow, pg_database, tmp_path)
    lines = {}
    for command in ("sync", "plan", "check"):
        done = loaded_process.run("-m", "tableferry", command, "--quiet", cwd=tmp_path, env=env)
        assert (done.returncode, done.stderr) == (0, "")
        lines[command] = done.stdout
    assert lines["sync"].startswith("1 of 1 table ok: 2 rows in ")
    assert lines["plan"] == lines["check"] == "1 of 1 table ok\n"


def test_what_a_command_prints_itself_is_not_mixed_with_live_lines(tmp_path: Path) -> None:
    terminal = Terminal()
    command = [sys.executable, "-m", "tableferry", "sandbox", "--port=0", "--scale=0.01"]
    terminal.start(command, tmp_path, surroundings({}))
    terminal.wait_until(lambda shown: "SQL_SERVER_MCTM_HOST" in shown)
    assert "starting" not in terminal.shown
    assert terminal.process is not None
    terminal.process.terminate()
    assert terminal.wait() in {0, 143}
    terminal.close()


def test_a_terminal_shows_a_line_before_the_engine_is_imported(tmp_path: Path) -> None:
    (tmp_path / "table_configs.py").write_text("import time; time.sleep(1); TABLE_CONFIGS = {}\n")
    command = [sys.executable, "-m", "tableferry", "check"]
    code, shown = run_in_terminal(command, tmp_path, surroundings({}))
    assert code == 2
    assert shown.index("starting") < shown.index("TABLE_CONFIGS holds no table")


def test_a_condition_that_does_not_parse_is_told_by_check_and_the_table_is_readable(
    slow: FreshSandbox, pg_database: PgDatabase, tmp_path: Path
) -> None:
    slow.server.faults.clear()
    env = of(slow, pg_database, tmp_path, where="ID >")
    done = loaded_process.run("-m", "tableferry", "check", cwd=tmp_path, env=env)
    assert done.returncode == 1
    assert "readable: yes" in done.stderr
    assert "Incorrect syntax near" in done.stderr
    assert "Check 'where' in the configuration" in done.stderr
