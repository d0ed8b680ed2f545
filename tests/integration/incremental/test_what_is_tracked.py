"""What Change Tracking cannot follow is refused by the plan, not by the second run."""

import pytest

from tableferry.errors import ErrorReport
from tests.integration.conftest import Sandbox
from tests.integration.incremental.conftest import Sync
from tests.support.databases import PgDatabase

pytestmark = pytest.mark.with_ledger


@pytest.fixture
def codes(source: Sandbox, target: PgDatabase) -> Sandbox:
    """A tracked table with a second key, and a target that has that one."""
    source.run(
        "CREATE TABLE dbo.P (ID int NOT NULL, Code int NOT NULL UNIQUE, "
        "CONSTRAINT PK_P PRIMARY KEY (ID)); INSERT INTO dbo.P VALUES (1, 10)"
    )
    source.run("ALTER TABLE dbo.P ENABLE CHANGE_TRACKING")
    target.run("CREATE TABLE p (id int UNIQUE, code int PRIMARY KEY)")
    return source


def refusal(sync: Sync, **changes: object) -> ErrorReport:
    outcome = sync(pg_table="p", sql_table="dbo.P", **changes)
    assert outcome.error
    assert outcome.error.kind == "SchemaError"
    return outcome.error


def test_a_key_that_is_not_the_tables_primary_key_is_refused(codes: Sandbox, sync: Sync) -> None:
    columns = {"columns": ["ID", "Code"], "pg_columns": ["id", "code"]}
    error = refusal(sync, primary_key="Code", **columns)
    assert (
        "lists the changes of McTM.dbo.P by its primary key, 'ID', and the table is carried by "
        "'Code'"
    ) in error.message
    assert "Omit 'primary_key'" in error.hint


def test_a_key_that_is_not_carried_is_refused(
    codes: Sandbox, target: PgDatabase, sync: Sync
) -> None:
    target.run("ALTER TABLE p DROP COLUMN id")
    error = refusal(sync, primary_key=None, columns=["Code"], pg_columns=["code"])
    assert "by its primary key, 'ID', and the table is carried by no column" in error.message


def test_the_key_may_be_written_in_another_case(codes: Sandbox, sync: Sync) -> None:
    columns = {"columns": ["id", "code"], "pg_columns": ["id", "code"]}
    for name in ("first_load", ""):
        outcome = sync(pg_table="p", sql_table="dbo.P", primary_key="iD", **columns)
        assert outcome.error is None
        assert outcome.reload == name


def test_a_view_is_refused(codes: Sandbox, sync: Sync) -> None:
    codes.run("CREATE VIEW dbo.W AS SELECT ID, Code FROM dbo.P")
    outcome = sync(
        pg_table="p", sql_table="dbo.W", columns=["ID", "Code"], pg_columns=["id", "code"]
    )
    assert outcome.error
    assert "McTM.dbo.W is a view, and Change Tracking follows tables only" in outcome.error.message
    assert "'mode'" in outcome.error.hint
