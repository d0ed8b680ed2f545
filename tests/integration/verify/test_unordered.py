"""Rows that both databases do not sort alike are compared as sets, whatever their key is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tableferry.sqlserver import SourceConnection
from tableferry.verification.differences import Difference, DifferenceKind, Differences
from tableferry.verification.set_comparison import Limits
from tableferry.verification.sides import Sides
from tableferry.verification.unordered import compare_unordered
from tests.integration.verify.conftest import Pair
from tests.support.comparing import both_sides

pytestmark = pytest.mark.with_ledger

ROWS = 300
MISSING, EXTRA, DIFFERENT = DifferenceKind


@dataclass
class Loaded:
    """A table that was loaded; ``reads`` counts how often the source was read by a comparison."""

    pair: Pair
    entry: dict[str, Any]
    reads: int = 0

    def compare(self, limits: Limits | None = None, *, show_values: bool = False) -> Differences:
        settings = self.pair.source.settings(self.pair.target)
        with both_sides(self.pair.spec(**self.entry), settings) as (plan, sides):
            counted = Sides(lambda: self._open(sides), sides.into, sides.check)
            return compare_unordered(plan, counted, show_values=show_values, limits=limits)

    def _open(self, sides: Sides) -> SourceConnection:
        self.reads += 1
        return sides.open_source()


Make = Callable[..., Loaded]


@pytest.fixture
def make(pair: Pair) -> Make:
    def make(columns: str, rows: str, **changes: Any) -> Loaded:
        pair.source.run(f"CREATE TABLE dbo.T ({columns})")
        pair.source.run(f"INSERT INTO dbo.T {rows}")
        pair.load(**changes)
        return Loaded(pair, changes)

    return make


def kinds(found: Differences) -> dict[str, int]:
    """How many rows differ, by kind."""
    return {kind.value: count for kind, count in found.counts.items() if count}


def keys(found: Differences, kind: DifferenceKind) -> list[str | None]:
    """The keys of the rows that differ so, of a key of one column."""
    return sorted((one.key[0] for one in found.kept if one.kind is kind), key=str)


def coded(make: Make, collation: str = "Latin1_General_CI_AS", **changes: object) -> Loaded:
    """A table whose key is a text."""
    return make(
        f"Code nvarchar(40) COLLATE {collation} NOT NULL PRIMARY KEY, "
        "Name nvarchar(40), Number int",
        "SELECT CONCAT(N'Käse-', value), CONCAT(N'name ', value), value "
        f"FROM GENERATE_SERIES(1, {ROWS})",
        **changes,
    )


COLLATIONS = pytest.mark.parametrize(
    "collation",
    [
        "Latin1_General_CI_AS",
        "SQL_Latin1_General_CP1_CI_AI",
        "Latin1_General_100_CS_AS",
        "Latin1_General_100_BIN2",
        "Japanese_CI_AS",
        "Turkish_CI_AS",
        "Latin1_General_100_CI_AS_SC_UTF8",
    ],
)


@COLLATIONS
def test_tables_with_collated_keys_are_equal_after_a_load(make: Make, collation: str) -> None:
    table = coded(make, collation)
    found = table.compare()
    assert (found.total, found.source_rows, found.target_rows) == (0, ROWS, ROWS)
    assert table.reads == 1


@COLLATIONS
def test_damage_to_rows_with_collated_keys_is_found_by_key_and_column(
    make: Make, collation: str
) -> None:
    table = coded(make, collation)
    table.pair.source.run("DELETE FROM dbo.T WHERE Number = 1")
    table.pair.target.run("DELETE FROM t WHERE number = 2")
    table.pair.target.run("UPDATE t SET name = 'damaged' WHERE number = 3")
    table.pair.target.run("UPDATE t SET number = NULL WHERE number = 4")
    found = table.compare(show_values=True)
    assert kinds(found) == {"missing": 1, "extra": 1, "different": 2}
    assert keys(found, EXTRA) == ["Käse-1"]
    assert keys(found, MISSING) == ["Käse-2"]
    assert found.by_column == {"Name": 1, "Number": 1}
    assert Difference(
        DIFFERENT, ("Käse-3",), ("Name",), {"Name": "name 3"}, {"Name": "damaged"}
    ) in found.kept  # fmt: skip
    assert table.reads == 2


def test_a_key_that_was_spelled_anew_is_another_row(make: Make) -> None:
    table = coded(make)
    table.pair.source.run("UPDATE dbo.T SET Code = UPPER(Code) WHERE Number = 7")
    found = table.compare()
    assert keys(found, MISSING) == ["KÄSE-7"]
    assert keys(found, EXTRA) == ["Käse-7"]


def test_keys_that_a_target_compares_without_case_are_compared_as_they_are_spelled(
    make: Make,
) -> None:
    table = make(
        "Code nvarchar(40) NOT NULL PRIMARY KEY, Number int",
        f"SELECT CONCAT(N'Code-', value), value FROM GENERATE_SERIES(1, {ROWS})",
    )
    table.pair.target.run("CREATE EXTENSION IF NOT EXISTS citext")
    table.pair.target.run("ALTER TABLE t ALTER code TYPE citext")
    assert table.compare().total == 0
    table.pair.target.run("UPDATE t SET code = lower(code::text) WHERE number = 5")
    assert kinds(table.compare()) == {"missing": 1, "extra": 1}


def test_uniqueidentifiers_need_no_order(make: Make) -> None:
    table = make(
        "ID uniqueidentifier NOT NULL PRIMARY KEY, Number int",
        f"SELECT NEWID(), value FROM GENERATE_SERIES(1, {ROWS})",
    )
    assert table.compare().total == 0
    [(damaged,)] = table.pair.target.rows(
        "UPDATE t SET number = 0 WHERE number = 9 RETURNING id::text"
    )
    found = table.compare()
    assert [(one.kind, one.key, one.columns) for one in found.kept] == [
        (DIFFERENT, (damaged,), ("Number",))
    ]


def test_composite_keys_in_another_order_than_the_columns_are_paired(make: Make) -> None:
    table = make(
        "Number int NOT NULL, Name nvarchar(40) NOT NULL, Value float, "
        "Part nvarchar(20) NOT NULL, PRIMARY KEY (Part, Number)",
        "SELECT value % 20, CONCAT(N'name ', value), value / 3.0, CONCAT(N'part ', value / 20) "
        f"FROM GENERATE_SERIES(0, {ROWS})",
        primary_key=["Part", "Number"],
    )
    assert table.compare().total == 0
    table.pair.target.run("UPDATE t SET value = 0 WHERE part = 'part 3' AND number = 7")
    (found,) = table.compare().kept
    assert (found.kind, found.key, found.columns) == (DIFFERENT, ("part 3", "7"), ("Value",))


def keyless(make: Make, columns: str = "Name nvarchar(40), Number int") -> Loaded:
    return make(
        columns,
        "SELECT CONCAT(N'name ', value % 5), value % 5 FROM GENERATE_SERIES(1, 50)",
    )


def test_rows_without_a_key_are_compared_as_often_as_they_come(make: Make) -> None:
    table = keyless(make)
    assert table.compare().total == 0
    table.pair.target.run("INSERT INTO t VALUES ('name 3', 3)")
    table.pair.target.run(
        "DELETE FROM t WHERE ctid IN (SELECT ctid FROM t WHERE number = 1 ORDER BY ctid LIMIT 2)"
    )
    found = table.compare()
    assert kinds(found) == {"missing": 2, "extra": 1}
    assert {one.key for one in found.kept} == {("name 1", "1"), ("name 3", "3")}


def test_values_without_a_key_that_are_equal_in_another_form_are_no_difference(make: Make) -> None:
    table = keyless(make, "Name nvarchar(40), Number decimal(9, 2)")
    table.pair.target.run("ALTER TABLE t ALTER number TYPE numeric")
    table.pair.target.run("UPDATE t SET number = number + 0.0000 WHERE number < 3")
    assert table.compare().total == 0
    table.pair.target.run("UPDATE t SET number = 3.001 WHERE number = 3")
    assert kinds(table.compare()) == {"missing": 10, "extra": 10}


def test_an_empty_table_is_equal_to_an_empty_one(make: Make) -> None:
    table = coded(make)
    table.pair.source.run("DELETE FROM dbo.T")
    table.pair.target.run("DELETE FROM t")
    found = table.compare()
    assert (found.total, found.source_rows, found.target_rows) == (0, 0, 0)


def test_every_row_of_an_emptied_target_is_missing(make: Make) -> None:
    table = coded(make)
    table.pair.target.run("DELETE FROM t")
    assert kinds(table.compare()) == {"missing": ROWS}


def test_more_rows_that_differ_than_fit_into_memory_are_all_counted_and_found(make: Make) -> None:
    table = coded(make)
    table.pair.target.run("UPDATE t SET name = name || '!' WHERE number % 3 = 0")
    limits = Limits(kept_bytes=20_000, hashed_rows=150, row_reads=100)
    found = table.compare(limits=limits)
    assert kinds(found) == {"different": ROWS // 3}
    assert found.by_column == {"Name": ROWS // 3}
    assert len({one.key for one in found.kept}) == ROWS // 3


def test_rows_that_a_quarantine_holds_back_are_counted_as_refused(make: Make) -> None:
    table = make(
        "Code nvarchar(20) NOT NULL PRIMARY KEY, Name nvarchar(40)",
        "SELECT CONCAT(N'code ', value), IIF(value = 3, N'a' + NCHAR(0), N'b') "
        "FROM GENERATE_SERIES(1, 10)",
        on_invalid="quarantine",
        max_invalid=1,
    )
    found = table.compare()
    assert found.total == 0
    assert (found.source_rows, found.target_rows) == (10, 9)
    assert sum(found.refused["Name"].values()) == 1


def test_blanks_that_pad_a_key_are_no_difference(make: Make) -> None:
    table = make(
        "Code nchar(20) NOT NULL PRIMARY KEY, Number int",
        f"SELECT CONCAT(N'code ', value), value FROM GENERATE_SERIES(1, {ROWS})",
        type_overrides={"Code": "char(30)"},
    )
    assert table.compare().total == 0


def test_the_comparison_stops_where_it_is_told_to(make: Make) -> None:
    class StopError(Exception):
        pass

    def stop() -> None:
        raise StopError

    table = coded(make)
    settings = table.pair.source.settings(table.pair.target)
    with (
        pytest.raises(StopError),
        both_sides(table.pair.spec(), settings, stop) as (plan, sides),
    ):
        compare_unordered(plan, sides)
