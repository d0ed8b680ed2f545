"""The depth ``count`` compares numbers of rows, of the rows that the entry carries."""

import pytest

from tableferry.verification.counting import count_table
from tableferry.verification.differences import DifferenceKind, Differences
from tests.integration.verify.conftest import ROWS, Pair
from tests.support.comparing import both_sides

pytestmark = pytest.mark.with_ledger

MISSING, EXTRA, _ = DifferenceKind


def counted(pair: Pair, **changes: object) -> Differences:
    settings = pair.source.settings(pair.target)
    with both_sides(pair.spec(**changes), settings) as (plan, sides):
        return count_table(plan, sides)


def test_equal_numbers_are_no_difference_whatever_the_values(loaded: Pair) -> None:
    loaded.target.run("UPDATE t SET name = 'damaged'")
    found = counted(loaded)
    assert (found.source_rows, found.target_rows, found.total) == (ROWS, ROWS, 0)


def test_rows_too_few_are_missing_and_rows_too_many_extra(loaded: Pair) -> None:
    loaded.target.run("DELETE FROM t WHERE id <= 3")
    found = counted(loaded)
    assert found.counts == {MISSING: 3}
    assert not found.all_kept
    loaded.source.run("DELETE FROM dbo.T WHERE ID > 100")
    assert counted(loaded).counts == {EXTRA: ROWS - 103}


def test_only_rows_that_the_entry_carries_are_counted(loaded: Pair) -> None:
    loaded.target.run("DELETE FROM t WHERE id > 10")
    found = counted(loaded, where="ID <= 10 -- the first")
    assert (found.source_rows, found.target_rows, found.total) == (10, 10, 0)


def test_rows_that_are_marked_as_deleted_are_left_out(pair: Pair) -> None:
    pair.source.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(20))")
    pair.source.run("INSERT INTO dbo.T VALUES (1, N'a'), (2, N'b')")
    pair.target.run("CREATE TABLE t (id int PRIMARY KEY, name text, gone timestamptz)")
    changes = {"publish": "merge", "deletes": "soft:gone"}
    pair.load(**changes)
    pair.source.run("DELETE FROM dbo.T WHERE ID = 2")
    pair.load(**changes)
    found = counted(pair, **changes)
    assert (found.source_rows, found.target_rows, found.total) == (1, 1, 0)


def test_counting_stops_where_it_is_told_to_though_the_target_waits(loaded: Pair) -> None:
    class StopError(Exception):
        pass

    def stop() -> None:
        raise StopError

    settings = loaded.source.settings(loaded.target)
    with (
        both_sides(loaded.spec(), settings, stop) as (plan, sides),
        loaded.target.connect() as other,
        other.transaction(),
    ):
        other.execute("LOCK TABLE t")
        with pytest.raises(StopError):
            count_table(plan, sides)
