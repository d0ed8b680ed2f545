"""Sums of hashes by bucket: they tell two multisets of rows apart, whatever order the rows come in.

Each row adds its hash to the bucket that the hash of its key selects; the rows of the target are
subtracted. What is not zero in the end holds a row that differs: all others need not be read again.
Memory depends on the number of buckets alone. Pure.

A hash has 64 bits, and each bucket two sums of them, of the hash itself and of a mix of it: with
one alone, 2**k equal rows on each side would be told apart by 64 - k bits only.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import IntEnum
from typing import Final

import numpy as np

FEWEST: Final = 2**10
MOST: Final = 2**19
"""Buckets of the largest tables: 20 MB in all. At ten million rows each has 19."""

ROWS_EACH: Final = 8
"""Rows of each side in a bucket, where that takes fewer than ``MOST``: they are read again where
one of them differs."""

UNKNOWN: Final = 2**17
"""Buckets where nobody knows how many rows there are."""


class Side(IntEnum):
    """Where a row comes from."""

    SOURCE = 0
    TARGET = 1


def buckets_for(rows: int | None) -> int:
    """Return how many buckets suit so many rows of a side: a power of two."""
    if rows is None:
        return UNKNOWN
    return min(MOST, max(FEWEST, 1 << (rows // ROWS_EACH).bit_length()))


class Buckets:
    """Sums over the rows of both sides; ``rows`` counts them by side, ``size`` their bytes."""

    def __init__(self, count: int) -> None:
        """``count`` is a power of two."""
        self._shift = np.uint64(64 - (count.bit_length() - 1))
        self._sums = np.zeros((2, count), np.uint64)
        self._rows = np.zeros((2, count), np.uint32)
        self._sizes = np.zeros(count, np.uint64)
        self.rows = [0, 0]

    def add(self, side: Side, keys: np.ndarray, rows: np.ndarray, sizes: np.ndarray) -> None:
        """Add rows by the hashes of their keys and of all of them, as uint64, and their bytes."""
        places = self.of(keys)
        change = np.add if side is Side.SOURCE else np.subtract
        change.at(self._sums[0], places, rows)
        change.at(self._sums[1], places, mixed(rows))
        np.add.at(self._rows[side], places, np.uint32(1))
        np.add.at(self._sizes, places, sizes.astype(np.uint64))
        self.rows[side] += len(rows)

    def of(self, keys: np.ndarray) -> np.ndarray:
        """Return the buckets of these hashes of keys."""
        # The upper bits, since a table of hashes inside Python uses the lower ones.
        found: np.ndarray = (keys >> self._shift).astype(np.intp)
        return found

    def differing(self) -> np.ndarray:
        """Return the numbers of the buckets that do not hold the same rows on both sides."""
        differs = (self._sums != 0).any(axis=0) | (self._rows[0] != self._rows[1])
        return np.flatnonzero(differs)

    def rows_in(self, buckets: np.ndarray) -> np.ndarray:
        """Return the rows of the source and of the target in each of these buckets."""
        return self._rows[:, buckets].astype(np.int64)

    def sizes_of(self, buckets: np.ndarray) -> np.ndarray:
        """Return the bytes of the rows in each of these buckets, of both sides together."""
        found: np.ndarray = self._sizes[buckets].astype(np.int64)
        return found

    def numbered(self, parts: Sequence[np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
        """Return what tells in which part's buckets a row is, by its key's hash; -1: in none."""
        part_of = np.full(self._sizes.shape, -1, np.int16)
        for number, buckets in enumerate(parts):
            part_of[buckets] = number
        return lambda keys: np.asarray(part_of[self.of(keys)])

    def select(self, buckets: np.ndarray) -> "Selection":
        """Return what tells whether a row is in one of these buckets."""
        chosen = np.zeros(self._sizes.shape, np.bool_)
        chosen[buckets] = True
        return Selection(self, chosen)


class Selection:
    """Some of the buckets."""

    def __init__(self, buckets: Buckets, chosen: np.ndarray) -> None:
        self._buckets = buckets
        self._chosen = chosen

    def holds(self, keys: np.ndarray) -> np.ndarray:
        """Return of each hash of a key whether its bucket is one of the selection."""
        return np.asarray(self._chosen[self._buckets.of(keys)])


def mixed(hashes: np.ndarray) -> np.ndarray:
    """Return a number of 64 bits for each hash that is no linear function of it (splitmix64)."""
    found = hashes + np.uint64(0x9E3779B97F4A7C15)
    found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(found ^ (found >> np.uint64(31)))


def groups(weights: np.ndarray, most: int) -> Iterator[slice]:
    """Yield slices whose weights sum up to ``most`` at most, or that have one place alone."""
    ends = np.cumsum(weights)
    start = 0
    while start < len(weights):
        before = int(ends[start - 1]) if start else 0
        end = max(start + 1, int(np.searchsorted(ends, before + most, "right")))
        yield slice(start, end)
        start = end
