"""CHANGETABLE(VERSION ...), the column mask and contexts, as documented on learn.microsoft.com.

"CHANGETABLE (Transact-SQL)", "CHANGE_TRACKING_IS_COLUMN_IN_MASK (Transact-SQL)" and
"WITH CHANGE_TRACKING_CONTEXT (Transact-SQL)".
"""

import pytest

CONTEXTS = "SELECT id, SYS_CHANGE_CONTEXT FROM CHANGETABLE(CHANGES t, {}) AS c ORDER BY id"


def test_a_row_has_the_version_of_its_last_change(ask):
    ask("INSERT t VALUES (1, 1, 1), (2, 2, 2); UPDATE t SET v = 3 WHERE id = 2")
    read = (
        "SELECT t.id, c.SYS_CHANGE_VERSION, c.SYS_CHANGE_CONTEXT FROM t "
        "CROSS APPLY CHANGETABLE(VERSION t, (id), (t.id)) AS c ORDER BY t.id"
    )
    assert ask(read).rows == [(1, 1, None), (2, 2, None)]
    assert ask("SELECT * FROM CHANGETABLE(VERSION t, (id), (2)) AS c").rows == [(2, None, 2)]


def test_a_row_that_has_not_changed_since_tracking_began_has_no_version(ask):
    ask("CREATE TABLE u (id int PRIMARY KEY); INSERT u VALUES (1)")
    ask("ALTER TABLE u ENABLE CHANGE_TRACKING")
    found = ask("SELECT * FROM CHANGETABLE(VERSION u, (id), (1)) AS c")
    assert found.rows == [(None, None, 1)]
    assert [c.name for c in found.columns] == ["SYS_CHANGE_VERSION", "SYS_CHANGE_CONTEXT", "id"]


def test_a_key_without_a_row_has_no_row(ask):
    ask("INSERT t VALUES (1, 1, 1); DELETE t")
    assert ask("SELECT * FROM CHANGETABLE(VERSION t, (id), (1)) AS c").rows == []
    assert ask("SELECT * FROM CHANGETABLE(VERSION t, (id), (NULL)) AS c").rows == []


def test_the_columns_of_a_key_may_come_in_any_order(ask):
    ask("CREATE TABLE k (a int NOT NULL, b nvarchar(5) NOT NULL, PRIMARY KEY (a, b))")
    ask(
        "ALTER TABLE k ENABLE CHANGE_TRACKING; INSERT k VALUES (1, N'x'); INSERT k VALUES (1, N'y')"
    )
    assert ask("SELECT * FROM CHANGETABLE(VERSION k, (b, a), (N'Y', '1')) AS c").rows == [
        (2, None, 1, "y")
    ]


@pytest.mark.parametrize(
    ("arguments", "number"),
    [
        ("(v), (1)", 22111),
        ("(id, id), (1, 1)", 22112),
        ("(id), (1, 2)", 22103),
        ("(a), (1)", 22110),
    ],
)
def test_wrong_arguments_of_version_have_their_errors(ask, refuse, arguments, number):
    ask("CREATE TABLE k (a int NOT NULL, b int NOT NULL, PRIMARY KEY (a, b))")
    ask("ALTER TABLE k ENABLE CHANGE_TRACKING")
    table = "k" if "a" in arguments else "t"
    assert refuse(f"SELECT * FROM CHANGETABLE(VERSION {table}, {arguments}) AS c").number == number


def test_an_update_may_ask_whether_its_row_has_changed_since(ask):
    ask("INSERT t VALUES (1, 1, 1), (2, 2, 2); UPDATE t SET w = 5 WHERE id = 2")
    ask(
        "DECLARE @since bigint = 1; UPDATE p SET v = 9 FROM t AS p WHERE @since >= ISNULL("
        "(SELECT c.SYS_CHANGE_VERSION FROM CHANGETABLE(VERSION t, (id), (p.id)) AS c), 0)"
    )
    assert ask("SELECT id, v FROM t ORDER BY id").rows == [(1, 9), (2, 2)]


@pytest.fixture
def columns(ask):
    """A table that tracks columns, and what was changed in its columns v and w."""
    ask("CREATE TABLE k (id int PRIMARY KEY, v int, w int, x int, y AS v + 1)")
    ask("ALTER TABLE k ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)")
    ask("INSERT k VALUES (1, 1, 1, 1)")

    def changed(since: int) -> list[tuple[object, ...]]:
        names = ("v", "w", "x")
        tests = ", ".join(
            "CHANGE_TRACKING_IS_COLUMN_IN_MASK("
            f"COLUMNPROPERTY(OBJECT_ID('k'), '{name}', 'ColumnId'), SYS_CHANGE_COLUMNS)"
            for name in names
        )
        return ask(f"SELECT {tests} FROM CHANGETABLE(CHANGES k, {since}) AS c").rows

    return changed


def test_the_mask_holds_the_columns_that_were_set_since_the_baseline(ask, columns):
    ask("UPDATE k SET v = 2; UPDATE k SET w = 2")
    assert columns(1) == [(True, True, False)]
    assert columns(2) == [(False, True, False)]


def test_there_is_no_mask_for_inserts_and_deletes_and_where_all_columns_were_set(ask, columns):
    mask = "SELECT SYS_CHANGE_COLUMNS FROM CHANGETABLE(CHANGES k, {}) AS c"
    assert ask(mask.format(0)).value is None
    assert columns(0) == [(True, True, True)]
    ask("UPDATE k SET v = 2, w = 2, x = 2")
    assert ask(mask.format(1)).value is None
    ask("UPDATE k SET v = 2; DELETE k; INSERT k VALUES (1, 3, 3, 3)")
    assert ask(mask.format(2)).value is None
    assert columns(2) == [(True, True, True)]


def test_there_is_no_mask_where_columns_are_not_tracked(ask):
    ask("INSERT t VALUES (1, 1, 1); UPDATE t SET v = 2")
    assert ask("SELECT SYS_CHANGE_COLUMNS FROM CHANGETABLE(CHANGES t, 1) AS c").value is None


def test_what_is_not_a_mask_is_refused(refuse):
    assert refuse("SELECT CHANGE_TRACKING_IS_COLUMN_IN_MASK(1, 0x01)").number == 22101


def test_a_change_has_the_context_of_the_last_statement(ask):
    ask("INSERT t VALUES (1, 1, 1), (2, 2, 2)")
    ask("WITH CHANGE_TRACKING_CONTEXT (0xAB12) INSERT t VALUES (3, 3, 3)")
    ask(
        "DECLARE @c varbinary(128) = 0x07;"
        "WITH CHANGE_TRACKING_CONTEXT (@c) UPDATE t SET v = 5 WHERE id = 1;"
        "WITH CHANGE_TRACKING_CONTEXT (@c), x AS (SELECT 2 AS n) DELETE t FROM t JOIN x ON n = id"
    )
    assert ask(CONTEXTS.format(0)).rows == [(1, b"\x07"), (2, b"\x07"), (3, b"\xab\x12")]
    ask("UPDATE t SET v = 6")
    assert ask(CONTEXTS.format(0)).rows == [(1, None), (2, b"\x07"), (3, None)]
    assert (
        ask("SELECT SYS_CHANGE_CONTEXT FROM CHANGETABLE(VERSION t, (id), (3)) AS c").value is None
    )


@pytest.mark.parametrize(
    ("sql", "number"),
    [
        ("DECLARE @c varbinary(129) = 0x01; WITH CHANGE_TRACKING_CONTEXT (@c) DELETE t", 22109),
        ("DECLARE @c varbinary(max) = 0x01; WITH CHANGE_TRACKING_CONTEXT (@c) DELETE t", 22109),
        ("DECLARE @c int = 1; WITH CHANGE_TRACKING_CONTEXT (@c) DELETE t", 22109),
        ("WITH CHANGE_TRACKING_CONTEXT (0x01) SELECT 1", 22108),
        ("WITH CHANGE_TRACKING_CONTEXT ('x') DELETE t", 102),
    ],
)
def test_a_context_is_a_short_varbinary_of_a_writing_statement(refuse, sql, number):
    assert refuse(sql).number == number
