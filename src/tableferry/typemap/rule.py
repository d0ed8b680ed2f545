"""The form of a type's rule: the ways one SQL Server type may cross, in data."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tableferry.model.naming import shortened
from tableferry.model.schema import PgType, SourceType

SEVENTH_DIGIT: Final = "the seventh digit of the second (100 ns) is cut off"

Create = Callable[[SourceType], PgType]
Fits = Callable[[SourceType, PgType], bool]


@dataclass(frozen=True, slots=True)
class Companion:
    """A second target column that keeps what the first cannot: ``<column><suffix>``.

    ``select`` is T-SQL with ``{}`` for the source column, ``arrives`` the type of its values.
    ``missing`` is the loss that is declared where an existing target table lacks the column.
    """

    suffix: str
    type: PgType
    select: str
    arrives: SourceType
    missing: str

    def name(self, column: str) -> str:
        """Return the second column's name, of 63 bytes at the most."""
        return shortened(column + self.suffix)


@dataclass(frozen=True, slots=True)
class Conversion:
    """One way for the values of a type: into which target types, how read, how converted.

    ``accepts`` says in words what ``fits`` decides. ``select`` is the T-SQL expression with
    ``{}`` for the column, ``arrives`` the type of its values where that is another than the
    column's, ``convert`` the step in ``values.CONVERSIONS``. ``loss`` says what every value
    loses, ``cuts_seventh_digit`` that those with seven digits of a second lose the last.
    ``by_override`` ways give another form (a text, a number) and are taken only when
    ``type_overrides`` asks for it.
    """

    fits: Fits
    accepts: str
    select: str = "{}"
    arrives: SourceType | None = None
    convert: str = "cast"
    loss: str = ""
    cuts_seventh_digit: bool = False
    companion: Companion | None = None
    by_override: bool = False

    def loss_of(self, source: SourceType) -> str:
        """Return what is lost of this column's values, empty for nothing."""
        cut = SEVENTH_DIGIT if self.cuts_seventh_digit and source.scale == 7 else ""
        return "; ".join(filter(None, (self.loss, cut)))


@dataclass(frozen=True, slots=True)
class TypeRule:
    """What becomes of one SQL Server type: the column that is created, and every exact way.

    ``written`` and ``creates`` are the two types as ``docs/types.md`` writes them.
    """

    written: str
    creates: str
    create: Create
    ways: tuple[Conversion, ...]

    def way(
        self, source: SourceType, target: PgType, *, asked_for: bool = False
    ) -> Conversion | None:
        """Return the first way that fits, None where not every value converts exactly.

        ``asked_for``: ``type_overrides`` names this target type.
        """
        for way in self.ways:
            if (asked_for or not way.by_override) and way.fits(source, target):
                return way
        return None

    def second_names(self, column: str) -> tuple[str, ...]:
        """Return the name of the column that is created beside this one, if any."""
        companion = self.ways[0].companion
        return (companion.name(column),) if companion else ()

    def fits(self, source: SourceType, target: PgType) -> bool:
        """Whether a column of this type holds every value, without being asked for."""
        return self.way(source, target) is not None
