"""Publish by TRUNCATE: the rows are replaced in place. Readers see the old rows or the new.

One transaction from TRUNCATE to COMMIT, so readers of the table wait while it is loaded. COPY
FREEZE is possible because the table is emptied in the same transaction: the rows need no later
rewriting, and a transaction that began before sees the new rows, never an empty table.
"""

from types import TracebackType
from typing import Self

import pyarrow as pa

from tableferry.planning.plan import SyncPlan
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.copy_bisection import open_copy
from tableferry.postgres.locks import lock_exclusively
from tableferry.postgres.publish.merge_sql import Changes
from tableferry.postgres.publish.staging import ended_on_failure
from tableferry.postgres.publish.target_table import guard, require_columns
from tableferry.values import RefusedRows


class TruncateLoad:
    """One table's rows being replaced, a table created here included (see ``Load``)."""

    def __init__(
        self,
        connection: TargetConnection,
        plan: SyncPlan,
        schema: pa.Schema,
        old_rows: int | None,
        refusals: RefusedRows | None = None,
    ) -> None:
        """``old_rows`` are those that the load replaces; None: as many as it likes."""
        self._connection = connection
        self._plan = plan
        # A row is refused as it comes, not when a key is made over all of them.
        self._keys = plan.create.keys if plan.create and refusals is not None else ()
        into, freeze = plan.spec.target.sql, plan.can_freeze
        self._copy = open_copy(
            connection, into, plan.columns, schema, freeze=freeze, refusals=refusals
        )
        self._old = old_rows

    @property
    def rows(self) -> int:
        """Rows written so far."""
        return self._copy.rows

    @property
    def changes(self) -> Changes | None:
        """Every row is a new one: there is nothing to tell."""
        return None

    def __enter__(self) -> Self:
        with ended_on_failure(self.__exit__):
            self._begin()
        return self

    def _begin(self) -> None:
        plan = self._plan
        self._connection.begin()
        first = (*plan.create.before, *self._keys) if plan.create else self._emptied()
        for sql in first:
            self._connection.execute(sql)
        require_columns(self._connection, plan, added=True)
        self._copy.__enter__()

    def _emptied(self) -> tuple[str, ...]:
        # A plain TRUNCATE would empty the tables that inherit from this one, too; of a partitioned
        # table it is the partitions that hold the rows.
        target, only = self._plan.spec.target, self._plan.can_freeze
        lock_exclusively(self._connection, target, only=only)
        emptied = f"TRUNCATE TABLE {'ONLY ' if only else ''}{target.sql}"
        return (emptied, *self._plan.drift.alter)

    def write(self, batch: pa.RecordBatch) -> None:
        """Send one batch; raises DataError, TransientError ... when PostgreSQL refused."""
        self._copy.write(batch)

    def prepare(self) -> None:
        """Finish the COPY; a table created here gets its keys and indexes.

        Raises GuardError where more rows would go than the specification allows.
        """
        self._copy.finish()
        guard(self._plan, self._old, self.rows)
        for sql in self._plan.after:
            if sql not in self._keys:
                self._connection.execute(sql)

    def publish(self) -> None:
        """Leave the transaction as it is: everything is done but COMMIT."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._copy.__exit__(kind, error, trace)
        self._connection.rollback()
