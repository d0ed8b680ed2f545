"""Compare the rows of a table that both databases do not sort alike, or that has no key, as sets.

Neither side is asked to sort. Both are read once where they are equal, and once more where a row
differs; in mass differences, a bounded number of times (see ``set_comparison``).
"""

from collections.abc import Generator, Hashable, Iterator, Sequence

from tableferry.model.key_range import WHOLE_TABLE, KeyRange
from tableferry.planning.plan import SyncPlan
from tableferry.verification.block import Block
from tableferry.verification.buckets import Side
from tableferry.verification.compared import Compared
from tableferry.verification.differences import Differences
from tableferry.verification.row_hashes import RowHasher
from tableferry.verification.row_pairs import RowPairs
from tableferry.verification.set_comparison import HashedBlock, Limits, SetComparison
from tableferry.verification.sides import Sides
from tableferry.verification.source_stream import SourceStream
from tableferry.verification.target_stream import TargetStream


def compare_unordered(
    plan: SyncPlan,
    sides: Sides,
    ranges: Sequence[KeyRange] = (WHOLE_TABLE,),
    *,
    show_values: bool = False,
    limits: Limits | None = None,
) -> Differences:
    """Compare every value of every row; the ranges together hold all rows of the source.

    Raises values.TextsAlteredError as a load does: the caller reads again, with
    ``plan.reading_as_utf16``. Raises TableferryError.
    """
    compared = Compared.of(plan)
    found = Differences(not_compared=dict(compared.not_compared))
    pairs = RowPairs(compared, found, show_values=show_values)
    reads = _Reads(compared, sides, ranges)
    SetComparison(
        reads,
        RowsByValue(pairs, keyed=bool(compared.key)),
        estimated_rows=plan.estimated_rows,
        limits=limits,
    ).run(found)
    reads.first.tell(found)
    return found


class RowsByValue:
    """Pairs the rows of one key: one of both sides has other values there (see ``Pairing``).

    Without a key a row is there or not, as often as it comes; rows that are paired are equal, or
    differ in columns of which it cannot be said.
    """

    def __init__(self, pairs: RowPairs, *, keyed: bool) -> None:
        self.keyed = keyed
        self._pairs = pairs

    def key(self, row: bytes) -> Hashable:
        """Return the key by value, without one all values of which it is known what is equal."""
        return self._pairs.key(row)

    def record(self, source: Sequence[bytes], target: Sequence[bytes]) -> None:
        """Record what differs; the target may have a key more than once."""
        left = list(target)
        for row in source:
            if left:
                place = self._pairs.closest(row, left) if self.keyed else -1
                self._pairs.pair(row, left.pop(place))
            else:
                self._pairs.only_in_source(row)
        for row in left:
            self._pairs.only_in_target(row)


class _Reads:
    """Reads both sides at once, as often as it is called; ``first`` is the first read's source."""

    def __init__(self, compared: Compared, sides: Sides, ranges: Sequence[KeyRange]) -> None:
        self._compared = compared
        self._sides = sides
        self._ranges = ranges
        self._hashed = RowHasher(compared.key)
        self.first = SourceStream(compared, sides, ranges)
        self._next = self.first

    def __call__(self) -> Generator[HashedBlock, None, None]:
        with self._next as source, TargetStream(self._compared, self._sides) as target:
            for side, block in _alternately(source, target):
                self._sides.check()
                yield self._hashed(side, block)
        self._next = SourceStream(self._compared, self._sides, self._ranges)


def _alternately(source: Iterator[Block], target: Iterator[Block]) -> Iterator[tuple[Side, Block]]:
    """Yield the blocks of both, from the one of which fewer rows have come."""
    streams = {Side.SOURCE: source, Side.TARGET: target}
    rows = dict.fromkeys(streams, 0)
    while streams:
        side = min(streams, key=rows.__getitem__)
        block = next(streams[side], None)
        if block is None:
            del streams[side]
        else:
            rows[side] += block.rows
            yield side, block
