"""What a comparison of one table has found: the rows that differ, by kind, key and column."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, NamedTuple, Self

MOST_KEPT: Final = 100_000
"""How many differences are kept with their keys; all of them are counted."""

Key = tuple[str | None, ...]
"""The values of a key's columns, in the order of ``SyncPlan.target_key``, as texts that
``planning.key_texts.bounds_of`` takes; of a table without a key, those of all columns."""

Texts = Mapping[str, str | None]
"""Values as texts, by source column."""

NO_TEXTS: Final[Texts] = {}
"""One for all: there may be 100,000 differences. A MappingProxyType could not be pickled, as a
result is that another process returns."""


class DifferenceKind(StrEnum):
    """``missing`` from the target, ``extra`` in it, or there with other values."""

    MISSING = "missing"
    EXTRA = "extra"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that differs. ``columns`` are the source's names of those with other values.

    ``source`` and ``target`` are the values of these columns, or of all of a row that only one side
    has; empty unless they are to be shown. ``left_out``: the source's row cannot be stored.
    """

    kind: DifferenceKind
    key: Key
    columns: tuple[str, ...] = ()
    source: Texts = field(default_factory=lambda: NO_TEXTS)
    target: Texts = field(default_factory=lambda: NO_TEXTS)
    left_out: bool = False


class LeftOut(NamedTuple):
    """A row of the source that the entry's policy leaves out because of a value of ``column``.

    ``key`` are the values of ``SyncPlan.key`` in JSON form (``values.refused_rows.json_value``).
    """

    key: tuple[Any, ...]
    column: str


@dataclass(slots=True)
class Differences:
    """The rows of one comparison: how many each side has, and which of them differ.

    ``kept`` holds the differences, the first ``MOST_KEPT`` of them; ``counts`` all by kind.
    ``by_column`` counts the rows with another value, by source column. ``not_compared`` says of
    source columns why they were not. ``touched`` counts the values that policies altered on the
    way, ``refused`` the rows that they left out, both by source column and reason. Of these
    ``left_out`` has the first ``MOST_KEPT`` of a table with a key, and ``left_out_rows`` counts all
    for as long as nobody has asked what they are (see ``left_out``). ``warnings`` say what else is
    to be known of the comparison.
    ``excused`` counts the differences that were taken out again, by kind; ``moved`` is by how many
    rows the source has outgrown the target meanwhile, as rows that were read again show.
    """

    source_rows: int = 0
    target_rows: int = 0
    counts: Counter[DifferenceKind] = field(default_factory=Counter)
    kept: list[Difference] = field(default_factory=list)
    by_column: Counter[str] = field(default_factory=Counter)
    not_compared: dict[str, str] = field(default_factory=dict)
    touched: dict[str, Counter[str]] = field(default_factory=dict)
    refused: dict[str, Counter[str]] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    left_out_rows: int = 0
    warnings: list[str] = field(default_factory=list)
    excused: Counter[DifferenceKind] = field(default_factory=Counter)
    moved: int = 0

    @property
    def total(self) -> int:
        """How many rows differ."""
        return self.counts.total()

    @property
    def all_kept(self) -> bool:
        """Whether the key of every difference is known."""
        return self.total == len(self.kept)

    @property
    def unaccounted(self) -> int:
        """By how many rows the source has more than what was found accounts for; 0 if all is well.

        A row that is missing or extra, excused or not, makes the sides' numbers of rows differ. So
        a mistake of ours that loses sight of one shows here.
        """
        missing, extra = (
            self.counts[kind] + self.excused[kind]
            for kind in (DifferenceKind.MISSING, DifferenceKind.EXTRA)
        )
        more = self.source_rows - self.left_out_rows + self.moved - self.target_rows
        return more - (missing - extra)

    def copy(self) -> Self:
        """Return differences that can be taken out without these being so."""
        return replace(
            self,
            counts=Counter(self.counts),
            kept=list(self.kept),
            by_column=Counter(self.by_column),
            not_compared=dict(self.not_compared),
            warnings=list(self.warnings),
            excused=Counter(self.excused),
        )

    def add(self, found: Difference) -> None:
        """Count a difference, and keep it if there is room."""
        self.counts[found.kind] += 1
        self.by_column.update(found.columns)
        if len(self.kept) < MOST_KEPT:
            self.kept.append(found)

    def drop(self, is_none: Callable[[Difference], bool]) -> int:
        """Take out those kept ones that are none after all; returns how many."""
        left = []
        for found in self.kept:
            if is_none(found):
                self.counts[found.kind] -= 1
                self.excused[found.kind] += 1
                self.by_column.subtract(found.columns)
            else:
                left.append(found)
        dropped = len(self.kept) - len(left)
        self.kept = left
        self.counts += Counter()  # without what is 0 now
        self.by_column += Counter()
        return dropped

    def drop_kind(self, kind: DifferenceKind) -> int:
        """Take out all of a kind, also those whose keys are not kept; returns how many."""
        found = self.counts.pop(kind, 0)
        self.excused[kind] += found
        self.kept = [one for one in self.kept if one.kind is not kind]
        return found

    def repaired(self, added: int) -> None:
        """Count rows that a repair has added to the target, or taken from it if negative.

        Reading its rows again has shown them to have moved.
        """
        self.target_rows += added
        self.moved += added

    def replace(self, left: Iterable[Difference], *, moved: int = 0) -> None:
        """Take these in place of the ones that were found; only where all were kept.

        ``moved``: by how many rows the source has outgrown the target since.
        """
        self.moved += moved
        self.counts.clear()
        self.by_column.clear()
        self.kept = []
        for found in left:
            self.add(found)
