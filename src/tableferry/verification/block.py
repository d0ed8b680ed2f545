"""Rows as they are compared: tuples of COPY BINARY, end to end, many in one block."""

import itertools
from collections.abc import Callable
from typing import Final

import numpy as np

BLOCK_BYTES: Final = 256 * 1024
"""About how much one block of the target holds. Measured with rows of 130 bytes, blocks of 64 kB
and of 1 MB are compared equally fast; of a block that differs, rows are looked at one by one."""


class Block:
    """Rows of one range, the ``number``-th of those that were asked for.

    ``data`` are its tuples without COPY's header and trailer; ``ends`` is where each ends in it, an
    array of int64. ``find_ends`` computes that when it is first asked for: where both sides send
    the same bytes, nobody asks.
    """

    __slots__ = ("_ends", "_find_ends", "data", "number", "rows")

    def __init__(
        self, number: int, data: bytes, rows: int, find_ends: Callable[[], np.ndarray]
    ) -> None:
        self.number = number
        self.data = data
        self.rows = rows
        self._find_ends = find_ends
        self._ends: np.ndarray | None = None

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return len(self.data)

    @property
    def ends(self) -> np.ndarray:
        """Where each row ends in ``data``."""
        if self._ends is None:
            self._ends = self._find_ends()
        return self._ends

    def rows_from(self, place: int, most: int) -> list[bytes]:
        """Return at most so many rows, beginning with that in this place."""
        ends = self.ends[max(0, place - 1) : place + most].tolist()
        starts = [0, *ends] if place == 0 else ends
        return [self.data[start:end] for start, end in itertools.pairwise(starts)]

    def row_list(self) -> list[bytes]:
        """Return all rows."""
        return self.rows_from(0, self.rows)
