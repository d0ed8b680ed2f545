"""An entry's ``primary_key`` need not be unique: each row of a key counts, on both sides."""

from collections.abc import Sequence
from typing import Any

import pytest

from tableferry import sqlserver
from tableferry.runs.repair import repair_table
from tableferry.runs.verify_tables import verify_tables
from tableferry.verification.by_key import compare_keys
from tableferry.verification.options import VerifyOptions
from tableferry.verification.result import TableVerification, Verdict
from tests.integration.verify.conftest import Pair
from tests.support.comparing import both_sides

pytestmark = pytest.mark.with_ledger

CHANGES: dict[str, Any] = {"primary_key": "ID", "publish": "truncate"}
ROWS = [(1, 1), (1, 2), (2, 3)]


@pytest.fixture
def doubled(pair: Pair) -> Pair:
    """Two rows of dbo.T have the key 1."""
    pair.source.run("CREATE TABLE dbo.T (ID int NOT NULL, V int)")
    pair.source.run("INSERT INTO dbo.T VALUES (1, 1), (1, 2), (2, 3)")
    pair.target.run("CREATE TABLE t (id int, v int)")
    pair.load(**CHANGES)
    return pair


def verified(pair: Pair, *, repair: bool = False, **changes: Any) -> TableVerification:
    wanted = VerifyOptions(settle=0.0, repair=repair)
    settings = pair.source.settings(pair.target)
    return verify_tables([pair.spec(**CHANGES, **changes)], settings, wanted).tables[0]


def rows(pair: Pair) -> list[tuple[Any, ...]]:
    return pair.target.rows("SELECT * FROM t ORDER BY id, v")


def test_rows_of_one_key_that_are_all_there_are_equal(doubled: Pair) -> None:
    found = verified(doubled)
    assert (found.verdict, found.source_rows, found.target_rows) == (Verdict.EQUAL, 3, 3)


@pytest.mark.parametrize("value", [1, 2])
def test_one_of_two_rows_with_a_key_is_missing_whichever_it_is(doubled: Pair, value: int) -> None:
    doubled.target.run(f"DELETE FROM t WHERE v = {value}")
    found = verified(doubled)
    assert found.verdict is Verdict.DIFFERS
    assert [(one.kind, one.key) for one in found.differences] == [("missing", ("1",))]


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        ("UPDATE t SET v = 9 WHERE v = 1", ["different"]),
        ("UPDATE t SET v = 9 WHERE v = 2", ["different"]),
        ("UPDATE t SET v = 1 WHERE v = 2", ["different"]),
        ("UPDATE t SET v = v + 7 WHERE id = 1", ["different", "different"]),
        ("DELETE FROM t WHERE id = 1", ["missing", "missing"]),
        ("INSERT INTO t VALUES (1, 2)", ["extra"]),
        ("INSERT INTO t VALUES (1, 2), (1, 5)", ["extra", "extra"]),
        ("UPDATE t SET id = 4 WHERE v = 2", ["extra", "missing"]),
        ("UPDATE t SET v = 3 - v WHERE id = 1", []),
    ],
)
def test_rows_that_are_asked_for_by_key_count_as_often_as_they_are_there(
    doubled: Pair, damage: str, expected: Sequence[str]
) -> None:
    doubled.target.run(damage)
    settings = doubled.source.settings(doubled.target)
    with both_sides(doubled.spec(**CHANGES), settings) as (plan, sides):
        found = compare_keys(plan, sides, [("1",), ("2",), ("4",)])
    assert sorted(one.kind for one in found.kept) == expected


def test_where_two_rows_of_the_source_have_one_key_nothing_is_repaired(doubled: Pair) -> None:
    """The damaged row would be lost, or the other one: nothing tells which row is whose."""
    doubled.target.run("UPDATE t SET v = 9 WHERE v = 2")
    found = verified(doubled, repair=True)
    assert rows(doubled) == [(1, 1), (1, 9), (2, 3)]
    assert found.verdict is Verdict.DIFFERS
    assert found.error
    assert found.error.kind == "SchemaError"
    assert "dbo.T has two rows with one key" in found.error.message
    assert "'ID'" in found.error.message
    assert found.error.hint == "Nothing was changed. Load the table anew: tableferry sync."


QUARANTINE: dict[str, Any] = {"on_invalid": "quarantine", "max_invalid": 9}


@pytest.mark.parametrize(
    ("spoil", "lost"),
    [
        ("ALTER TABLE t ADD CONSTRAINT c CHECK (v <> 1)", 2),
        ("UPDATE dbo.T SET N = NCHAR(0) WHERE V = 1", 2),
        ("UPDATE dbo.T SET N = NCHAR(0) WHERE V = 1", 1),
    ],
)
def test_a_row_in_quarantine_does_not_excuse_the_loss_of_another_with_its_key(
    pair: Pair, spoil: str, lost: int
) -> None:
    pair.source.run("CREATE TABLE dbo.T (ID int NOT NULL, V int, N nvarchar(9))")
    pair.source.run("INSERT INTO dbo.T VALUES (1, 1, N'a'), (1, 2, N'b'), (2, 3, N'c')")
    pair.target.run("CREATE TABLE t (id int, v int, n text)")
    (pair.source if spoil.startswith("UPDATE") else pair.target).run(spoil)
    pair.load(**CHANGES, **QUARANTINE)
    assert pair.target.rows("SELECT v FROM t ORDER BY v") == [(2,), (3,)]
    found = verified(pair, **QUARANTINE)
    assert (found.verdict, found.quarantined) == (Verdict.EQUAL, 1)
    pair.target.run(f"DELETE FROM t WHERE v = {lost}")
    expected = (Verdict.DIFFERS, 1, {"missing": 1}) if lost == 2 else (Verdict.EQUAL, 1, {})
    found = verified(pair, **QUARANTINE)
    assert (found.verdict, found.quarantined, found.counts) == expected
    assert (found.source_rows, found.target_rows) == (3, 2 - (lost == 2))


def test_a_row_that_has_become_unloadable_is_missing_beside_one_of_its_key_in_quarantine(
    pair: Pair,
) -> None:
    pair.source.run("CREATE TABLE dbo.T (ID int NOT NULL, V int, N nvarchar(9))")
    pair.source.run("INSERT INTO dbo.T VALUES (1, 1, NCHAR(0)), (2, 3, N'c')")
    pair.target.run("CREATE TABLE t (id int, v int, n text)")
    pair.load(**CHANGES, **QUARANTINE)
    pair.source.run("INSERT INTO dbo.T VALUES (1, 2, NCHAR(0) + N'new')")
    found = verified(pair, **QUARANTINE)
    assert (found.verdict, found.quarantined, found.counts) == (Verdict.DIFFERS, 1, {"missing": 1})


def test_two_equal_rows_of_the_source_are_two_rows_of_one_key(doubled: Pair) -> None:
    doubled.source.run("UPDATE dbo.T SET V = 1 WHERE ID = 1")
    doubled.target.run("UPDATE t SET v = 1 WHERE id = 1", "UPDATE t SET v = 4 WHERE id = 2")
    settings = doubled.source.settings(doubled.target)
    outcome = repair_table(doubled.spec(**CHANGES), settings, [("1",), ("2",)]).tables[0]
    assert outcome.error
    assert outcome.error.kind == "SchemaError"
    assert rows(doubled) == [(1, 1), (1, 1), (2, 4)]


def test_a_row_that_two_statements_find_by_two_spellings_of_its_key_is_one_row(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlserver, "KEYS_PER_SELECT", 1)
    pair.source.run(
        "CREATE TABLE dbo.T (K nvarchar(20) COLLATE Latin1_General_CI_AS NOT NULL PRIMARY KEY, "
        "V int)"
    )
    pair.source.run("INSERT INTO dbo.T VALUES (N'abc', 1), (N'd', 2)")
    pair.load()
    pair.target.run("UPDATE t SET v = 9", "INSERT INTO t VALUES ('ABC', 1), ('Abc', 1)")
    settings = pair.source.settings(pair.target)
    keys = [("ABC",), ("abc",), ("Abc",), ("d",)]
    with both_sides(pair.spec(), settings) as (plan, sides):
        found = {(one.kind.value, one.key) for one in compare_keys(plan, sides, keys).kept}
    assert found == {
        ("extra", ("ABC",)), ("different", ("abc",)), ("extra", ("Abc",)), ("different", ("d",)),
    }  # fmt: skip
    outcome = repair_table(pair.spec(), settings, keys).tables[0]
    assert outcome.ok, outcome.error
    assert pair.target.rows("SELECT * FROM t ORDER BY k") == [("abc", 1), ("d", 2)]
