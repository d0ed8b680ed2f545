"""The OUTPUT clause, filtered unique indexes and cascading foreign keys."""

import pytest


@pytest.fixture
def table(ask):
    ask(
        "CREATE TABLE t (id int PRIMARY KEY, v int, s char(3));"
        "INSERT t VALUES (1, 10, 'a'), (2, 20, 'b'), (3, NULL, 'c')"
    )


def test_an_update_outputs_old_and_new_rows(ask, table):
    answer = ask("UPDATE t SET v = v + 1, s = 'x' OUTPUT deleted.v, inserted.v, inserted.s")
    assert sorted(answer.rows, key=str) == [(10, 11, "x  "), (20, 21, "x  "), (None, None, "x  ")]
    assert answer.counts == [3]


def test_a_delete_outputs_the_old_rows(ask, table):
    answer = ask("DELETE t OUTPUT deleted.*, deleted.id * 2 AS twice WHERE id < 3")
    assert sorted(answer.rows) == [(1, 10, "a  ", 2), (2, 20, "b  ", 4)]
    assert [column.name for column in answer.columns] == ["id", "v", "s", "twice"]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE t SET v = 1 OUTPUT deleted.v, inserted.v WHERE id = 9",
        "DELETE t OUTPUT deleted.v WHERE id = 9",
    ],
)
def test_a_statement_that_changes_no_rows_outputs_none(ask, table, sql):
    answer = ask(sql)
    assert (answer.rows, answer.results, answer.counts) == ([], 1, [0])


def test_output_refuses_the_pseudo_table_a_statement_lacks(refuse, table):
    assert refuse("DELETE t OUTPUT inserted.id").number == 4104
    assert refuse("UPDATE t SET v = 1 OUTPUT id").number == 209


def test_output_works_with_joins_and_in_transactions(ask, table):
    ask("CREATE TABLE u (id int, w int); INSERT u VALUES (1, 7), (2, 8); BEGIN TRAN")
    sql = "UPDATE x SET v = u.w OUTPUT deleted.v, inserted.v FROM t AS x JOIN u ON u.id = x.id"
    assert sorted(ask(sql).rows) == [(10, 7), (20, 8)]
    assert ask("ROLLBACK; SELECT SUM(v) FROM t").value == 30


def test_a_filtered_unique_index_checks_only_its_rows(ask, refuse, table):
    ask("CREATE UNIQUE INDEX u ON t (v) WHERE v IS NOT NULL; INSERT t VALUES (4, NULL, 'd')")
    assert refuse("INSERT t VALUES (5, 10, 'e')").number == 2601
    assert refuse("UPDATE t SET v = 20 WHERE id = 4").number == 2601
    ask("UPDATE t SET v = NULL WHERE id = 1; INSERT t VALUES (5, 10, 'e')")
    assert ask("SELECT COUNT(*) FROM t").value == 5


def test_a_row_that_an_update_moves_into_the_filter_is_checked(ask, refuse):
    ask("CREATE TABLE f (k int, gone bit NOT NULL); INSERT f VALUES (1, 1), (1, 0), (1, 1)")
    ask("CREATE UNIQUE INDEX live ON f (k) WHERE gone = 0")
    assert refuse("UPDATE f SET gone = 0").number == 2601
    assert refuse("INSERT f VALUES (1, 0)").number == 2601
    ask("UPDATE f SET gone = 1; INSERT f VALUES (1, 0)")


def test_duplicate_rows_prevent_a_filtered_unique_index(ask, refuse, table):
    ask("INSERT t VALUES (4, 10, 'd')")
    assert refuse("CREATE UNIQUE INDEX u ON t (v) WHERE v IS NOT NULL").number == 1505
    ask("CREATE UNIQUE INDEX u ON t (v) WHERE v > 10")


def test_a_cascading_foreign_key_is_recorded_but_its_action_refused(ask, refuse, table):
    ask("CREATE TABLE child (t int REFERENCES t ON DELETE CASCADE ON UPDATE SET NULL)")
    ask("INSERT child VALUES (1)")
    actions = "delete_referential_action_desc, update_referential_action_desc"
    assert ask(f"SELECT {actions} FROM sys.foreign_keys").rows == [("CASCADE", "SET_NULL")]
    error = refuse("DELETE t WHERE id = 1")
    assert (error.number, error.message) == (
        50000,
        "The sandbox does not support the foreign key action CASCADE of DELETE.",
    )
    ask("DELETE t WHERE id = 2")
