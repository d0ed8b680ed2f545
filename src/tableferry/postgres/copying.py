"""Copies Arrow batches into a table with COPY BINARY, and verifies PostgreSQL's row count."""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, Final, Self

import pyarrow as pa

from tableferry.errors import TableferryError, VerificationError
from tableferry.model.counting import counted
from tableferry.model.identifiers import quote_pg
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.encoding import Encoder
from tableferry.postgres.errors import translated
from tableferry.postgres.messages import statement

ENCODED_BYTES: Final = 4 * 2**20
"""About how much is encoded at once: usual batches whole, those with huge values in parts."""


class CopyIn:
    """One COPY; a context manager inside an open transaction.

    ``table`` is SQL, ``columns`` are names; batches have the Arrow schema given. ``freeze`` needs a
    table that was created or emptied in the same transaction. Leaving without ``finish`` fails the
    COPY.
    """

    def __init__(
        self,
        connection: TargetConnection,
        table: str,
        columns: Sequence[str],
        schema: pa.Schema,
        *,
        freeze: bool = False,
    ) -> None:
        names = ", ".join(map(quote_pg, columns))
        options = ", FREEZE" if freeze else ""
        self._sql = f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY{options})"
        self._connection = connection
        with translated(connection.settings):
            self._encoder = Encoder(schema)
            self._header = self._encoder.header()
        self._cursor: Any = None
        self._stack = contextlib.ExitStack()
        self._copy: Any = None
        self.rows = 0

    def __enter__(self) -> Self:
        with translated(self._connection.settings):
            # Not before: until now the connection may have been opened again.
            self._cursor = self._connection.cursor()
            self._copy = self._stack.enter_context(self._cursor.copy(statement(self._sql)))
            self._copy.write(self._header)
        return self

    def encoded(self, batch: pa.RecordBatch) -> Iterator[bytes]:
        """Yield a batch in COPY BINARY, in parts; possible before the COPY begins."""
        rows = max(1, batch.num_rows * ENCODED_BYTES // max(1, batch.nbytes))
        for start in range(0, batch.num_rows, rows):
            with translated(self._connection.settings):
                part = self._encoder.batch(batch.slice(start, rows))
            yield part

    def write(self, batch: pa.RecordBatch, ahead: Iterable[bytes] | None = None) -> None:
        """Send one batch; raises DataError, TransientError ... for PostgreSQL's errors.

        ``ahead`` is the result of ``encoded`` for this batch, if it was encoded ahead.
        """
        with translated(self._connection.settings):
            for part in self.encoded(batch) if ahead is None else ahead:
                self._copy.write(part)
        self.rows += batch.num_rows

    def finish(self) -> None:
        """End the COPY and compare PostgreSQL's count with the rows sent."""
        with translated(self._connection.settings):
            self._copy.write(self._encoder.finish())
            self._stack.close()
        if self._cursor.rowcount != self.rows:
            raise VerificationError(
                f"PostgreSQL stored {self._cursor.rowcount:,} of {counted(self.rows, 'row')} sent",
                hint="A trigger or a rule suppressed rows. The load was rolled back.",
            )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None and not isinstance(error, TableferryError):
            # psycopg sends the error's text to the server, which logs it.
            error = RuntimeError(type(error).__name__)
            kind, trace = RuntimeError, None
        # Ending the COPY of a lost connection may fail; nothing is left to end.
        with contextlib.suppress(Exception):
            self._stack.__exit__(kind, error, trace)
