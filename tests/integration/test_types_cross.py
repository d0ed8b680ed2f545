"""Every SQL Server type with its boundary values, written in T-SQL, read from PostgreSQL."""

# ruff: noqa: E501 - a value as written and as kept stand on one line

import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tableferry.config import parse_table_configs
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_table
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.specs import entry

LAST = dt.datetime(9999, 12, 31, 23, 59, 59)
Case = tuple[str, list[tuple[str, Any]]]

CASES: list[Case] = [
    ("bit", [("1", True), ("0", False)]),
    ("tinyint", [("0", 0), ("255", 255)]),
    ("smallint", [("-32768", -32768), ("32767", 32767)]),
    ("int", [("-2147483648", -(2**31)), ("2147483647", 2**31 - 1)]),
    ("bigint", [("-9223372036854775808", -(2**63)), ("9223372036854775807", 2**63 - 1)]),
    (
        "decimal(38,0)",
        [("9" * 38, Decimal("9" * 38)), ("-" + "9" * 38, Decimal("-" + "9" * 38))],
    ),
    (
        "decimal(38,38)",
        [
            ("0." + "9" * 38, Decimal("0." + "9" * 38)),
            ("-0." + "0" * 37 + "1", Decimal("-0." + "0" * 37 + "1")),
        ],
    ),
    ("decimal(38,10)", [("'-1234567890123456789012345678.0123456789'", Decimal("-1234567890123456789012345678.0123456789"))]),
    ("numeric(9,2)", [("-1234567.89", Decimal("-1234567.89")), ("0", Decimal("0.00"))]),
    (
        "money",
        [
            ("-922337203685477.5808", Decimal("-922337203685477.5808")),
            ("922337203685477.5807", Decimal("922337203685477.5807")),
        ],
    ),
    ("smallmoney", [("-214748.3648", Decimal("-214748.3648")), ("0.0001", Decimal("0.0001"))]),
    ("real", [("1.5", 1.5), ("-3.4028234e38", -3.4028234663852886e38)]),
    ("float", [("1.7976931348623157e308", 1.7976931348623157e308), ("0.1e0", 0.1)]),
    ("float(24)", [("0.25", 0.25)]),
    ("date", [("'0001-01-01'", dt.date(1, 1, 1)), ("'9999-12-31'", dt.date(9999, 12, 31))]),
    ("time(0)", [("'23:59:59'", dt.time(23, 59, 59))]),
    ("time(3)", [("'23:59:59.999'", dt.time(23, 59, 59, 999_000))]),
    (
        "time(7)",
        [
            ("'23:59:59.9999999'", dt.time(23, 59, 59, 999_999)),
            ("'00:00:00.0000001'", dt.time(0)),
            ("'12:34:56.1234567'", dt.time(12, 34, 56, 123_456)),
        ],
    ),
    ("smalldatetime", [("'2079-06-06 23:59'", dt.datetime(2079, 6, 6, 23, 59))]),
    (
        "datetime",
        [
            ("'1753-01-01 00:00:00.003'", dt.datetime(1753, 1, 1, 0, 0, 0, 3_000)),
            ("'1969-12-31 23:59:59.997'", dt.datetime(1969, 12, 31, 23, 59, 59, 997_000)),
            ("'2024-02-29 12:00:00.007'", dt.datetime(2024, 2, 29, 12, 0, 0, 7_000)),
            ("'9999-12-31 23:59:59.997'", LAST.replace(microsecond=997_000)),
        ],
    ),
    ("datetime2(0)", [("'0001-01-01'", dt.datetime(1, 1, 1)), ("'9999-12-31 23:59:59'", LAST)]),
    ("datetime2(3)", [("'1999-12-31 23:59:59.999'", dt.datetime(1999, 12, 31, 23, 59, 59, 999_000))]),
    (
        "datetime2(7)",
        [
            ("'9999-12-31 23:59:59.9999999'", LAST.replace(microsecond=999_999)),
            ("'1969-12-31 23:59:59.9999999'", dt.datetime(1969, 12, 31, 23, 59, 59, 999_999)),
            ("'1960-01-01 00:00:00.0000019'", dt.datetime(1960, 1, 1, 0, 0, 0, 1)),
            ("'0001-01-01 00:00:00.0000009'", dt.datetime(1, 1, 1)),
        ],
    ),
    (
        "datetimeoffset(7)",
        [
            (
                "'2024-05-06 23:30:00.1234567 -11:00'",
                dt.datetime(2024, 5, 7, 10, 30, 0, 123_456, dt.UTC),
            ),
            ("'9999-12-31 23:59:59.9999999 +00:00'", LAST.replace(microsecond=999_999, tzinfo=dt.UTC)),
            ("'0001-01-01 00:00:00 +00:00'", dt.datetime(1, 1, 1, tzinfo=dt.UTC)),
        ],
    ),
    ("datetimeoffset(0)", [("'1969-12-31 23:59:59 +14:00'", dt.datetime(1969, 12, 31, 9, 59, 59, tzinfo=dt.UTC))]),
    ("char(5)", [("'ab'", "ab   "), ("''", "     ")]),
    ("varchar(20)", [("''", ""), ("'ab  '", "ab  "), (r"'\\N'", r"\\N"), (r"'\.'", r"\.")]),
    ("varchar(max)", [("REPLICATE(CAST('v' AS varchar(max)), 20000)", "v" * 20000)]),
    ("nchar(4)", [("N'я'", "я   ")]),
    (
        "nvarchar(30)",
        [
            ("N''", ""),
            ("N'😀Привет'", "😀Привет"),
            ("N'a' + NCHAR(9) + NCHAR(10) + NCHAR(13) + N'\"\\'", 'a\t\n\r"\\'),
            ("N'O''Brien'", "O'Brien"),
        ],
    ),
    ("nvarchar(max)", [("REPLICATE(CAST(N'ж' AS nvarchar(max)), 20000)", "ж" * 20000)]),
    ("sysname", [("N'dbo'", "dbo")]),
    ("text", [("'long'", "long"), ("''", "")]),
    ("ntext", [("N'длинный'", "длинный")]),
    ("xml", [("N'<a>я</a>'", "<a>я</a>")]),
    ("binary(4)", [("0x0102", b"\1\2\0\0")]),
    ("varbinary(8)", [("0x", b""), ("0x00FF5C", b"\0\xff\\")]),
    ("varbinary(max)", [("CAST(REPLICATE(CAST('v' AS varchar(max)), 20000) AS varbinary(max))", b"v" * 20000)]),
    ("image", [("0x0102", b"\1\2"), ("0x", b"")]),
    (
        "uniqueidentifier",
        [
            (
                "'6F9619FF-8B86-D011-B42D-00C04FC964FF'",
                uuid.UUID("6F9619FF-8B86-D011-B42D-00C04FC964FF"),
            )
        ],
    ),
]  # fmt: skip


def sync(sandbox: Sandbox, database: PgDatabase, **changes: Any) -> TableOutcome:
    configured = entry(
        **{"sql_table": "[McTM].[dbo].[T]", "pg_table": "t", "order_by": "ID", **changes}
    )
    found = parse_table_configs({"t": configured})["t"]
    return sync_table(found, sandbox.settings(database))


@pytest.mark.parametrize(("type_", "values"), CASES, ids=[case[0] for case in CASES])
def test_every_value_at_the_edge_of_a_type_arrives(
    sandbox: Sandbox,
    table_in: Callable[[str], None],
    module_pg_database: PgDatabase,
    type_: str,
    values: list[tuple[str, Any]],
) -> None:
    module_pg_database.run("DROP TABLE IF EXISTS t")
    table_in(f"CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name {type_} NULL)")
    for place, (written, _) in enumerate(values):
        table_in(f"INSERT INTO dbo.T (ID, Name) VALUES ({place}, {written})")
    table_in(f"INSERT INTO dbo.T (ID, Name) VALUES ({len(values)}, NULL)")
    outcome = sync(sandbox, module_pg_database)
    assert outcome.status is Status.OK, outcome.error
    with module_pg_database.connect() as reader, reader.cursor(binary=True) as cursor:
        cursor.execute("SET timezone = 'UTC'")
        cursor.execute("SELECT name FROM t ORDER BY id")
        found = [row[0] for row in cursor.fetchall()]
    expected = [value for _, value in values] + [None]
    assert found == expected
    assert list(map(type, found)) == list(map(type, expected))


def test_a_rowversion_and_computed_and_identity_columns_cross_as_values(
    sandbox: Sandbox, table_in: Callable[[str], None], module_pg_database: PgDatabase
) -> None:
    module_pg_database.run("DROP TABLE IF EXISTS t")
    table_in(
        "CREATE TABLE dbo.T (ID int IDENTITY(5,2) NOT NULL PRIMARY KEY, Name nvarchar(10) NULL, "
        "Twice AS (ID * 2), Version rowversion NOT NULL)"
    )
    table_in("INSERT INTO dbo.T (Name) VALUES (N'a'), (N'b')")
    names = ["ID", "Name", "Twice", "Version"]
    outcome = sync(
        sandbox, module_pg_database, columns=names, pg_columns=[n.lower() for n in names]
    )
    assert outcome.status is Status.OK, outcome.error
    found = module_pg_database.rows("SELECT id, name, twice, version FROM t ORDER BY id")
    expected = sandbox.rows("SELECT ID, Name, Twice, Version FROM dbo.T ORDER BY ID")
    assert [row[:3] for row in found] == [(5, "a", 10), (7, "b", 14)]
    assert found == expected
