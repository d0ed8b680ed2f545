"""Whatever is wrong: the reason and a hint, no secret, and the old target rows untouched."""

import json
import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from tableferry.config import parse_table_configs
from tableferry.errors import TableferryError
from tableferry.inspect.check import check_tables
from tableferry.inspect.plan_report import plan_tables
from tableferry.runs import make_plan as make_plan_module
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_table, sync_tables
from tableferry.runs.run_options import RunOptions
from tableferry_sandbox.events import LoginRequest
from tests.integration.conftest import PASSWORD, Sandbox
from tests.support.databases import PgDatabase
from tests.support.specs import entry

OLD = [(1, "old"), (2, "old")]
CANARY = "canary-cell"


@pytest.fixture
def old_rows(module_pg_database: PgDatabase) -> PgDatabase:
    module_pg_database.run(
        "DROP SCHEMA public CASCADE",
        "CREATE SCHEMA public",
        "CREATE TABLE t (id int PRIMARY KEY, name text)",
        "INSERT INTO t VALUES (1, 'old'), (2, 'old')",
    )
    return module_pg_database


@pytest.fixture
def source_rows(table_in: Callable[[str], None]) -> Callable[[str], None]:
    table_in("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(50) NULL)")
    table_in("INSERT INTO dbo.T VALUES (7, N'new'), (8, NULL)")
    return table_in


def sync(
    sandbox: Sandbox, database: PgDatabase, source: dict[str, Any] | None = None, **changes: Any
) -> TableOutcome:
    configured = entry(**{"sql_table": "dbo.T", "pg_table": "t", "order_by": "ID", **changes})
    spec = parse_table_configs({"t": configured})["t"]
    return sync_table(spec, sandbox.settings(database, **(source or {})))


def seen(database: PgDatabase) -> list[tuple[object, ...]]:
    return database.rows("SELECT * FROM t ORDER BY 1")


def test_without_a_fault_the_rows_are_replaced(
    sandbox: Sandbox, source_rows: Callable[[str], None], old_rows: PgDatabase
) -> None:
    outcome = sync(sandbox, old_rows)
    assert outcome.error is None
    assert seen(old_rows) == [(7, "new"), (8, None)]


WRONG = [
    ({"sql_table": "dbo.Nowhere"}, {}, "208", "Nowhere", "sql_table"),
    ({"sql_table": "nowhere.T"}, {}, "208", "nowhere", "sql_table"),
    ({"columns": ["ID", "Gone"]}, {}, "", "'Gone'", "ID, Name"),
    ({"pg_columns": ["id", "gone"]}, {}, "DRIFT", "'gone'", "configuration"),
    ({"order_by": "Gone"}, {}, "", "'Gone'", "column"),
    ({"where": "Gone = 1"}, {}, "207", "Gone", "where"),
    ({"where": "ID = = 1"}, {}, "102", "syntax", "where"),
    ({"where": "1/(ID-7) = 1"}, {}, "8134", "Divide by zero", "where"),
    ({"where": f"CAST(Name + N'{CANARY}' AS int) = 1"}, {}, "245", "Conversion failed", "where"),
    ({"pg_table": "PUBLIC.t"}, {}, "", "no schema 'PUBLIC'", "public.t"),
    ({}, {"db": "Nowhere"}, "4060", "Nowhere", "SQL_SERVER_MCTM_DB"),
    ({}, {"user": "nobody"}, "18456", "nobody", "SQL_SERVER_MCTM_USER"),
    ({}, {"port": 1}, "", "127.0.0.1:1", "SQL_SERVER_MCTM_PORT"),
]


@pytest.mark.parametrize(("changes", "source", "code", "said", "hint"), WRONG)
def test_what_is_wrong_is_said_with_a_hint_and_nothing_is_changed(
    sandbox: Sandbox,
    source_rows: Callable[[str], None],
    old_rows: PgDatabase,
    changes: dict[str, Any],
    source: dict[str, Any],
    code: str,
    said: str,
    hint: str,
) -> None:
    outcome = sync(sandbox, old_rows, source, **changes)
    assert outcome.status is Status.FAILED
    assert outcome.error is not None
    assert outcome.error.code == code
    assert said in outcome.error.message
    assert hint in outcome.error.hint
    told = json.dumps(outcome.to_dict())
    assert CANARY not in told
    assert PASSWORD not in told
    assert outcome.rows_written == 0
    assert seen(old_rows) == OLD


@pytest.mark.parametrize(
    ("ddl", "named"),
    [
        ("ALTER TABLE t ALTER COLUMN id TYPE smallint", "'id' of type smallint"),
        ("ALTER TABLE t ALTER COLUMN name TYPE varchar(49)", "varchar(49)"),
        ("ALTER TABLE t ALTER COLUMN name TYPE integer USING 1", "'name' of type integer"),
        ("ALTER TABLE t ADD COLUMN must integer NOT NULL DEFAULT 1", ""),
    ],
)
def test_a_target_column_that_cannot_hold_the_source_is_named_before_anything_is_truncated(
    sandbox: Sandbox,
    source_rows: Callable[[str], None],
    old_rows: PgDatabase,
    ddl: str,
    named: str,
) -> None:
    old_rows.run(ddl)
    before = seen(old_rows)
    outcome = sync(sandbox, old_rows)
    if not named:
        assert outcome.error is None, "a column with a default needs no value"
        return
    assert outcome.error is not None
    assert outcome.error.kind == "SchemaError"
    assert named in outcome.error.message
    assert seen(old_rows) == before


def test_an_empty_source_empties_the_target_where_that_is_allowed_and_says_so(
    sandbox: Sandbox, source_rows: Callable[[str], None], old_rows: PgDatabase
) -> None:
    source_rows("DELETE FROM dbo.T")
    outcome = sync(sandbox, old_rows)
    assert outcome.error
    assert outcome.error.kind == "GuardError"
    assert seen(old_rows) != []
    outcome = sync(sandbox, old_rows, max_shrink=100)
    assert outcome.status is Status.OK
    assert outcome.rows_written == 0
    assert any("no rows" in warning for warning in outcome.warnings)
    assert seen(old_rows) == []


HOSTILE = ["x]y", 'x"y', "x;DROP TABLE t--", "x\ny", "x'y", "x.y", "имя 😀"]
# What a driver might take for a parameter, an escape of ODBC, a comment, a batch's end.
HOSTILE += ["a?b", "{fn now()}", "%(x)s", "100%s", ":x", "x@y", "$(x)", "/* x", "-- x"]
HOSTILE += ["x\nGO\ny", "\tx\t", "a\\b", "x\r\ny", "]]", "[", "ID DESC", "select", "null"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_crosses_as_a_name(
    sandbox: Sandbox, old_rows: PgDatabase, name: str
) -> None:
    bracketed = "[" + name.replace("]", "]]") + "]"
    quoted = '"' + name.replace('"', '""') + '"'
    sandbox.run(f"CREATE TABLE dbo.{bracketed} (ID int NOT NULL, {bracketed} nvarchar(9) NULL)")
    try:
        sandbox.run(f"INSERT INTO dbo.{bracketed} VALUES (1, N'a')")
        outcome = sync(
            sandbox,
            old_rows,
            sql_table=f"dbo.{bracketed}",
            pg_table=quoted,
            columns=["ID", name],
            pg_columns=["id", name],
            order_by=name,
        )
        assert outcome.error is None
        assert old_rows.rows(f"SELECT id, {quoted} FROM {quoted}") == [(1, "a")]
    finally:
        sandbox.run(f"DROP TABLE dbo.{bracketed}")
    assert seen(old_rows) == OLD


def test_a_wrong_password_is_tried_once_and_never_told(
    sandbox: Sandbox,
    source_rows: Callable[[str], None],
    old_rows: PgDatabase,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    logins: list[str] = []
    login = sandbox.engine.login

    def counted(request: LoginRequest) -> Any:
        logins.append(request.user)
        return login(request)

    monkeypatch.setattr(sandbox.engine, "login", counted)
    outcome = sync(sandbox, old_rows, {"password": "canary-wrong"})
    assert outcome.error is not None
    assert outcome.error.code == "18456"
    assert len(logins) == 1
    printed = capfd.readouterr()
    for text in (json.dumps(outcome.to_dict()), caplog.text, printed.out, printed.err):
        assert "canary-wrong" not in text
    assert seen(old_rows) == OLD


def test_no_password_stands_in_a_traceback_even_of_an_error_nobody_foresaw(
    sandbox: Sandbox,
    source_rows: Callable[[str], None],
    old_rows: PgDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError(PASSWORD)

    monkeypatch.setattr(make_plan_module, "plan_table", broken)
    outcome = sync(sandbox, old_rows)
    assert outcome.error is not None
    assert "KeyError" in outcome.error.message
    assert PASSWORD not in json.dumps(outcome.to_dict())


def test_a_traceback_of_a_refused_login_holds_no_password(sandbox: Sandbox) -> None:
    from tableferry.sqlserver import connect

    wrong = f"canary-{8 * 8}"  # written so because the traceback quotes the lines of this test, too
    with pytest.raises(TableferryError) as raised:
        connect(sandbox.source(password=wrong))
    assert wrong not in "".join(traceback.format_exception(raised.value))


def test_one_tables_failure_does_not_stop_the_next_unless_told_to(
    sandbox: Sandbox, source_rows: Callable[[str], None], old_rows: PgDatabase
) -> None:
    specs = parse_table_configs(
        {
            "bad": entry(sql_table="dbo.Nowhere", pg_table="bad"),
            "good": entry(sql_table="dbo.T", pg_table="t"),
        }
    )
    settings = sandbox.settings(old_rows)
    run = sync_tables(list(specs.values()), settings)
    assert [table.status for table in run.tables] == [Status.FAILED, Status.OK]
    assert not run.ok
    run = sync_tables(list(specs.values()), settings, options=RunOptions(fail_fast=True))
    assert [table.status for table in run.tables] == [Status.FAILED, Status.SKIPPED]


@pytest.mark.parametrize("where", ["Gone = 1", "ID = = 1", "ID IN (SELECT ID FROM dbo.Gone)"])
def test_check_says_that_a_table_is_readable_where_only_its_condition_is_wrong(
    sandbox: Sandbox, source_rows: Callable[[str], None], old_rows: PgDatabase, where: str
) -> None:
    specs = list(parse_table_configs({"t": entry(sql_table="dbo.T", where=where)}).values())
    settings = sandbox.settings(old_rows)
    (checked,) = check_tables(specs, settings).tables
    assert checked.error is not None
    assert "'where'" in checked.error.hint
    assert (checked.readable, checked.writable) == (True, True)
    (planned,) = plan_tables(specs, settings).tables
    assert planned.error is not None
    assert planned.error.code == checked.error.code


def test_a_check_looks_at_everything_and_writes_nothing(
    sandbox: Sandbox, source_rows: Callable[[str], None], old_rows: PgDatabase
) -> None:
    specs = parse_table_configs(
        {
            "missing": entry(sql_table="dbo.Nowhere", pg_table="a"),
            "new": entry(sql_table="dbo.T", pg_table="b"),
            "there": entry(sql_table="dbo.T", pg_table="t"),
            "misfit": entry(sql_table="dbo.T", pg_table="c"),
        }
    )
    old_rows.run("CREATE TABLE c (id int2, name text)")
    before = old_rows.rows(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    )
    report = check_tables(list(specs.values()), sandbox.settings(old_rows)).to_dict()
    assert [table["status"] for table in report["tables"]] == ["failed", "ok", "ok", "failed"]
    assert [table["readable"] for table in report["tables"]] == [False, True, True, True]
    assert report["tables"][1]["will_be_created"]
    for database in report["databases"]:
        assert database["reachable"]
        assert database["logged_in"]
        assert database["version"]
        assert database["encryption"]
    after = old_rows.rows(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    )
    assert after == before
    assert seen(old_rows) == OLD


def test_a_check_tells_a_refused_login_from_a_server_that_is_not_there(
    sandbox: Sandbox, old_rows: PgDatabase
) -> None:
    specs = list(parse_table_configs({"t": entry(sql_table="dbo.T", pg_table="t")}).values())
    for change, reached in ((("password", "wrong"), True), (("port", 1), False)):
        settings = sandbox.settings(old_rows, **dict([change]))
        database = check_tables(specs, settings).to_dict()["databases"][0]
        assert (database["reachable"], database["logged_in"]) == (reached, False)
        assert database["error"]["hint"]
