"""The seam for modes: what a run reads of a table, and what may be concluded from it.

Everything that follows from reading only part of a table hangs on ``Extract.complete``: the shrink
guard, whether a missing row counts as deleted, the warning that the table is empty now, whether
the table may be cut into chunks, and how the rows are published.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tableferry.model.identifiers import quote_mssql, text_mssql
from tableferry.model.key_range import KeyRange
from tableferry.model.watermark import ReloadReason, Watermark
from tableferry.planning.plan import SyncPlan

Ask = Callable[[str, Sequence[str]], list[tuple[Any, ...]]]
"""Runs a T-SQL query at the source, on the connection that plans; its columns are named."""


def in_database(database: str, sql: str) -> str:
    """Return a query as one that runs in this database; the session stays in its own.

    Some functions answer for the current database only, and take no name. A system procedure that
    is called by a database's name runs there.
    """
    return f"EXEC {quote_mssql(database)}.sys.sp_executesql {text_mssql(sql)}"


@dataclass(frozen=True, slots=True)
class Extract:
    """What one run reads.

    ``select`` returns the SELECT of one range of the table's key; its columns are those of the
    plan. ``complete``: a row that it does not return is not in the source. ``deletes`` is a SELECT
    of keys, with the result columns of ``plan.of_key()``: a row of the target with such a key is
    deleted unless the extract holds it; so it may return the keys of all rows that have changed. It
    is empty where there is none to ask. ``reconcile``: the keys of both sides are compared instead,
    and those that only the target has are deleted. ``next_watermark`` is written in the transaction
    that publishes, and is given to the next extract; None: the mode keeps none. ``reason`` says why
    a mode that reads changes reads every row. ``warnings`` are the outcome's. ``count`` is a SELECT
    of how many rows have changed, as ``changes``; empty where the extract is complete.
    """

    select: Callable[[KeyRange], str]
    complete: bool = True
    deletes: str = ""
    next_watermark: str | None = None
    reconcile: bool = False
    reason: ReloadReason | None = None
    warnings: tuple[str, ...] = ()
    count: str = ""

    def require_sound(self, watermark: Watermark | None) -> None:
        """See that the mode keeps to the seam; raises TypeError, for it is a fault of its code.

        Without a watermark there is nothing that the changes alone could be added to, and a
        complete extract needs no keys of deleted rows: they are the ones that it does not hold.
        """
        if watermark is None and not self.complete:
            raise TypeError("without a watermark the extract must hold every row")
        if self.complete and (self.deletes or self.reconcile):
            raise TypeError("a complete extract has no deleted keys")


class Mode(Protocol):
    """A mode of reading, registered by name in ``MODES``.

    ``complete``: each of its extracts is; where it is not, the plan needs a key, by which the
    changes are merged. ``at_one_moment``: everything is read in one snapshot, with what ``ask``
    returns; where a load is read in chunks, ``extract`` is asked again afterwards, with the
    watermark from before the first chunk, and the load gets the changes since.

    ``check`` belongs to the plan: it returns warnings that name what the mode cannot see of the
    table, and raises SchemaError where it cannot read it; nothing is asked.

    ``extract`` is asked once for each attempt, before anything is read; ``watermark`` is what the
    last published run has left; None where there is none that counts: then the extract has to be
    complete. Raises TableferryError.

    ``changed`` returns the SELECT of the keys of the rows that have certainly changed since a
    watermark, whether they still meet the entry's ``where`` or not, with the result columns of
    ``plan.of_key()``; or why the source does not say. Raises TableferryError.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - described above, like the others

    @property
    def complete(self) -> bool: ...  # noqa: D102

    @property
    def at_one_moment(self) -> bool: ...  # noqa: D102

    def check(self, plan: SyncPlan) -> tuple[str, ...]: ...  # noqa: D102

    def extract(self, plan: SyncPlan, watermark: Watermark | None, ask: Ask) -> Extract: ...  # noqa: D102

    def changed(  # noqa: D102
        self, plan: SyncPlan, watermark: Watermark, ask: Ask
    ) -> str | ReloadReason: ...
