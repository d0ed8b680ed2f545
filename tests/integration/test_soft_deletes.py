"""``deletes: soft:<column>`` from a source to a target: created, marked, unmarked, shown."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from tableferry import postgres, sqlserver
from tableferry.config import TableSpec, parse_table_configs
from tableferry.inspect.plan_report import plan_tables
from tableferry.report.plan_view import show_plan
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_table
from tableferry.verification.independent import compare_rows
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.specs import entry

pytestmark = pytest.mark.with_ledger

Make = Callable[[str], None]


@pytest.fixture
def source(sandbox: Sandbox, table_in: Make) -> Sandbox:
    table_in("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(20) UNIQUE)")
    sandbox.run("INSERT INTO dbo.T SELECT value, CONCAT(N'name ', value) FROM GENERATE_SERIES(1,6)")
    return sandbox


def spec(**changes: Any) -> TableSpec:
    given = {
        "sql_table": "dbo.T", "pg_table": "t", "publish": None, "order_by": None, "columns": None,
        "pg_columns": None, "deletes": "soft:gone_at", **changes,
    }  # fmt: skip
    return parse_table_configs({"t": entry(**given)})["t"]


def carry(source: Sandbox, database: PgDatabase, **changes: Any) -> TableOutcome:
    outcome = sync_table(spec(**changes), source.settings(database))
    assert outcome.status is Status.OK, outcome.error
    return outcome


def changes(inserted: int, updated: int, deleted: int, unchanged: int) -> dict[str, int]:
    return {
        "inserted": inserted, "updated": updated, "deleted": deleted, "unchanged": unchanged,
    }  # fmt: skip


def marked(database: PgDatabase) -> list[int]:
    found = database.rows("SELECT id FROM t WHERE gone_at IS NOT NULL ORDER BY id")
    return [int(str(row[0])) for row in found]


@pytest.mark.parametrize("chunks", [1, 3])
def test_a_table_is_created_with_the_column_and_its_rows_are_marked_from_then_on(
    source: Sandbox, pg_database: PgDatabase, chunks: int
) -> None:
    assert carry(source, pg_database, chunks=chunks).created
    assert pg_database.rows(
        "SELECT format_type(atttypid, atttypmod), attnotnull FROM pg_attribute "
        "WHERE attrelid = 't'::regclass AND attname = 'gone_at'"
    ) == [("timestamp with time zone", False)]
    assert marked(pg_database) == []
    source.run("DELETE FROM dbo.T WHERE ID > 4; INSERT INTO dbo.T VALUES (7, N'name 6')")
    outcome = carry(source, pg_database, chunks=chunks)
    assert outcome.publish == "merge"
    assert outcome.changes == changes(1, 0, 2, 4)
    assert marked(pg_database) == [5, 6]
    source.run("DELETE FROM dbo.T WHERE ID = 7; INSERT INTO dbo.T VALUES (6, N'name 6')")
    assert carry(source, pg_database, chunks=chunks).changes == changes(0, 1, 1, 4)
    assert marked(pg_database) == [5, 7]


def test_a_source_that_came_back_empty_marks_nothing(
    source: Sandbox, pg_database: PgDatabase
) -> None:
    carry(source, pg_database)
    source.run("DELETE FROM dbo.T")
    outcome = sync_table(spec(), source.settings(pg_database))
    assert outcome.status is Status.FAILED
    assert outcome.error
    assert "more than 50 % of them would be gone" in outcome.error.message
    assert marked(pg_database) == []


def test_rows_that_are_marked_are_left_out_of_a_comparison(
    source: Sandbox, pg_database: PgDatabase
) -> None:
    carry(source, pg_database)
    source.run("DELETE FROM dbo.T WHERE ID = 1")
    carry(source, pg_database)
    with (
        sqlserver.connect(source.source()) as from_,
        postgres.connect(source.settings(pg_database).target) as into,
    ):
        assert compare_rows(spec(), from_, into).equal


def test_rows_that_leave_the_condition_are_marked(source: Sandbox, pg_database: PgDatabase) -> None:
    carry(source, pg_database)
    carry(source, pg_database, where="ID <= 5")
    assert marked(pg_database) == [6]


def test_a_table_that_was_carried_without_marks_is_refused_until_it_has_the_column(
    source: Sandbox, pg_database: PgDatabase
) -> None:
    carry(source, pg_database, deletes=None)
    outcome = sync_table(spec(), source.settings(pg_database))
    assert outcome.error
    statement, _ = outcome.error.hint.split(";")
    pg_database.run(statement)
    source.run("DELETE FROM dbo.T WHERE ID = 1")
    carry(source, pg_database)
    assert marked(pg_database) == [1]


def test_the_plan_says_where_deleted_rows_are_marked(
    source: Sandbox, pg_database: PgDatabase
) -> None:
    carry(source, pg_database)
    report = plan_tables([spec()], source.settings(pg_database))
    [table] = report.to_dict()["tables"]
    assert table["deletes"] == "soft:gone_at"
    out = Console(file=io.StringIO(), width=200)
    show_plan(report, out)
    assert isinstance(out.file, io.StringIO)
    shown = out.file.getvalue()
    assert "marks deleted rows in gone_at (timestamptz)" in shown
    assert "merge: rows that the source has deleted stay" in shown
