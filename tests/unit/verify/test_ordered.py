"""Two streams of sorted rows, cut into blocks anywhere, are compared as if they were lists."""

import struct
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tableferry.model.schema import SourceType
from tableferry.verification.block import Block
from tableferry.verification.compared import Compared
from tableferry.verification.differences import Differences
from tableferry.verification.key_order import NotInOrderError, find_order
from tableferry.verification.ordered import compare_blocks
from tableferry.verification.row_pairs import RowPairs
from tests.support.comparing import summary
from tests.support.specs import planned, sync_plan

COMPARED = Compared.of(
    sync_plan(planned("id", SourceType("int", 4, 10)), planned("name", SourceType("nvarchar", 100)))
)
ORDER = find_order(COMPARED)

Row = tuple[int, str]


def tuple_of(row: Row) -> bytes:
    text = row[1].encode()
    return struct.pack(">hiii", 2, 4, row[0], len(text)) + text


def blocks_of(rows: Sequence[Row], cuts: Sequence[int]) -> Iterator[Block]:
    """The rows in blocks that end after so many rows each, the last with all that are left."""
    left = [tuple_of(row) for row in rows]
    for cut in [*cuts, len(left)]:
        some, left = left[:cut], left[cut:]
        if some:
            ends = np.cumsum([len(row) for row in some])
            yield Block(0, b"".join(some), len(some), lambda ends=ends: ends)  # type: ignore[misc]


def compared(
    source: Sequence[Row], target: Sequence[Row], cuts: tuple[Sequence[int], Sequence[int]]
) -> Differences:
    found = Differences()
    assert ORDER is not None
    pairs = RowPairs(COMPARED, found)
    compare_blocks(blocks_of(source, cuts[0]), blocks_of(target, cuts[1]), ORDER, pairs)
    return found


def expected(source: Sequence[Row], target: Sequence[Row]) -> list[tuple[str, ...]]:
    """Kind and key of each difference, found by looking at all rows of each key."""
    found = []
    for key in sorted({key for key, _ in [*source, *target]}):
        ours = [row for row in source if row[0] == key]
        theirs = [row for row in target if row[0] == key]
        if ours and theirs:
            found += [] if ours[0] in theirs else [("different", str(key))]
            theirs = theirs[1:]
        elif ours:
            found.append(("missing", str(key)))
        found += [("extra", str(key))] * len(theirs)
    return found


KEYS = st.integers(-40, 40)
VALUES = st.sampled_from(["", "a", "b", "longer than the others"])
CUTS = st.lists(st.integers(0, 4), max_size=12)


@settings(deadline=None)
@given(
    st.dictionaries(KEYS, VALUES, max_size=40),
    st.lists(st.tuples(KEYS, VALUES), max_size=12),
    st.sets(KEYS, max_size=12),
    st.tuples(CUTS, CUTS),
)
def test_what_differs_is_found_wherever_the_blocks_are_cut(
    rows: dict[int, str], damage: list[Row], removed: set[int], cuts: tuple[list[int], list[int]]
) -> None:
    source = sorted(rows.items())
    target = sorted([*(row for row in source if row[0] not in removed), *damage])
    found = compared(source, target, cuts)
    assert sorted((kind, str(key[0])) for kind, key, _ in summary(found)) == sorted(
        expected(source, target)
    )
    assert found.total == len(found.kept)


def test_many_rows_of_one_key_are_paired_across_blocks() -> None:
    target = [(1, f"copy {number}") for number in range(50)] + [(1, "a"), (2, "b")]
    found = compared([(1, "a"), (2, "b")], target, ([], [1] * 60))
    assert summary(found) == [("extra", ("1",), ())] * 50


@pytest.mark.parametrize("last", [(4, "d"), (2, "z")])
def test_a_target_whose_keys_descend_is_noticed(last: Row) -> None:
    source = [(1, "a"), (2, "b"), (3, "c"), (4, "d")]
    for cuts in ([], [1] * 9):
        with pytest.raises(NotInOrderError):
            compared(source, [(1, "a"), (3, "y"), (2, "z"), last], (cuts, cuts))
