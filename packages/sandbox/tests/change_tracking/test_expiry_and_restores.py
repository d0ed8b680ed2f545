"""Changes expire, and a database is restored to an earlier state or created anew.

"Validating the Last Synchronized Version", "Using Snapshot Isolation" and "Change Tracking and Data
Restore" in "Work with Change Tracking (SQL Server)"; "sys.database_recovery_status (Transact-SQL)"
and "restorehistory (Transact-SQL)". Cleanup and restores are begun by the test, from Python.
"""

import pytest

from tableferry_sandbox.events import SqlError

MINIMUM = "SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('{}'))"
TABLES = (
    "SELECT OBJECT_NAME(object_id), begin_version, cleanup_version, min_valid_version "
    "FROM sys.change_tracking_tables ORDER BY 1"
)
STATUS = (
    "SELECT database_guid, family_guid, recovery_fork_guid, first_recovery_fork_guid "
    "FROM sys.database_recovery_status WHERE database_id = DB_ID('Shop')"
)
RESTORES = (
    "SELECT destination_database_name, restore_type FROM msdb.dbo.restorehistory "
    "ORDER BY restore_history_id"
)


@pytest.fixture
def shop(server):
    return server.database("Shop")


def test_expired_changes_are_gone_and_the_lowest_version_says_so(ask, shop, changes, version):
    ask("INSERT t VALUES (1, 1, 1); INSERT t VALUES (2, 2, 2); INSERT t VALUES (3, 3, 3)")
    shop.expire_changes(up_to=2)
    assert (changes("NULL"), changes(0), version()) == ([("I", 3)], [("I", 3)], 3)
    assert ask(TABLES).rows == [("t", 0, 2, 2)]
    assert ask(MINIMUM.format("t")).value == 2
    assert ask("SELECT max_cleanup_version FROM sys.change_tracking_databases").value == 2
    shop.expire_changes()
    assert (changes("NULL"), ask(MINIMUM.format("t")).value) == ([], 3)


def test_a_table_may_expire_alone(ask, shop):
    ask("CREATE TABLE u (id int PRIMARY KEY); ALTER TABLE u ENABLE CHANGE_TRACKING")
    ask("INSERT u VALUES (1); INSERT t VALUES (1, 1, 1)")
    shop.expire_changes("dbo.u")
    assert ask(TABLES).rows == [("t", 0, None, 0), ("u", 0, 2, 2)]


def test_a_quiet_table_expires_with_the_others(ask, shop):
    ask("CREATE TABLE u (id int PRIMARY KEY); ALTER TABLE u ENABLE CHANGE_TRACKING")
    ask("INSERT t VALUES (1, 1, 1); INSERT t VALUES (2, 2, 2)")
    shop.expire_changes()
    assert ask(MINIMUM.format("u")).value == 2


def test_changes_of_an_open_transaction_do_not_expire(ask, shop, changes):
    ask("INSERT t VALUES (1, 1, 1); BEGIN TRAN; INSERT t VALUES (2, 2, 2)")
    shop.expire_changes(up_to=9)
    ask("COMMIT")
    assert changes(1) == [("I", 2)]


def test_a_snapshot_sees_changes_that_expire_after_its_begin(ask, shop, other, changes):
    ask("INSERT t VALUES (1, 1, 1)")
    ask("SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRAN; SELECT id FROM t", other)
    shop.expire_changes()
    exists = "SELECT 1 WHERE EXISTS (SELECT * FROM CHANGETABLE(CHANGES t, 0) AS c)"
    assert (changes(0, other), ask(exists, other).rows) == ([("I", 1)], [(1,)])
    assert (changes(0), ask(exists).rows) == ([], [])
    ask("COMMIT", other)
    assert changes(0, other) == []


def test_a_restored_database_is_what_it_was(ask, shop, changes, version):
    ask("CREATE TABLE u (id int IDENTITY PRIMARY KEY, r rowversion, p AS id * 2)")
    ask("INSERT t VALUES (1, 1, 1); INSERT u DEFAULT VALUES; BEGIN TRAN; INSERT t VALUES (2, 2, 2)")
    backup, stamp = shop.backup(), ask("SELECT @@DBTS").value
    ask("COMMIT; UPDATE t SET v = 9; DROP TABLE u; CREATE TABLE w (id int)")
    assert version() == 3
    shop.restore(backup)
    assert ask("SELECT id, v FROM t").rows == [(1, 1)]
    assert (version(), changes(0), changes(1)) == (1, [("I", 1)], [])
    assert ask("SELECT name FROM sys.tables ORDER BY name").rows == [("t",), ("u",)]
    assert (ask("SELECT id, p FROM u").rows, ask("SELECT @@DBTS").value) == ([(1, 2)], stamp)
    ask("INSERT u DEFAULT VALUES; UPDATE t SET v = 5 WHERE id = 1")
    assert ask("SELECT id FROM u ORDER BY id").rows == [(1,), (2,)]
    assert (version(), changes(1)) == (2, [("U", 1)])


def test_a_restore_can_go_unnoticed_by_the_version(ask, shop, changes, version):
    """Saved at 3, restored to 1, and on to 4: the lowest version is still 0."""
    ask("INSERT t VALUES (1, 1, 1)")
    backup = shop.backup()
    ask("INSERT t VALUES (2, 2, 2); INSERT t VALUES (3, 3, 3)")
    shop.restore(backup)
    ask("INSERT t VALUES (7, 7, 7); INSERT t VALUES (8, 8, 8); INSERT t VALUES (9, 9, 9)")
    assert (version(), ask(MINIMUM.format("t")).value, changes(3)) == (4, 0, [("I", 9)])


def test_a_restore_begins_a_recovery_fork_and_is_in_the_history(ask, shop):
    [(guid, family, fork, first)] = ask(STATUS).rows
    assert (fork, ask(RESTORES).rows) == (first, [])
    backup = shop.backup()
    assert ask(STATUS).rows == [(guid, family, fork, first)]
    shop.restore(backup)
    [(guid2, family2, fork2, first2)] = ask(STATUS).rows
    assert (guid2, family2, first2) == (guid, family, first)
    assert fork2 != fork
    assert ask(RESTORES).rows == [("Shop", "D")]
    shop.restore(backup)
    assert ask(RESTORES).rows == [("Shop", "D"), ("Shop", "D")]
    assert ask(STATUS).rows[0][2] not in (fork, fork2)


def test_a_restore_waits_for_no_transaction(ask, shop):
    backup = shop.backup()
    ask("BEGIN TRAN; INSERT t VALUES (1, 1, 1)")
    with pytest.raises(SqlError) as caught:
        shop.restore(backup)
    assert caught.value.number == 3101
    ask("ROLLBACK")
    shop.restore(backup)


def test_a_snapshot_from_before_a_restore_cannot_read_on(ask, refuse, shop, other):
    ask("INSERT t VALUES (1, 1, 1)")
    ask("SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRAN; SELECT id FROM t", other)
    shop.restore(shop.backup())
    assert refuse("SELECT id FROM t", other).number == 3961


def test_a_database_that_is_created_anew_is_another_one(ask, server):
    [before] = ask(STATUS).rows
    ask("INSERT t VALUES (1, 1, 1); USE master")
    server.drop_database("Shop")
    server.create_database("Shop").run("ALTER DATABASE Shop SET CHANGE_TRACKING = ON")
    [after] = ask(STATUS).rows
    assert not set(before) & set(after)
    assert ask("USE Shop; SELECT CHANGE_TRACKING_CURRENT_VERSION()").value == 0


def test_what_a_restore_brings_back_counts_once_restored(ask, shop, server):
    """The backup is a copy: what happens afterwards, or after a restore, does not change it."""
    ask("INSERT t VALUES (1, 1, 1)")
    backup = shop.backup()
    for _ in range(2):
        ask("DELETE t; ALTER TABLE t DROP COLUMN w; ALTER TABLE t DISABLE CHANGE_TRACKING")
        shop.restore(backup)
        assert ask("SELECT * FROM t").rows == [(1, 1, 1)]
        assert ask(TABLES).rows == [("t", 0, None, 0)]


def test_the_history_of_restores_may_be_read_in_a_snapshot(ask, shop):
    """Snapshots are allowed in master and msdb by default ("ALTER DATABASE SET Options")."""
    shop.restore(shop.backup())
    ask("SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRAN; SELECT id FROM t")
    assert ask(RESTORES).rows == [("Shop", "D")]
    assert ask("SELECT @@TRANCOUNT").value == 1
    assert ask(
        "SELECT name FROM sys.databases WHERE snapshot_isolation_state = 1 ORDER BY name"
    ).rows == [("master",), ("msdb",), ("Shop",)]
