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
from tableferry.postgres.locks import lock_exclusively
from tableferry.postgres.publish.loads import OneStream
from tableferry.postgres.publish.old_rows import count_old_rows
from tableferry.postgres.publish.strategy import Opening, PublishStrategy, nothing_to_look_at
from tableferry.postgres.publish.target_table import guard, require_columns

ROWS_PER_SECOND: Final = 300_000
"""For the estimate of how long a load takes: nine columns on two cores (docs/benchmarks.md, with a
margin). Wider rows and slower networks take longer."""


class TruncateLoad(OneStream):
    """One table's rows being replaced (see ``Load``)."""

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        # Before readers are locked out: how many rows come is only an estimate by then.
        plan = opening.plan
        self._old_rows = count_old_rows(opening.connection, plan, plan.estimated_rows)

    def _begin(self) -> None:
        super()._begin()
        # A plain TRUNCATE would empty the tables that inherit from this one, too; of a partitioned
        # table it is the partitions that hold the rows.
        target, only = self._plan.spec.target, self._plan.can_freeze
        lock_exclusively(self._connection, target, only=only)
        emptied = f"TRUNCATE TABLE {'ONLY ' if only else ''}{target.sql}"
        statements = (emptied, *self._plan.drift.alter)
        require_columns(self._connection, self._plan, added=True, after=statements)

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
