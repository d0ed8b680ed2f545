"""COPY that finds the rows which PostgreSQL refuses, by bisection, and sets them aside.

Every few batches are a COPY of their own, in a savepoint. If one is refused, it is split in halves,
and these again, down to the single rows that PostgreSQL refuses: on their own, or because of rows
stored before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

import pyarrow as pa

from tableferry.errors import DataError
from tableferry.planning.column_plan import ColumnPlan
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.copying import ENCODED_BYTES, CopyIn
from tableferry.postgres.errors import is_staging_name
from tableferry.values.refused_rows import RefusedRow, RefusedRows, converted_value, value_bytes

COPY_BYTES: Final = 8 * 2**20
"""About the size of one COPY, kept in memory until PostgreSQL has accepted it: less means more
COPYs, more means cold caches. Measured with forty columns, 4 MB at a time cost 5 % more than one
COPY for all, 8 MB and 16 MB 1 to 2 %; for the whole cost see docs/benchmarks.md."""

SAVEPOINT: Final = "SAVEPOINT tableferry_copy"
NEXT_SAVEPOINT: Final = f"RELEASE {SAVEPOINT}; {SAVEPOINT}"

_CONSTRAINT_COLUMN: Final = """\
SELECT a.attname FROM pg_constraint k
JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
WHERE k.conrelid = %s::regclass AND k.conname = %s AND cardinality(k.conkey) = 1"""
"""The column of a single-column constraint: the error names the constraint only."""


def open_copy(
    connection: TargetConnection,
    table: str,
    columns: Sequence[ColumnPlan],
    schema: pa.Schema,
    *,
    freeze: bool = False,
    refusals: RefusedRows | None = None,
) -> "CopyIn | BisectingCopy":
    """Return a COPY into a table; with ``refusals`` one that sets refused rows aside.

    The latter cannot use FREEZE, since the table was not emptied in its savepoint.
    """
    if refusals is not None:
        return BisectingCopy(connection, table, columns, schema, refusals)
    names = [column.target.name for column in columns]
    return CopyIn(connection, table, names, schema, freeze=freeze)


class BisectingCopy:
    """Several COPYs into one table; a context manager inside an open transaction.

    Used like ``CopyIn``; batches have the Arrow schema given, with the plan's columns. ``rows``
    counts the rows sent and not refused so far; it is final after ``finish``. Raises DataError if
    more rows are refused than ``refusals`` allows.
    """

    def __init__(
        self,
        connection: TargetConnection,
        table: str,
        columns: Sequence[ColumnPlan],
        schema: pa.Schema,
        refusals: RefusedRows,
    ) -> None:
        self._connection = connection
        self._table = table
        self._columns = columns
        self._schema = schema
        self._refusals = refusals
        self._savepoint = SAVEPOINT
        self._current: _OpenCopy | None = None
        self.rows = 0

    def __enter__(self) -> Self:
        # An error at COMMIT could not be attributed to a row.
        self._connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        return self

    def write(self, batch: pa.RecordBatch) -> None:
        """Send a batch; raises TableferryError, also for batches sent before."""
        ahead: Sequence[bytes] | None = None
        if self._current is None or self._current.size + batch.nbytes > COPY_BYTES:
            copy = self._copy()
            if batch.nbytes <= ENCODED_BYTES:  # encode while PostgreSQL is still busy
                ahead = list(copy.encoded(batch))
            self.finish()
            self._begin(copy)
        if refused := self._send(batch, ahead):
            self._bisect(*refused)

    def finish(self) -> None:
        """End the last COPY; raises TableferryError."""
        if refused := self._end():
            self._bisect(*refused)

    def _bisect(self, batch: pa.RecordBatch, error: DataError) -> None:
        """Store the rows of a refused COPY, except those that are refused one by one."""
        if batch.num_rows == 1:
            self._set_aside(batch, error)
            return
        middle = batch.num_rows // 2
        for half in (batch.slice(0, middle), batch.slice(middle)):
            self._begin(self._copy())
            if refused := self._send(half) or self._end():
                self._bisect(*refused)

    def _copy(self) -> CopyIn:
        names = [column.target.name for column in self._columns]
        return CopyIn(self._connection, self._table, names, self._schema)

    def _begin(self, copy: CopyIn) -> None:
        self._connection.execute(self._savepoint)
        self._savepoint = NEXT_SAVEPOINT
        copy.__enter__()
        self._current = _OpenCopy(copy)

    def _send(
        self, batch: pa.RecordBatch, ahead: Sequence[bytes] | None = None
    ) -> tuple[pa.RecordBatch, DataError] | None:
        """Send a batch with the current COPY; return the refused rows and the error, if any."""
        current = self._current
        if current is None:
            raise RuntimeError("no COPY is open")
        current.batches.append(batch)
        current.size += batch.nbytes
        self.rows += batch.num_rows
        try:
            current.copy.write(batch, ahead)
        except DataError as error:
            current.copy.__exit__(type(error), error, error.__traceback__)
            return self._roll_back(current, error)
        return None

    def _end(self) -> tuple[pa.RecordBatch, DataError] | None:
        """End the current COPY; return the refused rows and the error, if any."""
        current = self._current
        if current is None:
            return None
        try:
            current.copy.finish()
        except DataError as error:
            return self._roll_back(current, error)
        self._current = None
        return None

    def _roll_back(
        self, current: "_OpenCopy", error: DataError
    ) -> tuple[pa.RecordBatch, DataError]:
        self._current = None
        self._connection.execute("ROLLBACK TO SAVEPOINT tableferry_copy")
        sent = (
            current.batches[0] if len(current.batches) == 1 else pa.concat_batches(current.batches)
        )
        self.rows -= sent.num_rows
        return sent, error

    def _set_aside(self, row: pa.RecordBatch, error: DataError) -> None:
        values = {
            column.target.name: converted_value(array[0], column)
            for column, array in zip(self._columns, row.columns, strict=True)
        }
        own = {c.source.name: values[c.target.name] for c in self._columns if not c.companion}
        name = error.column or self._column_of(error.constraint)
        column = next((c for c in self._columns if c.target.name == name), None)
        is_named = error.constraint and not is_staging_name(error.constraint)
        suffix = f" ({error.constraint})" if is_named else ""
        self._refusals.add(
            [
                RefusedRow(
                    self._refusals.row_key(own),
                    column.source.name if column else "",
                    error.reason + suffix,
                    value_bytes(values[name]) if column else None,
                    error.code,
                )
            ]
        )

    def _column_of(self, constraint: str) -> str:
        """Return the column of a single-column constraint, otherwise an empty text."""
        found = (
            self._connection.rows(_CONSTRAINT_COLUMN, (self._table, constraint))
            if constraint
            else []
        )
        return str(found[0][0]) if found else ""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._current is not None:
            self._current.copy.__exit__(kind, error, trace)


@dataclass(slots=True)
class _OpenCopy:
    """A COPY in progress, and the batches sent with it."""

    copy: CopyIn
    batches: list[pa.RecordBatch] = field(default_factory=list)
    size: int = 0
