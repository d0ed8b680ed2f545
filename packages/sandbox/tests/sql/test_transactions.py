"""Isolation levels, locks, snapshots and row versions between sessions."""

import threading
import time

import pytest

from tableferry_sandbox.events import SqlError


@pytest.fixture
def table(ask):
    ask("CREATE TABLE t (id int PRIMARY KEY, v int); INSERT t VALUES (1, 1), (2, 2)")


@pytest.fixture
def other(connect):
    return connect()


READ = "SELECT id, v FROM t ORDER BY id"


def test_a_rollback_leaves_nothing(ask, table):
    ask("BEGIN TRAN; UPDATE t SET v = 9; DELETE t WHERE id = 1; INSERT t VALUES (3, 3); ROLLBACK")
    assert ask(READ).rows == [(1, 1), (2, 2)]


def test_a_rollback_does_not_change_a_table_variable(ask):
    found = ask(
        "DECLARE @t TABLE (a int); BEGIN TRAN; INSERT @t VALUES (1), (2); DELETE @t WHERE a = 1; "
        "UPDATE @t SET a = 5; ROLLBACK; SELECT a FROM @t"
    )
    assert found.rows == [(5,)]


def test_a_transaction_outlives_the_table_variables_and_temporary_tables_of_its_batches(
    ask, refuse, table
):
    ask("BEGIN TRAN; UPDATE t SET v = 9")
    ask("DECLARE @t TABLE (a int); INSERT @t VALUES (1)")
    ask("CREATE TABLE #t (a int); INSERT #t VALUES (1); DROP TABLE #t")
    ask("ROLLBACK")
    assert ask(READ).rows == [(1, 1), (2, 2)]
    ask("BEGIN TRAN")
    ask("DECLARE @t TABLE (a int); INSERT @t VALUES (1)")
    assert refuse("SELECT CAST('abc' AS int)").number == 245
    assert ask("SELECT @@TRANCOUNT").rows == [(0,)]


def test_a_reader_waits_for_a_writer_until_its_lock_timeout(ask, refuse, table, other):
    ask("BEGIN TRAN; UPDATE t SET v = 9")
    assert refuse(f"SET LOCK_TIMEOUT 20; {READ}", other).number == 1222


def test_a_reader_continues_when_the_writer_commits(ask, table, other):
    ask("BEGIN TRAN; UPDATE t SET v = 9 WHERE id = 1")
    timer = threading.Timer(0.1, lambda: ask("COMMIT"))
    timer.start()
    assert ask(READ, other).rows == [(1, 9), (2, 2)]
    timer.join()


def test_nolock_reads_uncommitted_rows(ask, table, other):
    ask("BEGIN TRAN; UPDATE t SET v = 9 WHERE id = 1")
    assert ask("SELECT v FROM t WITH (NOLOCK) WHERE id = 1", other).value == 9


def test_row_versions_let_readers_see_the_committed_row(ask, table, other):
    ask("ALTER DATABASE Shop SET READ_COMMITTED_SNAPSHOT ON; BEGIN TRAN; UPDATE t SET v = 9")
    assert ask(READ, other).rows == [(1, 1), (2, 2)]


def test_a_snapshot_does_not_change(ask, table, other):
    ask("ALTER DATABASE Shop SET ALLOW_SNAPSHOT_ISOLATION ON")
    ask(f"SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRAN; {READ}", other)
    ask("UPDATE t SET v = 9; DELETE t WHERE id = 2; INSERT t VALUES (3, 3)")
    assert ask(READ, other).rows == [(1, 1), (2, 2)]
    assert ask(f"COMMIT; {READ}", other).rows == [(1, 9), (3, 3)]


def test_a_snapshot_must_be_allowed(ask, refuse, table):
    assert refuse(f"SET TRANSACTION ISOLATION LEVEL SNAPSHOT; {READ}").number == 3952


def test_a_snapshot_writer_conflicts_with_a_later_commit(ask, refuse, table, other):
    ask("ALTER DATABASE Shop SET ALLOW_SNAPSHOT_ISOLATION ON")
    ask(f"SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRAN; {READ}", other)
    ask("UPDATE t SET v = 9 WHERE id = 1")
    assert refuse("UPDATE t SET v = 8 WHERE id = 1", other).number == 3960
    assert ask("SELECT @@TRANCOUNT", other).value == 0


def test_a_transaction_that_began_under_another_level_cannot_become_a_snapshot(ask, refuse, table):
    ask("ALTER DATABASE Shop SET ALLOW_SNAPSHOT_ISOLATION ON")
    ask(f"BEGIN TRAN; {READ}; SET TRANSACTION ISOLATION LEVEL SNAPSHOT")
    assert refuse(READ).number == 3951
    assert ask("SELECT @@TRANCOUNT").value == 0


def test_a_transaction_that_has_read_nothing_may_become_a_snapshot(ask, table):
    ask("ALTER DATABASE Shop SET ALLOW_SNAPSHOT_ISOLATION ON")
    ask("BEGIN TRAN; SET TRANSACTION ISOLATION LEVEL SNAPSHOT")
    assert ask(READ).rows == [(1, 1), (2, 2)]


@pytest.mark.parametrize(
    "change", ["ALTER TABLE t ADD w int NULL", "CREATE INDEX i ON t (v)", "DROP INDEX k ON t"]
)
def test_a_snapshot_cannot_read_a_table_that_was_altered_after_it(
    ask, refuse, table, other, change
):
    ask("ALTER DATABASE Shop SET ALLOW_SNAPSHOT_ISOLATION ON; CREATE INDEX k ON t (v)")
    ask(
        "SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRAN; SELECT 1 FROM sys.tables;"
        "CREATE TABLE other (v int); SELECT v FROM other",
        other,
    )
    ask(change)
    assert refuse(READ, other).number == 3961
    assert ask(READ, other).rows == [(1, 1), (2, 2)]


def test_readpast_skips_rows_that_others_have_changed(ask, table, other):
    ask("INSERT t VALUES (3, 3); BEGIN TRAN; UPDATE t SET v = 9 WHERE id = 1")
    ask("DELETE t WHERE id = 2; INSERT t VALUES (4, 4)")
    assert ask("SELECT id, v FROM t WITH (READPAST)", other).rows == [(3, 3)]
    assert ask("SELECT id, v FROM t WITH (READPAST) ORDER BY id").rows == [(1, 9), (3, 3), (4, 4)]


def test_one_of_two_deadlocked_sessions_is_the_victim(ask, table, session, other):
    ask("CREATE TABLE u (v int); INSERT u VALUES (1); BEGIN TRAN; UPDATE t SET v = 5")
    ask("BEGIN TRAN; UPDATE u SET v = 5", other)
    victims = []

    def change(sql, own):
        try:
            ask(f"{sql}; COMMIT", own)
        except SqlError as error:
            victims.append((error.number, own))

    waiting = threading.Thread(target=change, args=("UPDATE u SET v = 6", session))
    waiting.start()
    change("UPDATE t SET v = 6", other)
    waiting.join()
    [(number, victim)] = victims
    assert number == 1205
    assert ask("SELECT @@TRANCOUNT", victim).value == 0
    survivor = "u" if victim is other else "t"
    assert {row[0] for row in ask(f"SELECT v FROM {survivor}").rows} == {6}


@pytest.mark.parametrize("closes_the_circle", ["low", "normal"])
def test_the_session_of_lower_deadlock_priority_is_the_victim(
    ask, table, session, other, closes_the_circle
):
    """Whoever comes last: SET DEADLOCK_PRIORITY (Transact-SQL)."""
    ask("SET DEADLOCK_PRIORITY LOW", other)
    ask("CREATE TABLE u (v int); INSERT u VALUES (1); BEGIN TRAN; UPDATE t SET v = 5")
    ask("BEGIN TRAN; UPDATE u SET v = 5", other)
    victims = []

    def change(sql, own):
        try:
            ask(f"{sql}; COMMIT", own)
        except SqlError as error:
            victims.append((error.number, own))

    changes = [("UPDATE u SET v = 6", session), ("UPDATE t SET v = 6", other)]
    first, last = changes if closes_the_circle == "low" else reversed(changes)
    waiting = threading.Thread(target=change, args=first)
    waiting.start()
    waits = session.server.store.versions._waiting
    while not waits and waiting.is_alive():
        time.sleep(0.001)
    change(*last)
    waiting.join()
    assert victims == [(1205, other)]


def test_a_waiting_statement_can_be_cancelled(ask, refuse, table, other):
    ask("BEGIN TRAN; UPDATE t SET v = 9")
    timer = threading.Timer(0.1, other.cancel)
    timer.start()
    assert refuse(READ, other).number == 3617
    timer.join()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT name FROM sys.columns",
        READ,
        "UPDATE t SET v = v + 1",
        "DELETE t OUTPUT deleted.v WHERE v < 0",
    ],
)
def test_a_statement_cancelled_at_any_moment_reports_it_or_completes(ask, table, other, sql):
    done = threading.Event()

    def cancel() -> None:
        while not done.is_set():
            other.cancel()

    cancelling = threading.Thread(target=cancel)
    cancelling.start()
    numbers = set()
    try:
        for _ in range(50):
            try:
                ask(sql, other)
            except SqlError as error:
                numbers.add(error.number)
    finally:
        done.set()
        cancelling.join()
    assert numbers <= {3617}
    ask(sql, other)
    ask(sql)
