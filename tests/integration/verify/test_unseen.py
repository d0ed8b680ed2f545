"""What the two tables have and no comparison shows is said: columns, rows of other tables."""

from dataclasses import replace
from uuid import UUID

import pytest

from tableferry.config import Depth, DriftPolicy
from tableferry.fanout.verify_chunks import begin_verification, end_verification, verify_chunk
from tableferry.runs.verify_tables import verify_tables
from tableferry.verification.options import VerifyOptions
from tableferry.verification.result import TableVerification, Verdict
from tests.integration.verify.conftest import Pair

pytestmark = pytest.mark.with_ledger

QUICK = VerifyOptions(settle=0.0)
LEFT_OUT = "the target has no such column, and 'drift' is 'ignore'"
ONLY_THERE = "McTM.dbo.T has no column for 'x' of t: nothing is compared with it"
INHERITED = "tables inherit from t and keep their rows, which queries on it show too"


def verify(pair: Pair, drift: DriftPolicy, options: VerifyOptions = QUICK) -> TableVerification:
    settings = pair.source.settings(pair.target)
    return verify_tables([pair.spec(drift=str(drift))], settings, options).tables[0]


@pytest.fixture
def drifted(pair: Pair) -> Pair:
    """A source with a column W, and a target with a column x in its place."""
    pair.source.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V int, W nvarchar(9))")
    pair.source.run("INSERT INTO dbo.T VALUES (1, 1, N'a'), (2, 2, N'b')")
    pair.target.run(
        "CREATE TABLE t (id int PRIMARY KEY, v int, x int)", "INSERT INTO t VALUES (1,1,7), (2,2,8)"
    )
    return pair


@pytest.mark.parametrize("depth", [Depth.ROWS, Depth.SAMPLE])
def test_a_column_that_drift_leaves_out_is_named_as_not_compared(
    drifted: Pair, depth: Depth
) -> None:
    found = verify(drifted, DriftPolicy.IGNORE, replace(QUICK, depth=depth))
    assert (found.verdict, found.not_compared) == (Verdict.PARTLY_COMPARED, {"W": LEFT_OUT})
    assert found.ok


def test_a_row_that_differs_beside_it_is_found_and_repaired(drifted: Pair) -> None:
    drifted.target.run("UPDATE t SET v = 9 WHERE id = 2")
    found = verify(drifted, DriftPolicy.IGNORE)
    assert (found.verdict, found.by_column) == (Verdict.DIFFERS, {"V": 1})
    found = verify(drifted, DriftPolicy.IGNORE, replace(QUICK, repair=True))
    assert (found.verdict, found.not_compared) == (Verdict.PARTLY_COMPARED, {"W": LEFT_OUT})
    assert drifted.target.rows("SELECT * FROM t ORDER BY id") == [(1, 1, 7), (2, 2, 8)]


@pytest.mark.parametrize("drift", [DriftPolicy.IGNORE, DriftPolicy.ADD_COLUMNS])
def test_a_column_that_only_the_target_has_is_a_warning(drifted: Pair, drift: DriftPolicy) -> None:
    assert verify(drifted, drift).warnings == (ONLY_THERE,)


def test_a_likely_new_name_of_a_column_is_a_warning(drifted: Pair) -> None:
    drifted.target.run("ALTER TABLE t DROP x", "ALTER TABLE t ADD was_w text")
    _, renamed = verify(drifted, DriftPolicy.IGNORE).warnings
    assert renamed.startswith("'W' of McTM.dbo.T looks like 'was_w' of t renamed")


@pytest.mark.parametrize("depth", [Depth.ROWS, Depth.COUNT])
def test_rows_of_tables_that_inherit_from_the_target_are_a_warning(
    loaded: Pair, depth: Depth
) -> None:
    loaded.target.run(
        "CREATE TABLE child () INHERITS (t)", "INSERT INTO child VALUES (5, 'child', 0)"
    )
    settings = loaded.source.settings(loaded.target)
    spec = loaded.spec(publish="merge")
    (found,) = verify_tables([spec], settings, replace(QUICK, depth=depth)).tables
    assert (found.verdict, found.warnings) == (Verdict.EQUAL, (INHERITED,))


def test_chunks_that_are_compared_apart_say_it_once(drifted: Pair) -> None:
    settings = drifted.source.settings(drifted.target)
    spec = drifted.spec(drift="ignore", chunks=2)
    begun = begin_verification(spec, settings, UUID(int=7))
    assert len(begun.chunks) == 2
    parts = [verify_chunk(spec, settings, chunk, QUICK) for chunk in begun.chunks]
    found = end_verification(spec, settings, begun, parts, QUICK)
    assert (found.verdict, found.not_compared) == (Verdict.PARTLY_COMPARED, {"W": LEFT_OUT})
    assert found.warnings == (ONLY_THERE,)
