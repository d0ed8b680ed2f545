"""Defaults are translated only where the value is certainly the same."""

import pytest

from tableferry.model.schema import UNLIMITED, PgType, SourceType
from tableferry.planning.ddl.defaults import translated_default, translated_offset
from tableferry.typemap import RULES

INT = SourceType("int", 4, 10)
BIT = SourceType("bit", 1)
MONEY = SourceType("decimal", 9, 12, 2)
FLOAT = SourceType("float", 8, 53)
VARCHAR = SourceType("varchar", 10)
NVARCHAR = SourceType("nvarchar", 20)
CHAR = SourceType("char", 5)
NCHAR = SourceType("nchar", 10)
MAX = SourceType("nvarchar", UNLIMITED)
DATE = SourceType("date", 3)
TIME = SourceType("time", 5, 16, 7)
DATETIME = SourceType("datetime", 8)
SMALL = SourceType("smalldatetime", 4)
DATETIME2 = SourceType("datetime2", 8, 27, 7)
OFFSET = SourceType("datetimeoffset", 10, 34, 7)
GUID = SourceType("uniqueidentifier", 16)
BINARY = SourceType("binary", 4)
TINY = SourceType("tinyint", 1)


def default(definition: str, source: SourceType, target: PgType | None = None) -> str | None:
    return translated_default(definition, source, target or RULES[source.name].create(source))


@pytest.mark.parametrize(
    ("definition", "source", "expected"),
    [
        ("((1))", INT, "1"),
        ("((-1))", INT, "-1"),
        ("(-(1))", INT, "-1"),
        ("('7')", INT, "7"),
        ("((1.0))", INT, "1"),
        ("((1.5))", INT, None),
        ("((3000000000.))", INT, None),
        ("((256))", TINY, None),
        ("((1))", BIT, "true"),
        ("((0))", BIT, "false"),
        ("((5))", BIT, "true"),
        ("('True')", BIT, "true"),
        ("(CONVERT([bit],(0)))", BIT, "false"),
        ("(CONVERT([bit],(2)))", INT, "1"),
        ("(convert(tinyint, (7)))", INT, "7"),
        ("(CONVERT([tinyint],(256)))", INT, None),
        ("(CONVERT([int],(1.5)))", INT, None),
        ("(CONVERT([int],getdate()))", INT, None),
        ("(CONVERT([int],(1))+CONVERT([int],(1)))", INT, None),
        ("((0.00))", MONEY, "0.00"),
        ("((-1.50))", MONEY, "-1.50"),
        ("($2.5)", MONEY, "2.5"),
        ("((1e3))", MONEY, None),
        ("((1.5e0))", FLOAT, "1.5"),
        ("((.5))", FLOAT, "0.5"),
        ("('abc')", VARCHAR, "'abc'"),
        ("(N'it''s')", NVARCHAR, "'it''s'"),
        ("(N'a\\b')", NVARCHAR, "E'a\\\\b'"),
        ("('')", VARCHAR, "''"),
        ("('01234567890')", VARCHAR, None),
        ("(N'12345678901')", NVARCHAR, None),
        ("(N'12345678901')", MAX, "'12345678901'"),
        ("((0))", VARCHAR, "'0'"),
        ("('DE')", CHAR, "'DE   '"),
        ("(N'Ä')", NCHAR, "'Ä    '"),
        ("('Ä')", CHAR, None),
        ("(NULL)", INT, "NULL"),
        ("(0x0A)", BINARY, "decode('0a000000', 'hex')"),
        ("(0x0102030405)", BINARY, None),
        (
            "('6F9619FF-8B86-D011-B42D-00C04FC964FF')",
            GUID,
            "'6f9619ff-8b86-d011-b42d-00c04fc964ff'::uuid",
        ),
        ("('not a guid')", GUID, None),
    ],
)
def test_a_constant_is_the_value_that_the_column_would_hold(
    definition: str, source: SourceType, expected: str | None
) -> None:
    assert default(definition, source) == expected


@pytest.mark.parametrize(
    ("definition", "source", "expected"),
    [
        ("('20240102')", DATE, "'2024-01-02'::date"),
        ("('2024-01-02')", DATE, "'2024-01-02'::date"),
        ("('20240102')", DATETIME, "'2024-01-02'::timestamp"),
        ("('2024-01-02')", DATETIME, None),
        ("('2024-01-31')", DATETIME, "'2024-01-31'::timestamp"),
        ("('1900-01-01')", DATETIME, "'1900-01-01'::timestamp"),
        ("('2024-01-02T03:04:05')", DATETIME, "'2024-01-02 03:04:05'::timestamp"),
        ("('20240102 03:04:05.123')", DATETIME, None),
        ("('20240102 03:04:05')", SMALL, None),
        ("('20240102 03:04')", SMALL, "'2024-01-02 03:04:00'::timestamp"),
        ("('2024-01-02 03:04:05.1234567')", DATETIME2, "'2024-01-02 03:04:05.123456'::timestamp"),
        ("('17521231')", DATETIME, None),
        ("('01/02/2024')", DATE, None),
        ("('20240230')", DATE, None),
        ("((0))", DATETIME, "'1900-01-01'::timestamp"),
        ("((0))", DATE, None),
        ("('20240102')", OFFSET, "'2024-01-02 00:00:00+00'::timestamptz"),
        ("('08:30')", TIME, "'08:30:00'::time"),
        ("('25:00')", TIME, None),
    ],
)
def test_a_date_is_translated_where_no_language_setting_changes_it(
    definition: str, source: SourceType, expected: str | None
) -> None:
    assert default(definition, source) == expected


@pytest.mark.parametrize(
    ("definition", "source", "expected"),
    [
        ("(getdate())", DATETIME, "LOCALTIMESTAMP"),
        ("(GETDATE())", DATETIME2, "LOCALTIMESTAMP"),
        ("(sysdatetime())", DATETIME2, "LOCALTIMESTAMP"),
        ("(getdate())", DATE, "CURRENT_DATE"),
        ("(CONVERT([date],getdate()))", DATE, "CURRENT_DATE"),
        ("(CONVERT([date],getdate(),(0)))", DATE, "CURRENT_DATE"),
        ("(CAST(GETDATE() AS date))", DATETIME, "CURRENT_DATE"),
        ("(getdate())", TIME, "LOCALTIME"),
        ("(getdate())", OFFSET, "(LOCALTIMESTAMP AT TIME ZONE 'UTC')"),
        (
            "(getdate())",
            SMALL,
            "date_trunc('minute', LOCALTIMESTAMP + interval '30 seconds')",
        ),
        ("(getutcdate())", DATETIME, "(now() AT TIME ZONE 'UTC')"),
        ("(sysutcdatetime())", DATETIME2, "(now() AT TIME ZONE 'UTC')"),
        ("(sysutcdatetime())", OFFSET, "now()"),
        ("(sysdatetimeoffset())", OFFSET, "now()"),
        ("(newid())", GUID, "gen_random_uuid()"),
        ("(newid())", SourceType("varchar", 36), "upper(gen_random_uuid()::text)"),
        ("(newid())", VARCHAR, None),
    ],
)
def test_a_clock_function_keeps_its_zone_and_newid_its_form(
    definition: str, source: SourceType, expected: str | None
) -> None:
    assert default(definition, source) == expected


@pytest.mark.parametrize(
    "definition",
    [
        "(dateadd(day,(1),getdate()))",
        "(suser_sname())",
        "(newsequentialid())",
        "(NEXT VALUE FOR [dbo].[seq])",
        "([dbo].[f]())",
        "((1)+(1))",
        "('a'+'b')",
        "(left('a',(1)))",
        "(getdate()) + (1)",
        "(",
        "",
        "('unclosed)",
    ],
)
@pytest.mark.parametrize("source", [INT, NVARCHAR, DATETIME, GUID, BIT])
def test_anything_else_has_no_translation(definition: str, source: SourceType) -> None:
    assert default(definition, source) is None


def test_a_date_stored_as_text_gets_no_default() -> None:
    assert default("(getdate())", DATETIME2, PgType("text")) is None
    assert default("('20240102')", DATETIME2, PgType("text")) is None


REAL = SourceType("real", 4, 24)
SQL_MONEY = SourceType("money", 8, 19, 4)
DECIMAL6 = SourceType("decimal", 5, 9, 6)
LATIN, CYRILLIC, THAI, JAPANESE, UTF8 = 1252, 1251, 874, 932, 65001


@pytest.mark.parametrize(
    ("definition", "source", "target", "expected"),
    [
        # Numbers in texts: a decimal keeps its digits, money has two, a float is not certain.
        ("((1.50))", VARCHAR, None, "'1.50'"),
        ("((.5))", VARCHAR, None, "'0.5'"),
        ("((007))", VARCHAR, None, "'7'"),
        ("((-0))", VARCHAR, None, "'0'"),
        ("((-0.0))", VARCHAR, None, "'0.0'"),
        ("($1.5)", VARCHAR, None, "'1.50'"),
        ("(-$1.5)", NVARCHAR, None, "'-1.50'"),
        ("($1.2345)", VARCHAR, None, "'1.23'"),
        ("($1.235)", VARCHAR, None, None),
        ("($1)", CHAR, None, "'1.00 '"),
        ("($-0)", VARCHAR, None, None),
        ("(1e0)", VARCHAR, None, None),
        ("(0x41)", VARCHAR, None, None),
        ("((12345678901))", VARCHAR, None, None),
        # Money has four digits whatever its column has.
        ("($1.23456)", DECIMAL6, None, "1.2346"),
        ("($1.2345)", DECIMAL6, None, "1.2345"),
        ("($1.23455)", DECIMAL6, None, None),
        ("($0.00001)", BIT, None, "false"),
        ("($1.5)", INT, None, None),
        ("($0.1)", FLOAT, None, "0.1"),
        ("((1.23456))", SQL_MONEY, None, "1.2346"),
        ("((922337203685478))", SQL_MONEY, None, None),
        ("((214748.3647))", SourceType("smallmoney", 4, 10, 4), None, "214748.3647"),
        ("((214748.3648))", SourceType("smallmoney", 4, 10, 4), None, None),
        ("(1e0)", SQL_MONEY, None, None),
        # Decimals are rounded to the column's digits, also where the target has more.
        ("((1.2345678))", DECIMAL6, None, "1.234568"),
        ("((1.2345678))", DECIMAL6, PgType("numeric"), "1.234568"),
        ("('1.2345678')", DECIMAL6, None, None),
        ("((1000))", DECIMAL6, None, None),
        ("((999.9999999))", DECIMAL6, None, None),
        ("((-0.0))", DECIMAL6, None, "0.0"),
        # An integer column in a wider type.
        ("((1.5))", INT, PgType("numeric", (10, 0)), None),
        ("((5))", BIT, PgType("int2"), "1"),
        ("((0.5))", BIT, None, "true"),
        ("('7.0')", INT, None, None),
        ("('')", INT, None, None),
        ("(1e0)", INT, None, "1"),
        ("(1e30)", SourceType("bigint", 8, 19), None, None),
        # Floats: what every correct conversion makes of the digits, or nothing.
        ("((0.1))", FLOAT, None, "0.1"),
        ("((0.1234567890123456))", FLOAT, None, None),
        ("(1e300)", FLOAT, None, None),
        ("((0.1))", REAL, None, "0.1"),
        ("((0.1))", REAL, PgType("float8"), "0.10000000149011612"),
        ("((0.5))", REAL, PgType("float8"), "0.5"),
        ("((16777217))", REAL, None, None),
        ("(1e39)", REAL, None, None),
        # Dates that the column's type does not have.
        ("('20991231')", SMALL, None, None),
        ("('20240102 03:04:05.1234567')", SourceType("datetime2", 7, 23, 3), None, None),
        ("(0x00)", DATETIME, None, None),
        ("('20240102')", DATE, PgType("timestamp"), "'2024-01-02'::timestamp"),
        # Bytes and texts into each other are not.
        ("('a')", BINARY, None, None),
        ("((1))", BINARY, None, None),
        ("((1))", GUID, None, None),
        ("('6F9619FF-8B86-D011-B42D-00C04FC964FF')", GUID, PgType("text"), None),
        ("((1))", SourceType("sql_variant", 8016), None, None),
        ("('<a/>')", SourceType("xml", UNLIMITED), None, None),
    ],
)  # fmt: skip
def test_a_constant_becomes_the_columns_value_before_it_becomes_the_targets(
    definition: str, source: SourceType, target: PgType | None, expected: str | None
) -> None:
    assert default(definition, source, target) == expected


@pytest.mark.parametrize(
    ("definition", "source", "code_page", "expected"),
    [
        ("(N'Ж')", VARCHAR, LATIN, "'?'"),  # as SQL Server stores it
        ("(N'Ж')", VARCHAR, 0, None),
        ("(N'Ж')", VARCHAR, CYRILLIC, "'Ж'"),
        ("('ж')", VARCHAR, CYRILLIC, "'ж'"),
        ("(N'ā')", VARCHAR, LATIN, None),  # it stores an a
        ("(N'€')", VARCHAR, LATIN, "'€'"),
        ("(N'ก')", VARCHAR, THAI, "'ก'"),
        ("(N'日')", VARCHAR, JAPANESE, None),
        ("(N'日')", VARCHAR, UTF8, "'日'"),
        ("(N'日日日日')", VARCHAR, UTF8, None),  # twelve bytes
        ("('Ä')", CHAR, LATIN, "'Ä    '"),
        ("(N'Ä')", CHAR, UTF8, "'Ä   '"),
        ("(N'Ж')", NVARCHAR, LATIN, "'Ж'"),
        ("('Ж')", NVARCHAR, LATIN, None),  # no N: a text of the database's code page
        ("('Ж')", NVARCHAR, 0, None),
        ("('Ä')", NVARCHAR, LATIN, "'Ä'"),
    ],
)
def test_a_text_is_what_its_code_page_keeps_of_it(
    definition: str, source: SourceType, code_page: int, expected: str | None
) -> None:
    target = RULES[source.name].create(source)
    assert translated_default(definition, source, target, code_page) == expected


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ("(sysdatetimeoffset())", "(EXTRACT(timezone FROM now()) / 60)::smallint"),
        ("(getdate())", "0"),
        ("(sysutcdatetime())", "0"),
        ("('20240102')", "0"),
        ("(NULL)", "NULL"),
        ("(switchoffset(sysdatetimeoffset(),'+02:00'))", None),
        ("", None),
    ],
)
def test_an_offset_column_has_the_offset_of_the_default(
    definition: str, expected: str | None
) -> None:
    assert translated_offset(definition) == expected
