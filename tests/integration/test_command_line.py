"""The ``tableferry`` command, as a user runs it: real servers, and a real process of each command.

A process takes longer to import what it needs than to do it. Where it shows nothing more than its
exit code and its output, ``main`` is called in this one.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tableferry import __version__
from tableferry_sandbox.sample import table_configs
from tests.support import loaded_process
from tests.support.databases import PgDatabase
from tests.support.in_process import call, surroundings
from tests.support.sandbox import PASSWORD, Sandbox

COMMANDS = ("discover", "plan", "sync", "watch", "verify", "check", "info", "demo", "sandbox")


def run(*arguments: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> Any:
    """Run a command in a process of its own."""
    return loaded_process.run("-m", "tableferry", *arguments, cwd=cwd, env=surroundings(env))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    configs = table_configs()
    text = f"TABLE_CONFIGS = {configs!r}\nDEFAULT_SYNC_ORDER = {list(configs)!r}\n"
    (tmp_path / "table_configs.py").write_text(text)
    return tmp_path


@pytest.fixture
def env(sample_sandbox: Sandbox, pg_database: PgDatabase) -> dict[str, str]:
    return {**sample_sandbox.environment, **pg_database.environment}


def test_every_command_has_a_help_text(tmp_path: Path) -> None:
    whole = run("--help").stdout
    for command in COMMANDS:
        assert command in whole
        found = call(command, "--help", cwd=tmp_path)
        assert found.returncode == 0
        assert "Usage: " in found.stdout
        assert "<bool>" not in found.stdout
    assert "<bool>" not in whole


@pytest.mark.parametrize(
    ("missing", "extra", "in_a_checkout", "arguments"),
    [
        ("duckdb", "sandbox", "packages/sandbox '.[sandbox]'", ["demo"]),
        ("distributed", "dask", "'.[dask]'", ["sync", "--scheduler=local:1"]),
    ],
)
def test_a_command_whose_extra_is_not_installed_names_it(
    missing: str, extra: str, in_a_checkout: str, arguments: list[str], folder: Path
) -> None:
    program = (
        f"import sys; sys.modules[{missing!r}] = None; from tableferry.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 2
    assert f"{missing} is not installed" in done.stderr
    assert f"pip install 'tableferry[{extra}]'; in a checkout" in done.stderr
    assert f"pip install {in_a_checkout}" in done.stderr
    assert "Traceback" not in done.stderr


def test_sync_carries_all_tables_in_order_and_shows_progress(
    folder: Path, env: dict[str, str], pg_database: PgDatabase
) -> None:
    done = run("sync", env=env, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    places = [done.stdout.index(f"ok  {name} ->") for name in table_configs()]
    assert places == sorted(places)
    assert "rows/s" in done.stdout
    assert "4 of 4 ok" in done.stdout
    assert pg_database.rows("SELECT count(*) FROM voipdb_useragent") == [(5000,)]


@pytest.mark.parametrize("arguments", [(), ("--json",), ("--publish-together",)])
def test_a_stdout_that_is_closed_or_full_changes_neither_the_run_nor_its_exit_code(
    folder: Path, env: dict[str, str], pg_database: PgDatabase, arguments: tuple[str, ...]
) -> None:
    command = ["-m", "tableferry", "sync", *arguments]
    reading, writing = os.pipe()
    os.close(reading)
    try:
        with Path("/dev/full").open("wb") as full:
            for stdout in (writing, full.fileno()):
                with loaded_process.start(
                    *command, cwd=folder, env=surroundings(env), stdout=stdout
                ) as process:
                    _, told = process.communicate(120)
                assert process.returncode == 0, told
                said = "The output is incomplete: No space left on device\n"
                assert told == ("" if stdout == writing else said)
    finally:
        os.close(writing)
    runs = pg_database.rows("SELECT status FROM tableferry.runs")
    assert runs == [("ok",), ("ok",)]


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_were_closed_from_the_start_change_neither_work_nor_exit_code(
    folder: Path, closed: str
) -> None:
    command = f"exec {sys.executable} -m tableferry"
    for arguments, code in (("info", 0), ("info --nonsense --json", 2), ("--help", 0)):
        done = subprocess.run(
            ["sh", "-c", f"{command} {arguments} {closed}"],
            capture_output=True,
            cwd=folder,
            env=surroundings(None),
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr


def test_a_working_folder_that_was_deleted_is_only_one_without_an_env_file(
    folder: Path, env: dict[str, str], tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    command = f"{sys.executable} -m tableferry check --tables=mctm_module --json"
    done = subprocess.run(
        ["sh", "-c", f"rmdir {gone} && exec {command} --config={folder}/table_configs.py"],
        capture_output=True,
        cwd=gone,
        env=surroundings(env),
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_version_is_the_packages(tmp_path: Path) -> None:
    assert call("--version", cwd=tmp_path).stdout == f"tableferry {__version__}\n"


@pytest.mark.parametrize("wrong", ["--nonsense", "--tables", "surplus"])
def test_refused_arguments_show_the_usage_of_their_command(tmp_path: Path, wrong: str) -> None:
    done = call("sync", wrong, cwd=tmp_path)
    assert "hint: Usage: tableferry sync [OPTIONS]; see --help." in done.stderr


@pytest.mark.parametrize(
    ("arguments", "is_json"),
    [
        (("sync", "--nonsense", "--json"), True),
        (("sync", "--json", "--nonsense"), True),
        (("sandbox", "--port=x", "--json"), True),
        (("discover", "--json"), True),
        (("sync", "surplus", "--json"), True),
        (("nonsense", "--json"), True),
        (("--nonsense", "sync", "--json"), True),
        (("--json", "sync"), True),
        (("nonsense", "--", "--json"), False),
        (("sync", "--nonsense", "--tables", "--json"), False),  # a value, not a flag
        (("sync", "--nonsense", "--", "--json"), False),
        (("sync", "--nonsense"), False),
    ],
)
def test_arguments_that_cannot_be_parsed_are_refused_in_the_format_that_they_ask_for(
    tmp_path: Path, arguments: tuple[str, ...], is_json: bool
) -> None:
    done = call(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert "ConfigError: Wrong use: " in done.stderr
    assert "hint: Usage: " in done.stderr
    if is_json:
        assert json.loads(done.stdout)["error"]["message"].startswith("Wrong use: ")
    else:
        assert done.stdout == ""


def test_sync_as_json_is_json_and_nothing_else(folder: Path, env: dict[str, str]) -> None:
    done = call("sync", "--tables=mctm_module", "--json", env=env, cwd=folder)
    found = json.loads(done.stdout)
    assert [table["table"] for table in found["tables"]] == ["mctm_module"]
    assert found["totals"]["rows_written"] == 300
    assert done.stderr == ""


def test_a_failed_table_exits_1_and_fail_fast_skips_the_rest(
    folder: Path, env: dict[str, str], pg_database: PgDatabase
) -> None:
    pg_database.run("CREATE VIEW mctm_customer AS SELECT 1 AS customer_id")
    going_on = call("sync", "--json", env=env, cwd=folder)
    stopping = call("sync", "--json", "--fail-fast", env=env, cwd=folder)
    statuses = [
        [table["status"] for table in json.loads(done.stdout)["tables"]]
        for done in (going_on, stopping)
    ]
    assert statuses == [["failed", "ok", "ok", "ok"], ["failed", "skipped", "skipped", "skipped"]]
    assert (going_on.returncode, stopping.returncode) == (1, 1)


def test_check_writes_nothing_and_tells_what_is_there(
    folder: Path, env: dict[str, str], pg_database: PgDatabase
) -> None:
    done = run("check", env=env, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    for told in ("Microsoft SQL Server", "PostgreSQL 18", "snapshot", "will be created"):
        assert told in done.stdout
    assert pg_database.rows("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


def test_plan_prints_what_would_happen_and_writes_nothing(
    folder: Path, env: dict[str, str], pg_database: PgDatabase
) -> None:
    done = run("plan", "--tables=mctm_module", env=env, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    for told in (
        "t.[ModuleID] AS [module_id]",
        "FROM [McTM].[dbo].[Module] AS t",
        'CREATE TABLE "public"."mctm_module"',
        "reads as snapshot, about 300 rows",
        "the seventh digit of the second",
        "readers wait",
    ):
        assert told in done.stdout
    assert pg_database.rows("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


def test_a_plan_that_still_holds_is_loaded_and_a_drifted_one_is_not(
    folder: Path, env: dict[str, str], pg_database: PgDatabase
) -> None:
    assert call("sync", "--tables=mctm_module", env=env, cwd=folder).returncode == 0
    (folder / "plan.json").write_text(call("plan", "--json", env=env, cwd=folder).stdout)
    by_plan = ("sync", "--tables=mctm_module", "--plan=plan.json", "--json")
    assert call(*by_plan, env=env, cwd=folder).returncode == 0
    pg_database.run("ALTER TABLE mctm_module ALTER load_factor TYPE double precision")
    drifted = call(*by_plan, env=env, cwd=folder)
    assert drifted.returncode == 1
    error = json.loads(drifted.stdout)["tables"][0]["error"]
    assert "has changed since the plan was made" in error["message"]
    assert pg_database.rows("SELECT count(*) FROM mctm_module") == [(300,)]


def test_a_table_that_the_plan_does_not_hold_is_not_loaded(
    folder: Path, env: dict[str, str], pg_database: PgDatabase
) -> None:
    plan = call("plan", "--tables=mctm_module", "--json", env=env, cwd=folder).stdout
    (folder / "plan.json").write_text(plan)
    done = call("sync", "--plan=plan.json", env=env, cwd=folder)
    assert done.returncode == 2
    assert "no plan of customer, voipdb_customer, voipdb_useragent" in done.stderr
    assert pg_database.rows("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


def test_a_table_whose_columns_do_not_fit_exits_6_with_its_reason(
    folder: Path, env: dict[str, str], pg_database: PgDatabase
) -> None:
    pg_database.run("CREATE TABLE mctm_module (module_id smallint)")
    done = call("plan", "--tables=mctm_module", env=env, cwd=folder)
    assert done.returncode == 6
    assert "'module_id' of type smallint cannot hold every value" in done.stderr
    assert done.stdout == "0 of 1 table ok\n"
    assert call("verify", "--tables=mctm_module", env=env, cwd=folder).returncode == 6


def test_what_is_no_plan_is_refused(folder: Path, env: dict[str, str]) -> None:
    (folder / "plan.json").write_text("[]")
    done = call("sync", "--plan=plan.json", env=env, cwd=folder)
    assert done.returncode == 2
    assert "plan.json is not a plan" in done.stderr


def test_info_needs_no_environment(folder: Path) -> None:
    done = run("info", "--json", cwd=folder)
    assert list(json.loads(done.stdout)) == list(table_configs())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sync", "--config", "missing.py"), "missing.py"),
        (("sync", "--tables=customer,nobody"), "'nobody'"),
        (("sync", "--tables="), "No table was named"),
        (("sync", "--nonsense"), "--nonsense"),
        (("carry",), "carry"),
    ],
)
def test_wrong_use_exits_2_with_the_reason(
    folder: Path, env: dict[str, str], arguments: tuple[str, ...], said: str
) -> None:
    done = call(*arguments, env=env, cwd=folder)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("TABLE_CONFIGS = [1]", "does not define TABLE_CONFIGS as a dict"),
        ("TABLE_CONFIGS = {}", "TABLE_CONFIGS holds no table"),
        ("TABLE_CONFIGS = {}\nDEFAULT_SYNC_ORDER = None", "DEFAULT_SYNC_ORDER"),
        ("import nothing_of_this_name", "ModuleNotFoundError"),
        ("1 / 0", "ZeroDivisionError"),
        ("raise SystemExit(3)", "SystemExit"),
        ("raise BaseException(3)", "BaseException"),
        ("TABLE_CONFIGS = {", "is not valid Python"),
    ],
)
def test_a_broken_configuration_file_exits_2_and_says_why(
    tmp_path: Path, env: dict[str, str], text: str, said: str
) -> None:
    (tmp_path / "table_configs.py").write_text(text)
    done = call("sync", "--json", env=env, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert said in json.loads(done.stdout)["error"]["message"]
    assert "Traceback" not in done.stderr


def test_what_a_configuration_file_prints_itself_is_no_part_of_a_json_document(
    tmp_path: Path,
) -> None:
    (tmp_path / "table_configs.py").write_text("print('tables of today')\nTABLE_CONFIGS = {}\n")
    done = call("info", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["error"]["message"] == "TABLE_CONFIGS holds no table"
    assert done.stderr.startswith("tables of today\n")


def test_a_refused_login_is_tried_once_not_once_a_table(
    folder: Path, env: dict[str, str], sample_sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    wrong = {**env, "PG_PASSWORD": "wrong"}
    done = call("sync", "--json", env=wrong, cwd=folder)
    tables = json.loads(done.stdout)["tables"]
    assert [table["error"]["code"] for table in tables] == ["28P01"] * 4
    assert [table["seconds"] > 0 for table in tables] == [True, False, False, False]


def test_a_missing_environment_is_told_all_at_once(folder: Path) -> None:
    done = call("sync", cwd=folder)
    assert done.returncode == 2
    for variable in ("SQL_SERVER_MCTM_HOST", "SQL_SERVER_VOIPDB_PASSWORD", "PG_DB"):
        assert f"{variable} is missing" in done.stderr


def test_the_env_file_is_found_and_real_variables_win(folder: Path, env: dict[str, str]) -> None:
    lines = [f"{name}='{value}'" for name, value in env.items() if "'" not in value]
    (folder / ".env").write_text("\n".join(lines))
    passwords = {name: value for name, value in env.items() if "'" in value}
    assert call("check", env=passwords, cwd=folder).returncode == 0
    wrong = call("check", env={**passwords, "PG_DB": "not_there"}, cwd=folder)
    assert wrong.returncode == 1
    assert "not_there" in wrong.stderr


def test_no_password_in_any_output(folder: Path, env: dict[str, str]) -> None:
    wrong = {**env, "SQL_SERVER_MCTM_USER": "nobody"}
    for arguments in (("sync",), ("check",), ("sync", "--json")):
        done = call(*arguments, env=wrong, cwd=folder)
        assert PASSWORD not in done.stdout + done.stderr
        assert "18456" in done.stdout + done.stderr


def test_the_demo_compares_every_value() -> None:
    done = run("demo", "--scale", "0.1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("equal  ") == len(table_configs())


def test_the_sandbox_says_how_to_connect_and_stops_when_told(pg_database: PgDatabase) -> None:
    command = [sys.executable, "-m", "tableferry", "sandbox", "--port=0", "--scale=0.05"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        told = b""
        while b"Ctrl-C" not in told:
            told += process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert process.stderr.read() == b""
    assert b"It is not SQL Server" in told
    assert b"\nSQL_SERVER_MCTM_DB=McTM\n" in told


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_is_an_outcome_and_leaves_the_old_rows(
    folder: Path, env: dict[str, str], pg_database: PgDatabase, number: signal.Signals, code: int
) -> None:
    assert call("sync", "--tables=mctm_module", env=env, cwd=folder).returncode == 0
    # A session that holds the table makes the sync wait for its lock, so it is surely in its midst.
    with psycopg.connect(pg_database.conninfo) as other:
        other.execute("LOCK TABLE mctm_module IN SHARE ROW EXCLUSIVE MODE")
        command = ["-m", "tableferry", "sync", "--tables=mctm_module"]
        with loaded_process.start(*command, cwd=folder, env=surroundings(env)) as process:
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            while pg_database.rows(waiting) != [(1,)]:
                assert process.poll() is None
            process.send_signal(number)
            told, said = process.communicate(timeout=30)
    assert process.returncode == code
    assert "rolled back" in said
    assert number.name in said
    assert "0 of 1 ok" in told
    outcomes = "SELECT status FROM tableferry.table_runs ORDER BY started_at"
    assert pg_database.rows(outcomes) == [("ok",), ("cancelled",)]
    assert pg_database.rows("SELECT count(*) FROM mctm_module") == [(300,)]


@pytest.mark.parametrize("suffix", [".yaml", ".YML", ".json"])
def test_a_configuration_in_another_format_is_refused_with_the_one_that_is_read(
    tmp_path: Path, suffix: str
) -> None:
    (tmp_path / f"tables{suffix}").write_text("tables:\n  - customer\n")
    done = call("info", f"--config=tables{suffix}", cwd=tmp_path)
    assert done.returncode == 2
    assert "tables are read from Python or TOML, not from" in done.stderr
    assert "tableferry discover --source NAME" in done.stderr
    assert "valid Python" not in done.stderr
