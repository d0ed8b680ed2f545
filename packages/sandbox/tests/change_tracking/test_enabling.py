"""Change Tracking is switched on and off, and what DDL does to it.

As "Enable and Disable Change Tracking (SQL Server)", "Manage Change Tracking (SQL Server)" and
"ALTER DATABASE SET Options (Transact-SQL)" document, with the errors of "Database Engine Events and
Errors". That the version stays where it is when tracking begins or a table is truncated is not
documented; SQL Server 2025 was observed to do so.
"""

import pytest

TABLES = (
    "SELECT OBJECT_NAME(object_id), is_track_columns_updated_on, begin_version, cleanup_version, "
    "min_valid_version FROM sys.change_tracking_tables ORDER BY 1"
)
DATABASES = (
    "SELECT DB_NAME(database_id), is_auto_cleanup_on, retention_period, retention_period_units, "
    "retention_period_units_desc FROM sys.change_tracking_databases"
)
MINIMUM = "SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('{}'))"


@pytest.fixture
def off(ask):
    """Switch tracking off."""
    ask("ALTER TABLE t DISABLE CHANGE_TRACKING; ALTER DATABASE Shop SET CHANGE_TRACKING = OFF")


def test_a_database_lists_how_long_it_keeps_changes(ask):
    assert ask(DATABASES).rows == [("Shop", 1, 2, 3, "DAYS")]
    ask("ALTER DATABASE Shop SET CHANGE_TRACKING (CHANGE_RETENTION = 90 MINUTES)")
    assert ask(DATABASES).rows == [("Shop", 1, 90, 1, "MINUTES")]
    ask(
        "ALTER DATABASE CURRENT SET CHANGE_TRACKING "
        "(AUTO_CLEANUP = OFF, CHANGE_RETENTION = 3 HOURS)"
    )
    assert ask(DATABASES).rows == [("Shop", 0, 3, 2, "HOURS")]
    ask("USE master")
    assert ask(DATABASES).rows == [("Shop", 0, 3, 2, "HOURS")]


def test_the_default_is_two_days_with_cleanup(ask, off):
    assert ask(DATABASES).rows == []
    ask("ALTER DATABASE Shop SET CHANGE_TRACKING = ON")
    assert ask(DATABASES).rows == [("Shop", 1, 2, 3, "DAYS")]


@pytest.mark.parametrize(
    ("sql", "number"),
    [
        ("ALTER DATABASE Shop SET CHANGE_TRACKING = ON", 5088),
        ("ALTER DATABASE Shop SET CHANGE_TRACKING = OFF", 22115),
        ("BEGIN TRAN; ALTER DATABASE Shop SET CHANGE_TRACKING (AUTO_CLEANUP = OFF)", 226),
        ("ALTER DATABASE msdb SET CHANGE_TRACKING = ON", 5090),
        ("ALTER DATABASE nowhere SET CHANGE_TRACKING = ON", 911),
        ("ALTER DATABASE Shop SET CHANGE_TRACKING (CHANGE_RETENTION = 2 DAY)", 155),
        ("ALTER DATABASE Shop SET CHANGE_TRACKING (CHANGE_RETENTION = 0 DAYS)", 5092),
        ("ALTER DATABASE Shop SET CHANGE_TRACKING (CHANGE_RETENTION = 1491309 DAYS)", 5092),
        ("ALTER DATABASE Shop SET CHANGE_TRACKING (AUTO_CLEANUP = ON, AUTO_CLEANUP = ON)", 5091),
        ("ALTER DATABASE Shop SET CHANGE_TRACKING = ON, RECOVERY SIMPLE", 22114),
        ("ALTER DATABASE Shop SET RECOVERY SIMPLE, CHANGE_TRACKING = ON", 22114),
        ("ALTER DATABASE Shop SET CHANGE_TRACKING = MAYBE", 102),
        ("ALTER TABLE t ENABLE CHANGE_TRACKING", 4996),
        ("CREATE TABLE h (id int); ALTER TABLE h ENABLE CHANGE_TRACKING", 4997),
        ("CREATE TABLE h (id int UNIQUE); ALTER TABLE h DISABLE CHANGE_TRACKING", 4998),
        ("CREATE TABLE #h (id int PRIMARY KEY); ALTER TABLE #h ENABLE CHANGE_TRACKING", 1718),
        ("SELECT * FROM CHANGETABLE(CHANGES t, 0)", 22104),
        ("SELECT * FROM CHANGETABLE(CHANGES nowhere, 0) AS c", 208),
        ("SELECT * FROM CHANGETABLE(CHANGES sys.tables, 0) AS c", 22107),
    ],
)
def test_what_cannot_be_switched_or_asked_has_its_error(refuse, sql, number):
    assert refuse(sql).number == number


@pytest.mark.parametrize(
    ("sql", "number"),
    [
        ("ALTER TABLE t ENABLE CHANGE_TRACKING", 1718),
        ("ALTER DATABASE Shop SET CHANGE_TRACKING = OFF", 5089),
        ("ALTER DATABASE Shop SET CHANGE_TRACKING (AUTO_CLEANUP = ON)", 5089),
        ("SELECT id FROM CHANGETABLE(CHANGES t, 0) AS c", 22105),
    ],
)
def test_a_database_that_does_not_track_changes_refuses_what_needs_it(refuse, off, sql, number):
    assert refuse(sql).number == number


def test_a_view_and_a_temporary_table_have_no_changes(ask, refuse):
    ask("CREATE VIEW w AS SELECT id FROM t")
    ask("CREATE TABLE #h (id int PRIMARY KEY)")
    assert refuse("SELECT * FROM CHANGETABLE(CHANGES w, 0) AS c").number == 22107
    assert refuse("SELECT * FROM CHANGETABLE(CHANGES #h, 0) AS c").number == 22107


def test_a_synonym_of_a_table_has_its_changes(ask):
    ask("CREATE SYNONYM s FOR dbo.t; INSERT t VALUES (1, 1, 1)")
    assert ask("SELECT id FROM CHANGETABLE(CHANGES s, 0) AS c").rows == [(1,)]


def test_a_table_is_tracked_from_the_current_version_on(ask, changes):
    ask("INSERT t VALUES (1, 1, 1); CREATE TABLE u (id int PRIMARY KEY); INSERT u VALUES (1)")
    ask("ALTER TABLE u ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)")
    assert ask(TABLES).rows == [("t", False, 0, None, 0), ("u", True, 1, None, 1)]
    assert ask(MINIMUM.format("u")).value == 1
    ask("INSERT u VALUES (2)")
    assert changes("NULL", table="u") == [("I", 2)]


def test_what_is_not_tracked_has_no_lowest_version(ask):
    ask("CREATE TABLE u (id int PRIMARY KEY)")
    assert ask(MINIMUM.format("u")).value is None
    assert ask("SELECT CHANGE_TRACKING_MIN_VALID_VERSION(7)").value is None
    assert (
        ask("SELECT MAX(CHANGE_TRACKING_MIN_VALID_VERSION(object_id)) FROM sys.tables").value == 0
    )


def test_switching_a_table_off_and_on_forgets_its_changes(ask, changes, version):
    ask("INSERT t VALUES (1, 1, 1)")
    ask("ALTER TABLE t DISABLE CHANGE_TRACKING; UPDATE t SET v = 2")
    assert ask(TABLES).rows == []
    ask("ALTER TABLE t ENABLE CHANGE_TRACKING")
    assert (changes("NULL"), version()) == ([], 1)
    assert ask(TABLES).rows == [("t", False, 1, None, 1)]


def test_the_version_of_a_database_outlives_switching_off(ask, version, off):
    ask("ALTER DATABASE Shop SET CHANGE_TRACKING = ON; ALTER TABLE t ENABLE CHANGE_TRACKING")
    ask("INSERT t VALUES (1, 1, 1)")
    ask("ALTER TABLE t DISABLE CHANGE_TRACKING; ALTER DATABASE Shop SET CHANGE_TRACKING = OFF")
    assert version() is None
    ask("ALTER DATABASE Shop SET CHANGE_TRACKING = ON")
    assert version() == 1


def test_truncate_is_not_tracked_and_begins_tracking_anew(ask, changes, version):
    ask("INSERT t VALUES (1, 1, 1); INSERT t VALUES (2, 2, 2); TRUNCATE TABLE t")
    assert (changes("NULL"), version()) == ([], 2)
    assert ask(TABLES).rows == [("t", False, 2, None, 2)]
    ask("INSERT t VALUES (1, 5, 5)")
    assert changes(2) == [("I", 1)]


def test_a_truncate_that_is_rolled_back_changes_nothing(ask, changes):
    ask(
        "INSERT t VALUES (1, 1, 1); BEGIN TRAN; TRUNCATE TABLE t; INSERT t VALUES (9, 9, 9);"
        "ROLLBACK"
    )
    assert changes(0) == [("I", 1)]
    assert ask(MINIMUM.format("t")).value == 0


def test_a_truncate_in_a_transaction_counts_from_its_commit(ask, other, changes):
    ask("INSERT t VALUES (1, 1, 1)")
    ask("SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRAN; SELECT id FROM t", other)
    ask("BEGIN TRAN; TRUNCATE TABLE t; INSERT t VALUES (2, 2, 2)")
    assert ask(MINIMUM.format("t"), other).value == 0
    ask("COMMIT")
    assert changes(0, other) == [("I", 1)]
    assert ask(MINIMUM.format("t")).value == 1
    assert changes(0) == [("I", 2)]


def test_the_primary_key_of_a_tracked_table_cannot_be_dropped(ask, refuse):
    ask("CREATE TABLE k (id int CONSTRAINT pk PRIMARY KEY, u int CONSTRAINT uq UNIQUE)")
    ask("ALTER TABLE k ENABLE CHANGE_TRACKING; ALTER TABLE k DROP CONSTRAINT uq")
    assert refuse("ALTER TABLE k DROP CONSTRAINT pk").number == 3735
    ask("ALTER TABLE k DISABLE CHANGE_TRACKING; ALTER TABLE k DROP CONSTRAINT pk")


def test_columns_that_come_change_or_go_are_not_tracked(ask, changes, version):
    ask("INSERT t VALUES (1, 1, 1)")
    ask("ALTER TABLE t ADD x int NOT NULL DEFAULT 3; ALTER TABLE t ALTER COLUMN v bigint")
    ask("ALTER TABLE t DROP COLUMN w")
    assert (changes(1), version()) == ([], 1)
    ask("UPDATE t SET x = 4")
    assert changes(1) == [("U", 1)]


def test_dropping_a_table_removes_its_changes(ask, version):
    ask("INSERT t VALUES (1, 1, 1); DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY)")
    assert ask(TABLES).rows == []
    ask("ALTER TABLE t ENABLE CHANGE_TRACKING")
    assert ask("SELECT id FROM CHANGETABLE(CHANGES t, NULL) AS c").rows == []
    assert version() == 1


def test_a_created_table_that_is_rolled_back_is_not_tracked(ask, version):
    ask("BEGIN TRAN; CREATE TABLE u (id int PRIMARY KEY); INSERT u VALUES (1); ROLLBACK")
    assert version() == 0


INTERNAL = (
    "SELECT OBJECT_NAME(parent_id), name, type, internal_type, create_date, object_id "
    "FROM sys.internal_tables WHERE internal_type_desc = 'CHANGE_TRACKING'"
)


def test_a_tracked_table_has_an_internal_table_from_the_moment_it_is_tracked(ask):
    """ "sys.internal_tables (Transact-SQL)"."""
    [first] = ask(INTERNAL).rows
    number = ask("SELECT OBJECT_ID('t')").value
    assert first[:4] == ("t", f"change_tracking_{number}", "IT", 209)
    ask("TRUNCATE TABLE t; ALTER TABLE t ADD x int NULL")
    assert ask(INTERNAL).rows == [first]
    ask("ALTER TABLE t DISABLE CHANGE_TRACKING")
    assert ask(INTERNAL).rows == []
    ask("WAITFOR DELAY '00:00:00.010'; ALTER TABLE t ENABLE CHANGE_TRACKING")
    [second] = ask(INTERNAL).rows
    assert second[4] > first[4]
    assert second[5] != first[5]
