"""Count the seventh fractional digits of datetime2(7) and datetimeoffset(7) that are lost.

The driver cuts them off before anyone sees them (seen with mssql-python 1.16: it sends
microseconds), so the same SELECT asks the server which values have one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tableferry.planning.column_plan import ColumnPlan

FLAGS: Final = 60
"""Columns that one number covers; a bigint has 63 bits."""

CUTTING: Final = frozenset({"truncate", "digits", "midnight"})
"""The conversions by which a seventh digit is lost."""

_CUT_BY_THE_DRIVER: Final = frozenset({"datetime2", "datetimeoffset"})


@dataclass(frozen=True, slots=True)
class LostDigits:
    """An extra column of the SELECT: a bit mask of the ``columns`` that lose a digit in a row."""

    name: str
    columns: tuple[ColumnPlan, ...]

    @property
    def select(self) -> str:
        """The T-SQL that computes the bit mask; a NULL loses nothing."""
        bits = " + ".join(
            f"CASE WHEN DATEPART(NANOSECOND, {column.select}) % 1000 <> 0 "
            f"THEN {2**place} ELSE 0 END"
            for place, column in enumerate(self.columns)
        )
        return f"CAST({bits} AS bigint)"


def lost_digit_columns(columns: Sequence[ColumnPlan]) -> tuple[LostDigits, ...]:
    """Return the extra columns to read, under names that no target column has."""
    affected = [
        column
        for column in columns
        if column.convert in CUTTING
        and column.arrives.name in _CUT_BY_THE_DRIVER
        and column.arrives.scale == 7
    ]
    return tuple(
        LostDigits(f"(cut {start // FLAGS + 1})", tuple(affected[start : start + FLAGS]))
        for start in range(0, len(affected), FLAGS)
    )
