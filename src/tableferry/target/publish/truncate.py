"""Publish by TRUNCATE: the rows are replaced in place. Readers see the old rows or the new.

One transaction from TRUNCATE to COMMIT, so readers of the table wait while it is loaded. COPY
FREEZE is possible because the table is emptied in the same transaction: the rows need no later
rewriting, and a transaction that began before sees the new rows, never an empty table.
"""

import sys
from types import TracebackType
from typing import Self

import pyarrow as pa

from tableferry.errors import SchemaError
from tableferry.identifiers import shown
from tableferry.plan import SyncPlan
from tableferry.target.catalog import read_schema
from tableferry.target.connection import TargetConnection
from tableferry.target.copying import CopyIn
from tableferry.target.locks import lock_exclusively


class TruncateLoad:
    """One table's rows being replaced, a table created here included (see ``Load``)."""

    def __init__(self, connection: TargetConnection, plan: SyncPlan, schema: pa.Schema) -> None:
        self._connection = connection
        self._plan = plan
        names = [column.target.name for column in plan.columns]
        into = plan.spec.target.sql
        self._copy = CopyIn(connection, into, names, schema, freeze=plan.can_freeze)

    @property
    def rows(self) -> int:
        """Rows written so far."""
        return self._copy.rows

    def __enter__(self) -> Self:
        try:
            self._begin()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def _begin(self) -> None:
        plan = self._plan
        self._connection.begin()
        for sql in plan.create.before if plan.create else self._emptied():
            self._connection.execute(sql)
        self._compare_with_plan()
        self._copy.__enter__()

    def _emptied(self) -> tuple[str, ...]:
        # A plain TRUNCATE would empty the tables that inherit from this one, too; of a partitioned
        # table it is the partitions that hold the rows.
        target, only = self._plan.spec.target, self._plan.can_freeze
        lock_exclusively(self._connection, target, only=only)
        emptied = f"TRUNCATE TABLE {'ONLY ' if only else ''}{target.sql}"
        return (emptied, *self._plan.drift.alter)

    def _compare_with_plan(self) -> None:
        """See that the columns are those the plan knew, now that the lock keeps them so.

        COPY BINARY takes eight bytes for a bigint or a timestamp alike: after an ALTER TABLE
        between plan and load it would store other values, without an error.
        """
        found = read_schema(self._connection, self._plan.spec.target)
        types = {column.name: column.type for column in found.columns} if found else {}
        changed = [
            shown(column.target.name)
            for column in self._plan.columns
            if types.get(column.target.name) != column.target.type
        ]
        if changed:
            raise SchemaError(
                f"{self._plan.spec.target} was altered meanwhile: {', '.join(changed)}",
                hint="The load was rolled back; the old rows stay. Run it again.",
            )

    def write(self, batch: pa.RecordBatch) -> None:
        """Send one batch; raises DataError, TransientError ... when PostgreSQL refused."""
        self._copy.write(batch)

    def prepare(self) -> None:
        """Finish the COPY; a table created here gets its keys and indexes."""
        self._copy.finish()
        for sql in self._plan.after:
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
