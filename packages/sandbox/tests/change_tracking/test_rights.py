"""Who may read changes: "Security" in "Manage Change Tracking (SQL Server)"."""

import pytest

from tableferry_sandbox.events import LoginRequest

READ = "SELECT id FROM CHANGETABLE(CHANGES dbo.t, 0) AS c"
MINIMUM = "SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('dbo.t'))"


@pytest.fixture
def reader(ask, server):
    ask("CREATE LOGIN reader WITH PASSWORD = N'Reader-pass-1', CHECK_POLICY = OFF")
    ask("CREATE USER reader FOR LOGIN reader; INSERT t VALUES (1, 1, 1)")
    return server.login(LoginRequest("reader", "Reader-pass-1", "Shop"))


def test_changes_need_select_and_view_change_tracking(ask, refuse, reader):
    assert refuse(READ, reader).number == 229
    ask("GRANT SELECT ON dbo.t TO reader")
    error = refuse(READ, reader)
    assert (error.number, error.severity) == (229, 14)
    assert error.message == (
        "The VIEW CHANGE TRACKING permission was denied on the object 't', database 'Shop', "
        "schema 'dbo'."
    )
    ask("GRANT VIEW CHANGE TRACKING ON dbo.t TO reader")
    assert ask(READ, reader).rows == [(1,)]
    ask("REVOKE SELECT ON dbo.t FROM reader")
    assert "SELECT permission" in refuse(READ, reader).message


@pytest.mark.parametrize(
    "right",
    [
        "GRANT VIEW CHANGE TRACKING ON SCHEMA::dbo TO reader",
        "GRANT CONTROL ON dbo.t TO reader",
        "GRANT CONTROL ON SCHEMA::dbo TO reader",
        "GRANT CONTROL TO reader",
    ],
)
def test_the_right_may_be_had_on_the_schema_the_database_or_by_control(ask, reader, right):
    ask(f"ALTER ROLE db_datareader ADD MEMBER reader; {right}")
    assert ask(READ, reader).rows == [(1,)]


def test_the_right_cannot_be_granted_on_a_database(refuse, reader):
    """It is not among those of "GRANT Database Permissions (Transact-SQL)"."""
    del reader
    assert refuse("GRANT VIEW CHANGE TRACKING TO reader").number == 102
    assert refuse("GRANT SELECT, VIEW CHANGE TRACKING ON DATABASE::Shop TO reader").number == 102


def test_without_the_right_there_is_no_lowest_version(ask, reader):
    ask("GRANT SELECT ON dbo.t TO reader")
    assert ask(MINIMUM, reader).value is None
    ask("GRANT VIEW CHANGE TRACKING ON dbo.t TO reader")
    assert ask(MINIMUM, reader).value == 0


def test_the_current_version_needs_no_right(ask, reader):
    assert ask("SELECT CHANGE_TRACKING_CURRENT_VERSION()", reader).value == 1


def test_only_visible_tables_are_listed(ask, reader):
    listed = "SELECT OBJECT_NAME(object_id) FROM sys.change_tracking_tables"
    assert ask(listed, reader).rows == []
    ask("GRANT SELECT ON dbo.t TO reader")
    assert ask(listed, reader).rows == [("t",)]


@pytest.mark.parametrize(
    ("sql", "number"),
    [
        ("ALTER DATABASE Shop SET CHANGE_TRACKING (AUTO_CLEANUP = OFF)", 5011),
        ("ALTER TABLE t DISABLE CHANGE_TRACKING", 4902),
    ],
)
def test_switching_needs_a_right(ask, refuse, reader, sql, number):
    ask("GRANT SELECT ON dbo.t TO reader")
    assert refuse(sql, reader).number == number
