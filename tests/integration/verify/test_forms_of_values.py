"""A value that has several binary forms is one value, in a key and without one, in every depth."""

from collections.abc import Callable
from typing import Any

import pytest

from tableferry.config import Depth
from tableferry.runs.verify_tables import verify_tables
from tableferry.verification.options import VerifyOptions
from tableferry.verification.result import TableVerification, Verdict
from tests.integration.verify.conftest import Pair

pytestmark = pytest.mark.with_ledger

ROWS = 3000
EVERYTHING = VerifyOptions(settle=0.0)
SAMPLE = VerifyOptions(Depth.SAMPLE, 2, settle=0.0, seed=1)


def verified(pair: Pair, wanted: VerifyOptions = EVERYTHING, **changes: Any) -> TableVerification:
    settings = pair.source.settings(pair.target)
    [found] = verify_tables([pair.spec(**changes)], settings, wanted).tables
    assert found.error is None
    return found


def facts(found: TableVerification) -> list[tuple[str, tuple[str | None, ...], tuple[str, ...]]]:
    return sorted((one.kind.value, one.key, one.columns) for one in found.differences)


NUMBERS = {
    "no scale": ("decimal(9,2)", "numeric"),
    "whole numbers": ("int", "numeric"),
    "money": ("money", "numeric"),
    "more places than decimal128 has": ("decimal(38,2)", "numeric(70,30)"),
}
"""The types of the source and of the target, where the same number may have other bytes."""


@pytest.fixture(params=NUMBERS)
def numbered(pair: Pair, request: pytest.FixtureRequest) -> Callable[[str], Pair]:
    """A table of which each row is stored with a scale of its own in the target."""
    source, into = NUMBERS[request.param]

    def make(key: str) -> Pair:
        pair.source.run(
            f"CREATE TABLE dbo.T (A {source} NOT NULL, B nvarchar(9) NOT NULL, V int{key})"
        )
        pair.source.run(
            f"INSERT INTO dbo.T SELECT value, N'x', value FROM GENERATE_SERIES(1, {ROWS})"
        )
        pair.target.run(f"CREATE TABLE t (a {into}, b text, v int)")
        pair.target.run(
            "INSERT INTO t SELECT round(g::numeric, g % 7), 'x', g "
            f"FROM generate_series(1, {ROWS}) g"
        )
        return pair

    return make


KEYS = {
    "sorted alike": ", PRIMARY KEY (A)",
    "not sorted alike": ", PRIMARY KEY (A, B)",
    "not stored in that order": ", PRIMARY KEY NONCLUSTERED (B, A)",
}


@pytest.mark.parametrize("key", KEYS.values(), ids=list(KEYS))
@pytest.mark.parametrize("wanted", [EVERYTHING, SAMPLE], ids=["rows", "sample"])
def test_a_number_in_a_key_is_one_whatever_its_scale(
    numbered: Callable[[str], Pair], key: str, wanted: VerifyOptions
) -> None:
    found = verified(numbered(key), wanted)
    assert found.verdict is Verdict.EQUAL
    assert found.source_rows == found.target_rows > 0


@pytest.mark.parametrize("key", KEYS.values(), ids=list(KEYS))
def test_damage_to_a_row_is_found_and_repaired_by_such_a_key(
    numbered: Callable[[str], Pair], key: str
) -> None:
    pair = numbered(key)
    pair.target.run(
        "UPDATE t SET v = -1 WHERE v = 20",
        "DELETE FROM t WHERE v = 30",
        f"INSERT INTO t VALUES ({2 * ROWS}, 'x', -2)",
    )
    found = verified(pair)
    assert found.verdict is Verdict.DIFFERS
    assert [(kind, columns) for kind, _, columns in facts(found)] == [
        ("different", ("V",)),
        ("extra", ()),
        ("missing", ()),
    ]
    assert verified(pair, VerifyOptions(settle=0.0, repair=True)).verdict is Verdict.EQUAL
    assert pair.target.rows("SELECT count(*), sum(v) FROM t") == [(ROWS, ROWS * (ROWS + 1) // 2)]


def test_a_number_with_more_places_than_the_source_has_is_another_one(
    numbered: Callable[[str], Pair],
) -> None:
    pair = numbered(KEYS["not sorted alike"])
    pair.target.run("UPDATE t SET a = a + 0.00001 WHERE v = 20")
    assert [kind for kind, _, _ in facts(verified(pair))] == ["extra", "missing"]


def test_a_number_of_more_digits_than_the_source_has_at_all_is_shown(pair: Pair) -> None:
    pair.source.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, A decimal(9,2))")
    pair.source.run("INSERT INTO dbo.T VALUES (1, 1.5)")
    pair.target.run(
        "CREATE TABLE t (id int PRIMARY KEY, a numeric)", "INSERT INTO t VALUES (1, 1e6000 + 0.1)"
    )
    assert facts(verified(pair)) == [("different", ("1",), ("A",))]


def test_without_a_key_numbers_are_equal_whatever_their_scale(
    numbered: Callable[[str], Pair],
) -> None:
    pair = numbered("")
    assert verified(pair).verdict is Verdict.EQUAL
    pair.target.run("UPDATE t SET a = a + 0.00001 WHERE v = 20")
    assert verified(pair).counts == {"missing": 1, "extra": 1}


JSONB = {"type_overrides": {"J": "jsonb"}}


def nested(levels: int) -> str:
    return "[" * levels + "1" + "]" * levels


def test_json_of_any_depth_is_compared_without_a_key(pair: Pair) -> None:
    pair.source.run("CREATE TABLE dbo.T (A int, J nvarchar(max))")
    pair.source.run(f"INSERT INTO dbo.T VALUES (1, N'{nested(3000)}'), (2, N'[1]')")
    pair.load(**JSONB)
    assert verified(pair, **JSONB).verdict is Verdict.EQUAL
    pair.target.run("UPDATE t SET j = ('[2,' || j::text || ']')::jsonb WHERE a = 1")
    found = verified(pair, **JSONB)
    assert found.verdict is Verdict.DIFFERS
    assert found.counts == {"missing": 1, "extra": 1}
    assert not found.not_compared


def test_json_of_any_depth_is_compared_by_key(pair: Pair) -> None:
    pair.source.run("CREATE TABLE dbo.T (A int NOT NULL PRIMARY KEY, J nvarchar(max))")
    pair.source.run(f"INSERT INTO dbo.T VALUES (1, N'{nested(3000)}'), (2, N'[1]')")
    pair.load(**JSONB)
    assert verified(pair, **JSONB).verdict is Verdict.EQUAL
    pair.target.run("UPDATE t SET j = ('[' || j::text || ']')::jsonb WHERE a = 1")
    found = verified(pair, **JSONB)
    assert facts(found) == [("different", ("1",), ("J",))]
    assert not found.not_compared


def test_many_rows_without_a_key_are_equal_by_value(pair: Pair) -> None:
    """More than could be compared with each other."""
    pair.source.run("CREATE TABLE dbo.T (J nvarchar(max))")
    pair.source.run(
        f"INSERT INTO dbo.T SELECT CONCAT(N'[', value, N'.0]') FROM GENERATE_SERIES(1, {ROWS})"
    )
    pair.target.run("CREATE TABLE t (j jsonb)")
    pair.target.run(
        f"INSERT INTO t SELECT jsonb_build_array(g || '.000') - 0 || jsonb_build_array(g + 0.000) "
        f"FROM generate_series(1, {ROWS}) g"
    )
    assert verified(pair, **JSONB).verdict is Verdict.EQUAL
    pair.target.run("UPDATE t SET j = '[2.50]' WHERE j = '[2]'")
    assert verified(pair, **JSONB).counts == {"missing": 1, "extra": 1}


def test_a_row_that_is_there_twice_is_extra_in_a_sample_by_keys(pair: Pair) -> None:
    pair.source.run("CREATE TABLE dbo.T (K nvarchar(20) NOT NULL PRIMARY KEY, V int)")
    pair.source.run(
        f"INSERT INTO dbo.T SELECT CONCAT(N'k', value), value FROM GENERATE_SERIES(1, {ROWS})"
    )
    pair.load()
    pair.target.run(
        "ALTER TABLE t DROP CONSTRAINT t_pkey",
        "INSERT INTO t SELECT k, -1 FROM t",
    )
    found = verified(pair, SAMPLE)
    assert found.verdict is Verdict.DIFFERS
    assert found.counts == {"extra": found.source_rows}
