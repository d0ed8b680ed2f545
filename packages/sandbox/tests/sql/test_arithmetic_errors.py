"""Divisions by zero and overflows under SET ARITHABORT, ANSI_WARNINGS and ARITHIGNORE.

The pages of learn.microsoft.com have these names.
"""

import pytest

OFF = "SET ARITHABORT OFF; SET ANSI_WARNINGS OFF; "


@pytest.fixture
def table(ask):
    ask("CREATE TABLE t (a tinyint, b tinyint); INSERT t VALUES (1, 0), (255, 1)")


@pytest.mark.parametrize(
    ("sql", "rows", "message"),
    [
        ("SELECT a / b FROM t ORDER BY a", [(None,), (255,)], 3607),
        ("SELECT a % b FROM t ORDER BY a", [(None,), (0,)], 3607),
        ("SELECT 1.5 / b FROM t WHERE b = 0", [(None,)], 3607),
        ("SELECT CAST(a AS float) / b FROM t WHERE b = 0", [(None,)], 3607),
        ("SELECT a + b FROM t ORDER BY a", [(1,), (None,)], 3606),
        ("SELECT CAST(a + 1 AS tinyint) FROM t ORDER BY a", [(2,), (None,)], 3606),
        ("SELECT 2147483647 + b FROM t ORDER BY b", [(2147483647,), (None,)], 3606),
        ("SELECT a FROM t WHERE a / b > 0", [(255,)], 3607),
    ],
)
def test_with_both_off_the_result_is_null_and_a_message_follows(ask, table, sql, rows, message):
    """ "SET ARITHABORT": a warning message appears, and the result is NULL."""
    found = ask(OFF + sql)
    assert found.rows == rows
    assert [m.number for m in found.messages] == [message]
    assert found.messages[0].severity <= 10


def test_each_kind_of_error_has_its_message(ask, table):
    found = ask(OFF + "SELECT a / b, a + b FROM t ORDER BY a")
    assert found.rows == [(None, 1), (255, None)]
    assert [m.number for m in found.messages] == [3607, 3606]


def test_arithignore_leaves_the_message_out(ask, table):
    """ "SET ARITHIGNORE": NULL is returned regardless of it."""
    found = ask(OFF + "SET ARITHIGNORE ON; SELECT a / b FROM t ORDER BY a")
    assert (found.rows, found.messages) == ([(None,), (255,)], [])


def test_without_an_error_there_is_no_message(ask, table):
    assert ask(OFF + "SELECT b / a FROM t").messages == []


def test_a_null_is_written_in_place_of_the_error(ask, refuse, table):
    """ "SET ARITHABORT": a NULL is inserted; where the column is not nullable, that fails."""
    ask(OFF + "CREATE TABLE u (v tinyint NULL, w tinyint NULL)")
    assert ask("INSERT u SELECT a / b, a + b FROM t").counts == [2]
    assert sorted(ask("SELECT v, w FROM u").rows, key=str) == [(255, None), (None, 1)]
    assert ask("UPDATE u SET w = w + 255 WHERE w = 1").counts == [1]
    assert ask("SELECT COUNT(*) FROM u WHERE w IS NULL").value == 2
    assert ask("INSERT u (v) VALUES (300)").counts == [1]
    ask("CREATE TABLE n (v int NOT NULL)")
    assert refuse("INSERT n SELECT a / b FROM t").number == 515


def test_variables_and_conditions_are_null_as_well(ask, table):
    """ "SET ARITHABORT": of an IF, the FALSE branch is executed."""
    found = ask(
        OFF + "DECLARE @v int = 1; SET @v = 1 / 0; "
        "IF 1 / 0 = 1 SELECT 'then' ELSE SELECT ISNULL(@v, -1)"
    )
    assert found.value == -1
    assert [m.number for m in found.messages] == [3607, 3607]


def test_other_errors_remain(refuse, table):
    assert refuse(OFF + "SELECT 1 / CAST('x' AS int), 1 / 0").number == 245
    assert refuse(OFF + "SELECT 1 / 0; SELECT CAST('300' AS tinyint)").number == 244


def test_what_has_no_null_here_is_refused(refuse):
    error = refuse(OFF + "SELECT SUM(x) FROM (VALUES (2147483647), (1)) AS v (x)")
    assert error.number == 50000


@pytest.mark.parametrize(
    "settings", ["", "SET ARITHABORT ON; ", "SET ARITHABORT OFF; SET ANSI_WARNINGS ON; "]
)
def test_with_ansi_warnings_it_is_an_error(ask, refuse, table, settings):
    """ "SET ARITHABORT": with ANSI_WARNINGS ON it is implicitly ON."""
    assert refuse(settings + "SELECT a / b FROM t").number == 8134
    assert ask("BEGIN TRAN; SELECT @@TRANCOUNT").value == 1


def test_with_arithabort_alone_batch_and_transaction_end(ask, refuse, session, table):
    """ "SET ARITHABORT": ON with ANSI_WARNINGS OFF, the transaction is rolled back."""
    ask("SET ARITHABORT ON; SET ANSI_WARNINGS OFF; BEGIN TRAN; DELETE t WHERE a = 1")
    assert refuse("SELECT 1 / 0; DELETE t").number == 8134
    assert ask("SELECT @@TRANCOUNT, COUNT(*) FROM t").rows == [(0, 2)]


def test_long_values_are_cut_while_ansi_warnings_is_off(ask, refuse):
    """ "SET ANSI_WARNINGS": data is truncated to the size of the column."""
    ask("CREATE TABLE c (s varchar(3) PRIMARY KEY, n nchar(2), b varbinary(2))")
    long = "INSERT c VALUES ('abcd', N'xyz', 0x010203)"
    assert refuse(long).number == 2628
    ask("SET ANSI_WARNINGS OFF; " + long)
    assert ask("SELECT s, n, b FROM c").rows == [("abc", "xy", b"\1\2")]
    assert refuse("INSERT c VALUES ('abce', N'', 0x)").number == 2627
    ask("UPDATE c SET s = 'vwxyz', n = N'12345'")
    assert ask("SELECT s, n FROM c").rows == [("vwx", "12")]
