"""``mode: full``: every row is read, each time. It needs nothing of the source but SELECT.

What is not in the extract is not in the source, so a merge deletes it, and a swap or a truncate
leaves it out; the shrink guard compares the row counts. It keeps no watermark.
"""

from dataclasses import dataclass
from typing import Final

from tableferry.modes.extract import Ask, Extract
from tableferry.planning.plan import SyncPlan


@dataclass(frozen=True, slots=True)
class Full:
    """Reads all rows that the plan's SELECT returns."""

    name: str = "full"
    complete: bool = True

    def extract(self, plan: SyncPlan, _watermark: str | None, _ask: Ask) -> Extract:
        """Return an extract of the whole table; nothing is asked."""
        return Extract(select=plan.chunk)


FULL: Final = Full()
