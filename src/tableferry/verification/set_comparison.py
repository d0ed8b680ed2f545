"""Compares rows that come in any order, within bounded memory: as sets, or multisets without a key.

1. Every row of both sides is added to a sum by bucket (``buckets``): equal sums are equal rows.
2. Where sums differ, both sides are read again, and the rows of those buckets alone are kept. Equal
   ones cancel each other; those that are left are paired by key and compared by value.
3. Where the rows of these buckets are too many to be kept, their hashes are kept first, in
   temporary files (``spooled_hashes``): then the rows that differ are counted (``surplus``), and
   the first of them are read as in step 2. So no side is read more than five times, however much
   differs.

What changes at the source between two reads may seem to differ: see ``again``. Pure: the caller
gives the reads.
"""

import contextlib
from collections.abc import Callable, Generator, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from tableferry.verification.buckets import Buckets, Side, buckets_for, groups
from tableferry.verification.differences import MOST_KEPT, DifferenceKind, Differences
from tableferry.verification.spooled_hashes import SpooledHashes
from tableferry.verification.surplus import Surplus, joined

KEPT_OVERHEAD: Final = 450
"""Bytes that Python needs for a row that is kept and then paired, beside those of the row."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is held in memory at once, and how often both sides are read for it.

    ``kept_bytes``: of rows. ``hashed_rows``: rows of which the hashes are held, 45 bytes each while
    they are sorted. ``parts``: of so many rows each, which wait in temporary files. ``row_reads``:
    reads of rows in step 3. ``named``: differences that are read with their keys.
    """

    kept_bytes: int = 48 * 2**20
    hashed_rows: int = 1_000_000
    parts: int = 200
    row_reads: int = 3
    named: int = MOST_KEPT


@dataclass(frozen=True, slots=True)
class HashedBlock:
    """Rows of one side. ``keys`` and ``rows`` are hashes as uint64, ``sizes`` the rows' bytes.

    ``row`` returns one row in COPY BINARY. Without a key, that of a row is the whole row.
    """

    side: Side
    keys: np.ndarray
    rows: np.ndarray
    sizes: np.ndarray
    row: Callable[[int], bytes]


Read = Callable[[], Generator[HashedBlock, None, None]]
"""Reads both sides once, from the beginning."""


class Pairing(Protocol):
    """Says what rows are that have no equal. With ``keyed`` two of one key are one that differs."""

    keyed: bool

    def key(self, row: bytes) -> Hashable:
        """Return what rows have in common that may be equal by value, or are of one key."""

    def record(self, source: Sequence[bytes], target: Sequence[bytes]) -> None:
        """Record what of these rows differs, which have one ``key`` and no equal on both sides."""


Select = Callable[[np.ndarray], np.ndarray]
"""Returns of each hash of a key whether its row is to be kept."""


_Left = dict[int, tuple[int, bytes]]
"""By the hash of a row: how many more of it the source has, and its bytes."""


class SetComparison:
    """One comparison; ``pairing`` records the rows that differ, as far as they are read."""

    def __init__(
        self,
        read: Read,
        pairing: Pairing,
        *,
        estimated_rows: int | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._read = read
        self._pairing = pairing
        self._limits = limits or Limits()
        self._buckets = Buckets(buckets_for(estimated_rows))

    def run(self, found: Differences) -> None:
        """Count the rows of both sides, and add those that differ to ``found``."""
        buckets = self._buckets
        with contextlib.closing(self._read()) as blocks:
            for block in blocks:
                buckets.add(block.side, block.keys, block.rows, block.sizes)
        found.source_rows += buckets.rows[Side.SOURCE]
        found.target_rows += buckets.rows[Side.TARGET]
        suspects = buckets.differing()
        if not len(suspects):
            return
        rows = buckets.rows_in(suspects).sum(axis=0)
        kept = int(buckets.sizes_of(suspects).sum() + KEPT_OVERHEAD * rows.sum())
        source, target = buckets.rows_in(suspects).sum(axis=1)
        found.moved -= int(source) - int(target)
        if kept <= self._limits.kept_bytes:
            found.moved += self._compare_rows(buckets.select(suspects).holds)
        else:
            self._narrow(suspects, rows, found)
            # Several reads have shown it, each at its own moment: there is no number to hold it to.
            found.moved += found.counts[DifferenceKind.MISSING] - found.counts[DifferenceKind.EXTRA]

    def _narrow(self, suspects: np.ndarray, rows: np.ndarray, found: Differences) -> None:
        """Find by hashes which rows differ; then read the first of them."""
        limits = self._limits
        named: list[Surplus] = []
        room = limits.named
        parts = list(groups(rows, limits.hashed_rows))
        for surplus in self._surpluses([suspects[part] for part in parts[: limits.parts]]):
            named.append(surplus[:room])
            self._count(surplus[room:], found)
            room -= len(named[-1].keys)
        for part in parts[limits.parts :]:
            self._count_least(suspects[part], found)
        if len(parts) > limits.parts:
            found.warnings.append(
                "there are more differences than were counted: the numbers of rows that differ "
                "are the least that there are"
            )
        self._compare_named(joined(named), found)

    def _surpluses(self, parts: Sequence[np.ndarray]) -> Iterator[Surplus]:
        """Read the hashes of all rows in these buckets, and yield each part's surplus."""
        part_of = self._buckets.numbered(parts)
        with contextlib.ExitStack() as stack:
            spool = stack.enter_context(SpooledHashes(len(parts)))
            for block in stack.enter_context(contextlib.closing(self._read())):
                spool.add(part_of(block.keys), block.side, block.keys, block.rows, block.sizes)
            for number in range(len(parts)):
                yield spool.hashed_rows(number).surplus()

    def _count_least(self, buckets: np.ndarray, found: Differences) -> None:
        """Count what these buckets hold at least: one row that differs, or the rows too many."""
        source, target = self._buckets.rows_in(buckets)
        found.counts[DifferenceKind.MISSING] += int(np.maximum(source - target, 0).sum())
        found.counts[DifferenceKind.EXTRA] += int(np.maximum(target - source, 0).sum())
        found.counts[DifferenceKind.DIFFERENT] += int((source == target).sum())

    def _compare_named(self, surplus: Surplus, found: Differences) -> None:
        """Compare the rows with these keys by value, as many as the reads suffice for."""
        weights = surplus.sizes + KEPT_OVERHEAD * (surplus.source + surplus.target)
        parts = list(groups(weights, self._limits.kept_bytes))
        for part in parts[: self._limits.row_reads]:
            self._compare_rows(_among(surplus[part].keys))
        for part in parts[self._limits.row_reads :]:
            self._count(surplus[part], found)

    def _compare_rows(self, select: Select) -> int:
        """Read both sides, keep the selected rows, and compare those that have no equal.

        Returns how many more of them the source has.
        """
        left: _Left = {}
        more = 0
        with contextlib.closing(self._read()) as blocks:
            for block in blocks:
                places = np.flatnonzero(select(block.keys)).tolist()
                more += len(places) if block.side is Side.SOURCE else -len(places)
                for place in places:
                    _cancel(left, block, place)
        self._record(left)
        return more

    def _record(self, left: _Left) -> None:
        """Record the rows that are left, by their keys."""
        together: dict[Hashable, tuple[list[bytes], list[bytes]]] = {}
        while left:
            _, (more, row) = left.popitem()
            side = Side.SOURCE if more > 0 else Side.TARGET
            found = together.setdefault(self._pairing.key(row), ([], []))
            found[side].extend([row] * abs(more))
        while together:
            _, (source, target) = together.popitem()
            self._pairing.record(source, target)

    def _count(self, surplus: Surplus, found: Differences) -> None:
        """Count rows that differ by their hashes."""
        different = surplus.different if self._pairing.keyed else 0
        found.counts[DifferenceKind.MISSING] += int(surplus.source.sum()) - different
        found.counts[DifferenceKind.EXTRA] += int(surplus.target.sum()) - different
        found.counts[DifferenceKind.DIFFERENT] += different


def _cancel(left: _Left, block: HashedBlock, place: int) -> None:
    """Keep a row, or let it cancel its equal of the other side."""
    row = int(block.rows[place])
    more, kept = left.get(row, (0, b""))
    more += 1 if block.side is Side.SOURCE else -1
    if more:
        left[row] = more, kept or block.row(place)
    else:
        del left[row]


def _among(keys: np.ndarray) -> Select:
    """Return what selects the rows whose keys have one of these hashes, which are sorted."""
    wanted = np.sort(keys)

    def select(found: np.ndarray) -> np.ndarray:
        places = np.minimum(np.searchsorted(wanted, found), len(wanted) - 1)
        return np.asarray(wanted[places] == found)

    return select
