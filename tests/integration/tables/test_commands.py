"""Table files with patterns, as the commands carry their tables."""

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import PASSWORD, USER, Sandbox
from tests.support.databases import PgDatabase
from tests.support.in_process import call

FILE = """\
[defaults]
db_type = "shop"
sql_server_db = "Shop"
publish = "truncate"

[schemas]
Sales = "sales"

[tables.all]
sql_table = "*.*"
exclude_tables = ["dbo.Log*"]

[tables.people]
sql_table = "dbo.Customer"
pg_table = "people"
max_shrink = 100
"""


@pytest.fixture
def shop(sandbox: Sandbox) -> str:
    """A database of four tables and a view, of its own for each test."""
    name = f"Shop{uuid.uuid4().hex[:8]}"
    sandbox.engine.create_database(name)
    for sql in (
        "CREATE SCHEMA Sales",
        "CREATE TABLE dbo.Customer (ID int NOT NULL PRIMARY KEY)",
        "CREATE TABLE dbo.Place (ID int NOT NULL PRIMARY KEY)",
        "CREATE TABLE dbo.LogA (ID int NOT NULL PRIMARY KEY)",
        "CREATE TABLE Sales.OrderLine (ID int NOT NULL PRIMARY KEY)",
        "CREATE VIEW dbo.V AS SELECT ID FROM dbo.Place",
        "INSERT INTO dbo.Customer VALUES (1), (2)",
    ):
        sandbox.run(sql, name)
    return name


Run = Callable[..., dict[str, Any]]


@pytest.fixture
def env(shop: str, sandbox: Sandbox, pg_database: PgDatabase) -> dict[str, str]:
    return {
        "SQL_SERVER_SHOP_HOST": sandbox.server.host,
        "SQL_SERVER_SHOP_PORT": str(sandbox.server.port),
        "SQL_SERVER_SHOP_DB": shop,
        "SQL_SERVER_SHOP_USER": USER,
        "SQL_SERVER_SHOP_PASSWORD": PASSWORD,
        **pg_database.environment,
    }


@pytest.fixture
def run(env: dict[str, str], tmp_path: Path) -> Run:
    """Runs a command with --json; returns its result, with its exit code as "exit"."""

    def run(command: str, *more: str, text: str = FILE, name: str = "t.toml") -> dict[str, Any]:
        (tmp_path / name).write_text(text)
        done = call(command, *more, f"--config={name}", "--json", cwd=tmp_path, env=env)
        return {**json.loads(done.stdout or done.stderr), "exit": done.returncode}

    return run


def keys(result: dict[str, Any]) -> list[str]:
    return [one["table"] for one in result["tables"]]


def test_every_command_takes_the_tables_that_the_patterns_match(
    run: Run, pg_database: PgDatabase
) -> None:
    expected = ["sales_order_line", "place", "people"]
    for command in ("check", "plan", "sync", "verify"):
        result = run(command)
        assert (keys(result), result["exit"]) == (expected, 0), command
        assert "warnings" not in result
    assert pg_database.rows("SELECT count(*) FROM people") == [(2,)]
    assert pg_database.rows("SELECT count(*) FROM sales.order_line") == [(0,)]
    assert pg_database.rows("SELECT count(*) FROM shop_place") == [(0,)]


def test_a_python_file_has_the_same_parts(run: Run) -> None:
    text = (
        'DEFAULTS = {"db_type": "shop", "sql_server_db": "Shop"}\n'
        'SCHEMAS = {"Sales": "sales"}\n'
        'TABLE_CONFIGS = {"all": {"sql_table": "Sales.*"}}\n'
    )
    result = run("plan", text=text, name="t.py")
    assert [one["target"] for one in result["tables"]] == ["sales.order_line"]


def test_tables_are_chosen_by_their_keys_or_by_that_of_their_pattern(run: Run) -> None:
    assert keys(run("plan", "--tables=place,people")) == ["place", "people"]
    assert keys(run("plan", "--tables=all")) == ["sales_order_line", "place"]
    refused = run("plan", "--tables=log_a")
    assert refused["exit"] == 2
    assert "Unknown table: 'log_a'" in refused["error"]["message"]


@pytest.mark.parametrize(("policy", "carried"), [("tell", False), ("include", True)])
def test_a_new_table_of_a_pattern_is_told_and_carried_where_that_is_asked_for(
    run: Run, sandbox: Sandbox, shop: str, pg_database: PgDatabase, policy: str, carried: bool
) -> None:
    text = FILE.replace("exclude_tables", f'new_tables = "{policy}"\nexclude_tables')
    assert "warnings" not in run("sync", "--tables=place", text=text)
    # Before the run of one table nothing was new: all the others are carried.
    assert len(keys(first := run("sync", text=text))) == 3
    assert "warnings" not in first
    pg_database.run("UPDATE tableferry.table_runs SET started_at = started_at - interval '1 hour'")
    sandbox.run("CREATE TABLE dbo.Extra (ID int NOT NULL PRIMARY KEY)", shop)
    for command in ("plan", "check", "sync") if not carried else ("plan", "sync"):
        result = run(command, text=text)
        assert ("extra" in keys(result)) is carried
        [warning] = result["warnings"]
        assert "1 table is new in the pattern all (*.*)" in warning
        assert "dbo.Extra (extra)" in warning
        assert result["exit"] == 0
    if not carried:
        assert keys(run("sync", "--tables=extra", text=text)) == ["extra"]
    again = run("sync", text=text)
    assert "extra" in keys(again)
    assert "warnings" not in again


def test_a_pattern_without_tables_is_told_and_no_table_at_all_is_refused(run: Run) -> None:
    text = FILE + '[tables.none]\nsql_table = "None.*"\n'
    assert run("plan", text=text)["warnings"] == ["No table matches the pattern none (None.*)"]
    nothing = FILE[: FILE.index("[tables.all]")] + '[tables.none]\nsql_table = "None.*"\n'
    refused = run("sync", text=nothing)
    assert refused["exit"] == 1
    assert "No table matches none (None.*)" in refused["error"]["message"]


def test_a_source_that_is_away_fails_the_command_as_it_fails_a_run(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tableferry.errors import TransientError
    from tableferry.inspect import expand
    from tableferry.runs.retry import Retries

    asked = 0

    def away(*_: object) -> None:
        nonlocal asked
        asked += 1
        raise TransientError("The source is away", hint="Wait.")

    monkeypatch.setattr(expand.sqlserver, "connect", away)
    monkeypatch.setattr(expand, "Retries", lambda: Retries(first=0.0))
    failed = run("sync")
    assert (failed["exit"], asked) == (1, 3)
    assert failed["error"]["message"] == "The source is away"


def test_info_shows_patterns_as_they_are_written_without_a_database(run: Run) -> None:
    found = run("info")
    assert found["all"]["exclude_tables"] == ["dbo.Log*"]
    assert found["people"]["publish"] == "truncate"


def test_explain_asks_the_source_which_pattern_a_table_has(run: Run) -> None:
    found = run("config", "explain", "place")["values"]
    assert found["sql_table"] == {"value": "[Shop].[dbo].[Place]", "from": "pattern *.*, line 9"}
    assert run("config", "explain", "people")["values"]["max_shrink"] == {
        "value": 100,
        "from": "entry people, line 13",
    }


def test_a_watch_expands_its_patterns_for_each_run(
    env: dict[str, str],
    shop: str,
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tableferry.cli.watch import _Syncs
    from tableferry.config.table_file import TableFile
    from tableferry.frontend.request import Operation, Request

    for name, value in env.items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "t.toml"
    path.write_text(FILE)
    syncs = _Syncs(TableFile(path), Request(Operation.MULTI_SYNC))
    assert len(syncs.run(lambda _event: None).tables) == 3
    sandbox.run("CREATE TABLE dbo.Extra (ID int NOT NULL PRIMARY KEY)", shop)
    sandbox.run("DROP TABLE dbo.Place", shop)
    path.write_text(FILE.replace("exclude_tables", 'new_tables = "include"\nexclude_tables'))
    change = syncs.refresh()
    assert change is not None
    assert change.altered == ("all",)
    assert [one.table for one in syncs.run(lambda _event: None).tables] == [
        "sales_order_line",
        "extra",
        "people",
    ]
