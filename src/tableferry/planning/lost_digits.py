"""Counting the seventh digits of datetime2(7) and datetimeoffset(7).

The driver cuts them off before anybody sees them (seen with mssql-python 1.16: it sends
microseconds), so the server is asked, in the same SELECT, which values have one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tableferry.planning.columns import ColumnPlan

BITS: Final = 60
"""Columns that one number tells of: a bigint has 63 bits, and nobody has as many such columns."""

_CUT_BY_THE_DRIVER: Final = frozenset({"datetime2", "datetimeoffset"})


@dataclass(frozen=True, slots=True)
class Cuts:
    """One more column of the SELECT: a number whose bits say which of ``columns`` are cut."""

    name: str
    columns: tuple[ColumnPlan, ...]

    @property
    def select(self) -> str:
        """The T-SQL that makes the number; a value that is NULL is not cut."""
        bits = " + ".join(
            f"CASE WHEN DATEPART(NANOSECOND, {column.select}) % 1000 <> 0 "
            f"THEN {2**place} ELSE 0 END"
            for place, column in enumerate(self.columns)
        )
        return f"CAST({bits} AS bigint)"


def cuts_of(columns: Sequence[ColumnPlan]) -> tuple[Cuts, ...]:
    """Return the further columns that are read; no column of a target has such a name."""
    return tuple(_cuts(columns))


def _cuts(columns: Sequence[ColumnPlan]) -> Iterator[Cuts]:
    cut = [
        column
        for column in columns
        if column.convert == "truncate"
        and column.arrives.name in _CUT_BY_THE_DRIVER
        and column.arrives.scale == 7
    ]
    for start in range(0, len(cut), BITS):
        yield Cuts(f"(cut {start // BITS + 1})", tuple(cut[start : start + BITS]))
