"""Inline table-valued functions, as CREATE FUNCTION documents them.

https://learn.microsoft.com/en-us/sql/t-sql/statements/create-function-transact-sql
"""

import pytest

from tableferry_sandbox.events import LoginRequest


@pytest.fixture
def table(ask):
    ask("CREATE TABLE t (id int, name varchar(9)); INSERT t VALUES (1, 'a'), (2, 'b'), (3, 'c')")
    ask(
        "CREATE FUNCTION dbo.above(@least int, @end int = 9) RETURNS TABLE AS RETURN "
        "(SELECT id, name FROM dbo.t WHERE id > @least AND id < @end)"
    )


def test_a_function_is_a_source_with_parameters(ask, table):
    assert ask("SELECT name FROM dbo.above(1, 3)").rows == [("b",)]
    assert ask("SELECT f.id FROM above(2, DEFAULT) AS f").rows == [(3,)]
    assert ask("DECLARE @n int = 2; SELECT n FROM dbo.above(@n, 9) AS f (i, n)").rows == [("c",)]


def test_apply_calls_it_for_each_row(ask, table):
    """https://learn.microsoft.com/en-us/sql/t-sql/queries/from-transact-sql#using-apply"""
    asked = "SELECT t.id, f.id FROM t CROSS APPLY dbo.above(t.id, 9) AS f ORDER BY t.id, f.id"
    assert ask(asked).rows == [(1, 2), (1, 3), (2, 3)]


def test_a_function_may_have_no_source(ask):
    ask("CREATE FUNCTION shown(@a int) RETURNS TABLE WITH SCHEMABINDING AS "
        "RETURN SELECT 1 AS ok WHERE @a > 0")  # fmt: skip
    assert ask("SELECT ok FROM dbo.shown(5)").rows == [(1,)]
    assert ask("SELECT ok FROM dbo.shown(-5)").rows == []


def test_functions_call_functions(ask, table):
    ask("CREATE FUNCTION again(@n int) RETURNS TABLE AS RETURN SELECT id FROM dbo.above(@n + 1, 9)")
    assert ask("SELECT id FROM again(1)").rows == [(3,)]


def test_the_catalog_lists_a_function_with_its_columns(ask, table):
    """https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-objects-transact-sql"""
    kind = "SELECT type, type_desc FROM sys.objects WHERE object_id = OBJECT_ID('above', 'IF')"
    assert ask(kind).rows == [("IF", "SQL_INLINE_TABLE_VALUED_FUNCTION")]
    columns = "SELECT name FROM sys.columns WHERE object_id = OBJECT_ID('dbo.above')"
    assert ask(columns).rows == [("id",), ("name",)]
    text = "SELECT definition FROM sys.sql_modules WHERE object_id = OBJECT_ID('dbo.above')"
    assert ask(text).value.startswith("CREATE FUNCTION dbo.above(")


def test_a_function_is_changed_and_dropped(ask, refuse, table):
    assert refuse("CREATE FUNCTION above() RETURNS TABLE AS RETURN SELECT 1 AS a").number == 2714
    ask("ALTER FUNCTION above(@n int) RETURNS TABLE AS RETURN SELECT @n AS n")
    assert ask("SELECT n FROM above(7)").rows == [(7,)]
    ask("CREATE OR ALTER FUNCTION above() RETURNS TABLE AS RETURN SELECT 8 AS n")
    assert ask("SELECT n FROM above()").rows == [(8,)]
    ask("DROP FUNCTION above")
    assert refuse("SELECT n FROM above()").number == 208


@pytest.mark.parametrize(
    ("sql", "number"),
    [
        ("SELECT * FROM dbo.above()", 313),
        ("SELECT * FROM dbo.above(1, 2, 3)", 8144),
        ("CREATE FUNCTION f() RETURNS TABLE AS RETURN SELECT 1", 4514),
        ("CREATE FUNCTION f() RETURNS TABLE AS RETURN SELECT x FROM missing", 208),
        ("CREATE FUNCTION f() RETURNS @r TABLE (a int) AS BEGIN RETURN END", 50000),
    ],
)
def test_wrong_definitions_and_calls_raise_their_error_numbers(refuse, table, sql, number):
    assert refuse(sql).number == number


def test_calling_it_takes_select_on_it_alone(ask, refuse, server, table):
    """https://learn.microsoft.com/en-us/sql/t-sql/statements/grant-object-permissions-transact-sql"""
    ask("CREATE LOGIN reader WITH PASSWORD = N'Reader-pass-1', CHECK_POLICY = OFF")
    ask("CREATE USER reader FOR LOGIN reader")
    reader = server.login(LoginRequest("reader", "Reader-pass-1", "Shop"))
    assert refuse("SELECT id FROM above(2, 9)", reader).number == 229
    ask("GRANT SELECT ON above TO reader")
    assert ask("SELECT id FROM above(2, 9)", reader).rows == [(3,)]
    assert refuse("SELECT id FROM t", reader).number == 229
