"""``mode: change_tracking``: after every run the target is the source as of its watermark."""

import json
from typing import Any

import pytest

from tableferry.runs.outcome import Status
from tests.integration.conftest import Sandbox
from tests.integration.incremental.conftest import ROWS, Sync, rows, source_rows
from tests.support.databases import PgDatabase

pytestmark = pytest.mark.with_ledger


def watermark(target: PgDatabase) -> dict[str, Any]:
    ((value,),) = target.rows("SELECT value FROM tableferry.watermarks")
    found: dict[str, Any] = json.loads(str(value))
    return found


def test_inserts_updates_and_deletes_arrive_and_nothing_else_is_read(
    source: Sandbox, target: PgDatabase, sync: Sync
) -> None:
    first = sync()
    assert (first.status, first.rows_read, first.reload) == (Status.OK, ROWS, "first_load"), (
        first.error
    )
    before = target.rows("SELECT xmin::text FROM t WHERE id = 7")
    source.run("UPDATE dbo.T SET Name = N'changed' WHERE ID IN (1, 2)")
    source.run("DELETE FROM dbo.T WHERE ID IN (3, 4, 5)")
    source.run("INSERT INTO dbo.T VALUES (100, N'new')")
    second = sync()
    assert (second.status, second.rows_read, second.publish) == (Status.OK, 3, "merge")
    assert second.changes == {"inserted": 1, "updated": 2, "deleted": 3, "unchanged": 0}
    assert rows(target) == source_rows(source)
    assert target.rows("SELECT xmin::text FROM t WHERE id = 7") == before
    assert (second.mode, second.reload, second.warnings) == ("change_tracking", "", ())


def test_a_key_that_is_updated_or_used_again_leaves_no_row_behind(
    source: Sandbox, target: PgDatabase, sync: Sync
) -> None:
    sync()
    source.run("UPDATE dbo.T SET ID = 1001 WHERE ID = 1")
    source.run("DELETE FROM dbo.T WHERE ID = 2; INSERT INTO dbo.T VALUES (2, N'used again')")
    source.run("INSERT INTO dbo.T VALUES (60, N'x'); DELETE FROM dbo.T WHERE ID = 60")
    outcome = sync()
    assert outcome.status is Status.OK
    assert rows(target) == source_rows(source)


def test_a_row_that_leaves_where_is_deleted_and_one_that_enters_comes(
    source: Sandbox, target: PgDatabase, sync: Sync
) -> None:
    sync(where="Name LIKE N'name%'")
    source.run("UPDATE dbo.T SET Name = N'other' WHERE ID = 1")
    sync(where="Name LIKE N'name%'")
    assert (1, "other") not in rows(target)
    assert len(rows(target)) == ROWS - 1
    source.run("UPDATE dbo.T SET Name = N'name 1' WHERE ID = 1")
    sync(where="Name LIKE N'name%'")
    assert rows(target) == source_rows(source)


def test_values_that_two_rows_exchange_are_exchanged(
    source: Sandbox, target: PgDatabase, sync: Sync
) -> None:
    target.run("ALTER TABLE t ADD UNIQUE (name)")
    sync()
    source.run(
        "UPDATE dbo.T SET Name = CASE ID WHEN 1 THEN N'name 2' ELSE N'name 1' END "
        "WHERE ID IN (1, 2)"
    )
    assert sync().status is Status.OK
    assert rows(target) == source_rows(source)


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        (["TRUNCATE TABLE dbo.T", "INSERT INTO dbo.T VALUES (7, N'seven')"], "truncated"),
        (
            [
                "ALTER TABLE dbo.T DISABLE CHANGE_TRACKING",
                "DELETE FROM dbo.T WHERE ID < 10",
                "ALTER TABLE dbo.T ENABLE CHANGE_TRACKING",
                "INSERT INTO dbo.T VALUES (7, N'seven')",
            ],
            "tracking_off_and_on",
        ),
        (["ALTER TABLE dbo.T ADD Size int NOT NULL DEFAULT 7"], "altered"),
        (
            [
                "ALTER TABLE dbo.T DROP COLUMN Name",
                "ALTER TABLE dbo.T ADD Name nvarchar(20)",
            ],
            "altered",
        ),
    ],
)
def test_where_the_changes_are_not_whole_every_row_is_read(
    source: Sandbox, target: PgDatabase, sync: Sync, statements: list[str], reason: str
) -> None:
    sync()
    for statement in statements:
        source.run(statement)
    outcome = sync(max_shrink=100)
    assert (outcome.status, outcome.reload) == (Status.OK, reason), outcome.error
    assert rows(target) == source_rows(source)
    source.run("UPDATE dbo.T SET Name = N'after'")
    assert sync().reload == ""
    assert rows(target) == source_rows(source)


def test_stop_leaves_the_rows_and_says_what_happened(
    source: Sandbox, target: PgDatabase, sync: Sync
) -> None:
    sync()
    before = rows(target)
    source.run("TRUNCATE TABLE dbo.T")
    outcome = sync(on_expired="stop")
    assert outcome.status is Status.FAILED
    assert outcome.error
    assert "the source table was truncated" in outcome.error.message
    assert "'on_expired' is 'stop'" in outcome.error.hint
    assert rows(target) == before


def test_a_reload_is_guarded_like_every_complete_load(
    source: Sandbox, target: PgDatabase, sync: Sync
) -> None:
    sync()
    source.run("TRUNCATE TABLE dbo.T")
    outcome = sync()
    assert outcome.error
    assert outcome.error.kind == "GuardError"
    assert len(rows(target)) == ROWS


def test_a_run_without_changes_advances_the_watermark(
    source: Sandbox, target: PgDatabase, sync: Sync
) -> None:
    sync()
    before = watermark(target)["version"]
    source.run("CREATE TABLE dbo.U (ID int PRIMARY KEY)")
    source.run("ALTER TABLE dbo.U ENABLE CHANGE_TRACKING; INSERT INTO dbo.U VALUES (1)")
    outcome = sync()
    assert (outcome.status, outcome.rows_read) == (Status.OK, 0)
    assert watermark(target)["version"] > before


def test_what_change_tracking_lacks_is_refused_with_the_statement_for_the_dba(
    source: Sandbox, target: PgDatabase, sync: Sync
) -> None:
    source.run("ALTER TABLE dbo.T DISABLE CHANGE_TRACKING")
    outcome = sync()
    assert outcome.error
    assert "Change Tracking is off for McTM.dbo.T" in outcome.error.message
    assert "ALTER TABLE [dbo].[T] ENABLE CHANGE_TRACKING" in outcome.error.hint
    source.run("ALTER DATABASE McTM SET CHANGE_TRACKING = OFF")
    outcome = sync()
    assert outcome.error
    assert "ALTER DATABASE [McTM] SET CHANGE_TRACKING = ON" in outcome.error.hint


def test_a_database_without_snapshot_isolation_is_refused_before_anything_is_read(
    source: Sandbox, target: PgDatabase, sync: Sync
) -> None:
    source.run("ALTER DATABASE McTM SET ALLOW_SNAPSHOT_ISOLATION OFF")
    outcome = sync()
    assert outcome.error
    assert outcome.error.kind in {"ConfigError", "SchemaError"}
    assert "ALTER DATABASE [McTM] SET ALLOW_SNAPSHOT_ISOLATION ON" in outcome.error.hint
    assert outcome.rows_read == 0


def test_where_most_rows_have_changed_all_are_read_which_is_faster(
    source: Sandbox, target: PgDatabase, sync: Sync
) -> None:
    many = "SELECT value, N'many' FROM GENERATE_SERIES(1000, 13000)"
    source.run(f"INSERT INTO dbo.T {many}")
    sync()
    source.run("UPDATE dbo.T SET Name = N'few' WHERE ID < 3000")
    assert sync().reload == ""
    source.run("UPDATE dbo.T SET Name = N'most' WHERE ID < 9000")
    assert sync().reload == "many_changes"
    assert rows(target) == source_rows(source)


def test_changes_arrive_although_a_swap_is_not_possible_any_more_and_a_reload_says_so(
    source: Sandbox, target: PgDatabase, sync: Sync
) -> None:
    assert sync(publish="swap").status is Status.OK
    target.run("CREATE FUNCTION of_t() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t'")
    source.run("UPDATE dbo.T SET Name = N'changed' WHERE ID = 1")
    second = sync(publish="swap")
    assert (second.status, second.publish) == (Status.OK, "merge"), second.error
    assert rows(target) == source_rows(source)

    source.run("TRUNCATE TABLE dbo.T; INSERT INTO dbo.T VALUES (7, N'seven')")
    before = rows(target)
    third = sync(publish="swap")
    assert third.status is Status.FAILED
    assert third.error
    assert "of_t" in third.error.message
    assert rows(target) == before
