"""What the steps of a verification hand on: read back exactly, and small enough to be handed on."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from tableferry.errors import ConfigError, ErrorReport
from tableferry.fanout import ChunkVerified, VerificationBegun
from tableferry.fanout.verification import (
    COLUMN_BYTES,
    CUT_BYTES,
    MOST_CHUNKS,
    joined,
    most_chunks,
)
from tableferry.model.key_range import KeyColumn, ranges_between
from tableferry.model.schema import SourceType
from tableferry.verification.differences import Difference, DifferenceKind
from tableferry.verification.key_conditions import cover_all
from tableferry.verification.options import Depth
from tableferry.verification.result import TableVerification, Verdict
from tableferry.verification.result_form import small_form, verification_of

ID = UUID("c56a4180-65aa-42ec-a945-5fd21dec0538")
INT = KeyColumn("ID", SourceType("int"))
MANY = tuple(Difference(DifferenceKind.EXTRA, (str(n), None), ("Name",)) for n in range(500))
FOUND = TableVerification(
    "t",
    "public.t",
    Verdict.DIFFERS,
    Depth.ROWS,
    source_rows=10,
    target_rows=510,
    counts={DifferenceKind.EXTRA: 500},
    differences=MANY,
    key=("id", "part"),
    by_column={"Name": 500},
    not_compared={"Doc": "its type has no rule"},
    reason="why",
    explained=1,
    quarantined=2,
    kept=3,
    touched={"Name": {"blanks cut off": 4}},
    confidence="sure",
    as_of="now",
    watermark="7",
    repaired={"inserted": 5},
    warnings=("one", "two"),
    seconds=1.5,
    error=ErrorReport("DataError", "what", "do", "123"),
)


def test_a_verification_is_read_back_as_it_was() -> None:
    assert verification_of(json.loads(json.dumps(FOUND.to_dict()))) == FOUND


def test_a_small_form_has_all_counts_and_as_many_rows_as_fit() -> None:
    form = small_form(FOUND, 2_000)
    assert len(json.dumps(form)) <= 2_000
    back = verification_of(form)
    assert back.counts == FOUND.counts
    assert 10 < len(back.differences) < 100
    assert back.differences == MANY[: len(back.differences)]
    assert verification_of(small_form(FOUND, 0)).differences == ()


def test_a_small_form_has_the_watermark_by_which_chunks_are_known_to_belong_together() -> None:
    form = small_form(replace(FOUND, watermark="Rev 7", watermark_is_value=True), 0)
    assert verification_of(form).watermark == "Rev 7"


def test_a_small_form_shows_no_value_of_a_row() -> None:
    shown = Difference(DifferenceKind.MISSING, ("1", "2"), source={"Name": "secret"})
    found = TableVerification(
        "t", "public.t", Verdict.DIFFERS, Depth.ROWS, differences=(shown,), key=("id", "part")
    )
    assert "secret" not in json.dumps(small_form(found, 10_000))


@pytest.mark.parametrize(
    "changes",
    [
        {"verdict": "fine"},
        {"source_rows": -1},
        {"source_rows": True},
        {"counts": {"missing": "1"}},
        {"target": ""},
        {"differences": [{"kind": "missing", "key": {"id": 1}}]},
        {"differences": [{"kind": "missing", "key": {"a": "1"}}, {"kind": "extra", "key": {}}]},
        {"warnings": [1]},
        {"error": "no"},
    ],
)
def test_what_no_step_has_written_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="not the result of a verification"):
        verification_of({**FOUND.to_dict(), **changes})


@pytest.mark.parametrize("form", [None, [], "x", {}, {"chunk": "0"}, {"chunk": 0, "error": []}])
def test_a_chunks_result_that_no_step_has_written_is_refused(form: object) -> None:
    if form == {"chunk": "0"}:
        form = {"chunk": "zero"}
    with pytest.raises(ConfigError, match="not handed on"):
        ChunkVerified.from_dict(form)


def test_chunks_are_named_by_verification_plan_place_and_range() -> None:
    def names(**changes: Any) -> list[str]:
        given = {
            "verification_id": ID,
            "fingerprint": "a",
            "ranges": ranges_between((INT,), [("5",)]),
        }
        return [one.name for one in VerificationBegun(table="t", **{**given, **changes}).chunks]

    mine = names()
    others = [
        names(verification_id=UUID(int=1)),
        names(fingerprint="b"),
        names(ranges=ranges_between((INT,), [("6",)])),
    ]
    assert len(set(mine)) == 2
    assert all(not set(mine) & set(other) for other in others)
    begun = VerificationBegun(ID, "t", "a", ranges_between((INT,), [("5",)]), losses={"A": "b"})
    assert VerificationBegun.from_dict(json.loads(json.dumps(begun.to_dict()))) == begun


def test_a_cut_of_long_keys_is_joined_until_it_can_be_handed_on() -> None:
    key = (KeyColumn("ID", SourceType("varbinary", 900)),)
    ranges = ranges_between(key, [(f"0x{n:04x}" + "ab" * 890,) for n in range(99)])
    found = joined(ranges)
    assert 1 < len(found) < 50
    assert cover_all(found)
    assert sum(len(one.to_json()) for one in found) <= CUT_BYTES
    assert joined(ranges[:10]) == ranges[:10]


def test_wide_tables_have_fewer_chunks() -> None:
    assert most_chunks(2) == MOST_CHUNKS
    assert most_chunks(9) == 72
    assert most_chunks(40) == 25
    assert most_chunks(200_000 // COLUMN_BYTES) == 1
