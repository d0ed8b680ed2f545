"""What loads and comparisons of bytes have in common is checked by other code, on a sample."""

from random import Random
from typing import Any

import pytest

from tableferry.verification import independent_sample, sample
from tableferry.verification.compare_table import compare_table
from tableferry.verification.differences import DifferenceKind, Differences
from tableferry.verification.independent_sample import compare_independently
from tableferry.verification.sample import choose_ranges
from tests.integration.verify.conftest import ROWS, Pair
from tests.support.comparing import both_sides

pytestmark = pytest.mark.with_ledger

EQUAL = "read once more by other code than the loads' and have equal values"


@pytest.fixture(autouse=True)
def _small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "ROWS_EACH", ROWS // 10)
    monkeypatch.setattr(independent_sample, "KEYS_AT_ONCE", 150)


def looked_at(pair: Pair, ranges: int = 2, **changes: Any) -> tuple[str, Differences]:
    settings = pair.source.settings(pair.target)
    found = Differences()
    with both_sides(pair.spec(**changes), settings) as (plan, sides):
        chosen = choose_ranges(plan, sides, ranges, Random(1)).ranges
        return compare_independently(plan, sides, chosen, found), found


def test_equal_rows_are_told_to_be_equal(loaded: Pair) -> None:
    words, found = looked_at(loaded)
    assert words == f"{2 * ROWS // 10:,} rows were {EQUAL}"
    assert found == Differences()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("uniqueidentifier", "NEWID()"),
        ("nvarchar(40)", "CONCAT(N'Käse''%s ', value)"),
        (
            "datetime2(6)",
            "DATEADD(MICROSECOND, value, CAST('2024-02-29T23:59:59.9' AS datetime2(6)))",
        ),
        ("datetimeoffset(3)", "TODATETIMEOFFSET(DATEADD(SECOND, value, '2024-01-01'), '+02:00')"),
        ("decimal(12, 3)", "value / 8.0"),
        ("varbinary(20)", "CAST(value AS varbinary(8))"),
        ("date", "DATEADD(DAY, value, '2000-01-01')"),
    ],
)
def test_rows_are_paired_by_keys_of_many_types(pair: Pair, kind: str, value: str) -> None:
    pair.source.run(f"CREATE TABLE dbo.T (K {kind} NOT NULL PRIMARY KEY, V int)")
    pair.source.run(f"INSERT INTO dbo.T SELECT {value}, value FROM GENERATE_SERIES(1, 400)")
    pair.load()
    words, found = looked_at(pair)
    assert words == f"400 rows were {EQUAL}"
    assert found.total == 0


def test_a_mistake_that_the_comparison_of_bytes_shares_is_found(
    loaded: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mistake is made where the bytes of both sides come from: values of one are turned."""
    loaded.target.run("UPDATE t SET amount = amount + 1 WHERE id % 10 = 3")
    monkeypatch.setattr(
        independent_sample, "compare_ranges", lambda *_given, **_named: (Differences(), True)
    )
    words, found = looked_at(loaded)
    assert found.by_column == {"Amount": 2 * ROWS // 100}
    assert found.counts == {DifferenceKind.DIFFERENT: 2 * ROWS // 100}
    assert "Amount" in found.warnings[0]
    assert EQUAL not in words


def test_values_that_the_bytes_show_to_differ_are_no_mistake_of_theirs(loaded: Pair) -> None:
    """A row that changes while it is verified is found by its bytes, too."""
    loaded.source.run("UPDATE dbo.T SET Amount = Amount + 1")
    _, found = looked_at(loaded)
    assert found.total == 0
    settings = loaded.source.settings(loaded.target)
    with both_sides(loaded.spec(), settings) as (plan, sides):
        assert compare_table(plan, sides).total == ROWS


def test_rows_in_ranges_in_which_bytes_differ_are_not_told_to_be_equal(loaded: Pair) -> None:
    tenth = ROWS // 10
    loaded.target.run("UPDATE t SET name = 'damaged' WHERE id = 7")
    words, _ = looked_at(loaded, ranges=10)
    assert words == (
        f"{ROWS:,} rows were read once more by other code than the loads'; {tenth:,} of them are "
        "in ranges in which bytes differ, the others have equal values"
    )
    loaded.target.run("UPDATE t SET name = 'damaged'")
    words, found = looked_at(loaded)
    assert words == (
        f"{2 * tenth:,} rows were read once more by other code than the loads'; all are in ranges "
        "in which bytes differ, so that this shows no more"
    )
    assert found.total == 0


def test_rows_that_only_one_side_has_are_told_not_to_have_been_compared(loaded: Pair) -> None:
    loaded.target.run("DELETE FROM t WHERE id <= 3")
    words, _ = looked_at(loaded, ranges=10)
    assert words == f"{ROWS - 3:,} rows were {EQUAL}; 3 rows had no counterpart"


@pytest.mark.parametrize("order", ["(1, 1), (1, 2), (2, 3)", "(1, 2), (1, 1), (2, 3)"])
def test_rows_of_one_key_are_paired_with_those_that_they_are_equal_to(
    pair: Pair, order: str
) -> None:
    pair.source.run("CREATE TABLE dbo.T (ID int NOT NULL, V int)")
    pair.source.run("INSERT INTO dbo.T VALUES (1, 1), (1, 2), (2, 3)")
    pair.target.run("CREATE TABLE t (id int, v int)", f"INSERT INTO t VALUES {order}")
    words, found = looked_at(pair, primary_key="ID", publish="truncate")
    assert words == f"3 rows were {EQUAL}"
    assert found.total == 0


def test_what_policies_altered_is_no_difference(pair: Pair) -> None:
    pair.source.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V nvarchar(20), P nchar(9))")
    pair.source.run(
        "INSERT INTO dbo.T VALUES (1, N'a' + NCHAR(0) + N'b', N'x'), (2, NCHAR(0xD800), N'y'), "
        "(3, NCHAR(0xD83D) + NCHAR(0xDE00), N'')"
    )
    changes = {"on_invalid": "replace", "trailing_blanks": "trim"}
    pair.load(**changes)
    words, found = looked_at(pair, **changes)
    assert words == f"3 rows were {EQUAL}"
    assert found.total == 0


def test_without_a_key_it_is_told_that_nothing_was_compared(pair: Pair) -> None:
    pair.source.run("CREATE TABLE dbo.T (V int)")
    pair.source.run("INSERT INTO dbo.T VALUES (1)")
    pair.load()
    settings = pair.source.settings(pair.target)
    with both_sides(pair.spec(), settings) as (plan, sides):
        words = compare_independently(plan, sides, (), Differences())
    assert words == "not compared independently: there is no key to pair rows by"
