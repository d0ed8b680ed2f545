"""A sample compares the rows of some key ranges, and says what that shows."""

from random import Random
from typing import Any

import pytest

from tableferry.errors import SchemaError
from tableferry.verification import sample
from tableferry.verification.differences import DifferenceKind
from tableferry.verification.sample import Sample, compare_sample
from tests.integration.verify.conftest import ROWS, Pair
from tests.support.comparing import both_sides

pytestmark = pytest.mark.with_ledger

MISSING, EXTRA, DIFFERENT = DifferenceKind


@pytest.fixture(autouse=True)
def _small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "ROWS_EACH", ROWS // 10)


def sampled(pair: Pair, ranges: int = 2, seed: int = 1, **changes: Any) -> Sample:
    settings = pair.source.settings(pair.target)
    with both_sides(pair.spec(**changes), settings) as (plan, sides):
        return compare_sample(plan, sides, ranges, Random(seed))


@pytest.fixture
def coded(pair: Pair) -> Pair:
    """``ROWS`` rows whose key is a collated text."""
    pair.source.run(
        "CREATE TABLE dbo.T (Code nvarchar(40) NOT NULL, Part int NOT NULL, Amount decimal(9,2), "
        "PRIMARY KEY (Code, Part))"
    )
    pair.source.run(
        "INSERT INTO dbo.T SELECT CONCAT(N'Käse''%s ', value), value % 3, value / 7.0 "
        f"FROM GENERATE_SERIES(1, {ROWS})"
    )
    pair.load()
    return pair


def test_a_sample_reads_some_ranges_and_says_how_likely_damage_is_found(loaded: Pair) -> None:
    found = sampled(loaded)
    assert found.differences.total == 0
    assert found.differences.source_rows == found.differences.target_rows == 2 * ROWS // 10
    assert found.confidence == (
        "2 of 10 ranges (20 % of the rows) were compared; damage in 1 % of the ranges would have "
        "been found with a probability of 20 %"
    )


def test_the_seed_chooses_the_ranges(loaded: Pair) -> None:
    chosen = {sampled(loaded, seed=seed).ranges for seed in (1, 1, 2, 3)}
    assert len(chosen) == 3


def test_damage_is_found_by_exactly_the_samples_that_hold_its_range(loaded: Pair) -> None:
    loaded.target.run("UPDATE t SET name = 'damaged' WHERE id = 1234")
    loaded.target.run("DELETE FROM t WHERE id = 2345")
    loaded.source.run("DELETE FROM dbo.T WHERE ID = 3456")
    found = [sampled(loaded, ranges=3, seed=seed).differences.counts for seed in range(12)]
    for kind in DifferenceKind:
        hits = sum(counts[kind] for counts in found)
        assert 0 < hits < len(found)


def test_a_table_with_no_more_ranges_than_the_sample_is_compared_whole(loaded: Pair) -> None:
    loaded.target.run("INSERT INTO t VALUES (1000000, 'strange', 1)")
    found = sampled(loaded, ranges=10)
    assert found.differences.counts == {EXTRA: 1}
    assert found.confidence == "all rows were compared"


def test_the_rows_of_keys_that_the_target_sorts_otherwise_are_asked_for_by_key(coded: Pair) -> None:
    found = sampled(coded)
    assert found.differences.total == 0
    assert found.differences.source_rows == found.differences.target_rows == 2 * ROWS // 10
    assert "rows that only the target has were not looked for" in found.confidence


def test_damage_to_them_is_found_with_its_key(coded: Pair) -> None:
    coded.target.run("UPDATE t SET amount = 0 WHERE code = 'Käse''%s 1234'")
    coded.target.run("DELETE FROM t WHERE code = 'Käse''%s 2345'")
    found = [
        one for seed in range(12) for one in sampled(coded, ranges=4, seed=seed).differences.kept
    ]
    different = {(one.key, one.columns) for one in found if one.kind is DIFFERENT}
    assert different == {(("Käse'%s 1234", "1"), ("Amount",))}
    assert {one.key for one in found if one.kind is MISSING} == {("Käse'%s 2345", "2")}


def test_a_key_that_the_target_has_twice_is_found_in_each_range_of_the_sample(pair: Pair) -> None:
    pair.source.run("CREATE TABLE dbo.T (Code nvarchar(20) NOT NULL PRIMARY KEY, Amount int)")
    pair.source.run(
        f"INSERT INTO dbo.T SELECT CONCAT(N'k', value), value FROM GENERATE_SERIES(1, {ROWS})"
    )
    pair.load()
    pair.target.run(
        "ALTER TABLE t DROP CONSTRAINT IF EXISTS t_pkey",
        "INSERT INTO t SELECT * FROM t",
        "UPDATE t SET amount = -1 WHERE ctid IN (SELECT min(ctid) FROM t GROUP BY code)",
    )
    found = sampled(pair, primary_key="Code").differences
    rows = 2 * ROWS // 10
    assert (found.source_rows, found.target_rows) == (rows, 2 * rows)
    assert found.counts == {EXTRA: rows}


def test_rows_of_one_key_may_be_asked_for_in_two_statements(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key of the entry is not unique: its rows are compared together all the same."""
    monkeypatch.setattr(sample, "KEYS_AT_ONCE", 7)
    pair.source.run("CREATE TABLE dbo.T (Code nvarchar(20) NOT NULL, Amount int NOT NULL)")
    pair.source.run(
        "INSERT INTO dbo.T SELECT CONCAT(N'k', value / 4), value "
        f"FROM GENERATE_SERIES(0, {ROWS - 1})"
    )
    pair.target.run("CREATE TABLE t (code text NOT NULL, amount int NOT NULL)")
    pair.load(primary_key="Code", publish="truncate")
    found = sampled(pair, primary_key="Code").differences
    assert found.total == 0
    assert found.source_rows == found.target_rows > 0


def test_a_table_without_a_key_has_no_sample(pair: Pair) -> None:
    pair.source.run("CREATE TABLE dbo.T (Name nvarchar(20))")
    pair.source.run("INSERT INTO dbo.T VALUES (N'a')")
    pair.load()
    with pytest.raises(SchemaError, match=r"no key ranges .*: it has no key"):
        sampled(pair)


def test_a_key_of_floats_has_no_ranges(pair: Pair) -> None:
    pair.source.run("CREATE TABLE dbo.T (ID float NOT NULL PRIMARY KEY)")
    pair.source.run("INSERT INTO dbo.T VALUES (0.5)")
    pair.load()
    with pytest.raises(SchemaError, match="has no exact literal"):
        sampled(pair)
