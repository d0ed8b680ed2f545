"""COPY that leaves out the rows which PostgreSQL refuses, and keeps aside what they were.

A few batches are a COPY of their own, in a savepoint. If it is refused it is halved, and its halves
are, until a single row is left that PostgreSQL does not take: by itself, or beside those that are
in already.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

import pyarrow as pa

from tableferry.errors import DataError
from tableferry.planning.columns import ColumnPlan
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.copying import ENCODED_BYTES, CopyIn
from tableferry.postgres.errors import is_staging_name
from tableferry.values.quarantined import RefusedRow, RefusedRows, as_converted, value_bytes

SIFTED_BYTES: Final = 8 * 2**20
"""About how much is stored by one COPY, and kept until PostgreSQL has taken it: less means more
COPYs, more means memory that is not warm. Measured with forty columns, 4 MB at a time cost 5 % more
than one COPY for all, 8 MB and 16 MB 1 to 2 %; for what all of it costs see docs/benchmarks.md."""

SAVEPOINT: Final = "SAVEPOINT tableferry_copy"
NEXT_SAVEPOINT: Final = f"RELEASE {SAVEPOINT}; {SAVEPOINT}"

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
    refusals: RefusedRows | None = None,
) -> "CopyIn | BisectingCopy":
    """Return the COPY into a table, one that keeps refused rows aside where they have a place.

    FREEZE is not to be had then: the table was not emptied in the savepoint.
    """
    if refusals is not None:
        return BisectingCopy(connection, table, columns, schema, refusals)
    names = [column.target.name for column in columns]
    return CopyIn(connection, table, names, schema, freeze=freeze)


class BisectingCopy:
    """Several COPYs into one table; a context manager inside an open transaction.

    Used like ``CopyIn``; batches have the Arrow schema given, their columns are those of the plan.
    ``rows`` counts what was sent until it is known to be refused, at the latest by ``finish``.
    Raises DataError where more rows are refused than ``refusals`` allows.
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
        self._under_way: _UnderWay | None = None
        self.rows = 0

    def __enter__(self) -> Self:
        # What would be found out at COMMIT could not be told of a row any more.
        self._connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        return self

    def write(self, batch: pa.RecordBatch) -> None:
        """Send a batch; raises TableferryError, also for what was sent before."""
        ahead: Sequence[bytes] | None = None
        if self._under_way is None or self._under_way.size + batch.nbytes > SIFTED_BYTES:
            copy = self._copy()
            if batch.nbytes <= ENCODED_BYTES:  # while PostgreSQL still stores what was sent
                ahead = list(copy.encoded(batch))
            self.finish()
            self._begin(copy)
        if refused := self._send(batch, ahead):
            self._sift(*refused)

    def finish(self) -> None:
        """Hear what became of the last rows; raises TableferryError."""
        if refused := self._answer():
            self._sift(*refused)

    def _sift(self, batch: pa.RecordBatch, error: DataError) -> None:
        """Store the rows that were refused together, but for those that are refused alone."""
        if batch.num_rows == 1:
            self._keep_aside(batch, error)
            return
        middle = batch.num_rows // 2
        for half in (batch.slice(0, middle), batch.slice(middle)):
            self._begin(self._copy())
            if refused := self._send(half) or self._answer():
                self._sift(*refused)

    def _copy(self) -> CopyIn:
        names = [column.target.name for column in self._columns]
        return CopyIn(self._connection, self._table, names, self._schema)

    def _begin(self, copy: CopyIn) -> None:
        self._connection.execute(self._savepoint)
        self._savepoint = NEXT_SAVEPOINT
        copy.__enter__()
        self._under_way = _UnderWay(copy)

    def _send(
        self, batch: pa.RecordBatch, ahead: Sequence[bytes] | None = None
    ) -> tuple[pa.RecordBatch, DataError] | None:
        """Send a batch by the COPY under way; return what was refused, and why."""
        now = self._under_way
        if now is None:
            raise RuntimeError("there is no COPY to send rows by")
        now.batches.append(batch)
        now.size += batch.nbytes
        self.rows += batch.num_rows
        try:
            now.copy.write(batch, ahead)
        except DataError as error:
            now.copy.__exit__(type(error), error, error.__traceback__)
            return self._undone(now, error)
        return None

    def _answer(self) -> tuple[pa.RecordBatch, DataError] | None:
        """Wait for the COPY under way; return what was refused, and why."""
        now = self._under_way
        if now is None:
            return None
        try:
            now.copy.finish()
        except DataError as error:
            return self._undone(now, error)
        self._under_way = None
        return None

    def _undone(self, now: "_UnderWay", error: DataError) -> tuple[pa.RecordBatch, DataError]:
        self._under_way = None
        self._connection.execute("ROLLBACK TO SAVEPOINT tableferry_copy")
        sent = now.batches[0] if len(now.batches) == 1 else pa.concat_batches(now.batches)
        self.rows -= sent.num_rows
        return sent, error

    def _keep_aside(self, row: pa.RecordBatch, error: DataError) -> None:
        values = {
            column.target.name: as_converted(array[0], column)
            for column, array in zip(self._columns, row.columns, strict=True)
        }
        own = {c.source.name: values[c.target.name] for c in self._columns if not c.companion}
        name = error.column or self._column_of(error.constraint)
        column = next((c for c in self._columns if c.target.name == name), None)
        tells = error.constraint and not is_staging_name(error.constraint)
        named = f" ({error.constraint})" if tells else ""
        self._refusals.add(
            [
                RefusedRow(
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
        if self._under_way is not None:
            self._under_way.copy.__exit__(kind, error, trace)


@dataclass(slots=True)
class _UnderWay:
    """A COPY that was begun, and what was sent by it."""

    copy: CopyIn
    batches: list[pa.RecordBatch] = field(default_factory=list)
    size: int = 0
