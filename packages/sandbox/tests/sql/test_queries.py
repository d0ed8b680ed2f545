"""Queries as tools write them: set operations, key ranges, pages."""

import pytest


@pytest.fixture
def table(ask):
    ask(
        "CREATE TABLE t (a int, b varchar(5), g uniqueidentifier, PRIMARY KEY (a, b));"
        "INSERT t SELECT value / 3, CONCAT('k', value % 3), "
        "CAST(CAST(value AS binary(16)) AS uniqueidentifier) FROM GENERATE_SERIES(0, 29)"
    )


def test_a_union_is_ordered_by_its_first_querys_items_as_written(ask, table):
    answer = ask(
        "SELECT x.a AS first_a, x.b FROM t AS x WHERE x.a < 2 UNION SELECT a, b FROM t WHERE a = 9 "
        "ORDER BY x.b DESC, x.a"
    )
    assert answer.rows[:4] == [(0, "k2"), (1, "k2"), (9, "k2"), (0, "k1")]


def test_a_union_cannot_be_ordered_by_a_column_it_does_not_select(refuse, table):
    assert refuse("SELECT x.a FROM t AS x UNION SELECT 1 ORDER BY x.b").number == 104
    assert refuse("SELECT * FROM t AS x UNION SELECT * FROM t ORDER BY x.b").number == 104


def test_a_key_is_cut_into_ranges_of_equal_size(ask, table):
    answer = ask(
        "SELECT n, MIN(a), MAX(a), COUNT_BIG(*) FROM (SELECT a, NTILE(3) OVER (ORDER BY a, b) AS n "
        "FROM t WITH (NOLOCK)) AS r GROUP BY n ORDER BY n"
    )
    assert answer.rows == [(1, 0, 3, 10), (2, 3, 6, 10), (3, 6, 9, 10)]
    assert answer.types == ["bigint", "int", "int", "bigint"]


def test_every_tenth_key_is_a_boundary(ask, table):
    answer = ask(
        "SELECT a, b FROM (SELECT a, b, ROW_NUMBER() OVER (ORDER BY a, b) AS n FROM t) AS r "
        "WHERE n % 10 = 1 ORDER BY n"
    )
    assert answer.rows == [(0, "k0"), (3, "k1"), (6, "k2")]


def test_ranges_of_a_composite_key_cover_each_row_once(ask, table):
    low, high = "(a > 3 OR (a = 3 AND b >= 'k1'))", "(a < 6 OR (a = 6 AND b < 'k2'))"
    assert ask(f"SELECT COUNT(*) FROM t WHERE {low} AND {high}").value == 10
    assert ask(f"SELECT COUNT(*) FROM t WHERE NOT {low} OR NOT {high}").value == 20


def test_ranges_of_uniqueidentifiers_follow_the_servers_order(ask, table):
    ask("UPDATE t SET g = NEWID()")
    middle = ask("SELECT g FROM t ORDER BY g OFFSET 15 ROWS FETCH NEXT 1 ROW ONLY").value
    text = ask(f"SELECT CAST(0x{middle.hex()} AS uniqueidentifier)").value.hex()
    where = f"g < CAST(0x{text} AS uniqueidentifier)"
    assert ask(f"SELECT COUNT(*) FROM t WHERE {where}").value == 15
    last = ask(f"SELECT MAX(g) FROM t WHERE {where}").value
    assert last == ask("SELECT g FROM t ORDER BY g OFFSET 14 ROWS FETCH NEXT 1 ROWS ONLY").value


def test_pages_follow_one_another(ask, table):
    pages = [
        ask(f"SELECT a, b FROM t ORDER BY a, b OFFSET {start} ROWS FETCH NEXT 7 ROWS ONLY").rows
        for start in range(0, 35, 7)
    ]
    assert [len(page) for page in pages] == [7, 7, 7, 7, 2]
    assert [row for page in pages for row in page] == ask("SELECT a, b FROM t ORDER BY a, b").rows


def test_a_select_may_assign_to_a_variable_it_reads(ask):
    assert ask("DECLARE @a int = 5; SELECT @a += 2; SELECT @a").value == 7
    assert ask("DECLARE @a int = 5; SELECT @a = @a * 3; SELECT @a").value == 15


def test_accumulating_in_a_variable_over_several_rows_is_refused(refuse, table):
    error = refuse("DECLARE @s varchar(99) = ''; SELECT @s = @s + b FROM t; SELECT @s")
    assert error.number == 50000
    assert refuse("DECLARE @a int, @b int; SELECT @a = 1, @b = @a").number == 50000


def test_a_view_of_another_database_reads_its_own_databases_tables(ask, server):
    # "CREATE VIEW (Transact-SQL)": a view is created, and its names are found, in one database.
    server.create_database("Store")
    ask("CREATE TABLE t (id int); INSERT t VALUES (1)")
    ask("USE Store; CREATE TABLE t (id int); INSERT t VALUES (2), (3)")
    ask("CREATE VIEW v AS SELECT t.id FROM dbo.t JOIN t AS u ON u.id = t.id")
    ask("USE Shop")
    assert ask("SELECT id FROM Store.dbo.v ORDER BY id").rows == [(2,), (3,)]
