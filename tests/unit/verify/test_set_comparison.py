"""Rows in any order are compared as multisets, whatever has to be read again to find them."""

from collections import Counter
from collections.abc import Generator, Hashable, Sequence
from dataclasses import dataclass, field
from random import Random

import numpy as np
import pytest

from tableferry.verification.buckets import Side
from tableferry.verification.differences import DifferenceKind, Differences
from tableferry.verification.set_comparison import (
    KEPT_OVERHEAD,
    HashedBlock,
    Limits,
    SetComparison,
)

Row = tuple[str, str]

TINY = Limits(kept_bytes=3000, hashed_rows=40, row_reads=1000)
"""So little memory that both sides are read many times."""


@dataclass
class Sides:
    """Two sides whose rows are a key and a value; ``reads`` counts how often they were read.

    From the second time on, the source has the rows of ``later``. ``kept`` counts the rows that
    were taken in each read.
    """

    source: list[Row]
    target: list[Row]
    reads: int = 0
    later: list[Row] | None = None
    keyed: bool = True
    kept: list[int] = field(default_factory=list)

    def __call__(self) -> Generator[HashedBlock, None, None]:
        source = self.later if self.reads and self.later is not None else self.source
        self.reads += 1
        self.kept.append(0)
        random = Random(self.reads)
        for side, rows in ((Side.TARGET, self.target), (Side.SOURCE, source)):
            shuffled = random.sample(rows, len(rows))
            for start in range(0, len(rows), 500):
                yield self._block(side, shuffled[start : start + 500])

    def _block(self, side: Side, rows: Sequence[Row]) -> HashedBlock:
        data = [written(row) for row in rows]
        keys = [hash(key) for key, _ in rows] if self.keyed else [hash(row) for row in data]

        def row(place: int) -> bytes:
            self.kept[-1] += 1
            return data[place]

        return HashedBlock(
            side,
            np.array(keys, np.int64).view(np.uint64),
            np.array([hash(row) for row in data], np.int64).view(np.uint64),
            np.array([len(row) for row in data]),
            row,
        )


@dataclass
class Found:
    """Records what the comparison tells, as ``row_pairs`` does."""

    differences: Differences
    missing_rows: Counter[Row] = field(default_factory=Counter)
    extra_rows: Counter[Row] = field(default_factory=Counter)
    pairs: Counter[tuple[Row, Row]] = field(default_factory=Counter)
    keyed: bool = True

    def key(self, row: bytes) -> Hashable:
        return read(row)[0] if self.keyed else row

    def record(self, source: Sequence[bytes], target: Sequence[bytes]) -> None:
        mine, its = [read(row) for row in source], [read(row) for row in target]
        for ours, theirs in zip(mine, its, strict=False):
            if ours[1].strip() != theirs[1].strip():
                self.differences.counts[DifferenceKind.DIFFERENT] += 1
                self.pairs[ours, theirs] += 1
        for row in mine[len(its) :]:
            self.differences.counts[DifferenceKind.MISSING] += 1
            self.missing_rows[row] += 1
        for row in its[len(mine) :]:
            self.differences.counts[DifferenceKind.EXTRA] += 1
            self.extra_rows[row] += 1


def written(row: Row) -> bytes:
    return "\0".join(row).encode()


def read(row: bytes) -> Row:
    key, value = row.decode().split("\0")
    return key, value


def compare(sides: Sides, limits: Limits | None = None, rows: int | None = None) -> Found:
    found = Found(Differences(), keyed=sides.keyed)
    SetComparison(sides, found, estimated_rows=rows, limits=limits).run(found.differences)
    return found


def table(rows: int) -> list[Row]:
    return [(f"key {number}", f"value {number}") for number in range(rows)]


def expected(sides: Sides) -> dict[DifferenceKind, int]:
    """How many rows differ, by comparing them in memory."""
    source, target = Counter(sides.source), Counter(sides.target)
    mine, its = source - target, target - source
    found: Counter[DifferenceKind] = Counter()
    for key in {key for key, _ in mine | its}:
        ours = sum(count for row, count in mine.items() if row[0] == key)
        theirs = sum(count for row, count in its.items() if row[0] == key)
        found[DifferenceKind.DIFFERENT] += min(ours, theirs)
        found[DifferenceKind.MISSING] += max(0, ours - theirs)
        found[DifferenceKind.EXTRA] += max(0, theirs - ours)
    return +found


MEMORY = pytest.mark.parametrize("limits", [Limits(), TINY], ids=["at_once", "in_many_reads"])


def test_equal_rows_are_read_once_whatever_their_order() -> None:
    sides = Sides(table(1000), table(1000))
    found = compare(sides)
    assert found.differences.total == 0
    assert (found.differences.source_rows, found.differences.target_rows) == (1000, 1000)
    assert sides.reads == 1


@pytest.mark.parametrize("estimated", [None, 10, 1_000_000])
def test_rows_that_differ_are_found_in_a_second_read(estimated: int | None) -> None:
    sides = Sides(table(3000), table(3000))
    del sides.source[5], sides.target[1000]
    sides.target[77] = ("key 77", "damaged")
    found = compare(sides, rows=estimated)
    assert found.missing_rows == Counter({("key 1000", "value 1000"): 1})
    assert found.extra_rows == Counter({("key 5", "value 5"): 1})
    assert found.pairs == Counter({(("key 77", "value 77"), ("key 77", "damaged")): 1})
    assert sides.reads == 2


@MEMORY
@pytest.mark.parametrize("seed", range(20))
def test_random_damage_is_found_and_counted(seed: int, limits: Limits) -> None:
    random = Random(seed)
    sides = Sides(table(500), table(500))
    for _ in range(random.randrange(120)):
        rows = random.choice([sides.source, sides.target])
        place = random.randrange(len(rows))
        match random.randrange(4):
            case 0:
                del rows[place]
            case 1:
                rows.append(rows[place])
            case 2:
                rows[place] = (rows[place][0], f"damaged {random.randrange(9)}")
            case 3:
                rows.append((f"strange {random.randrange(50)}", "value"))
    found = compare(sides, limits)
    assert +found.differences.counts == expected(sides)


def test_every_difference_is_counted_though_only_some_are_read_again() -> None:
    limits = Limits(kept_bytes=0, hashed_rows=100, named=10, row_reads=3)
    sides = Sides(table(1000), [(key, "damaged") for key, _ in table(1000)])
    found = compare(sides, limits)
    assert found.differences.counts[DifferenceKind.DIFFERENT] == 1000
    assert 0 < found.pairs.total() <= 10


def test_what_was_not_counted_is_told() -> None:
    sides = Sides(table(300), [(key, "damaged") for key, _ in table(270)])
    found = compare(sides, Limits(kept_bytes=0, hashed_rows=50, parts=2), rows=300)
    assert 50 <= found.differences.total < 300
    assert "the least" in found.differences.warnings[0]
    assert compare(sides, TINY, rows=300).differences.warnings == []


def test_rows_that_are_equal_by_value_are_no_difference() -> None:
    sides = Sides(table(100), [(key, f"{value} ") for key, value in table(100)])
    assert compare(sides).differences.total == 0


@MEMORY
def test_without_a_key_rows_are_counted_as_often_as_they_come(limits: Limits) -> None:
    many = [("same", "row")] * 10_000
    sides = Sides([*table(50), *many], [*table(50), *many[:-3], ("other", "row")], keyed=False)
    found = compare(sides, limits)
    assert found.missing_rows == Counter({("same", "row"): 3})
    assert found.extra_rows == Counter({("other", "row"): 1})


def test_a_row_that_changes_between_the_reads_is_compared_as_it_is_then() -> None:
    sides = Sides(table(500), table(500))
    sides.target[7] = ("key 7", "new")
    sides.later = [*sides.target]
    assert compare(sides).differences.total == 0


def test_no_read_keeps_more_rows_than_fit_into_memory() -> None:
    sides = Sides(table(2000), [(key, "damaged") for key, _ in table(2000)])
    limits = Limits(kept_bytes=100_000, hashed_rows=500, row_reads=100)
    found = compare(sides, limits, rows=2000)
    assert found.pairs.total() == 2000
    assert max(sides.kept) * KEPT_OVERHEAD <= limits.kept_bytes
    assert sum(sides.kept) == 4000
