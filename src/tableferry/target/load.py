"""A full refresh: TRUNCATE and COPY in one transaction. Readers see the old rows or the new.

COPY FREEZE is possible because the table is emptied in the same transaction: the rows need no
later rewriting, and a transaction that began before sees the new rows, never an empty table.
"""

import contextlib
import sys
from types import TracebackType
from typing import Any, Final, Self

import pgpq
import psycopg
import pyarrow as pa

from tableferry.errors import SchemaError, TransientError, VerificationError
from tableferry.identifiers import quote_pg, shown
from tableferry.plan import SyncPlan
from tableferry.target.catalog import read_schema
from tableferry.target.connection import TargetConnection, statement
from tableferry.target.faults import translated

ENCODED_BYTES: Final = 4 * 2**20
"""About how much is encoded at once: usual batches whole, those with huge values in pieces."""

LOCK_TIMEOUT: Final = "30s"
"""TRUNCATE waits for readers no longer than this, and readers queue behind it no longer."""


class FullRefresh:
    """One table being replaced; a context manager around its transaction.

    ``write`` takes batches of the Arrow schema given; ``commit`` makes them visible. Leaving
    without ``commit`` rolls everything back, a table created here included.
    """

    def __init__(self, connection: TargetConnection, plan: SyncPlan, schema: pa.Schema) -> None:
        self._connection = connection
        self._plan = plan
        self._encoder = pgpq.ArrowToPostgresBinaryEncoder(schema)
        self._cursor = connection.raw.cursor()
        self._stack = contextlib.ExitStack()
        self._copy: Any = None
        self.rows = 0

    def __enter__(self) -> Self:
        try:
            self._begin()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def _begin(self) -> None:
        plan = self._plan
        self._connection.execute("BEGIN")
        # In the transaction: a session's own setting would not survive a connection pooler.
        self._connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        # A plain TRUNCATE would empty the tables that inherit from this one, too; of a partitioned
        # table it is the partitions that hold the rows.
        only = "ONLY " if plan.can_freeze else ""
        truncate = f"TRUNCATE TABLE {only}{plan.spec.target.sql}"
        for sql in plan.create.before if plan.create else (truncate, *plan.drift.alter):
            self._connection.execute(sql)
        self._compare_with_plan()
        columns = ", ".join(quote_pg(column.target.name) for column in plan.columns)
        freeze = ", FREEZE" if plan.can_freeze else ""
        sql = f"COPY {plan.spec.target.sql} ({columns}) FROM STDIN (FORMAT BINARY{freeze})"
        with translated(self._connection.settings):
            self._copy = self._stack.enter_context(self._cursor.copy(statement(sql)))
            self._copy.write(self._encoder.write_header())

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
        rows = max(1, batch.num_rows * ENCODED_BYTES // max(1, batch.nbytes))
        with translated(self._connection.settings):
            for start in range(0, batch.num_rows, rows):
                self._copy.write(self._encoder.write_batch(batch.slice(start, rows)))
        self.rows += batch.num_rows

    def commit(self) -> None:
        """Finish the COPY, compare its own count with the rows sent, and make them visible.

        A table created here gets its keys and indexes before.
        """
        with translated(self._connection.settings):
            self._copy.write(self._encoder.finish())
            self._stack.close()
        if self._cursor.rowcount != self.rows:
            raise VerificationError(
                f"PostgreSQL stored {self._cursor.rowcount:,} of the {self.rows:,} rows sent",
                hint="A trigger or a rule swallowed rows. The load was rolled back.",
            )
        for sql in self._plan.after:
            self._connection.execute(sql)
        try:
            self._connection.execute("COMMIT")
        except TransientError as error:
            raise TransientError(
                f"{error.message}; it is not known whether the load was committed",
                hint="Readers see all the old rows or all the new ones. Run it again.",
                code=error.code,
            ) from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # An open COPY is ended as failed; a connection that is gone has rolled back already.
        with contextlib.suppress(psycopg.Error):
            self._stack.__exit__(kind, error, trace)
        raw = self._connection.raw
        if not raw.closed and raw.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            with contextlib.suppress(psycopg.Error):
                raw.execute("ROLLBACK")
