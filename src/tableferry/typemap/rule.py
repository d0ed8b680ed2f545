"""Type rules: which PostgreSQL types one SQL Server type converts to exactly, and how."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tableferry.model.naming import shortened
from tableferry.model.schema import PgType, SourceType

SEVENTH_DIGIT_LOSS: Final = "the seventh digit of the second (100 ns) is cut off"

Create = Callable[[SourceType], PgType]
Fits = Callable[[SourceType, PgType], bool]


@dataclass(frozen=True, slots=True)
class Companion:
    """A second target column for what the main one cannot hold, named ``<column><suffix>``.

    ``select`` is T-SQL with ``{}`` for the source column, ``arrives`` the type of its result.
    ``missing`` is the loss to declare where an existing target table lacks the column; empty where
    the lack is an error.
    """

    suffix: str
    type: PgType
    select: str
    arrives: SourceType
    missing: str

    def name(self, column: str) -> str:
        """Return the companion column's name, shortened to 63 bytes."""
        return shortened(column + self.suffix)


@dataclass(frozen=True, slots=True)
class Conversion:
    """One exact conversion of a SQL Server type: into which target types, how read, how converted.

    ``accepts`` says in words what ``fits`` decides. ``select`` is the T-SQL expression with
    ``{}`` for the column, ``arrives`` the type of its result where that is not the column's own,
    ``convert`` the name of a step in ``values.steps.STEPS``. ``loss`` says what every value loses;
    with ``drops_seventh_digit``, values with seven fractional digits of a second lose the last.
    A conversion ``on_request`` changes the form (to a text, a number), or holds only some values,
    and is chosen only where ``type_overrides`` asks for it: by the target type, with ``form`` after
    it where the type alone does not say what is meant. ``checks`` says what must be true of each
    value, empty where every value converts; one of which it is not true is refused with its row.
    ``merges``: two values that differ in the source may be equal in the target.
    """

    fits: Fits
    accepts: str
    select: str = "{}"
    arrives: SourceType | None = None
    convert: str = "cast"
    loss: str = ""
    drops_seventh_digit: bool = False
    companion: Companion | None = None
    on_request: bool = False
    form: str = ""
    checks: str = ""
    merges: bool = False

    def loss_of(self, source: SourceType) -> str:
        """Return what values of this source type lose, empty for nothing."""
        digit = SEVENTH_DIGIT_LOSS if self.drops_seventh_digit and source.scale == 7 else ""
        return "; ".join(filter(None, (self.loss, digit)))


@dataclass(frozen=True, slots=True)
class TypeRule:
    """What becomes of one SQL Server type: the column to create, and every exact conversion.

    ``source_label`` and ``target_label`` are the two types as ``docs/types.md`` prints them.
    """

    source_label: str
    target_label: str
    create: Create
    conversions: tuple[Conversion, ...]

    def conversion(
        self, source: SourceType, target: PgType, *, requested: bool = False, form: str = ""
    ) -> Conversion | None:
        """Return the first conversion that fits; None where not every value converts exactly.

        ``requested``: ``type_overrides`` names this target type, followed by ``form``.
        """
        for conversion in self.conversions:
            chosen = form == conversion.form and (requested or not conversion.on_request)
            if chosen and conversion.fits(source, target):
                return conversion
        return None

    def possible(self, source: SourceType, target: PgType) -> Conversion | None:
        """Return the first conversion into this type that an override could ask for, if any."""
        found = (one for one in self.conversions if one.fits(source, target))
        return next(found, None)

    def companion_names(self, column: str) -> tuple[str, ...]:
        """Return the name of the companion column that is created beside this one, if any."""
        companion = self.conversions[0].companion
        return (companion.name(column),) if companion else ()

    def fits(self, source: SourceType, target: PgType) -> bool:
        """Whether a column of the target type holds every value without an override."""
        return self.conversion(source, target) is not None
