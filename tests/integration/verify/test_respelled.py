"""A change explains another spelling of its key only where the next run removes that one."""

from typing import Any

import pytest

from tests.integration.conftest import Sandbox
from tests.integration.incremental.conftest import source, target
from tests.integration.verify.test_confirm import Table
from tests.support.databases import PgDatabase

__all__ = ["source", "target"]

pytestmark = pytest.mark.with_ledger

CHANGES: dict[str, Any] = {
    "sql_table": "dbo.K", "pg_table": "k", "primary_key": "K", "mode": "change_tracking",
    "columns": ["K", "Name"], "pg_columns": ["k", "name"],
}  # fmt: skip


@pytest.fixture
def spelled(source: Sandbox, target: PgDatabase) -> Table:
    """Two rows with keys whose case the source does not tell apart, and no others in the target."""
    source.run(
        "CREATE TABLE dbo.K (K nvarchar(20) COLLATE Latin1_General_CI_AS NOT NULL PRIMARY KEY, "
        "Name nvarchar(20)); ALTER TABLE dbo.K ENABLE CHANGE_TRACKING"
    )
    source.run("INSERT INTO dbo.K VALUES (N'abc', N'r1'), (N'def', N'r2')")
    target.run("CREATE TABLE k (k text PRIMARY KEY, name text)")
    table = Table(source, target)
    table.sync(**CHANGES)
    return table


def test_another_spelling_beside_the_one_that_has_changed_is_extra_before_and_after_the_next_run(
    spelled: Table,
) -> None:
    spelled.target.run("INSERT INTO k VALUES ('ABC', 'foreign')")
    spelled.source.run("UPDATE dbo.K SET Name = N'later' WHERE K = N'abc'")
    confirmed, left = spelled.verify(**CHANGES)
    assert (confirmed.explained, left) == (1, [("extra", ("ABC",), ())])
    spelled.sync(**CHANGES)
    confirmed, left = spelled.verify(**CHANGES)
    assert (confirmed.explained, left) == (0, [("extra", ("ABC",), ())])


def test_an_old_spelling_whose_row_was_deleted_under_a_new_one_is_explained(spelled: Table) -> None:
    spelled.source.run("UPDATE dbo.K SET K = N'ABC' WHERE K = N'abc'")
    spelled.source.run("DELETE FROM dbo.K WHERE K = N'abc'")
    spelled.target.run("UPDATE k SET name = 'damaged' WHERE k = 'def'")
    confirmed, left = spelled.verify(**CHANGES)
    assert (confirmed.explained, left) == (1, [("different", ("def",), ("Name",))])


def test_a_marked_row_with_the_new_spelling_keeps_the_old_one_from_being_explained(
    spelled: Table,
) -> None:
    """The next run takes the mark from it, and finds no key that the target lacks."""
    changes = {**CHANGES, "deletes": "soft:gone"}
    spelled.target.run("ALTER TABLE k ADD gone timestamptz")
    spelled.sync(**changes)
    spelled.target.run("INSERT INTO k VALUES ('ABC', 'foreign', now())")
    spelled.source.run("UPDATE dbo.K SET K = N'ABC' WHERE K = N'abc'")
    confirmed, left = spelled.verify(**changes)
    assert (confirmed.explained, left) == (1, [("extra", ("abc",), ())])
    spelled.sync(**changes)
    confirmed, left = spelled.verify(**changes)
    assert (confirmed.explained, left) == (0, [("extra", ("abc",), ())])
