"""Result columns have SQL Server's types, and values its exact values."""

import datetime as dt
from decimal import Decimal

import pytest

TYPES = [
    ("1", "int"),
    ("'a'", "varchar(1)"),
    ("N'ab'", "nvarchar(2)"),
    ("1.5", "numeric(2,1)"),
    ("2147483648", "numeric(10,0)"),
    ("1e0", "float"),
    ("$1.5", "money"),
    ("0x0A0B", "varbinary(2)"),
    ("NULL", "int"),
    ("COUNT(*)", "int"),
    ("COUNT_BIG(*)", "bigint"),
    ("1.0 / 3", "numeric(7,6)"),
    ("1.5 * 2", "numeric(4,1)"),
    ("CAST(1 AS bigint) + 1", "bigint"),
    ("CASE WHEN 1 = 1 THEN 1 ELSE 2.5 END", "numeric(11,1)"),
    ("'a' + N'b'", "nvarchar(2)"),
    ("ISNULL(CAST(NULL AS varchar(2)), 'abcdef')", "varchar(2)"),
    ("CAST(0x01 AS binary(16))", "binary(16)"),
    ("CAST('x' AS varchar)", "varchar(30)"),
    ("GETDATE()", "datetime"),
    ("SYSDATETIME()", "datetime2(7)"),
    ("SERVERPROPERTY('Edition')", "sql_variant"),
    ("LEN('a')", "int"),
]


@pytest.mark.parametrize(("expression", "expected"), TYPES)
def test_an_expression_has_its_t_sql_type(ask, expression, expected):
    assert ask(f"SELECT {expression}").types == [expected]


VALUES = [
    ("5 / 2", 2),
    ("-7 / 2", -3),
    ("-7 % 3", -1),
    ("10 / 4.0", Decimal("2.500000")),
    ("CAST(-123.9 AS int)", -123),
    ("CAST(CAST(2.5 AS money) AS int)", 3),
    ("CAST(123.456 AS decimal(5,1))", Decimal("123.5")),
    ("CAST('' AS int)", 0),
    ("CAST(12345 AS varchar(3))", "*"),
    ("CAST(CAST('-0.05' AS decimal(2,2)) AS varchar(9))", "-0.05"),
    ("CAST(CAST(0.5 AS decimal(3,2)) AS nvarchar(9))", "0.50"),
    ("CAST('abcdef' AS varchar(3))", "abc"),
    ("CAST('x' AS char(3)) + '|'", "x  |"),
    ("CAST(N'Ж€' AS varchar(5))", "?€"),
    ("CAST(1 AS binary(4))", b"\0\0\0\1"),
    ("CAST(N'ab' AS varbinary(10))", b"a\0b\0"),
    ("CONVERT(varchar(10), 0xDEAD, 1)", "0xDEAD"),
    ("CONVERT(varchar(30), CAST('2020-01-02 13:04:05.127' AS datetime), 121)",
     "2020-01-02 13:04:05.127"),
    ("CAST(CAST('2020-01-02 13:04' AS datetime) AS varchar(30))", "Jan  2 2020  1:04PM"),
    ("LEN('abc  ')", 3),
    ("LEN(N'😀')", 2),
    ("DATALENGTH(N'abc')", 6),
    ("SUBSTRING('abcdef', 0, 3)", "ab"),
    ("CHARINDEX('B', 'abc')", 2),
    ("REPLACE('aBc', 'b', 'x')", "axc"),
    ("QUOTENAME('a]b')", "[a]]b]"),
    ("DATEDIFF(day, '2020-02-28', '2020-03-01')", 2),
    ("DATEADD(month, 1, CAST('2020-01-31' AS date))", dt.date(2020, 2, 29)),
    ("TRY_CAST('x' AS int)", None),
    ("CAST('e0000000-0000-0000-0000-0000000000ff' AS uniqueidentifier)",
     bytes.fromhex("000000e0" + "00" * 11 + "ff")),
    ("NULLIF(1, 1)", None),
    ("COALESCE(NULL, 'x')", "x"),
    ("CONCAT('a', NULL, 1)", "a1"),
    ("DB_NAME()", "Shop"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "expected"), VALUES)
def test_an_expression_has_sql_servers_value(ask, expression, expected):
    assert ask(f"SELECT {expression}").value == expected


def test_dates_keep_their_last_tick(ask):
    nines = ask("SELECT CAST('9999-12-31 23:59:59.9999999' AS datetime2)").value
    assert nines == 3155378975999999999


def test_datetime_is_rounded_to_a_three_hundredth_of_a_second(ask):
    shown = "SELECT CONVERT(varchar(23), CAST('2020-01-01 00:00:00.999' AS datetime), 121)"
    assert ask(shown).value == "2020-01-01 00:00:01.000"


def test_a_late_time_rounds_to_midnight(ask):
    assert ask("SELECT CAST('23:59:59.9999999' AS time(3))").value == 0


def test_datetimeoffset_keeps_instant_and_offset(ask):
    value = ask("SELECT CAST('2020-01-01 02:00 +02:00' AS datetimeoffset(0))").value
    midnight = (dt.date(2020, 1, 1).toordinal() - 1) * 864_000_000_000
    assert value == {"utc": midnight, "offset": 120}


def test_a_built_in_type_takes_precedence_over_an_alias_of_its_name(ask):
    ask("CREATE TYPE dbo.[int] FROM nvarchar(9); CREATE TABLE dbo.a (x int, y dbo.[int])")
    ask("INSERT INTO dbo.a VALUES (1, N'one')")
    assert ask("SELECT x, y, CAST(x AS int) FROM dbo.a").types == ["int", "nvarchar(9)", "int"]


def test_uniqueidentifiers_sort_by_their_last_group_first(ask):
    low, high = "ffffffff-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"
    answer = ask(
        f"SELECT CAST(g AS varchar(36)) FROM (VALUES (CAST('{high}' AS uniqueidentifier)), "
        f"(CAST('{low}' AS uniqueidentifier))) v(g) ORDER BY g"
    )
    assert [row[0].lower() for row in answer.rows] == [low, high]


def test_strings_are_equal_regardless_of_case_and_trailing_blanks(ask):
    assert ask("SELECT 1 WHERE 'abc' = 'ABC  ' AND 'e' <> 'é'").rows == [(1,)]


def test_null_sorts_first(ask):
    assert ask("SELECT x FROM (VALUES (2), (NULL), (1)) v(x) ORDER BY x").rows == [
        (None,),
        (1,),
        (2,),
    ]


def test_groups_form_by_the_collation(ask):
    answer = ask("SELECT COUNT(*) FROM (VALUES ('a'), ('A '), ('b')) v(x) GROUP BY x ORDER BY 1")
    assert answer.rows == [(1,), (2,)]


def test_a_sql_variant_is_the_tds_payload(ask):
    assert ask("SELECT CAST(1 AS sql_variant)").value == b"\x38\x00\x01\x00\x00\x00"


def test_a_sql_variant_knows_its_base_type(ask):
    query = "SELECT CAST(SQL_VARIANT_PROPERTY(CAST(1.5 AS sql_variant), 'BaseType') AS varchar(20))"
    assert ask(query).value == "numeric"


def test_textsize_truncates_long_values_by_bytes(ask):
    answer = ask(
        "SET TEXTSIZE 4; SELECT CAST('abcdef' AS varchar(max)), CAST(N'abcdef' AS nvarchar(max)), "
        "CAST(0x010203040506 AS varbinary(max)), 'abcdef'"
    )
    assert answer.rows == [("abcd", "ab", b"\x01\x02\x03\x04", "abcdef")]
