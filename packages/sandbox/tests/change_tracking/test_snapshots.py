"""Changes between sessions: "Using Snapshot Isolation" in "Work with Change Tracking (SQL Server)".

The version of a change is that of its commit, and a snapshot transaction sees rows, version and
changes as of its begin.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest

SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRAN"


def test_the_version_of_a_change_is_that_of_its_commit(ask, other, version):
    ask("CREATE TABLE u (id int PRIMARY KEY); ALTER TABLE u ENABLE CHANGE_TRACKING")
    ask("BEGIN TRAN; INSERT t VALUES (1, 1, 1)")
    ask("INSERT u VALUES (1)", other)
    ask("COMMIT")
    assert version() == 2
    assert ask("SELECT SYS_CHANGE_VERSION FROM CHANGETABLE(CHANGES u, 0) AS c").value == 1
    assert ask("SELECT SYS_CHANGE_VERSION FROM CHANGETABLE(CHANGES t, 0) AS c").value == 2


def test_an_open_transaction_does_not_see_its_own_changes(ask, changes, version):
    ask("INSERT t VALUES (1, 1, 1); BEGIN TRAN; UPDATE t SET v = 5")
    assert (changes(1), version()) == ([], 1)
    ask("COMMIT")
    assert (changes(1), version()) == ([("U", 1)], 2)


def test_a_snapshot_sees_version_rows_and_changes_as_of_its_begin(ask, other, changes, version):
    ask("INSERT t VALUES (1, 1, 1)")
    ask(SNAPSHOT, other)
    assert version(other) == 1
    ask("UPDATE t SET v = 9; INSERT t VALUES (2, 2, 2)")
    ask("BEGIN TRAN; DELETE t WHERE id = 1; COMMIT")
    assert (version(other), changes(0, other)) == (1, [("I", 1)])
    assert ask("SELECT id, v FROM t", other).rows == [(1, 1)]
    ask("COMMIT", other)
    assert (version(other), changes(1, other)) == (4, [("D", 1), ("I", 2)])


@pytest.mark.parametrize(
    "first", ["SELECT id FROM t", "SELECT id FROM CHANGETABLE(CHANGES t, 0) c"]
)
def test_any_first_read_begins_the_snapshot(ask, other, version, first):
    ask(f"{SNAPSHOT}; {first}", other)
    ask("INSERT t VALUES (1, 1, 1)")
    assert version(other) == 0


def test_a_snapshot_does_not_see_what_was_open_when_it_began(ask, other, changes, version):
    ask("BEGIN TRAN; INSERT t VALUES (1, 1, 1)")
    ask(f"{SNAPSHOT}; SELECT id FROM t", other)
    ask("COMMIT")
    assert (version(other), changes(0, other)) == (0, [])


def test_changetable_waits_for_a_writer_under_read_committed(ask, refuse, other):
    ask("BEGIN TRAN; INSERT t VALUES (1, 1, 1)")
    assert (
        refuse("SET LOCK_TIMEOUT 20; SELECT id FROM CHANGETABLE(CHANGES t, 0) AS c", other).number
        == 1222
    )


def test_a_snapshot_must_be_allowed_for_changetable(ask, refuse):
    ask("ALTER DATABASE Shop SET ALLOW_SNAPSHOT_ISOLATION OFF")
    assert refuse(f"{SNAPSHOT}; SELECT id FROM CHANGETABLE(CHANGES t, 0) AS c").number == 3952


def _write(ask, session, seed: int) -> None:
    """Insert, update and delete rows of both tables that no other writer touches."""
    for turn in range(40):
        key, table = turn * 3 % 11 + 100 * seed, "tu"[(seed + turn) % 2]
        change = f"UPDATE {table} SET v = {turn}" if turn % 3 == 0 else f"DELETE {table}"
        ask(
            f"IF EXISTS (SELECT * FROM {table} WHERE id = {key}) {change} WHERE id = {key} "
            f"ELSE INSERT {table} VALUES ({key}, {turn}, {seed})",
            session,
        )
        end = "COMMIT" if turn % 4 else "ROLLBACK"
        ask(f"BEGIN TRAN; UPDATE {table} SET w = {turn}; {end}", session)


def _follow(ask, session, copies: dict[str, dict[int, tuple[int, int]]], since: int) -> int:
    """Apply the changes since a version to copies of the tables; returns the next version."""
    ask(SNAPSHOT, session)
    now = ask("SELECT CHANGE_TRACKING_CURRENT_VERSION()", session).value
    for table, copy in copies.items():
        for key, operation, v, w in ask(
            "SELECT c.id, c.SYS_CHANGE_OPERATION, x.v, x.w FROM "
            f"CHANGETABLE(CHANGES {table}, {since}) AS c LEFT JOIN {table} AS x ON x.id = c.id",
            session,
        ).rows:
            if operation == "D":
                copy.pop(key, None)
            else:
                copy[key] = (v, w)
        rows = ask(f"SELECT id, v, w FROM {table}", session).rows
        assert copy == {key: (v, w) for key, v, w in rows}
    ask("COMMIT", session)
    return now


def test_what_snapshots_see_of_concurrent_writers_adds_up(ask, connect):
    """Changes applied one snapshot after another give the rows of the last one."""
    ask("CREATE TABLE u (id int PRIMARY KEY, v int, w int); ALTER TABLE u ENABLE CHANGE_TRACKING")
    copies: dict[str, dict[int, tuple[int, int]]] = {"t": {}, "u": {}}
    reader, since = connect(), 0
    with ThreadPoolExecutor(2) as pool:
        writing = [pool.submit(_write, ask, connect(), seed) for seed in range(2)]
        while not all(item.done() for item in writing):
            since = _follow(ask, reader, copies, since)
        for item in writing:
            item.result()
    _follow(ask, reader, copies, since)
    assert sum(map(len, copies.values())) > 0


def test_a_snapshot_transaction_may_read_msdb_which_allows_it_from_the_start(ask):
    """ "msdb Database" (SQL Server): ALLOW_SNAPSHOT_ISOLATION is ON."""
    begun = "SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION; "
    assert ask(f"{begun}SELECT COUNT(*) FROM msdb.dbo.restorehistory").rows == [(0,)]
    assert ask("SELECT @@TRANCOUNT").rows == [(1,)]


def test_a_hint_reads_what_is_committed_now_under_snapshot(ask, other):
    """ "Table hints (Transact-SQL)": READCOMMITTEDLOCK, also where SNAPSHOT is not allowed."""
    ask("INSERT INTO t VALUES (1, 1, 1)")
    ask("SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION; SELECT v FROM t")
    ask("UPDATE t SET v = 2", other)
    assert ask("SELECT v FROM t").rows == [(1,)]
    assert ask("SELECT v FROM t WITH (READCOMMITTEDLOCK)").rows == [(2,)]
