"""The documented commands on real wires: a foreign TDS server, a real PostgreSQL."""

import json
import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from tests.deployment.conftest import CANARY, FOLDER, Deployment, source_rows
from tests.support.databases import PgDatabase
from tests.support.terminal import run_in_terminal

ROWS = 300


def stored(database: PgDatabase, entry: dict[str, Any]) -> list[tuple[object, ...]]:
    columns, key = ", ".join(entry["pg_columns"]), entry["pg_columns"][0]
    return database.rows(f"SELECT {columns} FROM {entry['pg_table']} ORDER BY {key}")


def expected(entry: dict[str, Any]) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in source_rows(entry["columns"], ROWS)]


@pytest.fixture
def configs(load: Callable[[str], ModuleType]) -> dict[str, dict[str, Any]]:
    tables: dict[str, dict[str, Any]] = load("table_configs").TABLE_CONFIGS
    return tables


def test_multi_sync_from_the_root_carries_every_value_of_all_four_tables(
    deployment: Deployment,
    databases: dict[str, str],
    pg_database: PgDatabase,
    configs: dict[str, dict[str, Any]],
) -> None:
    done = deployment.run(
        f"{FOLDER}/lambda_function.py", "multi_sync", cwd=deployment.root, env=databases
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 of 4 ok" in done.stdout
    assert CANARY not in done.stdout + done.stderr
    for entry in configs.values():
        assert stored(pg_database, entry) == expected(entry)


def test_a_terminal_shows_what_is_being_done(
    deployment: Deployment, databases: dict[str, str]
) -> None:
    code, shown = run_in_terminal(
        [sys.executable, "table_sync_processor.py", "customer", "sync"],
        deployment.folder,
        {"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8", **databases},
    )
    assert code == 0, shown
    assert "connecting" in shown
    assert "mctm_customer" in shown


def test_only_the_tables_named_are_synced(
    deployment: Deployment, databases: dict[str, str], pg_database: PgDatabase
) -> None:
    done = deployment.run(
        "lambda_function.py",
        "multi_sync",
        "--tables=customer,voipdb_customer",
        "--json",
        env=databases,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    body = json.loads(done.stdout)
    assert [table["rows_written"] for table in body["tables"]] == [ROWS, ROWS]
    tables = pg_database.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert {name for (name,) in tables} == {"mctm_customer", "voipdb_customer"}


def test_single_sync_twice_leaves_each_row_once(
    deployment: Deployment, databases: dict[str, str], pg_database: PgDatabase
) -> None:
    for _ in range(2):
        done = deployment.run(
            "lambda_function.py", "single_sync", "--table=customer", env=databases
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert pg_database.rows("SELECT count(*) FROM mctm_customer") == [(ROWS,)]


def test_one_sources_failure_leaves_the_other_tables_synced_and_its_old_rows_untouched(
    deployment: Deployment, databases: dict[str, str], pg_database: PgDatabase
) -> None:
    assert deployment.run("multi_table_manager.py", "sync", env=databases).returncode == 0
    pg_database.run("DELETE FROM mctm_customer WHERE customer_id > 7")
    pg_database.run("DELETE FROM voipdb_customer WHERE customer_id > 7")
    broken = databases | {"SQL_SERVER_MCTM_PASSWORD": f"wrong {CANARY}"}
    done = deployment.run("multi_table_manager.py", "sync", "--json", env=broken)
    assert done.returncode == 1
    body = json.loads(done.stdout)
    assert [t["status"] for t in body["tables"]] == ["failed", "failed", "ok", "ok"]
    assert body["tables"][0]["error"]["code"] == "18456"
    assert CANARY not in done.stdout + done.stderr
    assert pg_database.rows("SELECT count(*) FROM mctm_customer") == [(7,)]
    assert pg_database.rows("SELECT count(*) FROM voipdb_customer") == [(ROWS,)]


def test_a_test_looks_at_everything_and_writes_nothing(
    deployment: Deployment, databases: dict[str, str], pg_database: PgDatabase
) -> None:
    for command in (
        ["lambda_function.py", "multi_test"],
        ["multi_table_manager.py", "test", "--tables=customer,mctm_module"],
        ["table_sync_processor.py", "customer", "test"],
    ):
        done = deployment.run(*command, env=databases)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "mctm_customer (will be created)" in done.stdout
    tables = pg_database.rows("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    assert tables == [(0,)]


def test_a_dotenv_is_enough_for_a_sync(
    deployment: Deployment, databases: dict[str, str], pg_database: PgDatabase
) -> None:
    text = "".join(f"{name}='{value}'\n" for name, value in databases.items())
    (deployment.root / ".env").write_text(text, encoding="utf-8")
    done = deployment.run("table_sync_processor.py", "mctm_module", "sync")
    assert done.returncode == 0, done.stdout + done.stderr
    assert pg_database.rows("SELECT count(*) FROM mctm_module") == [(ROWS,)]


def test_the_handler_syncs_and_logs_json_lines_only(
    load: Callable[[str], ModuleType],
    databases: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    module = load("lambda_function")
    for variable, value in (databases | {"LOG_LEVEL": "debug"}).items():
        monkeypatch.setenv(variable, value)
    answer = module.lambda_handler({"tables": ["customer", "voipdb_useragent"]}, None)
    assert answer["statusCode"] == 200
    totals = json.loads(answer["body"])["totals"]
    assert (totals["rows_read"], totals["rows_written"]) == (2 * ROWS, 2 * ROWS)
    shown = capsys.readouterr()
    events = [json.loads(line)["event"] for line in shown.out.splitlines()]
    assert events.count("table ended") == 2
    assert events.count("metrics") == 3
    assert "rows written" in events
    assert CANARY not in shown.out + answer["body"]
    assert "Привет" not in shown.out + answer["body"]
