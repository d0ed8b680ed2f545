"""The seam for modes: what a run reads of a table, and what may be concluded from it.

Everything that follows from reading only part of a table hangs on ``Extract.complete``: the shrink
guard, whether a missing row counts as deleted, the warning that the table is empty now, whether
the table may be cut into chunks, and which publishing strategies may be used.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tableferry.model.key_range import KeyRange
from tableferry.planning.plan import SyncPlan

Ask = Callable[[str, Sequence[str]], list[tuple[Any, ...]]]
"""Runs a T-SQL query at the source, on the connection that plans; its columns are named."""


@dataclass(frozen=True, slots=True)
class Extract:
    """What one run reads.

    ``select`` returns the SELECT of one range of the table's key; its columns are those of the
    plan. ``complete``: a row that it does not return is not in the source. ``deletes`` is a SELECT
    of the keys of rows that were deleted, with the result columns of ``plan.of_key()``, and is
    empty where there is none to ask. ``next_watermark`` is written in the transaction that
    publishes, and is given to the next extract; None: the mode keeps none.
    """

    select: Callable[[KeyRange], str]
    complete: bool = True
    deletes: str = ""
    next_watermark: str | None = None


class Mode(Protocol):
    """A mode of reading, registered by name in ``MODES``.

    ``complete``: each of its extracts is; where it is not, only a strategy that keeps rows in place
    may publish them. ``extract`` is asked once for each attempt, before anything is read;
    ``watermark`` is what the last published run has left, None where there is none: then the
    extract has to be complete. It raises TableferryError.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - described above, like the others

    @property
    def complete(self) -> bool: ...  # noqa: D102

    def extract(self, plan: SyncPlan, watermark: str | None, ask: Ask) -> Extract: ...  # noqa: D102
