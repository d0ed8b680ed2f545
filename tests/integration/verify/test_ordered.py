"""Tables whose keys both databases sort alike: what differs is found by key and column."""

import pytest

from tableferry.verification.differences import DifferenceKind
from tests.integration.verify.conftest import ROWS, Pair
from tests.support.comparing import summary

pytestmark = pytest.mark.with_ledger


def test_a_table_that_was_loaded_is_equal(loaded: Pair) -> None:
    found = loaded.compare()
    assert (found.source_rows, found.target_rows) == (ROWS, ROWS)
    assert found.total == 0
    assert found.not_compared == {}


@pytest.mark.parametrize("key", [1, 2, 2500, ROWS])
def test_a_damaged_value_is_found_by_its_key_and_column(loaded: Pair, key: int) -> None:
    loaded.target.run(f"UPDATE t SET amount = amount + 0.01 WHERE id = {key}")
    found = loaded.compare()
    assert summary(found) == [("different", (str(key),), ("Amount",))]
    assert found.by_column == {"Amount": 1}
    [only] = found.kept
    assert float(str(only.target["Amount"])) == pytest.approx(
        float(str(only.source["Amount"])) + 0.01
    )


def test_values_are_kept_only_where_they_are_to_be_shown(loaded: Pair) -> None:
    loaded.target.run("UPDATE t SET name = 'secret' WHERE id = 7")
    [found] = loaded.compare(show_values=False).kept
    assert (found.source, found.target) == ({}, {})
    [found] = loaded.compare(show_values=True).kept
    assert found.target == {"Name": "secret"}


@pytest.mark.parametrize("key", [1, 2500, ROWS])
def test_a_row_that_was_removed_is_missing(loaded: Pair, key: int) -> None:
    loaded.target.run(f"DELETE FROM t WHERE id = {key}")
    found = loaded.compare()
    assert summary(found) == [("missing", (str(key),), ())]
    assert (found.source_rows, found.target_rows) == (ROWS, ROWS - 1)


@pytest.mark.parametrize("key", [0, ROWS + 1])
def test_a_row_that_only_the_target_has_is_extra(loaded: Pair, key: int) -> None:
    loaded.target.run(f"INSERT INTO t VALUES ({key}, 'extra', 1)")
    assert summary(loaded.compare()) == [("extra", (str(key),), ())]


def test_a_row_under_another_key_is_missing_and_extra(loaded: Pair) -> None:
    loaded.target.run("UPDATE t SET id = -5 WHERE id = 4000")
    assert summary(loaded.compare()) == [("extra", ("-5",), ()), ("missing", ("4000",), ())]


def test_a_doubled_row_is_extra_once_whichever_copy_is_damaged(loaded: Pair) -> None:
    loaded.target.run(
        "ALTER TABLE t DROP CONSTRAINT t_pkey",
        "INSERT INTO t SELECT id, 'damaged', amount FROM t WHERE id IN (1, 2500, 5000)",
        "INSERT INTO t SELECT * FROM t WHERE id = 3000",
    )
    found = summary(loaded.compare())
    assert found == [("extra", (key,), ()) for key in ("1", "2500", "3000", "5000")]


def test_swapped_values_of_two_rows_are_two_differences(loaded: Pair) -> None:
    loaded.target.run(
        "UPDATE t SET name = o.name FROM t AS o WHERE (t.id, o.id) IN ((10, 4990), (4990, 10))"
    )
    assert summary(loaded.compare()) == [
        ("different", ("10",), ("Name",)),
        ("different", ("4990",), ("Name",)),
    ]


def test_every_row_may_differ(loaded: Pair) -> None:
    loaded.target.run("UPDATE t SET name = name || '!'")
    found = loaded.compare()
    assert found.counts == {DifferenceKind.DIFFERENT: ROWS}
    assert found.by_column == {"Name": ROWS}


def test_every_second_row_may_be_missing_and_every_third_differ(loaded: Pair) -> None:
    loaded.target.run("DELETE FROM t WHERE id % 2 = 0", "UPDATE t SET amount = 0 WHERE id % 3 = 0")
    found = loaded.compare()
    third_and_there = len([n for n in range(1, ROWS + 1) if n % 3 == 0 and n % 2])
    assert found.counts == {
        DifferenceKind.MISSING: ROWS // 2,
        DifferenceKind.DIFFERENT: third_and_there,
    }


def test_an_emptied_target_lacks_every_row(loaded: Pair) -> None:
    loaded.target.run("TRUNCATE t")
    found = loaded.compare()
    assert found.counts == {DifferenceKind.MISSING: ROWS}
    assert (found.source_rows, found.target_rows) == (ROWS, 0)


def test_an_emptied_source_leaves_only_extra_rows(loaded: Pair) -> None:
    loaded.source.run("DELETE FROM dbo.T")
    found = loaded.compare()
    assert found.counts == {DifferenceKind.EXTRA: ROWS}
    assert (found.source_rows, found.target_rows) == (0, ROWS)


def test_two_empty_tables_are_equal(loaded: Pair) -> None:
    loaded.source.run("DELETE FROM dbo.T")
    loaded.target.run("TRUNCATE t")
    assert loaded.compare().total == 0
