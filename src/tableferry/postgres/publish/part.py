"""A part of a load: the rows of one chunk on their way into the staging table."""

import sys
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import pyarrow as pa

from tableferry.planning.column_plan import ColumnPlan
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.copy_bisection import open_copy
from tableferry.values import RefusedRows

Checkpoint = Callable[[TargetConnection], None]
"""Writes down that a part is stored, in the transaction that stores it."""


class Part:
    """One part of a load: one COPY in one transaction on a connection of its own.

    ``add`` counts its rows when they are stored. Leaving it without ``commit`` leaves nothing.
    """

    def __init__(
        self,
        connection: TargetConnection,
        sql: str,
        columns: Sequence[ColumnPlan],
        schema: pa.Schema,
        *,
        refusals: RefusedRows | None,
        add: Callable[[int], None],
    ) -> None:
        self._add = add
        self._connection = connection
        self._copy = open_copy(connection, sql, columns, schema, refusals=refusals)

    @property
    def rows(self) -> int:
        """Rows written so far."""
        return self._copy.rows

    def __enter__(self) -> Self:
        self._connection.begin()
        try:
            self._copy.__enter__()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def write(self, batch: pa.RecordBatch) -> None:
        """Send one batch; raises DataError, TransientError ... when PostgreSQL refused."""
        self._copy.write(batch)

    def commit(self, checkpoint: Checkpoint = lambda _connection: None) -> None:
        """Store the part, and with it what ``checkpoint`` writes; raises CommitUnknownError."""
        self._copy.finish()
        checkpoint(self._connection)
        self._connection.commit()
        self.settle()

    def settle(self) -> None:
        """Count the rows as stored: the COMMIT has happened."""
        self._add(self._copy.rows)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._copy.__exit__(kind, error, trace)
        self._connection.rollback()
