"""Functions that construct values, and refusals of functions that the sandbox lacks."""

import pytest

MADE = [
    ("DATETIME2FROMPARTS(2024, 2, 29, 23, 59, 58, 7, 3)", "2024-02-29 23:59:58.007"),
    ("DATETIMEFROMPARTS(2024, 2, 29, 23, 59, 58, 997)", "2024-02-29 23:59:58.997"),
    ("SMALLDATETIMEFROMPARTS(2024, 2, 29, 23, 59)", "2024-02-29 23:59:00.000"),
    ("TIMEFROMPARTS(23, 59, 58, 1234567, 7)", "23:59:58.1234567"),
    ("DATEFROMPARTS(1, 1, 1)", "0001-01-01"),
    ("DATETIMEOFFSETFROMPARTS(2024, 1, 1, 1, 2, 3, 0, -2, -30, 0)", "2024-01-01 01:02:03 -02:30"),
    ("DATEFROMPARTS(2024, NULL, 1)", None),
    (
        "TODATETIMEOFFSET(CAST('2024-01-01' AS datetime2(0)), '+05:30')",
        "2024-01-01 00:00:00 +05:30",
    ),
    ("TODATETIMEOFFSET(CAST('2024-01-01' AS datetime2(0)), -90)", "2024-01-01 00:00:00 -01:30"),
    (
        "SWITCHOFFSET(CAST('2024-01-01 00:00:00 +01:00' AS datetimeoffset(0)), '-03:00')",
        "2023-12-31 20:00:00 -03:00",
    ),
    ("CAST('2024-01-01' AS datetime2(0)) AT TIME ZONE 'UTC'", "2024-01-01 00:00:00 +00:00"),
    (
        "CAST('2024-01-01 00:00:00 +01:00' AS datetimeoffset(0)) AT TIME ZONE N'UTC'",
        "2023-12-31 23:00:00 +00:00",
    ),
    ("DATETRUNC(year, CAST('2024-08-15' AS date))", "2024-01-01"),
    ("DATETRUNC(quarter, CAST('2024-08-15' AS date))", "2024-07-01"),
    ("DATETRUNC(month, CAST('0001-08-15' AS date))", "0001-08-01"),
    ("DATETRUNC(week, CAST('2024-08-15' AS date))", "2024-08-11"),
    ("DATETRUNC(iso_week, CAST('2024-08-15' AS date))", "2024-08-12"),
    ("DATETRUNC(minute, CAST('2024-08-15 12:34:56.7' AS datetime2(1)))", "2024-08-15 12:34:00.0"),
    ("DATETRUNC(hour, CAST('12:34:56' AS time(0)))", "12:00:00"),
]


@pytest.mark.parametrize(("expression", "text"), MADE)
def test_functions_construct_dates_and_times(ask, expression, text):
    assert ask(f"SELECT CONVERT(varchar(40), {expression}, 121)").value == text


@pytest.mark.parametrize(
    ("expression", "number"),
    [
        ("DATEFROMPARTS(2023, 2, 29)", 289),
        ("DATETIME2FROMPARTS(2024, 1, 1, 24, 0, 0, 0, 0)", 289),
        ("TIMEFROMPARTS(1, 1, 1, 10, 1)", 289),
        ("TODATETIMEOFFSET(GETDATE(), 'x')", 9812),
        ("DATETRUNC(hour, CAST('2024-01-01' AS date))", 9810),
        ("1 AT TIME ZONE 'UTC'", 8116),
    ],
)
def test_impossible_dates_raise_their_error_number(refuse, expression, number):
    assert refuse(f"SELECT {expression}").number == number


def test_random_numbers_differ_from_row_to_row(ask):
    sql = "SELECT {} FROM GENERATE_SERIES(1, 50)"
    whole = {row[0] for row in ask(sql.format("ABS(CHECKSUM(NEWID())) % 1000000")).rows}
    assert len(whole) > 40
    assert all(0 <= number < 1_000_000 for number in whole)
    part = {row[0] for row in ask(sql.format("RAND(CHECKSUM(NEWID()))")).rows}
    assert len(part) > 40
    assert len({row[0] for row in ask(sql.format("RAND()")).rows}) == 1
    assert ask("SELECT RAND()").value != ask("SELECT RAND()").value


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("SELECT INDEXPROPERTY(1, 'a', 'b')", "INDEXPROPERTY"),
        ("SELECT SOUNDEX('a')", "SOUNDEX"),
        ("SELECT STR(1.5)", "STR"),
        ("SELECT x.value('(/a)[1]', 'int') FROM (SELECT CAST('<a/>' AS xml) AS x) AS q", "xml"),
        ("SELECT CHECKSUM('a')", "CHECKSUM"),
        ("SELECT RAND(5)", "RAND"),
        ("SELECT TRY_PARSE('1' AS int)", "TRY_PARSE"),
        ("SELECT GETDATE() AT TIME ZONE 'Central European Standard Time'", "AT TIME ZONE"),
        ("SELECT @@FETCH_STATUS", "@@FETCH_STATUS"),
        ("SELECT PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY a) OVER () FROM t", "PERCENTILE_DISC"),
        ("SELECT CHECKSUM_AGG(a) FROM t", "CHECKSUM_AGG"),
        ("SELECT * FROM t PIVOT (COUNT(a) FOR a IN ([1])) AS p", "PIVOT"),
        ("SELECT * FROM t UNPIVOT (v FOR n IN (a)) AS p", "PIVOT"),
        ("SELECT * FROM t FOR SYSTEM_TIME ALL", "FOR SYSTEM_TIME"),
        ("SELECT * FROM t FOR JSON AUTO", "FOR JSON"),
        ("SELECT * FROM OPENROWSET(BULK 'x', SINGLE_BLOB) AS r", "OPENROWSET"),
        ("SELECT * FROM OPENJSON('[]')", "OPENJSON"),
        ("SELECT * FROM sysforeignkeys", "sysforeignkeys"),
        ("SELECT * FROM sys.dm_tran_locks", "sys.dm_tran_locks"),
        ("EXEC sp_helpindex 't'", "sp_helpindex"),
    ],
)
def test_an_unsupported_function_is_refused_by_name(ask, refuse, sql, named):
    ask("CREATE TABLE t (a int)")
    error = refuse(sql)
    assert error.number == 50000
    assert error.message.startswith("The sandbox does not support ")
    assert named in error.message


@pytest.mark.parametrize("sign", ["+", "-", ".", ",", "$", " - "])
def test_a_lone_sign_counts_as_numeric(ask, sign):
    assert ask(f"SELECT ISNUMERIC('{sign}'), ISNUMERIC('{sign}x')").rows == [(1, 0)]


@pytest.mark.parametrize(
    ("sql", "number"),
    [("SELECT nobody()", 195), ("SELECT @@nobody", 137), ("SELECT * FROM nobody()", 208)],
)
def test_an_unknown_name_raises_sql_servers_error(refuse, sql, number):
    assert refuse(sql).number == number
