"""Reads a table as a stream of Arrow batches, and verifies that it is complete.

The SELECT and ``SELECT @@ROWCOUNT`` are one T-SQL batch: the server's own count of the rows sent
follows the last of them. It detects a stream that ends early without an error.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from tableferry.errors import VerificationError
from tableferry.model.counting import counted
from tableferry.model.key_range import WHOLE_TABLE, KeyRange
from tableferry.planning.plan import SyncPlan
from tableferry.sqlserver.chunk_bounds import ChunkBoundsCheck
from tableferry.sqlserver.connection import SourceConnection, check_columns, isolation_of
from tableferry.sqlserver.rate_limit import RateLimit
from tableferry.sqlserver.row_widths import (
    UNBOUNDED_ROWS,
    has_large_values,
    is_stored_in_rows,
    most_unbounded_rows,
    with_lengths,
)
from tableferry.values import TextsAlteredError

BATCH_BYTES: Final = 2**20
"""The largest size of a batch; memory depends on it, speed does not (measured: 1 MB batches and
16 MB batches read equally fast)."""

DRIVER_BYTES: Final = 16 * 2**20
"""The most that the driver sets aside for a fetch: so many rows of their declared lengths, of which
it touches a page for every long one (measured: 10,000 rows of five nvarchar(4000) with short values
took 200 MB)."""

UNBOUNDED_BYTES: Final = 2**18
"""The largest size of a fetch where a column is ``(max)``, if its rows are as wide as those before:
the driver holds Python's lock meanwhile, and nothing is written. Fetches are joined to batches."""

FIRST_UNBOUNDED_ROWS: Final = 2
"""Rows of the first fetch there, which shows how wide the others may be. Each chunk begins so
(measured: 120 rows of 4 MB in eight chunks over four connections took 1,050 MB when each began with
32)."""

YIELD_SECONDS: Final = 1.0
"""After so long a batch is yielded as it is, so a slow source shows progress and can be stopped."""

ROWCOUNT_LIMIT: Final = 1_000_000_000
"""From this many rows on ROWCOUNT_BIG() is used: @@ROWCOUNT is an int. Not every T-SQL server has
both."""


class TableReader:
    """Reads one table over one connection: whole, or chunk by chunk.

    ``batches()`` yields record batches whose columns have the target's names; at its end the rows
    have been compared with the server's count. ``rows`` counts all rows read. One stream at a time;
    a stream that is abandoned half-way ends with its connection.
    """

    def __init__(
        self,
        connection: SourceConnection,
        plan: SyncPlan,
        rate_limit: RateLimit | None = None,
        clock: Callable[[], float] = time.monotonic,
        select: Callable[[KeyRange], str] | None = None,
    ) -> None:
        """``rate_limit`` is shared by all readers of the table; by default the spec's.

        ``select`` returns the SELECT of a key range; by default the plan's.
        """
        self._connection = connection
        self._plan = plan
        self._clock = clock
        self._select = select or plan.chunk
        self._is_plain = self._select == plan.chunk
        self.rate_limit = rate_limit or RateLimit(plan.spec.max_rows_per_second)
        self._read = plan  # what is asked for: as planned, or with lengths
        self._most = 0  # rows of a fetch, when it is known
        self.rows = 0

    def batches(self, keys: KeyRange = WHOLE_TABLE) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a range; raises TableferryError, also mid-stream."""
        if not self._most:
            self._choose()
        cursor = self._open(keys)
        bounds = ChunkBoundsCheck(self._plan.columns, keys)
        rows_before = self.rows
        batch = _BatchBuilder(self._plan.spec.batch_size)
        yielded_at = self._clock()
        for fetched in map(self._without_flag, self._fetch(cursor)):
            self.rows += fetched.num_rows
            bounds.check(fetched)
            batch.add(fetched)
            if batch.is_full or self._clock() - yielded_at >= YIELD_SECONDS:
                yield batch.build()
                batch = _BatchBuilder(self._plan.spec.batch_size)
                yielded_at = self._clock()
        if batch.rows:
            yield batch.build()
        self._compare_with_server_count(cursor, self.rows - rows_before)

    def _fetch(self, cursor: Any) -> Iterator[pa.RecordBatch]:
        """Yield each fetch of the driver: as many rows as the width of the previous ones allows."""
        size = min(self.rate_limit.at_once(self._most), self._first_size())
        for number in itertools.count():
            started = self._clock()
            with self._connection.request():
                batch = cursor.arrow_batch(size)
            if batch.num_rows == 0:
                return
            seconds = self._clock() - started
            yield batch
            self.rate_limit.fetched(batch.num_rows, seconds, first=number == 0)
            if self._is_unbounded and self._most > UNBOUNDED_ROWS and has_large_values(batch):
                self._most = UNBOUNDED_ROWS
            size = self._next_size(max(1, batch.nbytes // batch.num_rows))

    def _next_size(self, per_row: int) -> int:
        """Return the rows of the next fetch, if they are as wide as those of the last one."""
        fitting = BATCH_BYTES // per_row
        if self._is_unbounded:
            fitting = min(fitting, max(UNBOUNDED_ROWS, UNBOUNDED_BYTES // per_row))
        return max(1, min(self.rate_limit.at_once(self._most), fitting))

    def _choose(self) -> None:
        """Choose how ``(max)`` columns are read, for which the server is asked once."""
        most = self._plan.spec.batch_size
        if self._is_unbounded:
            if not is_stored_in_rows(self._connection, self._plan.spec.source):
                most = min(most, UNBOUNDED_ROWS)
            elif self._is_plain and (bounded := with_lengths(self._plan)):
                self._read, self._select = bounded, bounded.chunk
            else:
                most = min(most, most_unbounded_rows(self._plan))
        if not self._is_unbounded:
            most = min(most, DRIVER_BYTES // max(1, self._declared))
        self._most = max(1, most)

    @property
    def _is_unbounded(self) -> bool:
        """Whether the driver fetches values of unlimited size."""
        return self._read.is_unbounded

    @property
    def _declared(self) -> int:
        """The bytes of a row by the columns' declared lengths."""
        return sum(column.arrives.length for column in self._read.columns)

    def _without_flag(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Take ``LONG`` out; raises TextsAlteredError where it is set: a value was cut off."""
        if self._read is self._plan:
            return batch
        place = len(self._plan.columns)
        if pc.any(batch.column(place)).as_py():
            cut = zip(self._plan.columns, self._read.columns, strict=False)
            names = (column.source.name for column, read in cut if column is not read)
            raise TextsAlteredError(frozenset(names))
        return batch.remove_column(place)

    def _open(self, keys: KeyRange) -> Any:
        """Send the SELECT and check that the result has the columns requested.

        A statement is its own transaction, so SNAPSHOT needs no BEGIN here.
        """
        plan = self._read
        isolation = "" if self._connection.in_snapshot else isolation_of(plan.consistency)
        big = (plan.estimated_rows or 0) >= ROWCOUNT_LIMIT
        count = "ROWCOUNT_BIG()" if big else "@@ROWCOUNT"
        cursor = self._connection.stream(
            f"{self._select(keys)};\nSELECT {count} AS row_count", isolation
        )
        found = [entry[0] for entry in cursor.description or ()]
        check_columns(found, plan.result_columns)
        return cursor

    def _first_size(self) -> int:
        """Return the rows of the first fetch: as many as fit by the columns' declared lengths."""
        if self._is_unbounded:
            return FIRST_UNBOUNDED_ROWS
        return max(1, min(self._most, BATCH_BYTES // max(1, self._declared)))

    def _compare_with_server_count(self, cursor: Any, arrived: int) -> None:
        with self._connection.request():
            more = cursor.nextset()
            totals = cursor.fetchall() if more else []
            self._connection.end_stream(cursor)
        sent = int(totals[0][0]) if totals else None
        if sent != arrived:
            count = "did not say how many rows it sent" if sent is None else f"sent {sent:,}"
            raise VerificationError(
                f"The source {count}; {counted(arrived, 'row')} arrived",
                hint="The stream ended early. Nothing was changed; run it again.",
            )


@dataclass(slots=True)
class _BatchBuilder:
    """Joins fetches to a batch; keeps the sums rather than computing them anew each time."""

    most: int
    batches: list[pa.RecordBatch] = field(default_factory=list)
    rows: int = 0
    size: int = 0
    last: tuple[int, int] = (0, 0)

    def add(self, batch: pa.RecordBatch) -> None:
        """Add a fetch."""
        self.batches.append(batch)
        self.last = (batch.num_rows, int(batch.nbytes))
        self.rows += self.last[0]
        self.size += self.last[1]

    @property
    def is_full(self) -> bool:
        """Whether another fetch as large as the last one would exceed the limits of a batch."""
        return self.rows + self.last[0] > self.most or self.size + self.last[1] > BATCH_BYTES

    def build(self) -> pa.RecordBatch:
        """Return all fetches as one batch."""
        return self.batches[0] if len(self.batches) == 1 else pa.concat_batches(self.batches)
