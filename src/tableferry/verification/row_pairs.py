"""What two rows with one key are: equal by value, or different in some of their columns."""

from collections.abc import Hashable, Sequence

from tableferry.verification.binary_values import text_of
from tableferry.verification.compared import Compared
from tableferry.verification.copy_rows import Fields, fields_of
from tableferry.verification.differences import (
    MOST_KEPT,
    NO_TEXTS,
    Difference,
    DifferenceKind,
    Differences,
    Texts,
)


class RowPairs:
    """Records in ``differences`` which rows differ; rows are tuples of COPY BINARY.

    Without a key a row is known by all its values. With ``show_values`` those that differ are kept.
    """

    def __init__(
        self, compared: Compared, differences: Differences, *, show_values: bool = False
    ) -> None:
        self._compared = compared
        self._differences = differences
        self._show = show_values
        self._every = tuple(range(len(compared.columns)))
        self._identity = compared.key or self._every
        self._known = tuple(n for n in self._every if compared.columns[n].value is not None)

    def key_fields(self, row: bytes) -> Fields:
        """Return the fields of a row's key, of all columns where there is none."""
        fields = fields_of(row)
        return tuple(fields[place] for place in self._identity)

    def key(self, row: bytes) -> Hashable:
        """Return a row's key by value: the same for all binary forms that it may have.

        Where there is no key, that is what rows have in common that may be equal.
        """
        fields, places = fields_of(row), self._compared.key or self._known
        return tuple(self._value(fields[place], place) for place in places)

    def only_in_source(self, row: bytes) -> None:
        """Record a row that only the source has."""
        self._alone(DifferenceKind.MISSING, row)

    def only_in_target(self, row: bytes) -> None:
        """Record a row that only the target has."""
        self._alone(DifferenceKind.EXTRA, row)

    def count(self, kind: DifferenceKind, rows: int) -> None:
        """Count rows that only one side has, of which no more are kept."""
        if rows:
            self._differences.counts[kind] += rows

    @property
    def is_full(self) -> bool:
        """Whether no more differences are kept."""
        return len(self._differences.kept) >= MOST_KEPT

    def closest(self, source: bytes, target: Sequence[bytes]) -> int:
        """Return which row of the target is to be paired with this one; nothing is recorded.

        One that is equal by value; or one of which that cannot be said; or the first.
        """
        if len(target) == 1:
            return 0
        unsure = None
        for place, row in enumerate(target):
            differing, unknown = self._differing(fields_of(source), fields_of(row))
            if not differing and not unknown:
                return place
            if not differing and unsure is None:
                unsure = place
        return unsure or 0

    def may_be_equal(self, source: bytes, target: bytes) -> bool:
        """Whether no values of two rows are known to differ; nothing is recorded."""
        differing, _ = self._differing(fields_of(source), fields_of(target))
        return not differing

    def pair(self, source: bytes, target: bytes) -> bool:
        """Record the columns in which two rows with one key differ; False where they do not.

        A column of which it cannot be said is recorded as not compared.
        """
        ours, theirs = fields_of(source), fields_of(target)
        places, unknown = self._differing(ours, theirs)
        for place in unknown:
            column = self._compared.columns[place]
            reason = f"values of {column.plan.target.type} that cannot be compared"
            self._differences.not_compared.setdefault(column.name, reason)
        if not places:
            return False
        shown = places if self._show else ()
        self._differences.add(
            Difference(
                DifferenceKind.DIFFERENT,
                self._texts_of_key(theirs),
                tuple(dict.fromkeys(self._compared.columns[place].name for place in places)),
                self._texts(ours, shown),
                self._texts(theirs, shown),
            )
        )
        return True

    def _differing(self, ours: Fields, theirs: Fields) -> tuple[list[int], list[int]]:
        """Return the places with other values, and those of which that cannot be said."""
        places, unknown = [], []
        for place, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            if one == other:
                continue
            value = self._compared.columns[place].value
            if one is None or other is None:
                places.append(place)
            elif value is None:
                unknown.append(place)
            elif value(one) != value(other):
                places.append(place)
        return places, unknown

    def _value(self, sent: bytes | None, place: int) -> Hashable:
        value = self._compared.columns[place].value
        return sent if sent is None or value is None else value(sent)

    def _alone(self, kind: DifferenceKind, row: bytes) -> None:
        if self.is_full:
            self.count(kind, 1)
            return
        fields = fields_of(row)
        texts = self._texts(fields, self._every if self._show else ())
        is_source = kind is DifferenceKind.MISSING
        self._differences.add(
            Difference(
                kind,
                self._texts_of_key(fields),
                source=texts if is_source else NO_TEXTS,
                target=NO_TEXTS if is_source else texts,
            )
        )

    def _texts_of_key(self, fields: Fields) -> tuple[str | None, ...]:
        return tuple(self._text(fields, place) for place in self._identity)

    def _texts(self, fields: Fields, places: Sequence[int]) -> Texts:
        if not places:
            return NO_TEXTS
        return {self._shown_name(place): self._text(fields, place) for place in places}

    def _shown_name(self, place: int) -> str:
        """Return the source's name; a companion has the target's, since the source has one."""
        column = self._compared.columns[place].plan
        return column.target.name if column.companion else column.source.name

    def _text(self, fields: Fields, place: int) -> str | None:
        return text_of(self._compared.columns[place].plan.target.type, fields[place])
