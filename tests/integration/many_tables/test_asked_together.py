"""The catalog is asked about the tables of a run together, and each table stands by itself."""

import contextlib
from typing import Any

import pytest

from tableferry.config import Settings
from tableferry.inspect.check import check_tables
from tableferry.inspect.plan_report import plan_tables
from tableferry.runs.events import Event, Retrying
from tableferry.runs.outcome import RunOutcome
from tableferry.runs.run import sync_tables
from tableferry.runs.run_options import RunOptions
from tableferry_sandbox.faults import CutConnection, SendError
from tests.faults.support import QUICK
from tests.integration.conftest import Sandbox
from tests.integration.many_tables.conftest import NAMES, after, tables
from tests.support.databases import PgDatabase

pytestmark = pytest.mark.with_ledger

TOGETHER = r"\(VALUES .* AS w \(place"
"""Finds a question about many tables."""

QUESTIONS = 8
"""What a run asks the catalog about all of its tables: columns, what protects them, traits, sizes,
isolation; and one more for each of the code pages, collations and keys, where a plan needs them."""

ROWS = [(1, "one"), (2, "two")]


def errors(run: RunOutcome) -> dict[str, str]:
    return {table.table: table.error.message for table in run.tables if table.error}


@pytest.mark.parametrize("consistency", ["read_committed", "nolock"])
def test_each_of_thirty_tables_takes_two_statements_of_the_source(
    settings: Settings, target: PgDatabase, statements: list[str], consistency: str
) -> None:
    assert sync_tables(tables(*NAMES, consistency=consistency), settings).ok
    assert len(statements) <= 1 + QUESTIONS + 2 * len(NAMES)
    assert all(target.rows(f"SELECT * FROM {name} ORDER BY id") == ROWS for name in NAMES)


def test_tables_in_threads_share_what_the_catalog_has_answered(
    settings: Settings, statements: list[str]
) -> None:
    run = sync_tables(
        tables(*NAMES, consistency="read_committed"), settings, options=RunOptions(jobs=3)
    )
    assert run.ok
    assert len(statements) <= 3 + QUESTIONS + 2 * len(NAMES)


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_table_that_is_not_there_fails_alone(settings: Settings, jobs: int) -> None:
    wanted = ["m0", "missing", "m1", "m2"]
    run = sync_tables(tables(*wanted), settings, options=RunOptions(jobs=jobs))
    assert list(errors(run)) == ["missing"]
    assert "has no table McTM.dbo.missing" in errors(run)["missing"]


def test_a_name_that_differs_by_case_is_the_same_table(
    settings: Settings, target: PgDatabase
) -> None:
    specs = tables("m0") + tables("other", sql_table="DBO.M0", pg_table="m1")
    assert sync_tables(specs, settings).ok
    assert target.rows("SELECT * FROM m1 ORDER BY id") == ROWS


@pytest.mark.parametrize("fault", [SendError(195, "'w' is not recognized."), SendError(1222, "x")])
def test_a_server_that_refuses_to_be_asked_about_many_is_asked_about_each(
    source: Sandbox, settings: Settings, statements: list[str], fault: SendError
) -> None:
    source.server.faults.on_statement(TOGETHER, fault, times=1000)
    seen: list[Event] = []
    run = sync_tables(tables("m0", "m1", "m2"), settings, on_event=seen.append, options=QUICK)
    assert run.ok
    assert not [event for event in seen if isinstance(event, Retrying)]
    assert any("OBJECT_ID(N'[McTM].[dbo].[m2]')" in sql for sql in statements)


def test_a_question_about_many_in_which_the_connection_is_lost_is_one_tables_second_attempt(
    source: Sandbox, settings: Settings
) -> None:
    source.server.faults.on_statement(TOGETHER, CutConnection())
    seen: list[Event] = []
    run = sync_tables(tables("m0", "m1", "m2"), settings, on_event=seen.append, options=QUICK)
    assert run.ok
    assert [event.table for event in seen if isinstance(event, Retrying)] == ["m0"]


@pytest.fixture
def changed(source: Sandbox) -> Any:
    """A fourth table, for a test to alter."""
    source.run("CREATE TABLE dbo.extra (ID int NOT NULL PRIMARY KEY, Name nvarchar(9) NULL)")
    source.run("INSERT INTO dbo.extra VALUES (1, N'one')")
    with contextlib.ExitStack() as stack:
        stack.callback(source.run, "DROP TABLE IF EXISTS dbo.extra")
        yield source


def test_a_table_that_was_altered_since_it_was_asked_about_is_planned_again(
    changed: Sandbox, settings: Settings, target: PgDatabase
) -> None:
    target.run("CREATE TABLE extra (id int PRIMARY KEY, name text)")
    seen: list[Event] = []
    alter = after("m0", lambda: changed.run("ALTER TABLE dbo.extra ALTER COLUMN Name nvarchar(40)"))

    def on_event(event: Event) -> None:
        seen.append(event)
        alter(event)

    run = sync_tables(tables("m0", "extra"), settings, on_event=on_event)
    assert errors(run) == {}
    assert not [event for event in seen if isinstance(event, Retrying)]
    assert target.rows("SELECT * FROM extra") == [(1, "one")]


def test_a_column_that_was_added_since_the_table_was_asked_about_is_found(
    changed: Sandbox, settings: Settings, target: PgDatabase
) -> None:
    target.run("CREATE TABLE extra (id int PRIMARY KEY, name text, more int)")
    specs = tables("m0") + tables(
        "extra", columns=["ID", "Name", "More"], pg_columns=["id", "name", "more"]
    )
    add = after("m0", lambda: changed.run("ALTER TABLE dbo.extra ADD More int NULL"))
    run = sync_tables(specs, settings, on_event=add)
    assert errors(run) == {}
    assert target.rows("SELECT * FROM extra") == [(1, "one", None)]


def test_a_table_that_was_dropped_since_it_was_asked_about_is_not_there(
    changed: Sandbox, settings: Settings, target: PgDatabase
) -> None:
    target.run("CREATE TABLE extra (id int PRIMARY KEY, name text)")
    drop = after("m0", lambda: changed.run("DROP TABLE dbo.extra"))
    run = sync_tables(tables("m0", "extra"), settings, on_event=drop)
    assert "has no table McTM.dbo.extra" in errors(run)["extra"]


def test_a_column_that_was_masked_since_the_table_was_asked_about_is_refused(
    changed: Sandbox, settings: Settings, target: PgDatabase
) -> None:
    target.run("CREATE TABLE extra (id int PRIMARY KEY, name text)")
    changed.run("CREATE LOGIN masked WITH PASSWORD = N'Masked-pass-1', CHECK_POLICY = OFF")
    changed.run("CREATE USER masked FOR LOGIN masked; GRANT SELECT TO masked")
    mask = after(
        "m0",
        lambda: changed.run(
            "DROP TABLE dbo.extra; CREATE TABLE dbo.extra (ID int NOT NULL PRIMARY KEY, "
            "Name nvarchar(9) MASKED WITH (FUNCTION = 'default()') NULL)"
        ),
    )
    login = changed.source(user="masked", password="Masked-pass-1")
    narrow = Settings({"mctm": login}, settings.target)
    try:
        run = sync_tables(tables("m0", "extra"), narrow, on_event=mask)
    finally:
        changed.run("DROP USER masked; DROP LOGIN masked")
    assert "UNMASK" in errors(run)["extra"]
    assert target.rows("SELECT * FROM extra") == []


@pytest.mark.parametrize("look", [plan_tables, check_tables])
def test_who_plans_or_checks_thirty_tables_asks_together_too_over_one_connection(
    settings: Settings, statements: list[str], logins: list[int], look: Any
) -> None:
    assert look(tables(*NAMES, consistency="read_committed"), settings).ok
    assert len(statements) <= 2 * (1 + QUESTIONS) + 2 * len(NAMES)
    assert len(logins) <= 2, "check looks at the database by itself first"
