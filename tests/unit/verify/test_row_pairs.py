"""Rows whose values cannot be compared are neither equal nor different: the column is named."""

import struct
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tableferry.model.schema import SourceType
from tableferry.verification.compared import Compared
from tableferry.verification.differences import Differences
from tableferry.verification.row_pairs import RowPairs
from tableferry.verification.unordered import RowsByValue
from tests.support.specs import planned, sync_plan

WHOLE = Compared.of(
    sync_plan(
        planned("id", SourceType("int", 4, 10)),
        planned("name", SourceType("nvarchar", 100)),
        planned("note", SourceType("nvarchar", 100)),
    )
)
KEYED = replace(
    WHOLE, columns=(*WHOLE.columns[:1], replace(WHOLE.columns[1], value=None), WHOLE.columns[2])
)
"""Of the values of ``name`` nothing is known but their bytes."""

KEYLESS = replace(KEYED, key=())


def row(number: int, name: str, note: str = "") -> bytes:
    texts = b"".join(struct.pack(">i", len(text)) + text.encode() for text in (name, note))
    return struct.pack(">hii", 3, 4, number) + texts


def recorded(
    compared: Compared, source: Sequence[bytes], target: Sequence[bytes]
) -> tuple[dict[str, int], set[str]]:
    """How many rows differ, by kind, and which columns are not compared."""
    found = Differences()
    rows = RowsByValue(RowPairs(compared, found), keyed=bool(compared.key))
    assert len({rows.key(one) for one in (*source, *target)}) == 1
    rows.record(source, target)
    return {kind.value: count for kind, count in found.counts.items()}, set(found.not_compared)


@pytest.mark.parametrize("compared", [KEYED, KEYLESS], ids=["keyed", "keyless"])
def test_a_pair_of_which_it_cannot_be_said_names_the_column(compared: Compared) -> None:
    assert recorded(compared, [row(1, "a")], [row(1, "b")]) == ({}, {"name"})


def test_without_a_key_what_is_too_many_on_one_side_differs_all_the_same() -> None:
    ours, theirs = [row(1, "a"), row(1, "b")], [row(1, "c")]
    assert recorded(KEYLESS, ours, theirs) == ({"missing": 1}, {"name"})
    assert recorded(KEYLESS, theirs, ours) == ({"extra": 1}, {"name"})


def test_rows_without_a_key_are_together_only_where_what_is_known_is_equal() -> None:
    rows = RowsByValue(RowPairs(KEYLESS, Differences()), keyed=False)
    assert rows.key(row(1, "a")) == rows.key(row(1, "b"))
    assert rows.key(row(1, "a")) != rows.key(row(2, "a"))
    assert rows.key(row(1, "a", "x")) != rows.key(row(1, "a", "y"))


def test_of_several_rows_with_a_key_the_one_that_is_certainly_equal_is_paired() -> None:
    theirs = [row(1, "b", "other"), row(1, "b"), row(1, "a")]
    assert RowPairs(KEYED, Differences()).closest(row(1, "a"), theirs) == 2
    assert RowPairs(KEYED, Differences()).closest(row(1, "a"), theirs[:2]) == 1
    assert RowPairs(KEYED, Differences()).closest(row(1, "a"), theirs[:1]) == 0
