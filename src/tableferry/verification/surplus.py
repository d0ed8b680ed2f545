"""Which rows only one side has, found from hashes alone: 24 bytes a row, not the row. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from tableferry.verification.buckets import Side

AT_ONCE: Final = 250_000
"""Rows that are gathered at least before equal ones are looked for: 6 MB."""

_SIGNS: Final = {Side.SOURCE: 1, Side.TARGET: -1}


@dataclass(frozen=True, slots=True)
class Surplus:
    """The keys of which one side has a row that the other has not; arrays of one length.

    ``keys`` are their hashes; ``source`` and ``target`` count the rows that only that side has,
    ``sizes`` are the bytes of these.
    """

    keys: np.ndarray
    source: np.ndarray
    target: np.ndarray
    sizes: np.ndarray

    @property
    def different(self) -> int:
        """Rows that are on both sides under one key."""
        return int(np.minimum(self.source, self.target).sum())

    def __getitem__(self, part: slice) -> Self:
        """Return some of the keys."""
        return type(self)(self.keys[part], self.source[part], self.target[part], self.sizes[part])


def joined(parts: Sequence[Surplus]) -> Surplus:
    """Return the keys of all parts; there is one at least."""
    return Surplus(
        np.concatenate([part.keys for part in parts]),
        np.concatenate([part.source for part in parts]),
        np.concatenate([part.target for part in parts]),
        np.concatenate([part.sizes for part in parts]),
    )


class HashedRows:
    """The hashes of rows, gathered from both sides in any order; equal rows cancel each other."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        """``at_once``: rows that are gathered before equal ones are looked for."""
        self._at_once = at_once
        self._gathered: list[_Rows] = []
        self._waiting = 0

    def add(self, side: Side, keys: np.ndarray, rows: np.ndarray, sizes: np.ndarray) -> None:
        """Add rows by the hashes of their keys and of all of them, and their bytes."""
        if not len(keys):
            return
        counts = np.full(len(keys), _SIGNS[side], np.int32)
        self._gathered.append((keys, rows, sizes.astype(np.uint32), counts))
        self._waiting += len(keys)
        if self._waiting >= self._at_once + len(self._gathered[0][0]) // 2:
            self._gathered = [self._left()]
            self._waiting = 0

    def surplus(self) -> Surplus:
        """Return what only one side has, and forget the rows."""
        keys, _, sizes, counts = self._left()
        self._waiting = 0
        if not len(keys):
            nothing = np.zeros(0, np.int64)
            return Surplus(keys, nothing, nothing, nothing)
        starts = _starts(keys[1:] != keys[:-1])
        return Surplus(
            keys[starts],
            np.add.reduceat(np.maximum(counts, 0), starts, dtype=np.int64),
            np.add.reduceat(np.maximum(-counts, 0), starts, dtype=np.int64),
            np.add.reduceat(sizes * np.abs(counts).astype(np.int64), starts),
        )

    def _left(self) -> "_Rows":
        """Return the rows of which one side has more, in the order of their hashes, and forget all.

        One array after the other is freed: as many rows as possible fit into memory.
        """
        if not self._gathered:
            nothing = np.zeros(0, np.uint64)
            return nothing, nothing, nothing.astype(np.uint32), nothing.astype(np.int32)
        columns = list(map(list, zip(*self._gathered, strict=True)))
        self._gathered.clear()
        counts, sizes, rows, keys = (np.concatenate(columns.pop()) for _ in range(4))
        order = np.lexsort((rows, keys))
        keys, rows = keys[order], rows[order]
        starts = _starts((keys[1:] != keys[:-1]) | (rows[1:] != rows[:-1]))
        counts = np.add.reduceat(counts[order], starts)
        left = np.flatnonzero(counts)
        places = starts[left]
        return keys[places], rows[places], sizes[order[places]], counts[left]


_Rows = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Hashes of keys and of rows, the rows' bytes, and how many more the source has of each."""


def _starts(changes: np.ndarray) -> np.ndarray:
    """Return where runs of equal values begin, of one value at least."""
    return np.concatenate([[0], np.flatnonzero(changes) + 1])
