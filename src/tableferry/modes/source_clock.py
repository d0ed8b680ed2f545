"""The source's clock between two runs: whether it was set back, and how far. Pure.

Times that an application or a default writes come from a clock. Where it is set back, by hand, by a
synchronisation, or at the end of daylight saving time, new rows get times below the watermark. The
target's clock says how long ago the last run was, and the source's local and universal time should
have moved on by as much; what is missing is read again, until the clock has caught up.

The times of clients' own clocks, and a clock that is set back by less than the last load took, are
not seen.
"""

from dataclasses import dataclass
from typing import Final

from tableferry.model.identifiers import shown
from tableferry.model.schema import SourceType
from tableferry.modes.column_watermark import ColumnWatermark
from tableferry.modes.watermark_types import holds_times

ASKED_CLOCK: Final = ("clock", "utc", "clock_seconds", "utc_seconds")
"""The result columns of ``clock_columns``."""

_WORTH_A_WARNING: Final = 60
"""Seconds, and a thousandth of the time since the last run: clocks that are not synchronised differ
by less. What is read again is not limited by it."""

_ROUNDING: Final = 2
"""Seconds: DATEDIFF counts whole ones, and so does the age."""


def clock_columns(kind: SourceType, mark: ColumnWatermark | None) -> str:
    """Return the result columns for the source's clocks, and how far they moved since the mark.

    Nothing is asked for a column of numbers. A datetimeoffset is universal time, which daylight
    saving leaves alone.
    """
    if not holds_times(kind):
        return ", ".join(f"NULL AS {name}" for name in ASKED_CLOCK)
    local, utc = "NULL", "NULL"
    if mark and mark.clock and mark.utc:
        then = mark.clock_literals
        utc = f"DATEDIFF_BIG(second, {then[1]}, SYSUTCDATETIME())"
        if kind.name != "datetimeoffset":
            local = f"DATEDIFF_BIG(second, {then[0]}, SYSDATETIME())"
    return (
        "CONVERT(varchar(27), SYSDATETIME(), 126) AS clock, "
        "CONVERT(varchar(27), SYSUTCDATETIME(), 126) AS utc,\n  "
        f"{local} AS clock_seconds, {utc} AS utc_seconds"
    )


@dataclass(frozen=True, slots=True)
class Clock:
    """The source's local and universal time, and the seconds that each has moved since the mark.

    None where the column holds no times, or there is no earlier mark.
    """

    local_time: str | None
    universal_time: str | None
    local_seconds: int | None
    universal_seconds: int | None

    @property
    def local(self) -> str:
        """The local time for the next mark."""
        return self.local_time or ""

    @property
    def utc(self) -> str:
        """The universal time for the next mark."""
        return self.universal_time or ""

    def set_back(self, age: float) -> int:
        """Return by how many seconds a clock was set back since the mark, ``age`` seconds ago.

        The larger of both: nobody says which one the column holds.
        """
        moved = [one for one in (self.local_seconds, self.universal_seconds) if one is not None]
        missing = max((int(age) - seconds for seconds in moved), default=0)
        return missing + _ROUNDING if missing > 0 else 0

    def ahead(self, before: int, set_back: int) -> int:
        """Return by how much the newest value may be ahead of the clock now."""
        if set_back:
            return before + set_back
        moved = [one for one in (self.local_seconds, self.universal_seconds) if one is not None]
        return max(0, before - min(moved, default=0))

    def warnings(self, column: str, age: float, set_back: int) -> tuple[str, ...]:
        """Return the warning about a clock that was set back; nothing for a clock's usual error."""
        if set_back <= _WORTH_A_WARNING + age / 1000:
            return ()
        set_back_by = (
            f"the source's clock was set back by {set_back:,} seconds since the last run: as many "
            f"more of {shown(column)} are read again"
        )
        return (set_back_by,)
