"""Errors have SQL Server's numbers, and end the statement or the batch as it does."""

import pytest

from tableferry_sandbox.events import LoginRequest, Message, SqlError

ERRORS = [
    ("SELECT selec FROM", 156),
    ("SELECT 1 +", 102),
    ("SELECT 'abc", 105),
    ("SELECT * FROM nix", 208),
    ("SELECT nix FROM sys.tables", 207),
    ("SELECT t.nix FROM sys.tables x", 4104),
    ("SELECT name FROM sys.tables a, sys.schemas b", 209),
    ("SELECT @x", 137),
    ("SELECT nix()", 195),
    ("SELECT CAST('abc' AS int)", 245),
    ("SELECT CAST('2020-13-01' AS date)", 241),
    ("SELECT CAST('0001-01-01 13:59 +14:00' AS datetimeoffset)", 241),
    ("SELECT CAST('9999-12-31 10:00 -14:00' AS datetimeoffset)", 241),
    ("SELECT CAST('x' AS uniqueidentifier)", 8169),
    ("SELECT 1 / 0", 8134),
    ("SELECT CAST(1 AS float) / 0", 8134),
    ("SELECT 2147483647 + 1", 8115),
    ("SELECT CAST(300 AS tinyint)", 220),
    ("SELECT CAST(CAST(1234 AS decimal(9, 2)) AS tinyint)", 8115),
    ("SELECT CAST(1 AS date)", 529),
    ("SELECT CAST(SYSDATETIME() AS int)", 529),
    ("DECLARE @n int = SYSDATETIME()", 206),
    ("DECLARE @d datetime2 = 1", 206),
    ("USE nix", 911),
    ("DROP TABLE nix", 3701),
    ("EXEC nix", 2812),
    ("COMMIT", 3902),
    ("ROLLBACK", 3903),
    ("SELECT name, COUNT(*) FROM sys.objects", 8120),
    ("SELECT 1 UNION SELECT 1, 2", 205),
    ("SELECT (SELECT x FROM (VALUES (1), (2)) v(x))", 512),
    ("SET DEADLOCK_PRIORITY 11", 102),
    ("SET DEADLOCK_PRIORITY LOWER", 102),
    ("THROW 51000, 'mine', 1", 51000),
    ("MERGE INTO a USING b ON 1 = 1 WHEN MATCHED THEN DELETE", 10713),
]


@pytest.mark.parametrize(("sql", "number"), ERRORS)
def test_an_invalid_statement_raises_its_error_number(refuse, sql, number):
    assert refuse(sql).number == number


def test_a_failed_login_raises_18456(server):
    with pytest.raises(SqlError) as caught:
        server.login(LoginRequest("sa", "wrong", "Shop"))
    assert (caught.value.number, caught.value.severity) == (18456, 14)


def test_logging_in_to_an_unknown_database_raises_4060(server):
    with pytest.raises(SqlError) as caught:
        server.login(LoginRequest("sa", "secret-1", "Nowhere"))
    assert caught.value.number == 4060


def test_a_syntax_error_prevents_the_whole_batch(ask, refuse):
    refuse("CREATE TABLE made (a int); SELECT FROM")
    assert ask("SELECT OBJECT_ID('made')").value is None


def test_an_error_names_its_line(refuse):
    assert refuse("SELECT 1\nSELECT *\nFROM nix").line == 2


def test_a_duplicate_key_ends_the_statement_but_not_the_batch(session):
    events = list(
        session.execute(
            "CREATE TABLE k (a int PRIMARY KEY); INSERT k VALUES (1); "
            "INSERT k VALUES (1); PRINT 'on'"
        )
    )
    messages = [event for event in events if isinstance(event, Message)]
    assert [message.number for message in messages] == [2627, 0]


def test_catch_handles_an_error_raised_while_rows_stream(ask):
    answer = ask(
        "BEGIN TRY SELECT 1 / x FROM (VALUES (1), (0)) v(x) END TRY "
        "BEGIN CATCH SELECT ERROR_NUMBER() END CATCH"
    )
    assert answer.rows == [(8134,)]


WRITES = [
    ("INSERT t (id, name) VALUES (1, NULL)", 515),
    ("INSERT t (id, name) VALUES (1, 'too long')", 2628),
    ("INSERT t (id, name) VALUES (1)", 109),
    ("INSERT t (id, nix) VALUES (1, 'a')", 207),
    ("INSERT t (id, name, n) VALUES (1, 'a', 1)", 544),
    ("INSERT t (id, name, c) VALUES (1, 'a', 1)", 271),
    ("INSERT t (id, name) VALUES (200, 'a')", 547),
    ("UPDATE t SET c = 1", 271),
    ("CREATE TABLE t (a int)", 2714),
]


@pytest.mark.parametrize(("sql", "number"), WRITES)
def test_a_failed_write_raises_its_error_number_and_changes_nothing(ask, refuse, sql, number):
    ask(
        "CREATE TABLE t (id int PRIMARY KEY CHECK (id < 100), name varchar(5) NOT NULL, "
        "n int IDENTITY, c AS id * 2); INSERT t (id, name) VALUES (7, 'seven')"
    )
    assert refuse(sql).number == number
    assert ask("SELECT id, name, c FROM t").rows == [(7, "seven", 14)]
