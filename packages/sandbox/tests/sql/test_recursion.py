"""Recursive common table expressions and their end.

The pages of learn.microsoft.com: "WITH common_table_expression (Transact-SQL)" and "Query Hints
(Transact-SQL)": MAXRECURSION is 100 if it is not given, and 0 is no limit.
"""

import pytest

NUMBERS = "WITH c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {}) "
ENDLESS = "WITH c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) "


def test_a_query_without_end_stops_after_100_recursions(refuse):
    error = refuse(ENDLESS + "SELECT COUNT(*) FROM c")
    assert (error.number, error.severity) == (530, 16)
    assert error.message == (
        "The statement terminated. The maximum recursion 100 has been exhausted before statement "
        "completion."
    )


def test_100_recursions_are_not_too_many(ask, refuse):
    assert ask(NUMBERS.format(101) + "SELECT COUNT(*), MAX(n) FROM c").rows == [(101, 101)]
    assert refuse(NUMBERS.format(102) + "SELECT COUNT(*) FROM c").number == 530


@pytest.mark.parametrize(("limit", "last"), [(3, 4), (1000, 1001), (32767, 2000), (0, 5000)])
def test_maxrecursion_is_another_limit(ask, limit, last):
    found = ask(NUMBERS.format(last) + f"SELECT MAX(n) FROM c OPTION (MAXRECURSION {limit})")
    assert found.value == last


def test_a_lower_limit_is_named_in_the_error(refuse):
    error = refuse(NUMBERS.format(9) + "SELECT n FROM c OPTION (RECOMPILE, MAXRECURSION 3)")
    assert error.number == 530
    assert "maximum recursion 3 has" in error.message


def test_a_query_that_needs_few_rows_does_not_reach_the_limit(ask):
    assert len(ask(ENDLESS + "SELECT TOP 10 n FROM c").rows) == 10


def test_a_limit_above_32767_is_a_syntax_error(refuse):
    assert refuse(NUMBERS.format(2) + "SELECT n FROM c OPTION (MAXRECURSION 32768)").number == 310


def test_the_limit_applies_to_statements_that_write(ask, refuse):
    ask("CREATE TABLE t (n int)")
    insert = NUMBERS.format(200) + "INSERT t SELECT n FROM c"
    assert refuse(insert).number == 530
    assert ask("SELECT COUNT(*) FROM t").value == 0
    assert ask(insert + " OPTION (MAXRECURSION 200)").counts == [200]
    delete = NUMBERS.format(150) + "DELETE t FROM t JOIN c ON c.n = t.n"
    assert refuse(delete).number == 530
    assert ask(delete + " OPTION (MAXRECURSION 150)").counts == [150]


def test_a_tree_is_walked_to_its_leaves(ask):
    ask("CREATE TABLE e (id int, boss int); INSERT e VALUES (1, NULL), (2, 1), (3, 1), (4, 3)")
    found = ask(
        "WITH tree AS (SELECT *, 0 AS depth FROM e WHERE boss IS NULL UNION ALL "
        "SELECT e.*, t.depth + 1 FROM e JOIN tree AS t ON e.boss = t.id) "
        "SELECT id, depth FROM tree ORDER BY id"
    )
    assert found.rows == [(1, 0), (2, 1), (3, 1), (4, 2)]


def test_a_call_may_be_in_a_join_or_in_a_derived_table(ask, refuse):
    derived = "WITH c (n) AS (SELECT 1 UNION ALL SELECT d.n + 1 FROM {} WHERE d.n < {}) "
    for source in ("(SELECT n FROM c) AS d", "(SELECT n FROM c) AS d (n)",
                   "(VALUES (0)) AS v (x) CROSS JOIN c AS d"):  # fmt: skip
        assert ask(derived.format(source, 5) + "SELECT COUNT(*) FROM c").value == 5
        assert refuse(derived.format(source, 200) + "SELECT COUNT(*) FROM c").number == 530


def test_rows_that_repeat_end_at_the_limit(ask, refuse):
    """A circle in the data, which is how a recursion without end comes about."""
    ask("CREATE TABLE e (id int, next int); INSERT e VALUES (1, 2), (2, 1)")
    walk = (
        "WITH w AS (SELECT id, next FROM e WHERE id = 1 UNION ALL "
        "SELECT e.id, e.next FROM e JOIN w ON e.id = w.next) SELECT COUNT(*) FROM w"
    )
    assert refuse(walk).number == 530
