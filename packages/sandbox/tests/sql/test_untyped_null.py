"""A NULL constant has no type of its own: it takes the type of what it is combined with."""

import pytest


@pytest.mark.parametrize(
    ("query", "kind", "rows"),
    [
        ("SELECT N'fine' UNION ALL SELECT NULL", "nvarchar(4)", [("fine",), (None,)]),
        ("SELECT NULL UNION SELECT N'fine'", "nvarchar(4)", [(None,), ("fine",)]),
        ("SELECT DISTINCT NULL UNION ALL SELECT N'fine'", "nvarchar(4)", [(None,), ("fine",)]),
        ("SELECT NULL EXCEPT SELECT CAST('2024-01-02' AS date)", "date", [(None,)]),
        ("SELECT NULL INTERSECT SELECT N'fine'", "nvarchar(4)", []),
        ("SELECT CAST(0x01 AS varbinary(4)) UNION ALL SELECT NULL", "varbinary(4)", None),
        ("SELECT g FROM t UNION ALL SELECT NULL", "uniqueidentifier", [(None,)]),
        ("SELECT x FROM (SELECT N'fine' UNION ALL SELECT NULL) AS q(x)", "nvarchar(4)", None),
        ("SELECT x FROM (VALUES (NULL), (N'fine')) AS q(x)", "nvarchar(4)", None),
        ("SELECT CASE WHEN 1 = 1 THEN NULL ELSE N'fine' END", "nvarchar(4)", [(None,)]),
        ("SELECT COALESCE(NULL, N'fine')", "nvarchar(4)", [("fine",)]),
        ("SELECT ISNULL(NULL, N'fine')", "nvarchar(4)", [("fine",)]),
        ("SELECT IIF(1 = 1, NULL, N'fine')", "nvarchar(4)", [(None,)]),
        ("SELECT 'kept' WHERE N'fine' IN (NULL, N'fine')", "varchar(4)", [("kept",)]),
        ("SELECT NULL", "int", [(None,)]),
        ("SELECT NULL UNION ALL SELECT NULL", "int", [(None,), (None,)]),
    ],
)
def test_null_takes_the_type_of_the_other_values(ask, query, kind, rows):
    ask("CREATE TABLE t (g uniqueidentifier)")
    answer = ask(query)
    assert answer.types == [kind]
    if rows is not None:
        assert sorted(answer.rows, key=str) == sorted(rows, key=str)


def test_a_recursive_query_may_return_null_where_the_anchor_has_a_type(ask):
    counted = (
        "WITH c AS (SELECT 1 AS n, CAST('a' AS varchar(9)) AS s UNION ALL "
        "SELECT n + 1, NULL FROM c WHERE n < 2) SELECT n, s FROM c ORDER BY n"
    )
    assert ask(counted).rows == [(1, "a"), (2, None)]


def test_inserted_and_assigned_nulls_take_the_target_s_type(ask):
    ask("CREATE TABLE t (d datetime2, x xml, b varbinary(4), g uniqueidentifier, h hierarchyid)")
    ask("INSERT t SELECT NULL, NULL, NULL, NULL, NULL")
    ask("INSERT t VALUES (NULL, NULL, NULL, NULL, NULL), (NULL, NULL, 0x01, NULL, NULL)")
    ask("INSERT t SELECT DISTINCT TOP 1 NULL, x = NULL, b, NULL, NULL FROM t WHERE b IS NOT NULL")
    assert ask("SELECT count(*), count(b), count(d) FROM t").rows == [(4, 2, 0)]
    assigned = "DECLARE @d datetime2 = SYSDATETIME(); SELECT @d = NULL; SELECT @d"
    assert ask(assigned).rows == [(None,)]


def test_a_derived_column_of_nulls_is_an_int(ask, refuse):
    assert ask("SELECT x FROM (SELECT NULL AS x) AS q").types == ["int"]
    assert refuse("SELECT x FROM (SELECT NULL AS x) q UNION ALL SELECT N'fine'").number == 245


@pytest.mark.parametrize("nulls", ["CASE WHEN 1 = 1 THEN NULL END", "IIF(1 = 1, NULL, NULL)"])
def test_a_case_of_nulls_alone_is_refused(refuse, nulls):
    assert refuse(f"SELECT {nulls}").number == 8133
