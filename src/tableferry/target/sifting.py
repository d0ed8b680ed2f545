"""COPY that leaves out the rows which PostgreSQL refuses, and keeps aside what they were.

Each batch is a COPY of its own in a savepoint. One that is refused is halved, and its halves, until
a single row is left that PostgreSQL does not take: by itself, or beside those that are in already.
"""

from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

import pyarrow as pa

from tableferry.errors import DataError
from tableferry.matching import ColumnPlan
from tableferry.target.connection import TargetConnection
from tableferry.target.copying import CopyIn
from tableferry.values.refusals import Refusal, Refusals, as_converted, value_bytes

_CHECKED: Final = """\
SELECT a.attname FROM pg_constraint k
JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
WHERE k.conrelid = %s::regclass AND k.conname = %s AND cardinality(k.conkey) = 1"""
"""The column of a constraint that is about one: PostgreSQL names the constraint only."""


def open_copy(
    connection: TargetConnection,
    table: str,
    columns: Sequence[ColumnPlan],
    schema: pa.Schema,
    *,
    freeze: bool = False,
    refusals: Refusals | None = None,
) -> "CopyIn | SiftingCopy":
    """Return the COPY into a table, one that keeps refused rows aside where they have a place.

    FREEZE is not to be had then: the table was not emptied in the savepoint.
    """
    if refusals is not None:
        return SiftingCopy(connection, table, columns, schema, refusals)
    names = [column.target.name for column in columns]
    return CopyIn(connection, table, names, schema, freeze=freeze)


class SiftingCopy:
    """Several COPYs into one table; a context manager inside an open transaction.

    Used like ``CopyIn``; batches have the Arrow schema given, their columns are those of the plan.
    Raises DataError where more rows are refused than ``refusals`` allows.
    """

    def __init__(
        self,
        connection: TargetConnection,
        table: str,
        columns: Sequence[ColumnPlan],
        schema: pa.Schema,
        refusals: Refusals,
    ) -> None:
        self._connection = connection
        self._table = table
        self._columns = columns
        self._schema = schema
        self._refusals = refusals
        self.rows = 0

    def __enter__(self) -> Self:
        # What would be found out at COMMIT could not be told of a row any more.
        self._connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        return self

    def write(self, batch: pa.RecordBatch) -> None:
        """Store a batch but for the rows that are refused; raises TableferryError."""
        pieces = [(0, batch.num_rows)]
        while pieces:
            start, end = pieces.pop()
            error = self._refused(batch.slice(start, end - start))
            if error is None:
                self.rows += end - start
            elif end - start > 1:
                middle = (start + end) // 2
                pieces += [(middle, end), (start, middle)]
            else:
                self._keep_aside(batch.slice(start, 1), error)

    def finish(self) -> None:
        """Do nothing more: every COPY has been ended and counted."""

    def _refused(self, piece: pa.RecordBatch) -> DataError | None:
        """Store the rows, all or none; return why PostgreSQL has refused."""
        names = [column.target.name for column in self._columns]
        self._connection.execute("SAVEPOINT tableferry_copy")
        try:
            with CopyIn(self._connection, self._table, names, self._schema) as copy:
                copy.write(piece)
                copy.finish()
        except DataError as error:
            self._connection.execute("ROLLBACK TO SAVEPOINT tableferry_copy")
            return error
        self._connection.execute("RELEASE SAVEPOINT tableferry_copy")
        return None

    def _keep_aside(self, row: pa.RecordBatch, error: DataError) -> None:
        values = {
            column.target.name: as_converted(array[0], column)
            for column, array in zip(self._columns, row.columns, strict=True)
        }
        own = {c.source.name: values[c.target.name] for c in self._columns if not c.companion}
        name = error.column or self._column_of(error.constraint)
        column = next((c for c in self._columns if c.target.name == name), None)
        named = f" ({error.constraint})" if error.constraint else ""
        self._refusals.add(
            [
                Refusal(
                    self._refusals.row_key(own),
                    column.source.name if column else "",
                    error.reason + named,
                    value_bytes(values[name]) if column else None,
                    error.code,
                )
            ]
        )

    def _column_of(self, constraint: str) -> str:
        """Return the one column that a constraint is about, empty for none or several."""
        found = self._connection.rows(_CHECKED, (self._table, constraint)) if constraint else []
        return str(found[0][0]) if found else ""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave nothing open: there is no COPY between two batches."""
