"""What a target's name does that its writer may not expect is said before anything is read."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tableferry.config import TableSpec, parse_table_configs
from tableferry.inspect.check import check_tables
from tableferry.inspect.check_report import TableCheck
from tableferry.inspect.plan_report import TablePlan, plan_tables
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_tables
from tableferry.runs.run_options import DEFAULT_OPTIONS
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase


@pytest.fixture(autouse=True)
def source(table_in: Callable[[str], None]) -> None:
    table_in("CREATE TABLE dbo.T (ID int PRIMARY KEY, N int)")
    table_in("INSERT INTO dbo.T VALUES (1, 1), (2, 2)")


def specs(*targets: str, **changes: Any) -> list[TableSpec]:
    common = {"db_type": "mctm", "sql_server_db": "McTM", "sql_table": "dbo.T", **changes}
    entries = {f"entry{n}": {**common, "pg_table": name} for n, name in enumerate(targets)}
    return list(parse_table_configs(entries).values())


def tried(
    sandbox: Sandbox, database: PgDatabase, target: str, **changes: Any
) -> tuple[TablePlan, TableCheck, TableOutcome]:
    wanted, settings = specs(target, **changes), sandbox.settings(database)
    (planned,) = plan_tables(wanted, settings).tables
    (checked,) = check_tables(wanted, settings).tables
    (outcome,) = sync_tables(wanted, settings).tables
    return planned, checked, outcome


def test_a_name_that_sql_has_to_quote_is_created_with_a_warning(
    sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    planned, checked, outcome = tried(sandbox, pg_database, "MyRegion")
    said = 'the table\'s name keeps its case, so SQL has to quote it: "public"."MyRegion"'
    assert planned.plan is not None
    for warnings in (planned.plan.warnings, checked.warnings, outcome.warnings):
        assert said in warnings
    assert pg_database.rows('SELECT count(*) FROM "MyRegion"') == [(2,)]
    (again,) = sync_tables(specs("MyRegion"), sandbox.settings(pg_database)).tables
    assert again.status is Status.OK
    assert said not in again.warnings


@pytest.mark.parametrize(
    ("name", "quoted"), [("my table", True), ("1st", True), ("größe_1", False)]
)
def test_a_created_name_is_told_to_need_quotes_only_where_it_does(
    sandbox: Sandbox, pg_database: PgDatabase, name: str, quoted: bool
) -> None:
    _, _, outcome = tried(sandbox, pg_database, name)
    said = f'SQL has to quote the table\'s name: "public"."{name}"'
    assert (said in outcome.warnings) is quoted
    pg_database.rows(f'SELECT * FROM "{name}"' if quoted else f"SELECT * FROM {name}")


def test_a_table_whose_name_differs_in_case_is_named(
    sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    pg_database.run("CREATE TABLE myregion (id int, n int)")
    planned, _, outcome = tried(sandbox, pg_database, "MyRegion")
    assert planned.plan is not None
    assert any("'myregion' already, whose name differs" in said for said in planned.plan.warnings)
    assert outcome.status is Status.OK, outcome.error


def test_lower_case_names_need_no_word(sandbox: Sandbox, pg_database: PgDatabase) -> None:
    _, checked, outcome = tried(sandbox, pg_database, "public.my_region")
    assert checked.warnings == ()
    assert outcome.status is Status.OK, outcome.error


@pytest.mark.parametrize("chunks", [1, 4])
def test_a_missing_schema_is_created_with_its_table(
    sandbox: Sandbox, pg_database: PgDatabase, chunks: int
) -> None:
    planned, checked, outcome = tried(sandbox, pg_database, '"new; x".t', chunks=chunks)
    assert planned.plan is not None
    assert planned.plan.ddl[0] == 'CREATE SCHEMA IF NOT EXISTS "new; x"'
    assert "the schema 'new; x' is missing and will be created" in checked.warnings
    assert checked.ok
    assert outcome.status is Status.OK, outcome.error
    assert pg_database.rows('SELECT count(*) FROM "new; x".t') == [(2,)]


@pytest.mark.parametrize("together", [False, True])
def test_two_tables_may_share_a_schema_that_is_missing(
    sandbox: Sandbox, pg_database: PgDatabase, together: bool
) -> None:
    run = sync_tables(
        specs("fresh.a", "fresh.b"),
        sandbox.settings(pg_database),
        options=replace(DEFAULT_OPTIONS, together=together),
    )
    assert [table.status for table in run.tables] == [Status.OK] * 2, run.tables
    assert pg_database.rows("SELECT count(*) FROM fresh.b") == [(2,)]


def test_a_load_that_fails_leaves_no_schema_behind(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Callable[[str], None]
) -> None:
    table_in("CREATE TABLE dbo.Twice (ID int NOT NULL)")
    table_in("INSERT INTO dbo.Twice VALUES (1), (1)")
    _, _, outcome = tried(sandbox, pg_database, "fresh.t", sql_table="dbo.Twice", primary_key="ID")
    assert outcome.status is Status.FAILED
    assert pg_database.rows("SELECT to_regnamespace('fresh')") == [(None,)]


def refusal(tried_: tuple[TablePlan, TableCheck, TableOutcome]) -> tuple[str, str]:
    """The message and the hint, which are the same everywhere."""
    planned, _, outcome = tried_
    assert planned.error is not None
    assert outcome.error is not None
    assert outcome.rows_read == 0
    assert (planned.error.message, planned.error.hint) == (
        outcome.error.message,
        outcome.error.hint,
    )
    return outcome.error.message, outcome.error.hint


def test_a_schema_that_differs_in_case_from_another_is_not_created(
    sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    message, hint = refusal(tried(sandbox, pg_database, "PUBLIC.x"))
    assert "There is no schema 'PUBLIC' to create PUBLIC.x in, but 'public'" in message
    assert "did you mean public.x?" in hint


def test_a_schema_with_a_reserved_name_is_refused(
    sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    message, _ = refusal(tried(sandbox, pg_database, "pg_mine.x"))
    assert "PostgreSQL reserves names that begin with pg_" in message


def test_a_login_that_may_not_create_the_schema_is_told_the_statement(
    sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    login = replace(pg_database, user=f"loader_{pg_database.name}", password="x")
    pg_database.run(
        f"CREATE ROLE {login.user} LOGIN PASSWORD 'x'",
        f'GRANT ALL ON DATABASE "{login.name}" TO {login.user}',
        f'REVOKE CREATE ON DATABASE "{login.name}" FROM {login.user}',
    )
    try:
        found = tried(sandbox, login, "fresh.t", ledger="off")
    finally:
        pg_database.run(f"DROP OWNED BY {login.user}", f"DROP ROLE {login.user}")
    message, hint = refusal(found)
    assert f"There is no schema 'fresh' to create fresh.t in, and {login.user!r} may not" in message
    statement = f'CREATE SCHEMA "fresh" AUTHORIZATION "{login.user}";'
    assert hint == statement
    checked = found[1]
    assert checked.writable is False
    assert checked.error is not None
    assert "lacks CREATE on the database, for its missing schema" in checked.error.message
    assert checked.error.hint == statement, "both say the same, and it is enough"


def test_a_search_path_without_any_schema_is_told(
    sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    pg_database.run(f"ALTER DATABASE \"{pg_database.name}\" SET search_path = 'nowhere'")
    message, hint = refusal(tried(sandbox, pg_database, "t", ledger="off"))
    assert "none of this login's search_path exists" in message
    assert "Write the schema in 'pg_table'" in hint
