"""Reading a table as a stream of Arrow batches, and knowing that it was all of it.

The SELECT and ``SELECT @@ROWCOUNT`` are one batch: the server's own count of the rows it sent
follows the last of them. A stream that ends early, without an error, is found by it.
"""

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Final, Self

import pyarrow as pa

from tableferry.errors import VerificationError
from tableferry.plan import SyncPlan
from tableferry.source.connection import SourceConnection, check_columns
from tableferry.source.faults import translated
from tableferry.spec import Consistency

BATCH_BYTES: Final = 8 * 2**20
"""A batch is cut where it would grow past this; memory depends on it, speed does not (measured:
1 MB batches and 16 MB batches read equally fast)."""

UNKNOWN_LENGTH_BYTES: Final = 4096
"""What a ``(max)`` value is taken to hold until a batch has shown it."""

ROWCOUNT_LIMIT: Final = 1_000_000_000
"""From here on ROWCOUNT_BIG() counts: @@ROWCOUNT is an int. Not every T-SQL server has both."""

_ISOLATION: Final = {
    Consistency.SNAPSHOT: "SNAPSHOT",
    Consistency.READ_COMMITTED: "READ COMMITTED",
    Consistency.NOLOCK: "READ UNCOMMITTED",
}


class TableReader:
    """One table being read; a context manager around one stream.

    ``batches()`` yields record batches whose columns carry the target's names; afterwards
    ``rows`` is what arrived and has been compared with the server's count.
    """

    def __init__(self, connection: SourceConnection, plan: SyncPlan) -> None:
        self._connection = connection
        self._plan = plan
        self._cursor: Any = None
        self.rows = 0

    def __enter__(self) -> Self:
        plan = self._plan
        self._connection.execute(
            f"SET TRANSACTION ISOLATION LEVEL {_ISOLATION[plan.consistency]}; BEGIN TRANSACTION"
        )
        big = (plan.estimated_rows or 0) >= ROWCOUNT_LIMIT
        count = "ROWCOUNT_BIG()" if big else "@@ROWCOUNT"
        with translated(self._connection.settings):
            self._cursor = self._connection.cursor()
            self._cursor.execute(f"{plan.select};\nSELECT {count} AS row_count")
        found = [entry[0] for entry in self._cursor.description or ()]
        check_columns(found, [column.target.name for column in plan.columns])
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # The caller closes the connection, which ends the stream and its transaction; closing
        # the cursor in mid-stream would first read all that is still to come.
        if kind is None:
            self._connection.execute("IF @@TRANCOUNT > 0 COMMIT TRANSACTION")

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the table's rows; raises TableferryError for a fault, also in mid-stream."""
        size = self._first_size()
        while True:
            with translated(self._connection.settings):
                batch = self._cursor.arrow_batch(size)
            if batch.num_rows == 0:
                break
            self.rows += batch.num_rows
            yield batch
            per_row = max(1, batch.nbytes // batch.num_rows)
            size = max(1, min(self._plan.spec.batch_size, BATCH_BYTES // per_row))
        self._compare_with_server_count()

    def _first_size(self) -> int:
        """Rows in the first batch: as many as surely fit, by the columns' declared lengths."""
        declared = sum(
            UNKNOWN_LENGTH_BYTES if column.source.type.length < 0 else column.source.type.length
            for column in self._plan.columns
        )
        return max(1, min(self._plan.spec.batch_size, BATCH_BYTES // max(1, declared)))

    def _compare_with_server_count(self) -> None:
        with translated(self._connection.settings):
            more = self._cursor.nextset()
            counted = self._cursor.fetchall() if more else []
        sent = int(counted[0][0]) if counted else None
        if sent != self.rows:
            said = "did not say how many rows it sent" if sent is None else f"sent {sent:,} rows"
            raise VerificationError(
                f"The source {said}, {self.rows:,} arrived",
                hint="The stream ended early. Nothing was changed; run it again.",
            )
