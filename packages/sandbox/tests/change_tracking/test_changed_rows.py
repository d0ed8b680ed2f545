"""The rows that have changed, found by their keys: "Work with Change Tracking (SQL Server)".

A condition on the key alone needs no net changes, and is answered from the log.
"""

import pytest

CHANGED = "SELECT t.id FROM t WHERE EXISTS (SELECT 1 FROM CHANGETABLE(CHANGES t, {}) AS c WHERE {})"


@pytest.fixture(autouse=True)
def rows(ask):
    ask("INSERT t VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)")
    ask("UPDATE t SET v = 9 WHERE id = 2; UPDATE t SET v = 8 WHERE id = 2; DELETE t WHERE id = 1")


def test_each_changed_row_is_found_once(ask):
    assert ask(CHANGED.format(1, "c.id = t.id")).rows == [(2,)]
    assert ask(CHANGED.format(0, "t.id = c.id")).rows == [(2,), (3,)]
    assert ask(CHANGED.format(4, "c.id = t.id")).rows == []


def test_the_rows_come_in_the_order_of_the_clustered_key(ask):
    ask("UPDATE t SET v = 7 WHERE id = 2; INSERT t VALUES (1, 1, 1)")
    assert ask(CHANGED.format(0, "c.id = t.id")).rows == [(1,), (2,), (3,)]


def test_a_condition_on_anything_else_is_that_of_the_net_change(ask):
    deleted = "c.id = t.id AND c.SYS_CHANGE_OPERATION = 'U'"
    assert ask(CHANGED.format(0, deleted)).rows == []
    assert ask(CHANGED.format(1, deleted)).rows == [(2,)]
    assert ask(CHANGED.format(1, "c.id < t.id")).rows == [(2,), (3,)]


def test_what_expired_is_not_found(ask, server):
    server.database("Shop").expire_changes("dbo.t", up_to=2)
    assert ask(CHANGED.format(0, "c.id = t.id")).rows == [(2,)]
    server.database("Shop").expire_changes("dbo.t")
    assert ask(CHANGED.format(0, "c.id = t.id")).rows == []


def test_keys_of_several_columns_and_texts_are_compared_by_the_collation(ask):
    ask("CREATE TABLE k (a varchar(5), b int, v int, PRIMARY KEY (a, b))")
    ask("ALTER TABLE k ENABLE CHANGE_TRACKING; INSERT k VALUES ('x', 1, 1), ('x', 2, 1)")
    ask("UPDATE k SET a = 'X' WHERE b = 2")
    found = ask(
        "SELECT t.a, t.b FROM k AS t WHERE EXISTS (SELECT 1 AS found "
        "FROM CHANGETABLE(CHANGES k, 0) AS c WHERE c.a = t.a AND c.b = t.b) ORDER BY t.b"
    )
    assert found.rows == [("x", 1), ("X", 2)]


def test_a_snapshot_sees_the_changes_before_it(ask, other):
    changed = CHANGED.format(1, "c.id = t.id")
    ask(f"SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRAN; {changed}")
    ask("UPDATE t SET v = 0 WHERE id = 3", other)
    assert ask(changed).rows == [(2,)]
    assert ask(changed, other).rows == [(2,), (3,)]
