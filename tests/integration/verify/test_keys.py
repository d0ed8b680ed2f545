"""Keys that both databases sort alike are compared in order, also a range of them by itself.

The order of a uniqueidentifier: "Comparing GUID and uniqueidentifier Values" (learn.microsoft.com).
"""

from collections.abc import Sequence

import pytest

from tableferry import sqlserver
from tableferry.model.key_range import KeyRange
from tableferry.runs.make_plan import make_plan
from tableferry.verification.compare_table import can_compare_ranges
from tests.integration.verify.conftest import Pair
from tests.support.comparing import both_sides, compare, summary

pytestmark = pytest.mark.with_ledger

ROWS = 900

KEYS = {
    "int": "value - 300",
    "bigint": "CAST(value AS bigint) * 10000000000 * (value % 2 * 2 - 1)",
    "smallint": "value * (value % 2 * 2 - 1)",
    "decimal(9,2)": "(value - 300) / 4.0",
    "decimal(38,0)": "value - 300",
    "money": "(value - 300) / 8.0",
    "date": "DATEADD(DAY, value * 7 - 3000, '20000101')",
    "time(3)": "DATEADD(MILLISECOND, value * 977, CAST('00:00' AS time(3)))",
    "datetime": "DATEADD(SECOND, value * 5003 - 900000, CAST('20000101' AS datetime))",
    "datetime2(3)": "DATEADD(MILLISECOND, value * 7919, CAST('19991231' AS datetime2(3)))",
    "datetime2(7)": "DATEADD(NANOSECOND, value * 1000, CAST('19991231' AS datetime2(7)))",
    "datetimeoffset(3)": "TODATETIMEOFFSET(DATEADD(SECOND, value * 61, '20000101'), value % 120)",
    "uniqueidentifier": "NEWID()",
    "binary(4)": "CAST(value * 7 AS binary(4))",
    "varbinary(6)": "CAST(value * 7 AS varbinary(4)) + CAST(value % 3 AS binary(1))",
}
"""A type, and an expression for the key of the row with this number."""


def fill(pair: Pair, type_: str, key: str) -> None:
    pair.source.run(f"CREATE TABLE dbo.T (ID {type_} NOT NULL PRIMARY KEY, Name nvarchar(50))")
    pair.source.run(
        f"INSERT INTO dbo.T SELECT {key}, CONCAT(N'name ', value) FROM GENERATE_SERIES(1, {ROWS})"
    )
    pair.load()


def ranges_of(pair: Pair, chunks: int) -> Sequence[KeyRange]:
    with both_sides(pair.spec(), pair.source.settings(pair.target)) as (plan, sides):
        with sides.open_source() as connection:
            found = sqlserver.split_table(connection, plan, chunks).ranges
        assert len(found) == chunks
        assert can_compare_ranges(plan, found)
        return found


@pytest.mark.parametrize(("type_", "key"), KEYS.items(), ids=list(KEYS))
def test_ranges_of_a_key_are_compared_by_themselves(pair: Pair, type_: str, key: str) -> None:
    fill(pair, type_, key)
    settings = pair.source.settings(pair.target)
    assert pair.compare().total == 0
    pair.target.run(
        "UPDATE t SET name = 'damaged' WHERE name = 'name 400'",
        "DELETE FROM t WHERE name = 'name 800'",
    )
    whole = pair.compare()
    assert sorted(one.kind.value for one in whole.kept) == ["different", "missing"]
    ranges = ranges_of(pair, 5)
    together = compare(pair.spec(), settings, ranges=ranges)
    assert summary(together) == summary(whole)
    assert (together.source_rows, together.target_rows) == (ROWS, ROWS - 1)
    parts = [compare(pair.spec(), settings, ranges=[keys]) for keys in ranges]
    assert sorted(one for part in parts for one in summary(part)) == summary(whole)
    assert sum(part.target_rows for part in parts) == ROWS - 1
    some = compare(pair.spec(), settings, ranges=[ranges[1], ranges[3]])
    assert some.source_rows == parts[1].source_rows + parts[3].source_rows
    assert summary(some) == sorted([*summary(parts[1]), *summary(parts[3])])


def test_a_key_of_several_columns_is_compared_in_its_order(pair: Pair) -> None:
    pair.source.run(
        "CREATE TABLE dbo.T (A uniqueidentifier NOT NULL, B int NOT NULL, C date NOT NULL, "
        "Name nvarchar(50), PRIMARY KEY (B, A, C))"
    )
    pair.source.run(
        "INSERT INTO dbo.T SELECT NEWID(), value % 7 - 3, DATEADD(DAY, value, '20000101'), "
        f"CONCAT(N'name ', value) FROM GENERATE_SERIES(1, {ROWS})"
    )
    pair.load()
    pair.target.run("UPDATE t SET name = 'damaged' WHERE name IN ('name 1', 'name 900')")
    found = pair.compare()
    assert found.by_column == {"Name": 2}
    ranges = ranges_of(pair, 4)
    parts = [compare(pair.spec(), pair.source.settings(pair.target), ranges=[r]) for r in ranges]
    assert sorted(one for part in parts for one in summary(part)) == summary(found)


def test_the_key_of_a_difference_finds_the_row_at_the_source(pair: Pair) -> None:
    fill(pair, "datetime2(3)", KEYS["datetime2(3)"])
    pair.target.run("DELETE FROM t WHERE name = 'name 77'")
    [found] = pair.compare().kept
    rows = pair.source.rows(f"SELECT Name FROM dbo.T WHERE ID = '{found.key[0]}'")
    assert rows == [("name 77",)]


def test_a_bound_with_a_seventh_digit_has_no_condition_in_the_target(pair: Pair) -> None:
    fill(
        pair, "datetime2(7)", "DATEADD(NANOSECOND, value * 1100, CAST('19991231' AS datetime2(7)))"
    )
    settings = pair.source.settings(pair.target)
    with both_sides(pair.spec(), settings) as (plan, sides), sides.open_source() as connection:
        ranges = sqlserver.split_table(connection, plan, 7).ranges
        assert not can_compare_ranges(plan, ranges)
        assert make_plan(pair.spec(), connection, sides.into).key == plan.key
