"""What Change Tracking must answer, so that what is built on it is right.

Read from "Work with Change Tracking (SQL Server)", "CHANGETABLE (Transact-SQL)", "Manage Change
Tracking (SQL Server)" and "sys.internal_tables (Transact-SQL)". What no page says is in tests of
its own, named so: where a server answers otherwise, look at the modes that build on it again.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tableferry import sqlserver
from tableferry.config import SourceSettings
from tableferry.errors import TableferryError

Rows = list[tuple[Any, ...]]


@pytest.fixture
def connection(database: SourceSettings) -> Iterator[sqlserver.SourceConnection]:
    """A database that tracks changes, with a tracked table T (ID, V, W) and no rows."""
    with sqlserver.connect(database) as made:
        made.execute(
            "IF CHANGE_TRACKING_CURRENT_VERSION() IS NULL "
            f"ALTER DATABASE [{database.db}] SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 1 DAYS)"
        )
        made.execute(f"ALTER DATABASE [{database.db}] SET ALLOW_SNAPSHOT_ISOLATION ON")
        made.execute("DROP TABLE IF EXISTS dbo.Tracked")
        made.execute(
            "CREATE TABLE dbo.Tracked (ID int CONSTRAINT PK_Tracked PRIMARY KEY, V int, W int)"
        )
        made.execute("ALTER TABLE dbo.Tracked ENABLE CHANGE_TRACKING")
        yield made
        made.execute("IF @@TRANCOUNT > 0 ROLLBACK")
        made.execute("DROP TABLE dbo.Tracked")


@pytest.fixture
def other(
    database: SourceSettings, connection: sqlserver.SourceConnection
) -> Iterator[sqlserver.SourceConnection]:
    del connection
    with sqlserver.connect(database) as made:
        yield made
        made.execute("IF @@TRANCOUNT > 0 ROLLBACK")


@pytest.fixture
def version(connection: sqlserver.SourceConnection) -> Callable[[], int]:
    def current() -> int:
        [(found,)] = connection.rows("SELECT CHANGE_TRACKING_CURRENT_VERSION() AS v", ["v"])
        return int(found)

    return current


def changes(connection: sqlserver.SourceConnection, since: int) -> Rows:
    """Operation and key of what has changed since a version."""
    return connection.rows(
        "SELECT SYS_CHANGE_OPERATION AS op, ID AS id "
        f"FROM CHANGETABLE(CHANGES dbo.Tracked, {since}) AS c ORDER BY ID",
        ["op", "id"],
    )


def about(connection: sqlserver.SourceConnection) -> tuple[Any, ...]:
    """The version at which tracking began, the lowest valid one, and that by the function."""
    [found] = connection.rows(
        "SELECT begin_version AS b, min_valid_version AS m, "
        "CHANGE_TRACKING_MIN_VALID_VERSION(object_id) AS f FROM sys.change_tracking_tables "
        "WHERE object_id = OBJECT_ID('dbo.Tracked')",
        ["b", "m", "f"],
    )
    return found


def test_each_commit_that_changes_a_tracked_table_has_a_higher_version(connection, version):
    before = version()
    connection.execute("INSERT dbo.Tracked VALUES (1, 1, 1), (2, 2, 2)")
    first = version()
    connection.execute("BEGIN TRAN; UPDATE dbo.Tracked SET V = 2; DELETE dbo.Tracked; COMMIT")
    assert before < first < version()


def test_a_rollback_has_neither_a_version_nor_changes(connection, version):
    before = version()
    connection.execute("BEGIN TRAN; INSERT dbo.Tracked VALUES (1, 1, 1); ROLLBACK")
    assert (version(), changes(connection, before)) == (before, [])


def test_changes_are_net_one_row_for_each_key(connection, version):
    connection.execute("INSERT dbo.Tracked VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)")
    before = version()
    connection.execute("UPDATE dbo.Tracked SET V = 9 WHERE ID = 1")
    connection.execute("UPDATE dbo.Tracked SET W = 9 WHERE ID = 1")
    connection.execute("DELETE dbo.Tracked WHERE ID = 2")
    connection.execute("INSERT dbo.Tracked VALUES (4, 4, 4)")
    connection.execute("UPDATE dbo.Tracked SET V = 9 WHERE ID = 4")
    assert changes(connection, before) == [("U", 1), ("D", 2), ("I", 4)]
    assert changes(connection, version()) == []


def test_a_key_that_is_updated_is_deleted_and_inserted(connection, version):
    connection.execute("INSERT dbo.Tracked VALUES (1, 1, 1)")
    before = version()
    connection.execute("UPDATE dbo.Tracked SET ID = 7")
    assert changes(connection, before) == [("D", 1), ("I", 7)]


def test_a_key_that_is_deleted_and_inserted_again_is_updated(connection, version):
    connection.execute("INSERT dbo.Tracked VALUES (1, 1, 1)")
    before = version()
    connection.execute("DELETE dbo.Tracked")
    connection.execute("INSERT dbo.Tracked VALUES (1, 2, 2)")
    assert changes(connection, before) == [("U", 1)]


def test_a_snapshot_sees_version_rows_and_changes_of_its_begin(connection, other, version):
    connection.execute("INSERT dbo.Tracked VALUES (1, 1, 1)")
    before = version()
    other.begin_snapshot()
    read = ("SELECT CHANGE_TRACKING_CURRENT_VERSION() AS v", ["v"])
    rows = ("SELECT ID AS id, V AS v FROM dbo.Tracked", ["id", "v"])
    assert other.rows(*rows) == [(1, 1)]
    connection.execute("UPDATE dbo.Tracked SET V = 9")
    assert (other.rows(*read), other.rows(*rows)) == ([(before,)], [(1, 1)])
    assert changes(other, before) == []
    other.end_snapshot()
    assert changes(connection, before) == [("U", 1)]


def test_a_change_has_the_version_of_its_commit(connection, other, version):
    connection.execute("BEGIN TRAN; INSERT dbo.Tracked VALUES (1, 1, 1)")
    other.begin_snapshot()
    [(before,)] = other.rows("SELECT CHANGE_TRACKING_CURRENT_VERSION() AS v", ["v"])
    other.end_snapshot()
    connection.execute("COMMIT")
    assert version() > before
    assert changes(connection, before) == [("I", 1)]


def test_a_truncated_table_has_no_changes_and_begins_anew(connection, version):
    began, _, _ = about(connection)
    connection.execute("INSERT dbo.Tracked VALUES (1, 1, 1)")
    connection.execute("TRUNCATE TABLE dbo.Tracked")
    now, lowest, by_function = about(connection)
    assert now == lowest == by_function
    assert now > began
    assert changes(connection, 0) == []


def test_not_documented_a_truncation_draws_no_version(connection, version):
    """So a version saved just before passes the check of the lowest one; only its begin tells."""
    connection.execute("INSERT dbo.Tracked VALUES (1, 1, 1)")
    saved = version()
    connection.execute("TRUNCATE TABLE dbo.Tracked")
    assert (version(), about(connection)) == (saved, (saved, saved, saved))


def test_not_documented_tracking_that_is_enabled_again_draws_no_version(connection, version):
    connection.execute("INSERT dbo.Tracked VALUES (1, 1, 1)")
    saved = version()
    connection.execute("ALTER TABLE dbo.Tracked DISABLE CHANGE_TRACKING")
    connection.execute("INSERT dbo.Tracked VALUES (2, 2, 2)")
    connection.execute("ALTER TABLE dbo.Tracked ENABLE CHANGE_TRACKING")
    assert (version(), about(connection)) == (saved, (saved, saved, saved))


def test_not_documented_only_enabling_makes_another_internal_table(connection):
    made = (
        "SELECT object_id AS id FROM sys.internal_tables "
        "WHERE internal_type_desc = 'CHANGE_TRACKING' AND parent_id = OBJECT_ID('dbo.Tracked')"
    )
    first = connection.rows(made, ["id"])
    connection.execute("TRUNCATE TABLE dbo.Tracked")
    assert connection.rows(made, ["id"]) == first
    connection.execute("ALTER TABLE dbo.Tracked DISABLE CHANGE_TRACKING")
    connection.execute("ALTER TABLE dbo.Tracked ENABLE CHANGE_TRACKING")
    assert connection.rows(made, ["id"]) != first


def test_columns_that_come_change_or_go_are_not_tracked(connection, version):
    connection.execute("INSERT dbo.Tracked VALUES (1, 1, 1)")
    before = version()
    for change in ("ADD X int NOT NULL DEFAULT 1", "ALTER COLUMN V bigint", "DROP COLUMN W"):
        connection.execute(f"ALTER TABLE dbo.Tracked {change}")
    assert (version(), changes(connection, before)) == (before, [])


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        (
            "ALTER TABLE dbo.Tracked DROP CONSTRAINT PK_Tracked",
            "Change tracking requires a primary",
        ),
        ("ALTER TABLE dbo.Tracked ENABLE CHANGE_TRACKING", "already enabled for table"),
        ("SELECT * FROM CHANGETABLE(CHANGES dbo.Tracked, 0)", "must be aliased"),
        ("SELECT ID FROM CHANGETABLE(CHANGES dbo.Tracked, 1 + 1) AS c", "Incorrect syntax"),
    ],
)
def test_what_is_refused_is_refused_in_the_same_words(connection, sql, message):
    with pytest.raises(TableferryError) as caught:
        connection.execute(sql)
    assert message in f"{caught.value} {caught.value.__cause__}"
