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

    def require_sound(self, watermark: str | None) -> None:
        """See that the mode keeps to the seam; raises TypeError, for it is a fault of its code.

        Without a watermark there is nothing that the changes alone could be added to, and a
        complete extract needs no keys of deleted rows: they are the ones that it does not hold.
        """
        if watermark is None and not self.complete:
            raise TypeError("without a watermark the extract must hold every row")
        if self.complete and self.deletes:
            raise TypeError("a complete extract has no deleted keys")


class Mode(Protocol):
    """A mode of reading, registered by name in ``MODES``.

    ``complete``: each of its extracts is; where it is not, only a strategy that keeps rows in place
    may publish them. ``extract`` is asked once for each attempt, before anything is read;
    ``watermark`` is what the last published run has left; None where there is none, or the target
    table or one of its columns is new: then the extract has to be complete. Raises TableferryError.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - described above, like the others

    @property
    def complete(self) -> bool: ...  # noqa: D102

    def extract(self, plan: SyncPlan, watermark: str | None, ask: Ask) -> Extract: ...  # noqa: D102
