"""A verification chunk by chunk: every step a function, its result handed on as JSON."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from tableferry.errors import ErrorReport, TransientError
from tableferry.fanout import (
    ChunkVerified,
    VerificationBegun,
    begin_verification,
    end_verification,
    verify_chunk,
)
from tableferry.verification.differences import DifferenceKind
from tableferry.verification.options import VerifyOptions
from tableferry.verification.result import TableVerification, Verdict
from tableferry_sandbox.faults import CutConnection, SendError
from tests.integration.verify.conftest import ROWS, Pair

pytestmark = pytest.mark.with_ledger

CHUNKS = 8
WANTED = VerifyOptions(settle=0.0)
RECORDED = (
    "SELECT run_id, verdict, source_rows, target_rows, missing, extra, different, reason "
    "FROM tableferry.verifications"
)


class Steps:
    """The steps of one verification of dbo.T, whose results go through JSON."""

    def __init__(self, pair: Pair, wanted: VerifyOptions = WANTED, **changes: Any) -> None:
        self.id: UUID = uuid4()
        self.spec = pair.spec(**{"chunks": CHUNKS, "parallel": 4, **changes})
        self._settings = pair.source.settings(pair.target)
        self._wanted = wanted

    def begin(self) -> VerificationBegun:
        begun = begin_verification(self.spec, self._settings, self.id)
        return VerificationBegun.from_dict(json.loads(json.dumps(begun.to_dict())))

    def compare(self, begun: VerificationBegun, *numbers: int) -> list[ChunkVerified]:
        chunks = [begun.chunks[number] for number in numbers] if numbers else begun.chunks
        found = [verify_chunk(self.spec, self._settings, chunk, self._wanted) for chunk in chunks]
        return [ChunkVerified.from_dict(json.loads(json.dumps(one.to_dict()))) for one in found]

    def end(self, begun: VerificationBegun, results: Sequence[ChunkVerified]) -> TableVerification:
        return end_verification(self.spec, self._settings, begun, results, self._wanted)

    def verify(self) -> TableVerification:
        begun = self.begin()
        return self.end(begun, self.compare(begun))


def test_a_table_that_was_loaded_is_equal_chunk_by_chunk_and_recorded_once(loaded: Pair) -> None:
    steps = Steps(loaded)
    begun = steps.begin()
    assert len(begun.ranges) == CHUNKS
    assert begun.parallel == 4
    results = steps.compare(begun)
    assert sum(one.found.source_rows for one in results if one.found) == ROWS
    assert all(one.found and 0 < one.found.source_rows < ROWS for one in results)
    for _ in range(2):  # an answer may be lost, and the step done again
        found = steps.end(begun, results)
    assert (found.verdict, found.source_rows, found.target_rows) == (Verdict.EQUAL, ROWS, ROWS)
    assert found.warnings == ()
    assert "the chunks were compared one by one" in found.as_of
    assert loaded.target.rows(RECORDED) == [(steps.id, "equal", ROWS, ROWS, 0, 0, 0, "")]


def test_damaged_rows_in_several_chunks_and_beyond_all_bounds_are_counted_and_listed(
    loaded: Pair,
) -> None:
    loaded.target.run(
        "UPDATE t SET name = 'other' WHERE id IN (3, 2500, 4999)",
        "DELETE FROM t WHERE id = 700",
        f"INSERT INTO t VALUES (-5, 'below', 0), ({ROWS + 9}, 'above', 0)",
    )
    loaded.source.run(f"INSERT INTO dbo.T VALUES (-9, N'below', 0), ({ROWS + 5}, N'above', 0)")
    found = Steps(loaded).verify()
    assert found.verdict is Verdict.DIFFERS
    assert found.counts == {
        DifferenceKind.DIFFERENT: 3,
        DifferenceKind.MISSING: 3,
        DifferenceKind.EXTRA: 2,
    }
    assert found.by_column == {"Name": 3}
    assert (found.source_rows, found.target_rows) == (ROWS + 2, ROWS + 1)
    assert sorted(int(one.key[0] or "") for one in found.differences) == [
        -9, -5, 3, 700, 2500, 4999, ROWS + 5, ROWS + 9,
    ]  # fmt: skip
    assert found.key == ("id",)
    assert all(not (one.source or one.target) for one in found.differences), "no values"


def test_as_many_rows_are_listed_as_were_asked_for_and_all_are_counted(loaded: Pair) -> None:
    loaded.target.run("UPDATE t SET name = 'other' WHERE id % 100 = 0")
    found = Steps(loaded, replace(WANTED, limit=3)).verify()
    assert found.differing == ROWS // 100
    assert [one.key for one in found.differences] == [("100",), ("200",), ("300",)]


def test_a_chunk_that_was_never_compared_leaves_an_equal_table_unverified_and_no_other(
    loaded: Pair,
) -> None:
    steps = Steps(loaded)
    begun = steps.begin()
    found = steps.end(begun, steps.compare(begun, 0, 1, 2, 3, 4, 5, 6))
    assert found.verdict is Verdict.NOT_VERIFIED
    assert found.reason == "1 of 8 chunks was not compared"
    assert found.error is not None
    assert found.error.message.startswith("Chunk 7: It has no result")
    assert steps.end(begun, []).verdict is Verdict.NOT_VERIFIED
    loaded.target.run("UPDATE t SET name = 'other' WHERE id = 3")
    found = steps.end(begun, steps.compare(begun, 0, 1, 2, 3, 4, 5, 6))
    assert (found.verdict, found.differing) == (Verdict.DIFFERS, 1)
    assert found.error is not None
    assert found.warnings[-1] == "1 of 8 chunks was not compared: more rows may differ"


def test_an_error_that_passes_is_raised_and_any_other_is_the_chunks_result(loaded: Pair) -> None:
    steps = Steps(loaded)
    begun = steps.begin()
    faults = loaded.source.server.faults
    faults.on_statement(r"FROM \[McTM\]\.\[dbo\]\.\[T\].*ORDER BY", CutConnection(after_rows=50))
    with pytest.raises(TransientError):
        steps.compare(begun, 2)
    [again] = steps.compare(begun, 2)
    assert again.found is not None
    assert again.found.verdict is Verdict.EQUAL, "it is compared from its beginning"
    wrong = SendError(8134, "Divide by zero error encountered.", 10)
    faults.on_statement(r"FROM \[McTM\]\.\[dbo\]\.\[T\].*ORDER BY", wrong)
    [failed] = steps.compare(begun, 3)
    assert failed.error is not None
    assert "8134" in failed.error.code + failed.error.message
    others = steps.compare(begun, 0, 1, 4, 5, 6, 7)
    found = steps.end(begun, [*others, again, failed])
    assert found.verdict is Verdict.NOT_VERIFIED
    assert found.error is not None
    assert found.error.message.startswith("Chunk 3: ")


def test_results_of_another_verification_another_cut_or_twice_are_refused(loaded: Pair) -> None:
    loaded.target.run("UPDATE t SET name = 'other' WHERE id = 3")
    steps = Steps(loaded)
    begun = steps.begin()
    results = steps.compare(begun)
    other = Steps(loaded).begin()
    for foreign, mine in (
        (Steps(loaded).compare(other, 0), 0),
        (steps.compare(replace(begun, ranges=steps_of(loaded, chunks=3)), 0), 0),
        (steps.compare(begun, 1), 0),
    ):
        mixed = [*foreign, *(one for one in results if one.number != mine)]
        found = steps.end(begun, mixed)
        assert found.verdict is Verdict.NOT_VERIFIED
        assert found.error is not None
        assert "do not belong together" in found.error.message
        assert found.counts == {}
    left_out = steps.end(replace(begun, ranges=begun.ranges[1:]), results[1:])
    assert left_out.error is not None
    assert "do not cover all of its keys" in left_out.error.message


def steps_of(pair: Pair, **changes: Any) -> Any:
    return Steps(pair, **changes).begin().ranges


def test_a_table_that_has_changed_since_the_cut_is_not_compared(loaded: Pair) -> None:
    steps = Steps(loaded)
    begun = steps.begin()
    loaded.target.run("ALTER TABLE t ALTER COLUMN name TYPE varchar(300)")
    [found] = steps.compare(begun, 0)
    assert found.error is not None
    assert found.error.kind == "SchemaError"


@pytest.mark.parametrize(("key", "chunks"), [("", 1), ("PRIMARY KEY", CHUNKS)])
def test_a_table_without_a_key_and_one_with_collated_keys_are_one_chunk(
    pair: Pair, key: str, chunks: int
) -> None:
    pair.source.run(f"CREATE TABLE dbo.T (Code varchar(20) NOT NULL {key}, N int)")
    pair.source.run(
        "INSERT INTO dbo.T SELECT CONCAT('a-', value), value FROM GENERATE_SERIES(1, 300)"
    )
    pair.load()
    pair.target.run("UPDATE t SET n = 0 WHERE code = 'a-17'")
    steps = Steps(pair, chunks=chunks, parallel=1)
    begun = steps.begin()
    assert len(begun.ranges) == 1
    found = steps.end(begun, steps.compare(begun))
    assert found.verdict is Verdict.DIFFERS
    assert (found.source_rows, found.target_rows) == (300, 300)
    assert "at different moments" in found.as_of


def test_a_table_that_cannot_be_verified_says_why_without_a_chunk(pair: Pair) -> None:
    pair.source.run("CREATE TABLE dbo.T (ID int PRIMARY KEY)")
    steps = Steps(pair)
    begun = steps.begin()
    assert begun.ranges == ()
    found = steps.end(begun, [])
    assert (found.verdict, found.reason) == (
        Verdict.NOT_VERIFIED,
        "the target table does not exist yet",
    )
    assert found.error is None


def test_an_error_of_the_first_step_is_the_tables(loaded: Pair) -> None:
    loaded.target.run("ALTER TABLE t DROP COLUMN amount")
    steps = Steps(loaded)
    found = steps.end(steps.begin(), [])
    assert found.error is not None
    assert found.error.kind == "SchemaError"


def test_uniqueidentifier_keys_are_cut_by_both_sides_alike(pair: Pair) -> None:
    pair.source.run("CREATE TABLE dbo.T (ID uniqueidentifier NOT NULL PRIMARY KEY, N int)")
    pair.source.run("INSERT INTO dbo.T SELECT NEWID(), value FROM GENERATE_SERIES(1, 500)")
    pair.load()
    pair.target.run("DELETE FROM t WHERE n IN (1, 499)")
    steps = Steps(pair)
    begun = steps.begin()
    assert len(begun.ranges) == CHUNKS
    found = steps.end(begun, steps.compare(begun))
    assert found.counts == {DifferenceKind.MISSING: 2}


def test_a_lost_worker_is_known_by_the_number_of_its_chunk(loaded: Pair) -> None:
    steps = Steps(loaded, chunks=2)
    begun = steps.begin()
    lost = ChunkVerified(1, error=ErrorReport("TransientError", "Its worker was lost", ""))
    found = steps.end(begun, [*steps.compare(begun, 0), lost])
    assert found.reason == "1 of 2 chunks was not compared"
    assert found.error is not None
    assert found.error.message == "Chunk 1: Its worker was lost"
