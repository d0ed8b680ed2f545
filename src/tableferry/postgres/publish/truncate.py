"""Publish by TRUNCATE: the rows are replaced in place. Readers see the old rows or the new.

One transaction from TRUNCATE to COMMIT, so readers of the table wait while it is loaded. COPY
FREEZE is possible because the table is emptied in the same transaction: the rows need no later
rewriting, and a transaction that began before sees the new rows, never an empty table.
"""

from typing import Final

from tableferry.errors import SchemaError
from tableferry.model.counting import counted
from tableferry.planning.choose_strategy import Candidate, Suitability
from tableferry.planning.preconditions import require_unreferenced
from tableferry.postgres.catalog import asking_columns
from tableferry.postgres.locks import lock_exclusively
from tableferry.postgres.publish.loads import OneStream
from tableferry.postgres.publish.old_rows import (
    count_old_rows,
    counted_in_passing,
    counting_small,
    guards,
    is_small,
)
from tableferry.postgres.publish.strategy import Opening, PublishStrategy, nothing_to_look_at
from tableferry.postgres.publish.target_table import guard, require_those_planned

ROWS_PER_SECOND: Final = 300_000
"""For the estimate of how long a load takes: nine columns on two cores (docs/benchmarks.md, with a
margin). Wider rows and slower networks take longer."""


class TruncateLoad(OneStream):
    """One table's rows being replaced (see ``Load``)."""

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        plan = opening.plan
        self._old_rows: int | None = None
        # Before readers are locked out, but for what takes a moment: how many rows come is only an
        # estimate by then. Where it takes longer after all, the transaction is begun again, which
        # must not be another table's as well.
        is_own = not opening.connection.in_transaction
        self._counts_locked = guards(plan) and is_small(plan) and is_own
        if not self._counts_locked:
            self._old_rows = count_old_rows(opening.connection, plan, plan.estimated_rows)

    def _begin(self) -> None:
        super()._begin()
        if not self._emptied():
            # It has grown since it was planned: readers are let in while it is counted.
            self._connection.rollback()
            plan, self._counts_locked = self._plan, False
            self._old_rows = count_old_rows(self._connection, plan, plan.estimated_rows)
            super()._begin()
            self._emptied()

    def _emptied(self) -> bool:
        """Lock the table and empty it; False where its rows were to be counted, and are too many.

        All in one message, if the lock is free.
        """
        # A plain TRUNCATE would empty the tables that inherit from this one, too; of a partitioned
        # table it is the partitions that hold the rows.
        plan, connection = self._plan, self._connection
        target, only = plan.spec.target, plan.can_freeze
        emptied = f"TRUNCATE TABLE {'ONLY ' if only else ''}{target.sql}"
        first = [counting_small(plan)] if self._counts_locked else []
        statements = (*first, emptied, *plan.drift.alter)
        asked = [*((sql, ()) for sql in statements), asking_columns(target)]
        with counted_in_passing(connection, plan):
            *counted, columns = lock_exclusively(connection, target, only=only, also=asked)
        require_those_planned(plan, columns, added=True)
        if not self._counts_locked:
            return True
        ((((rows,),)),) = counted
        self._old_rows = rows
        return rows is not None

    def prepare(self) -> None:
        """Finish the COPY; raises GuardError where too many rows would be gone."""
        self._copy.finish()
        guard(self._plan, self._old_rows, self.rows)
        for sql in self._plan.after:
            self._connection.execute(sql)


def _check(candidate: Candidate) -> tuple[str, ...]:
    require_unreferenced(candidate.spec, candidate.target, TRUNCATE.name)
    return ()


def _suits(candidate: Candidate) -> Suitability:
    try:
        _check(candidate)
    except SchemaError as error:
        return Suitability(suits=False, reason=error.message)
    return Suitability(suits=True, reason="it needs the fewest rights and no second copy")


def _readers_wait(rows: int | None, _adds_columns: bool) -> str:
    if rows is None:
        return "from the first row to the commit"
    seconds = max(1, round(rows / ROWS_PER_SECOND))
    return f"from the first row to the commit: about {seconds:,} s for {counted(rows, 'row')}"


TRUNCATE: Final = PublishStrategy(
    name="truncate",
    staged=False,
    needs_key=False,
    in_place=False,
    rights=("TRUNCATE", "INSERT"),
    look=nothing_to_look_at,
    judge=_check,
    suit=_suits,
    wait=_readers_wait,
    open=TruncateLoad,
)
