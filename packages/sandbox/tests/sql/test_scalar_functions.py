"""User-defined scalar functions, called by queries and used by computed columns."""

import pytest

PADDED = (
    "CREATE FUNCTION dbo.padded (@n int) RETURNS varchar(8) WITH SCHEMABINDING AS BEGIN "
    "DECLARE @r varchar(8); SET @r = CONVERT(varchar(8), @n); "
    "SET @r = REPLICATE('0', 8 - DATALENGTH(@r)) + @r; RETURN (@r); END"
)
GRADED = (
    "CREATE FUNCTION dbo.graded (@n int, @limit int = 10) RETURNS nvarchar(5) AS BEGIN "
    "DECLARE @r nvarchar(9) = N'small'; IF @n IS NULL RETURN NULL; "
    "IF @n > @limit BEGIN SELECT @r = N'large'; IF @n > @limit * 10 RETURN N'enormous' END "
    "ELSE IF @n < 0 SET @r = N'none' RETURN @r END"
)


def test_a_function_computes_its_value_from_its_parameters(ask):
    ask(PADDED)
    ask("CREATE TABLE t (n int); INSERT t VALUES (7), (1234), (NULL)")
    assert ask("SELECT dbo.padded(n) FROM t ORDER BY n").rows == [
        (None,), ("00000007",), ("00001234",),
    ]  # fmt: skip
    assert ask("SELECT dbo.padded(1)").types == ["varchar(8)"]


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        ("3, DEFAULT", "small"),
        ("11, DEFAULT", "large"),
        ("11, 11", "small"),
        ("101, DEFAULT", "enorm"),
        ("-1, 2", "none"),
        ("NULL, 2", None),
    ],
)
def test_each_path_through_a_body_has_its_own_value(ask, arguments, value):
    ask(GRADED)
    assert ask(f"SELECT dbo.graded({arguments})").rows == [(value,)]


def test_functions_call_functions_and_stand_in_conditions(ask, refuse):
    ask(PADDED)
    ask(
        "CREATE FUNCTION dbo.code (@n int) RETURNS char(10) AS "
        "BEGIN RETURN 'A' + dbo.padded(@n) END"
    )
    ask("CREATE TABLE t (n int CHECK (dbo.padded(n) < '00000100'), c AS dbo.code(n))")
    ask("INSERT t VALUES (5)")
    assert ask("SELECT c FROM t WHERE dbo.code(n) = 'A00000005'").rows == [("A00000005 ",)]
    assert refuse("INSERT t VALUES (100)").number == 547


def test_computed_columns_call_functions(ask, refuse):
    ask(PADDED)
    ask(
        "CREATE TABLE t (id int IDENTITY PRIMARY KEY, code AS ISNULL('AW' + dbo.padded(id), ''), "
        "kept AS dbo.padded(id) PERSISTED)"
    )
    ask("CREATE UNIQUE INDEX by_code ON t (code); INSERT t DEFAULT VALUES; INSERT t DEFAULT VALUES")
    assert ask("SELECT * FROM t ORDER BY id").rows == [
        (1, "AW00000001", "00000001"), (2, "AW00000002", "00000002"),
    ]  # fmt: skip
    shape = "SELECT name, is_nullable FROM sys.columns WHERE object_id = OBJECT_ID('t')"
    assert ask(shape).rows == [("id", False), ("code", False), ("kept", True)]
    assert refuse("DROP FUNCTION dbo.padded").number == 3729


def test_an_index_on_a_computed_column_is_unique(ask, refuse):
    ask("CREATE TABLE t (n int, c AS n % 10); CREATE UNIQUE INDEX i ON t (c); INSERT t VALUES (1)")
    assert refuse("INSERT t VALUES (11)").number == 2601
    assert refuse("INSERT t VALUES (2), (12)").number == 2601
    ask("INSERT t VALUES (2)")


def test_a_persisted_column_needs_a_schema_bound_function(refuse, ask):
    ask(PADDED.replace("WITH SCHEMABINDING ", ""))
    assert refuse("CREATE TABLE t (id int, c AS dbo.padded(id) PERSISTED)").number == 4936


def test_a_function_may_return_null_on_null_input(ask):
    ask(
        "CREATE FUNCTION dbo.f (@a int, @b int) RETURNS int WITH RETURNS NULL ON NULL INPUT AS "
        "BEGIN RETURN ISNULL(@a, 0) + ISNULL(@b, 0) END"
    )
    assert ask("SELECT dbo.f(1, 2), dbo.f(1, NULL)").rows == [(3, None)]


@pytest.mark.parametrize(
    ("call", "number"),
    [
        ("dbo.padded()", 313),
        ("dbo.padded(1, 2)", 8144),
        ("dbo.nothing(1)", 4121),
        ("padded(1)", 195),
    ],
)
def test_wrong_calls_are_refused(ask, refuse, call, number):
    ask(PADDED)
    assert refuse(f"SELECT {call}").number == number


@pytest.mark.parametrize(
    ("body", "number"),
    [
        ("DECLARE @a int = 1", 455),
        ("IF @n = 1 RETURN 1", 455),
        ("RETURN", 178),
        ("SELECT 1 RETURN 1", 444),
        ("RETURN @nothing", 137),
        ("RETURN (SELECT max(id) FROM t)", 50000),
        ("WHILE @n < 3 SET @n = @n + 1 RETURN @n", 50000),
    ],
)
def test_bodies_that_are_wrong_or_out_of_reach_are_refused(ask, refuse, body, number):
    created = f"CREATE FUNCTION dbo.f (@n int) RETURNS int AS BEGIN {body} END"
    assert refuse(created).number == number
    assert ask("SELECT count(*) FROM sys.objects").rows == [(0,)]


def test_functions_are_in_the_catalog(ask):
    ask(PADDED)
    assert ask("SELECT name, type, type_desc FROM sys.objects").rows == [
        ("padded", "FN", "SQL_SCALAR_FUNCTION")
    ]
    assert ask("SELECT definition FROM sys.sql_modules").rows == [(PADDED,)]
    ask(PADDED.replace("CREATE", "CREATE OR ALTER").replace("'0'", "'_'"))
    assert ask("SELECT dbo.padded(1)").rows == [("_______1",)]
    ask("DROP FUNCTION dbo.padded")
    assert ask("SELECT count(*) FROM sys.objects").rows == [(0,)]
