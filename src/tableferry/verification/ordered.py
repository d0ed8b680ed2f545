"""Compare rows that both sides send in the order of their keys, in one pass, block by block.

Equal bytes are equal rows: most blocks are compared with one memcmp. Where they differ, the rows
are looked at, first a few of them, and more where differences follow each other; then blocks are
compared again.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from tableferry.model.key_range import KeyRange
from tableferry.verification.block import Block
from tableferry.verification.compared import Compared
from tableferry.verification.differences import DifferenceKind, Differences
from tableferry.verification.key_order import Ascending, NotInOrderError, RowOrder
from tableferry.verification.row_pairs import RowPairs
from tableferry.verification.sides import Sides
from tableferry.verification.source_stream import SourceStream
from tableferry.verification.target_stream import TargetStream

FIRST_ROWS: Final = 16
MOST_ROWS: Final = 4096
"""Rows that are looked at after bytes that differ: twice as many each time that more of them do."""

FIRST_BYTES: Final = 4096
"""Bytes that are compared after rows that differ: four times as many each time that they are equal,
so that one row among equal ones costs little, and many do not cost a block each."""


def compare_ordered(
    compared: Compared,
    sides: Sides,
    order: RowOrder,
    ranges: Sequence[KeyRange],
    conditions: Sequence[str],
    *,
    show_values: bool = False,
) -> Differences:
    """Compare the rows of each range with the target's for which its condition is true.

    Raises NotInOrderError where a side's keys do not ascend, and what the streams raise.
    """
    found = Differences(not_compared=dict(compared.not_compared))
    pairs = RowPairs(compared, found, show_values=show_values)
    target = TargetStream(compared, sides, conditions, order_by=order.target)
    source = SourceStream(compared, sides, ranges, order_by=order.source, watch=Ascending(order))
    # The source is asked when the target has its rows sorted: until then it would wait for us.
    with source, target:
        right, left = _Ranges(target), _Ranges(source)
        right.look()
        for number in range(len(ranges)):
            compare_blocks(left.of(number), right.of(number), order, pairs)
    source.tell(found)
    found.target_rows = target.rows
    return found


def compare_blocks(
    source: Iterator[Block], target: Iterator[Block], order: RowOrder, pairs: RowPairs
) -> None:
    """Compare the rows of two streams of blocks, wherever either is cut into them.

    The source's keys ascend, each is there once. Raises NotInOrderError where the target's descend.
    """
    _Merge(_Rows(source), _Rows(target), order, pairs).run()


class _Ranges:
    """A stream of blocks, cut where the next range begins."""

    def __init__(self, blocks: Iterator[Block]) -> None:
        self._blocks = blocks
        self._next: Block | None = None

    def look(self) -> Block | None:
        """Return the next block, and leave it where it is."""
        if self._next is None:
            self._next = next(self._blocks, None)
        return self._next

    def of(self, number: int) -> Iterator[Block]:
        """Yield the blocks of the range with this number, which is the next one."""
        while (block := self.look()) is not None and block.number == number:
            self._next = None
            yield block


class _Rows:
    """One side's rows of one range: the current block, and how far it was compared."""

    def __init__(self, blocks: Iterator[Block]) -> None:
        self._blocks = blocks
        self._block = Block(0, b"", 0, lambda: np.zeros(0, np.int64))
        self._start = 0
        self._before = b""

    def ready(self) -> bool:
        """Go to the next block where this one is done; False at the end."""
        while self._start == len(self._block.data):
            following = next(self._blocks, None)
            if following is None:
                return False
            if self._block.rows:
                self._before = self._block.rows_from(self._block.rows - 1, 1)[0]
            self._block, self._start = following, 0
        return True

    @property
    def left(self) -> int:
        """Bytes that are left of this block."""
        return len(self._block.data) - self._start

    def bytes_of(self, size: int) -> bytes:
        """Return so many of them."""
        return self._block.data[self._start : self._start + size]

    def whole_rows(self, size: int) -> int:
        """Return how many bytes the rows have that are within ``size``, or else the first one."""
        ends = self._block.ends
        place = int(np.searchsorted(ends, self._start + size, "right")) - 1
        return int(ends[max(place, self._place)]) - self._start

    def skip(self, size: int) -> None:
        """Leave so many bytes behind, which are whole rows."""
        self._start += size

    @property
    def _place(self) -> int:
        """The place of the next row in the block."""
        return int(np.searchsorted(self._block.ends, self._start, "right"))

    def upcoming(self, most: int) -> list[bytes]:
        """Return the next rows of this block."""
        return self._block.rows_from(self._place, most)

    @property
    def row_before(self) -> bytes:
        """The last row that was left behind; empty where there is none."""
        place = self._place
        return self._block.rows_from(place - 1, 1)[0] if place else self._before

    def extend(self) -> bool:
        """Join the next block to this one; False where there is none."""
        following = next(self._blocks, None)
        if following is None:
            return False
        rest, ends = self._block.data[self._start :], self._block.ends - self._start
        before = self.row_before
        joined = np.concatenate([ends[self._place :], following.ends + len(rest)])
        self._before = before
        self._block = Block(following.number, rest + following.data, len(joined), lambda: joined)
        self._start = 0
        return True

    def rest(self) -> Iterator[list[bytes]]:
        """Yield all rows that are left, many at a time."""
        while self.ready():
            rows = self.upcoming(MOST_ROWS)
            self.skip(sum(map(len, rows)))
            yield rows

    def count_rest(self) -> int:
        """Return how many rows are left, and leave them behind."""
        rows = 0
        while self.ready():
            rows += self._block.rows - self._place if self._start else self._block.rows
            self.skip(self.left)
        return rows


class _Merge:
    """The rows of one range being compared."""

    def __init__(self, source: _Rows, target: _Rows, order: RowOrder, pairs: RowPairs) -> None:
        self._source = source
        self._target = target
        self._order = order
        self._pairs = pairs

    def run(self) -> None:
        """Compare all rows."""
        size, rows = 0, FIRST_ROWS  # 0: as many bytes as both blocks have
        while self._source.ready() and self._target.ready():
            skipped = self._skip_equal(size)
            if skipped:
                size, rows = 4 * size, FIRST_ROWS
                continue
            if self._look_at(rows):
                rows = min(2 * rows, MOST_ROWS)
            size = FIRST_BYTES
        self._alone(self._source, DifferenceKind.MISSING)
        self._alone(self._target, DifferenceKind.EXTRA)

    def _skip_equal(self, wanted: int) -> int:
        """Leave behind what is equal on both sides; returns how many bytes, 0 where they differ."""
        source, target = self._source, self._target
        size = min(source.left, target.left)
        if 0 < wanted < size:
            size = min(size, source.whole_rows(wanted))
        if source.bytes_of(size) != target.bytes_of(size):
            return 0
        source.skip(size)
        target.skip(size)
        return size

    def _look_at(self, most: int) -> bool:
        """Compare some rows of both blocks, one by one; says whether any of them differ."""
        ours, theirs = self._source.upcoming(most), self._target.upcoming(most)
        last = self._target.row_before
        i = j = 0
        differ = False
        while i < len(ours) and j < len(theirs):
            if ours[i] == theirs[j]:
                last = theirs[j]
                i, j = i + 1, j + 1
                continue
            differ = True
            key, other = self._key(ours[i]), self._key(theirs[j])
            if last and other < self._key(last):
                raise NotInOrderError
            if key < other:
                self._pairs.only_in_source(ours[i])
                i += 1
                continue
            last = theirs[j]
            if key > other:
                self._pairs.only_in_target(theirs[j])
                j += 1
                continue
            same = self._same_key(theirs, j, other)
            self._pair(ours[i], theirs[j : j + same])
            last = theirs[j + same - 1]
            i, j = i + 1, j + same
        self._source.skip(sum(map(len, ours[:i])))
        self._target.skip(sum(map(len, theirs[:j])))
        return differ

    def _same_key(self, theirs: list[bytes], start: int, key: tuple[Any, ...]) -> int:
        """Return how many rows of the target have this key; ``theirs`` gets what it lacks."""
        end = start + 1
        while True:
            if end == len(theirs):
                more = self._target.upcoming(end + FIRST_ROWS)[end:]
                if not more and self._target.extend():
                    continue
                if not more:
                    return end - start
                theirs += more
            if self._key(theirs[end]) != key:
                return end - start
            end += 1

    def _pair(self, ours: bytes, theirs: list[bytes]) -> None:
        """Pair a row with the closest of the target's with its key; the others are extra."""
        chosen = self._pairs.closest(ours, theirs)
        for place, row in enumerate(theirs):
            if place == chosen:
                self._pairs.pair(ours, row)
            else:
                self._pairs.only_in_target(row)

    def _key(self, row: bytes) -> tuple[Any, ...]:
        return self._order.of(self._pairs.key_fields(row))

    def _alone(self, side: _Rows, kind: DifferenceKind) -> None:
        """Record the rows that are left of one side, where the other has ended."""
        is_source = kind is DifferenceKind.MISSING
        record = self._pairs.only_in_source if is_source else self._pairs.only_in_target
        last = b"" if is_source else side.row_before
        for rows in side.rest():
            for row in rows:
                if last and self._key(row) < self._key(last):
                    raise NotInOrderError
                last = b"" if is_source else row
                record(row)
            if self._pairs.is_full:
                break
        self._pairs.count(kind, side.count_rest())
