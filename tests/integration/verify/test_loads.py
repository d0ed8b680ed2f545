"""What any load has left is equal: every publishing strategy, every policy."""

from typing import Any

import pytest

from tests.integration.verify.conftest import Pair
from tests.support.comparing import summary

pytestmark = pytest.mark.with_ledger

TABLE = "CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(20), Code char(6))"


def fill(pair: Pair, *names: str) -> None:
    pair.source.run(TABLE)
    for number, name in enumerate(names, 1):
        pair.source.run(f"INSERT INTO dbo.T VALUES ({number}, {name}, 'c{number}')")


@pytest.mark.parametrize("publish", ["swap", "merge", "truncate"])
def test_what_a_strategy_has_published_is_equal(pair: Pair, publish: str) -> None:
    fill(pair, "N'a'", "N'b'", "NULL", "N'd'")
    pair.target.run("CREATE TABLE t (id int PRIMARY KEY, name text, code text, extra int)")
    pair.load(publish=publish, drift="ignore")
    assert pair.compare(publish=publish, drift="ignore").total == 0
    pair.source.run("UPDATE dbo.T SET Name = N'A' WHERE ID = 1")
    pair.source.run("DELETE FROM dbo.T WHERE ID = 2")
    pair.source.run("INSERT INTO dbo.T VALUES (9, N'new', 'c9')")
    assert summary(pair.compare(publish=publish, drift="ignore")) == [
        ("different", ("1",), ("Name",)),
        ("extra", ("2",), ()),
        ("missing", ("9",), ()),
    ]
    pair.load(publish=publish, drift="ignore", max_shrink=100)
    assert pair.compare(publish=publish, drift="ignore").total == 0


def test_rows_that_are_marked_as_deleted_are_not_compared(pair: Pair) -> None:
    fill(pair, "N'a'", "N'b'", "N'c'")
    changes: dict[str, Any] = {"publish": "merge", "deletes": "soft:deleted_at"}
    pair.load(**changes)
    pair.source.run("DELETE FROM dbo.T WHERE ID = 2")
    pair.load(**changes, max_shrink=100)
    found = pair.compare(**changes)
    assert (found.total, found.target_rows) == (0, 2)
    pair.target.run("UPDATE t SET deleted_at = NULL WHERE id = 2")
    assert summary(pair.compare(**changes)) == [("extra", ("2",), ())]
    pair.target.run("UPDATE t SET deleted_at = now() WHERE id IN (2, 3)")
    assert summary(pair.compare(**changes)) == [("missing", ("3",), ())]


@pytest.mark.parametrize("policy", ["strip", "replace"])
def test_values_that_a_policy_has_altered_are_counted_and_are_no_difference(
    pair: Pair, policy: str
) -> None:
    fill(pair, "N'a' + NCHAR(0) + N'b'", "NCHAR(0xD83D) + N'x'", "N'fine'", "NCHAR(0xFFFD)")
    loaded = pair.load(on_invalid=policy)
    found = pair.compare(on_invalid=policy)
    assert found.total == 0
    assert found.touched == loaded.to_dict()["touched"]
    assert set(found.touched) == {"Name"}
    pair.target.run("UPDATE t SET name = 'a' WHERE id = 1")
    assert summary(pair.compare(on_invalid=policy)) == [("different", ("1",), ("Name",))]


def test_a_row_that_a_policy_has_set_aside_is_not_missing(pair: Pair) -> None:
    fill(pair, "N'a' + NCHAR(0) + N'b'", "NCHAR(0xD83D) + N'x'", "N'fine'", "N'good'")
    changes: dict[str, Any] = {"on_invalid": "quarantine", "max_invalid": 2}
    pair.load(**changes)
    found = pair.compare(**changes)
    assert found.total == 0
    assert (found.source_rows, found.target_rows) == (4, 2)
    assert found.refused == {"Name": {"U+0000": 1, "an unpaired surrogate": 1}}
    pair.target.run("DELETE FROM t WHERE id = 3")
    assert summary(pair.compare(**changes)) == [("missing", ("3",), ())]


@pytest.mark.parametrize("blanks", ["keep", "trim"])
def test_blanks_that_pad_a_text_are_compared_as_they_were_loaded(pair: Pair, blanks: str) -> None:
    fill(pair, "N'a '", "N'b'")
    pair.load(trailing_blanks=blanks)
    assert pair.compare(trailing_blanks=blanks).total == 0
    other = {"keep": "trim", "trim": "keep"}[blanks]
    assert pair.compare(trailing_blanks=other).by_column == {"Code": 2}


def test_only_the_rows_of_the_condition_are_compared(pair: Pair) -> None:
    fill(pair, "N'a'", "N'b'", "N'c'")
    pair.load(where="ID > 1")
    found = pair.compare(where="ID > 1")
    assert (found.total, found.source_rows, found.target_rows) == (0, 2, 2)
    assert summary(pair.compare()) == [("missing", ("1",), ())]


def test_excluded_columns_are_not_compared(pair: Pair) -> None:
    fill(pair, "N'a'", "N'b'")
    pair.load(exclude=["Name"])
    pair.source.run("UPDATE dbo.T SET Name = N'other'")
    found = pair.compare(exclude=["Name"])
    assert (found.total, found.not_compared) == (0, {})
