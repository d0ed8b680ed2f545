"""The results of chunks, added up: what differs in one differs, and each chunk counts once."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from tableferry.aws.alerts import alert_of
from tableferry.errors import ErrorReport, VerificationError
from tableferry.fanout import ChunkVerified, VerificationBegun
from tableferry.fanout.add_up import ALTERED, add_up
from tableferry.frontend.exit_codes import DIFFERS
from tableferry.frontend.response import response_to
from tableferry.model.key_range import KeyColumn, ranges_between
from tableferry.model.schema import SourceType
from tableferry.verification.differences import Difference, DifferenceKind
from tableferry.verification.options import Depth
from tableferry.verification.result import TableVerification, Verdict, Verification

INT = KeyColumn("ID", SourceType("int"))
BEGUN = VerificationBegun(
    UUID(int=1), "t", "a" * 16, ranges_between((INT,), [("5",), ("9",)]), losses={"A": "digits"}
)
UNKNOWN = TableVerification("t", "t", Verdict.NOT_VERIFIED, Depth.ROWS)


FAILED = ChunkVerified(1, error=ErrorReport("DataError", "It broke", "Mend it", "1"))


def result(number: int, verdict: Verdict = Verdict.EQUAL, **more: Any) -> ChunkVerified:
    given = {"source_rows": 10, "target_rows": 10, **more}
    found = TableVerification("t", "public.t", verdict, Depth.ROWS, **given)
    return ChunkVerified(number, BEGUN.chunks[number].name, found)


def total(results: Sequence[ChunkVerified], limit: int = 20) -> TableVerification:
    return add_up(UNKNOWN, BEGUN, results, limit)


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([Verdict.EQUAL] * 3, Verdict.EQUAL),
        ([Verdict.EQUAL, Verdict.PARTLY_COMPARED, Verdict.EQUAL], Verdict.PARTLY_COMPARED),
        ([Verdict.DIFFERS, Verdict.PARTLY_COMPARED, Verdict.EQUAL], Verdict.DIFFERS),
        ([Verdict.EQUAL, Verdict.NOT_VERIFIED, Verdict.PARTLY_COMPARED], Verdict.NOT_VERIFIED),
        ([Verdict.DIFFERS, Verdict.NOT_VERIFIED, Verdict.EQUAL], Verdict.DIFFERS),
    ],
)
def test_the_worst_verdict_of_a_chunk_is_the_tables(
    verdicts: list[Verdict], expected: Verdict
) -> None:
    found = total([result(number, verdict) for number, verdict in enumerate(verdicts)])
    assert found.verdict is expected
    assert (found.source_rows, found.target, found.losses) == (30, "public.t", {"A": "digits"})


def test_everything_that_was_counted_is_added_up() -> None:
    counted = {
        "counts": {DifferenceKind.MISSING: 2},
        "by_column": {"A": 1},
        "touched": {"B": {"cut": 3}},
        "explained": 1,
        "quarantined": 2,
        "kept": 3,
        "warnings": ("same",),
        "watermark": "7",
    }
    found = total([result(number, Verdict.DIFFERS, **counted) for number in (2, 0, 1)])
    assert found.counts == {DifferenceKind.MISSING: 6}
    assert (found.by_column, found.touched) == ({"A": 3}, {"B": {"cut": 9}})
    assert (found.explained, found.quarantined, found.kept) == (3, 6, 9)
    assert (found.warnings, found.watermark) == (("same",), "7")


def test_a_kind_of_difference_that_no_chunk_has_is_not_counted() -> None:
    none = {DifferenceKind.MISSING: 0}
    assert total([result(number, counts=none) for number in range(3)]).counts == {}


def test_why_a_chunk_is_not_verified_is_why_the_table_is_not() -> None:
    why = "too many to look at"
    found = total([result(0), *(result(one, Verdict.NOT_VERIFIED, reason=why) for one in (1, 2))])
    assert (found.verdict, found.reason) == (Verdict.NOT_VERIFIED, why)


def test_rows_are_listed_in_the_order_of_the_chunks_and_of_the_key() -> None:
    def row(*key: str) -> tuple[Difference, ...]:
        return (Difference(DifferenceKind.EXTRA, key),)

    one = result(0, Verdict.DIFFERS, differences=row("1", "x"), key=("id", "part"))
    other = result(1, Verdict.DIFFERS, differences=row("y", "6"), key=("part", "id"))
    found = total([other, one, result(2)])
    assert found.key == ("id", "part")
    assert [row.key for row in found.differences] == [("1", "x"), ("6", "y")]
    assert len(total([other, one, result(2)], 1).differences) == 1


def test_a_target_that_was_loaded_meanwhile_is_told() -> None:
    found = total([result(0, watermark="7"), result(1, watermark="8"), result(2, watermark="8")])
    assert (found.watermark, found.warnings) == ("", (ALTERED,))


def test_chunks_without_a_result_are_counted_and_one_of_their_errors_is_named() -> None:
    found = total([result(0), FAILED])
    assert found.verdict is Verdict.NOT_VERIFIED
    assert found.reason == "2 of 3 chunks were not compared"
    assert found.error == ErrorReport("DataError", "Chunk 1: It broke", "Mend it", "1")
    assert total([]).verdict is Verdict.NOT_VERIFIED


def test_rows_that_differ_are_told_of_a_table_of_which_other_chunks_were_not_compared() -> None:
    found = total([result(0, Verdict.DIFFERS, counts={DifferenceKind.EXTRA: 1}), FAILED])
    assert (found.verdict, found.differing, found.reason) == (Verdict.DIFFERS, 1, "")
    assert found.error == ErrorReport("DataError", "Chunk 1: It broke", "Mend it", "1")
    assert found.warnings == ("2 of 3 chunks were not compared: more rows may differ",)
    response = response_to(Verification((found,)))
    assert response.ending is DIFFERS
    alert = alert_of(Verification((found,)), "here")
    assert alert is not None
    assert alert.subject == "tableferry: of 1 table 1 differs"
    assert "1 row of public.t differs from the source" in alert.text
    assert "DataError: Chunk 1: It broke" in alert.text
    with pytest.raises(VerificationError, match=r"1 row of public\.t differs"):
        Verification((found,)).raise_for_failure()


def test_of_chunks_of_which_nothing_is_known_no_row_is_said_to_differ() -> None:
    unknown = result(1, Verdict.NOT_VERIFIED, reason="too many", counts={DifferenceKind.EXTRA: 9})
    differs = result(0, Verdict.DIFFERS, counts={DifferenceKind.MISSING: 2})
    found = total([differs, unknown, result(2)])
    assert (found.verdict, found.counts) == (Verdict.DIFFERS, {DifferenceKind.MISSING: 2})
    assert found.warnings == ("Of 1 of 3 chunks it is not known whether rows differ: too many",)
    assert total([result(0), unknown, result(2)]).counts == {DifferenceKind.EXTRA: 9}


@pytest.mark.parametrize(
    "others",
    [
        [result(0)],
        [ChunkVerified(3, "x", UNKNOWN)],
        [ChunkVerified(-1)],
        [ChunkVerified(1, BEGUN.chunks[0].name, result(0).found)],
        [ChunkVerified(1, "", result(1).found)],
        [ChunkVerified(1, BEGUN.chunks[1].name, replace(UNKNOWN, table="u"))],
    ],
)  # fmt: skip
def test_a_result_of_another_chunk_table_or_verification_is_refused(
    others: list[ChunkVerified],
) -> None:
    with pytest.raises(VerificationError, match="do not belong together"):
        total([result(0), *others])
