"""``mode: full``: every row is read, each time. It needs nothing of the source but SELECT.

What is not in the extract is not in the source, so a merge deletes it, and a swap or a truncate
leaves it out; the shrink guard compares the row counts. It keeps no watermark.
"""

from dataclasses import dataclass
from typing import Final

from tableferry.model.watermark import ReloadReason, Watermark
from tableferry.modes.extract import Ask, Extract
from tableferry.planning.plan import SyncPlan


@dataclass(frozen=True, slots=True)
class Full:
    """Reads all rows that the plan's SELECT returns."""

    name: str = "full"
    complete: bool = True
    at_one_moment: bool = False

    def check(self, _plan: SyncPlan) -> tuple[str, ...]:
        """Return nothing: it can read every table, and sees everything."""
        return ()

    def extract(self, plan: SyncPlan, _watermark: Watermark | None, _ask: Ask) -> Extract:
        """Return an extract of the whole table; nothing is asked."""
        return Extract(select=plan.chunk)

    def changed(self, _plan: SyncPlan, _watermark: Watermark, _ask: Ask) -> ReloadReason:
        """Return that it is not known: it keeps no watermark."""
        return ReloadReason.FIRST_LOAD


FULL: Final = Full()
