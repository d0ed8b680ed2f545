"""Versions and net changes, as CHANGETABLE (Transact-SQL) on learn.microsoft.com documents them.

Also: "Work with Change Tracking (SQL Server)", "CHANGE_TRACKING_CURRENT_VERSION (Transact-SQL)".
"""

import pytest

from tableferry_sandbox.engine.execution.row_writer import Writer
from tableferry_sandbox.events import SqlError


def test_the_version_begins_at_0_and_rises_with_each_transaction_that_changes_a_tracked_table(
    ask, version
):
    assert version() == 0
    ask("INSERT t VALUES (1, 1, 1), (2, 2, 2)")
    assert version() == 1
    ask("BEGIN TRAN; INSERT t VALUES (3, 3, 3); UPDATE t SET v = 9; DELETE t WHERE id = 1; COMMIT")
    assert version() == 2


def test_a_statement_that_changes_no_row_and_a_change_of_an_untracked_table_have_no_version(
    ask, version
):
    ask("CREATE TABLE u (id int PRIMARY KEY); INSERT u VALUES (1); UPDATE t SET v = 1; DELETE t")
    assert version() == 0


def test_inserts_updates_and_deletes_are_one_row_for_each_key(ask, changes):
    ask("INSERT t VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)")
    ask("UPDATE t SET v = 5 WHERE id = 1; DELETE t WHERE id = 2; INSERT t VALUES (4, 4, 4)")
    assert changes(1) == [("U", 1), ("D", 2), ("I", 4)]


def test_only_changes_after_the_given_version_are_returned(ask, changes):
    ask("INSERT t VALUES (1, 1, 1); INSERT t VALUES (2, 2, 2); INSERT t VALUES (3, 3, 3)")
    assert changes(0) == [("I", 1), ("I", 2), ("I", 3)]
    assert changes(2) == [("I", 3)]
    assert changes(3) == []
    assert changes(99) == []
    assert changes("NULL") == [("I", 1), ("I", 2), ("I", 3)]


def test_the_operation_is_relative_to_the_baseline(ask, changes):
    ask("INSERT t VALUES (1, 1, 1); UPDATE t SET v = 2")
    assert changes(0) == [("I", 1)]
    assert changes(1) == [("U", 1)]


def test_an_insert_that_is_deleted_again_is_a_delete(ask, changes):
    ask("INSERT t VALUES (1, 1, 1); DELETE t")
    assert changes(0) == [("D", 1)]


def test_a_delete_whose_key_is_inserted_again_is_an_update(ask, changes):
    ask("INSERT t VALUES (1, 1, 1); DELETE t; INSERT t VALUES (1, 2, 2)")
    assert changes(1) == [("U", 1)]
    assert changes(2) == [("I", 1)]


def test_an_update_of_the_key_is_a_delete_and_an_insert(ask, changes):
    ask("INSERT t VALUES (1, 1, 1), (2, 2, 2); UPDATE t SET id = 9 WHERE id = 1")
    assert changes(1) == [("D", 1), ("I", 9)]


def test_an_update_that_shifts_all_keys_updates_those_that_stay(ask, changes):
    ask("INSERT t VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3); UPDATE t SET id = id + 1")
    assert changes(1) == [("D", 1), ("U", 2), ("U", 3), ("I", 4)]


def test_an_update_that_sets_a_key_to_itself_is_an_update(ask, changes):
    ask("INSERT t VALUES (1, 1, 1), (2, 2, 2); UPDATE t SET id = id, v = 7")
    assert changes(1) == [("U", 1), ("U", 2)]


def test_a_change_has_the_versions_of_its_last_change_and_of_the_last_insert_in_range(ask):
    ask("INSERT t VALUES (1, 1, 1); UPDATE t SET v = 2; UPDATE t SET v = 3")
    read = (
        "SELECT SYS_CHANGE_VERSION, SYS_CHANGE_CREATION_VERSION FROM CHANGETABLE(CHANGES t, {}) c"
    )
    assert ask(read.format(0)).rows == [(3, 1)]
    assert ask(read.format(1)).rows == [(3, None)]


def test_a_change_has_the_documented_columns_and_types(ask):
    found = ask("SELECT * FROM CHANGETABLE(CHANGES dbo.t, 0) AS c")
    assert [c.name for c in found.columns] == [
        "SYS_CHANGE_VERSION", "SYS_CHANGE_CREATION_VERSION", "SYS_CHANGE_OPERATION",
        "SYS_CHANGE_COLUMNS", "SYS_CHANGE_CONTEXT", "id",
    ]  # fmt: skip
    assert found.types == [
        "bigint",
        "bigint",
        "nchar(1)",
        "varbinary(4100)",
        "varbinary(128)",
        "int",
    ]


def test_the_version_may_be_a_variable_and_a_table_may_have_three_names(ask):
    ask("INSERT t VALUES (1, 1, 1); INSERT t VALUES (2, 2, 2)")
    assert ask(
        "DECLARE @v bigint = 1; USE master; "
        "SELECT c.id FROM CHANGETABLE(CHANGES Shop.dbo.t, @v) AS c"
    ).rows == [(2,)]


def test_an_expression_as_the_version_is_a_syntax_error(refuse):
    assert refuse("SELECT id FROM CHANGETABLE(CHANGES t, 1 + 1) AS c").number == 102
    assert refuse("SELECT id FROM CHANGETABLE(CHANGES t, (1)) AS c").number == 102


def test_columns_may_be_renamed(ask):
    ask("INSERT t VALUES (7, 1, 1)")
    assert ask("SELECT k, o FROM CHANGETABLE(CHANGES t, 0) AS c (v, n, o, m, x, k)").rows == [
        (7, "I")
    ]


def test_changes_join_the_current_rows(ask):
    ask(
        "INSERT t VALUES (1, 1, 1), (2, 2, 2); UPDATE t SET v = 9 WHERE id = 1;"
        "DELETE t WHERE id = 2"
    )
    assert ask(
        "SELECT c.id, c.SYS_CHANGE_OPERATION, t.v FROM CHANGETABLE(CHANGES t, 1) AS c "
        "LEFT JOIN t ON t.id = c.id ORDER BY c.id"
    ).rows == [(1, "U", 9), (2, "D", None)]
    assert ask(
        "SELECT 1 WHERE EXISTS (SELECT * FROM CHANGETABLE(CHANGES t, 1) AS c) UNION ALL "
        "SELECT 2 WHERE EXISTS (SELECT * FROM CHANGETABLE(CHANGES t, 3) AS c)"
    ).rows == [(1,)]


def test_keys_are_those_of_the_primary_key_in_its_order(ask):
    ask(
        "CREATE TABLE k (a int NOT NULL, b nvarchar(5) NOT NULL, c date NOT NULL, d int, "
        "PRIMARY KEY (c, a, b)); ALTER TABLE k ENABLE CHANGE_TRACKING;"
        "INSERT k VALUES (1, N'x', '2026-01-02', 1); UPDATE k SET d = 2; UPDATE k SET b = N'y'"
    )
    found = ask("SELECT * FROM CHANGETABLE(CHANGES k, 1) AS x ORDER BY b")
    assert [c.name for c in found.columns][5:] == ["c", "a", "b"]
    assert [(row[2], *row[6:]) for row in found.rows] == [("D", 1, "x"), ("I", 1, "y")]


def test_keys_that_the_collation_holds_equal_are_one_key(ask):
    ask(
        "CREATE TABLE k (a nvarchar(9) PRIMARY KEY); ALTER TABLE k ENABLE CHANGE_TRACKING;"
        "INSERT k VALUES (N'Abc'); UPDATE k SET a = N'ABC'"
    )
    read = "SELECT SYS_CHANGE_OPERATION, a FROM CHANGETABLE(CHANGES k, {}) AS c"
    assert ask(read.format(1)).rows == [("U", "ABC")]
    ask("DELETE k; INSERT k VALUES (N'abc')")
    assert ask(read.format(1)).rows == [("U", "abc")]


def test_changes_of_a_key_that_was_renamed_have_its_new_name(ask):
    ask("INSERT t VALUES (1, 1, 1); EXEC sp_rename 't.id', 'number', 'COLUMN'")
    assert ask("SELECT number FROM CHANGETABLE(CHANGES t, 0) AS c").rows == [(1,)]


def test_a_bulk_load_is_tracked(server, changes):
    import pyarrow as pa

    server.database("Shop").load("dbo", "t", pa.table({"id": pa.array([4, 5], pa.int32())}))
    assert changes(0) == [("I", 4), ("I", 5)]


def test_a_failed_statement_leaves_nothing(ask, refuse, changes, version):
    ask("INSERT t VALUES (1, 1, 1)")
    assert refuse("INSERT t VALUES (2, 2, 2), (1, 1, 1)").number == 2627
    assert (changes(1), version()) == ([], 1)


@pytest.mark.parametrize("end", ["ROLLBACK", "SELECT CAST('x' AS int)", "close"])
def test_a_rollback_leaves_nothing(ask, refuse, other, changes, version, end):
    ask("INSERT t VALUES (1, 1, 1)")
    ask("BEGIN TRAN; UPDATE t SET v = 5; INSERT t VALUES (2, 2, 2); DELETE t", other)
    if end == "close":
        other.close()
    elif end == "ROLLBACK":
        ask(end, other)
    else:
        assert refuse(end, other).number == 245
    assert (changes(1), version()) == ([], 1)
    ask("UPDATE t SET v = 6")
    assert (changes(1), version()) == ([("U", 1)], 2)


def test_each_database_counts_its_own_versions(ask, server, version):
    server.create_database("Store").run(
        "ALTER DATABASE Store SET CHANGE_TRACKING = ON; CREATE TABLE s (id int PRIMARY KEY);"
        "ALTER TABLE s ENABLE CHANGE_TRACKING"
    )
    ask("INSERT t VALUES (1, 1, 1); INSERT t VALUES (2, 2, 2)")
    ask("BEGIN TRAN; INSERT Store.dbo.s VALUES (1); DELETE t; COMMIT")
    assert version() == 3
    assert ask("USE Store; SELECT CHANGE_TRACKING_CURRENT_VERSION()").value == 1


def test_a_database_that_does_not_track_changes_has_no_version(ask):
    assert ask("USE master; SELECT CHANGE_TRACKING_CURRENT_VERSION()").value is None


def test_text_runs_in_the_database_whose_sp_executesql_it_is(ask, refuse):
    """How a client asks another database for its version without USE."""
    ask("INSERT t VALUES (1, 1, 1); USE master")
    run = "EXEC {}.sys.sp_executesql N'SELECT CHANGE_TRACKING_CURRENT_VERSION(), DB_NAME(), @a', {}"
    assert ask(run.format("Shop", "N'@a int', 7")).rows == [(1, "Shop", 7)]
    assert ask("SELECT DB_NAME()").value == "master"
    assert refuse(run.format("nowhere", "N'@a int', 7")).number == 2812
    assert ask("EXEC Shop..sp_executesql N'USE msdb; SELECT DB_NAME()'; SELECT DB_NAME()").rows == [
        ("master",)
    ]


def test_a_transaction_whose_only_change_failed_draws_no_version(
    ask, refuse, changes, version, monkeypatch
):
    """The statement has logged its changes already when it fails."""
    ask("INSERT t VALUES (1, 1, 1)")

    def failing(_: Writer) -> None:
        raise SqlError(547, "The statement conflicted with a constraint.")

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "_end_rows", failing)
        assert refuse("BEGIN TRAN; UPDATE t SET v = 9").number == 547
    ask("COMMIT")
    assert (version(), changes(0)) == (1, [("I", 1)])
