"""Rows that the policy leaves out: those in quarantine are counted as such, others differ."""

from typing import Any
from uuid import uuid4

import pytest

from tableferry.fanout import begin_verification, end_verification, verify_chunk
from tableferry.runs.run import sync_table
from tableferry.runs.verify_tables import verify_tables
from tableferry.verification import left_out
from tableferry.verification.options import Depth, VerifyOptions
from tableferry.verification.result import TableVerification, Verdict
from tests.integration.conftest import Sandbox
from tests.integration.verify.conftest import Pair

pytestmark = pytest.mark.with_ledger

BAD = "N'a' + NCHAR(0)"
POLICY: dict[str, Any] = {"on_invalid": "quarantine", "max_invalid": 100}
CHANGES: dict[str, dict[str, Any]] = {
    "change_tracking": {"mode": "change_tracking"},
    "rowversion": {"mode": "rowversion", "deletes": "reconcile", "reconcile_every": 0},
}

KEEPING: dict[str, Any] = {"mode": "rowversion", "deletes": "ignore"}

Listed = list[tuple[str, tuple[str | None, ...], tuple[str, ...]]]


def verify(
    pair: Pair, *, repair: bool = False, depth: Depth = Depth.ROWS, **changes: Any
) -> TableVerification:
    options = VerifyOptions(depth, settle=0.0, repair=repair)
    spec = pair.spec(**{**POLICY, **changes})
    return verify_tables([spec], pair.source.settings(pair.target), options).tables[0]


def listed(found: TableVerification) -> Listed:
    rows = [(one.kind.value, one.key, one.columns) for one in found.differences]
    return sorted(rows, key=repr)


@pytest.fixture(scope="module")
def tracked(verify_source: Sandbox) -> None:
    verify_source.run("ALTER DATABASE McTM SET ALLOW_SNAPSHOT_ISOLATION ON")
    verify_source.run("ALTER DATABASE McTM SET CHANGE_TRACKING = ON")


@pytest.fixture
def table(tracked: None, pair: Pair) -> Pair:
    """Nine rows with a key, and a version of each; not loaded yet."""
    pair.source.run(
        "CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(50), RV rowversion)"
    )
    pair.source.run("ALTER TABLE dbo.T ENABLE CHANGE_TRACKING")
    pair.source.run("INSERT INTO dbo.T (ID, Name) SELECT value, N'x' FROM GENERATE_SERIES(1, 9)")
    return pair


def spoil(pair: Pair, number: int) -> None:
    pair.source.run(f"UPDATE dbo.T SET Name = {BAD} WHERE ID = {number}")


def add_bad(pair: Pair, number: int) -> None:
    pair.source.run(f"INSERT INTO dbo.T (ID, Name) VALUES ({number}, {BAD})")


def test_a_row_that_the_policy_leaves_out_and_no_run_has_quarantined_is_missing(
    table: Pair,
) -> None:
    table.load(**POLICY)
    add_bad(table, 20)
    found = verify(table)
    assert found.verdict is Verdict.DIFFERS
    assert (listed(found), found.quarantined) == ([("missing", ("20",), ())], 0)
    assert (found.source_rows, found.target_rows) == (10, 9)


def test_a_row_that_the_load_has_quarantined_is_none(table: Pair) -> None:
    add_bad(table, 20)
    table.load(**POLICY)
    found = verify(table)
    assert (found.verdict, found.quarantined, found.counts) == (Verdict.EQUAL, 1, {})


def test_of_a_sample_it_is_told_likewise(table: Pair) -> None:
    add_bad(table, 20)
    table.load(**POLICY)
    add_bad(table, 21)
    found = verify(table, depth=Depth.SAMPLE)
    assert (listed(found), found.quarantined) == ([("missing", ("21",), ())], 1)


def test_of_a_table_that_is_compared_as_a_set_it_is_told_likewise(pair: Pair) -> None:
    pair.source.run("CREATE TABLE dbo.T (Code nvarchar(20) NOT NULL PRIMARY KEY, Name nvarchar(9))")
    pair.source.run(f"INSERT INTO dbo.T VALUES (N'a', N'x'), (N'b', {BAD})")
    pair.load(**POLICY)
    pair.source.run(f"INSERT INTO dbo.T VALUES (N'c', {BAD})")
    found = verify(pair)
    assert (listed(found), found.quarantined) == ([("missing", ("c",), ())], 1)


def test_a_row_that_only_an_earlier_load_has_quarantined_is_missing(table: Pair) -> None:
    add_bad(table, 20)
    table.load(**POLICY)
    table.source.run("UPDATE dbo.T SET Name = N'fine' WHERE ID = 20")
    table.load(**POLICY)
    table.source.run("UPDATE dbo.T SET Name = NCHAR(0) + N'other' WHERE ID = 20")
    table.target.run("DELETE FROM t WHERE id = 20")
    found = verify(table)
    assert (listed(found), found.quarantined) == ([("missing", ("20",), ())], 0)


def test_a_row_of_which_the_target_has_an_older_version_is_different_and_not_twice(
    table: Pair,
) -> None:
    table.load(**POLICY)
    spoil(table, 5)
    found = verify(table)
    assert listed(found) == [("different", ("5",), ("Name",))]
    assert (found.counts, found.by_column) == ({"different": 1}, {"Name": 1})


def test_it_is_different_even_where_a_run_has_quarantined_it_and_left_the_older_version(
    table: Pair,
) -> None:
    table.load(**POLICY, **KEEPING)
    spoil(table, 5)
    table.load(**POLICY, **KEEPING)
    assert table.target.rows("SELECT count(*) FROM t WHERE id = 5") == [(1,)]
    found = verify(table, **KEEPING)
    assert (listed(found), found.quarantined) == ([("different", ("5",), ("Name",))], 0)
    assert (found.kept, found.verdict) == (0, Verdict.DIFFERS)


@pytest.mark.parametrize("mode", CHANGES)
def test_once_a_run_has_quarantined_it_and_the_older_version_is_gone_it_is_none(
    table: Pair, mode: str
) -> None:
    changes = CHANGES[mode]
    table.load(**POLICY, **changes)
    spoil(table, 5)
    table.load(**POLICY, **changes)
    table.target.run("DELETE FROM t WHERE id = 5")
    found = verify(table, **changes)
    assert (found.verdict, found.quarantined) == (Verdict.EQUAL, 1)


@pytest.mark.parametrize("mode", CHANGES)
def test_a_row_that_a_later_change_has_made_unloadable_is_explained(table: Pair, mode: str) -> None:
    changes = CHANGES[mode]
    table.load(**POLICY, **changes)
    spoil(table, 5)
    add_bad(table, 20)
    found = verify(table, **changes)
    assert (found.verdict, found.explained, found.quarantined) == (Verdict.EQUAL, 2, 0)


@pytest.mark.parametrize("mode", CHANGES)
def test_a_row_that_any_run_of_an_incremental_mode_has_quarantined_is_none(
    table: Pair, mode: str
) -> None:
    changes = CHANGES[mode]
    add_bad(table, 20)
    table.load(**POLICY, **changes)
    table.source.run("UPDATE dbo.T SET Name = N'later' WHERE ID = 3")
    table.load(**POLICY, **changes)
    found = verify(table, **changes)
    assert (found.verdict, found.quarantined) == (Verdict.EQUAL, 1)


def test_a_repair_quarantines_it_and_then_it_is_none(table: Pair) -> None:
    table.load(**POLICY)
    add_bad(table, 20)
    spoil(table, 5)
    table.target.run("DELETE FROM t WHERE id = 7")
    found = verify(table, repair=True)
    assert (found.verdict, found.quarantined, found.counts) == (Verdict.EQUAL, 2, {})
    assert table.target.rows("SELECT count(*) FROM t") == [(8,)]
    again = verify(table)
    assert (again.verdict, again.quarantined) == (Verdict.EQUAL, 2)
    assert (found.source_rows, found.target_rows) == (again.source_rows, again.target_rows)


def test_a_repair_that_may_not_leave_it_out_changes_nothing(table: Pair) -> None:
    table.load(**POLICY)
    add_bad(table, 20)
    found = verify(table, repair=True, max_invalid=0)
    assert found.verdict is Verdict.DIFFERS
    assert found.error
    assert "'max_invalid' allows 0" in found.error.message


def test_without_a_key_it_is_missing_and_a_warning_says_that_nothing_tells_more(
    pair: Pair,
) -> None:
    pair.source.run("CREATE TABLE dbo.T (A int, Name nvarchar(9))")
    pair.source.run(f"INSERT INTO dbo.T VALUES (1, N'x'), (2, {BAD}), (3, {BAD})")
    pair.load(**POLICY)
    found = verify(pair)
    assert (found.verdict, found.counts, found.quarantined) == (Verdict.DIFFERS, {"missing": 2}, 0)
    assert "2 rows that 'on_invalid' leaves out count as missing" in str(found.warnings)


def test_more_of_them_than_are_kept_are_counted(
    table: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(left_out, "MOST_KEPT", 2)
    table.load(**POLICY)
    for number in (20, 21, 22):
        add_bad(table, number)
    found = verify(table)
    assert found.counts == {"missing": 3}
    assert [one.key for one in found.differences] == [("20",), ("21",)]
    assert "1 row that 'on_invalid' leaves out counts as missing" in str(found.warnings)


def test_a_row_whose_key_cannot_be_stored_is_missing_without_it_until_it_is_quarantined(
    pair: Pair,
) -> None:
    pair.source.run("CREATE TABLE dbo.T (K nvarchar(20) NOT NULL PRIMARY KEY, Name nvarchar(9))")
    pair.source.run(f"INSERT INTO dbo.T VALUES (N'a', N'x'), ({BAD}, N'y')")
    pair.load(**POLICY)
    assert verify(pair).verdict is Verdict.EQUAL
    pair.source.run("INSERT INTO dbo.T VALUES (NCHAR(0) + N'b', N'y')")
    found = verify(pair)
    assert (listed(found), found.quarantined) == ([("missing", (None,), ())], 1)


KEYS = {
    "bit": ("bit", "1"),
    "int": ("int", "-5"),
    "decimal": ("decimal(9,2)", "1.5"),
    "real": ("real", "0.1"),
    "float": ("float", "0.1"),
    "date": ("date", "'2024-02-29'"),
    "time": ("time(3)", "'10:20:30.5'"),
    "datetime2": ("datetime2(6)", "'2024-02-29T10:20:30.123456'"),
    "datetime": ("datetime", "'2024-02-29T10:20:30'"),
    "datetimeoffset": ("datetimeoffset(6)", "'2024-02-29 10:20:30 +02:00'"),
    "uniqueidentifier": ("uniqueidentifier", "'6F9619FF-8B86-D011-B42D-00C04FC964FF'"),
    "char": ("char(5)", "'ab'"),
    "binary": ("varbinary(5)", "0x00FFAB"),
}


@pytest.mark.parametrize("kind", KEYS)
def test_its_key_is_the_one_that_both_sides_are_asked_for(pair: Pair, kind: str) -> None:
    type_, literal = KEYS[kind]
    pair.source.run(f"CREATE TABLE dbo.T (K {type_} NOT NULL PRIMARY KEY, Name nvarchar(9))")
    pair.source.run(f"INSERT INTO dbo.T VALUES ({literal}, N'x')")
    pair.load(**POLICY)
    pair.target.run("UPDATE t SET name = 'y'")
    [(_, key, _)] = listed(verify(pair))
    pair.target.run("DELETE FROM t")
    pair.source.run(f"UPDATE dbo.T SET Name = {BAD}")
    assert listed(verify(pair)) == [("missing", key, ())]
    spec, settings = pair.spec(**POLICY), pair.source.settings(pair.target)
    assert sync_table(spec, settings).error is None
    found = verify(pair)
    assert (found.verdict, found.quarantined) == (Verdict.EQUAL, 1)


def test_the_results_of_chunks_add_up_to_the_same(table: Pair) -> None:
    add_bad(table, 20)
    table.load(**POLICY)
    add_bad(table, 0)
    spec, settings = table.spec(**POLICY, chunks=3), table.source.settings(table.target)
    begun = begin_verification(spec, settings, uuid4())
    wanted = VerifyOptions(settle=0.0)
    results = [verify_chunk(spec, settings, chunk, wanted) for chunk in begun.chunks]
    found = end_verification(spec, settings, begun, results, wanted)
    assert (listed(found), found.quarantined) == ([("missing", ("0",), ())], 1)
    assert (found.verdict, found.counts) == (Verdict.DIFFERS, {"missing": 1})
