"""A connection to SQL Server, through Microsoft's driver.

Properties of the driver that this module deals with (observed with mssql-python 1.16):

- With the provider ``mssql-odbc`` and ``autocommit=False`` each answer belongs to the statement
  before, so every connection is opened with ``autocommit=True`` and transactions are batches.
- Its query timeout (``Connection.timeout``) ends a statement that waits, and leaves the connection
  usable. With ``mssql-odbc`` it also fails a stream that took longer, at its very end. So it is set
  for small result sets only; readers of a stream watch ``silent_for``.
- Arrow batches with a ``(max)`` column are fetched with Python's lock (the GIL) held (SQLGetData,
  either provider): while the source stalls mid-value, no thread of the process runs.
  ``stall_guard`` ends that.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Final, Self

from tableferry.config import (
    DEFAULT_LOCK_TIMEOUT,
    DEFAULT_STATEMENT_TIMEOUT,
    Consistency,
    SourceSettings,
)
from tableferry.errors import TableferryError, TransientError, VerificationError
from tableferry.sqlserver.driver_connection import open_driver_connection
from tableferry.sqlserver.errors import translated

SESSION: Final = (
    "SET LANGUAGE us_english",
    "SET NOCOUNT OFF",
    "SET TEXTSIZE 2147483647",
    "SET LOCK_TIMEOUT {milliseconds}",
    "SET ROWCOUNT 0",
    "SET IMPLICIT_TRANSACTIONS OFF",
    "SET XACT_ABORT OFF",
    "SET DEADLOCK_PRIORITY LOW",
    "SET ANSI_NULLS ON",
    "SET ANSI_PADDING ON",
    "SET ANSI_WARNINGS ON",
    "SET ARITHABORT ON",
    "SET CONCAT_NULL_YIELDS_NULL ON",
    "SET QUOTED_IDENTIFIER ON",
    "SET NUMERIC_ROUNDABORT OFF",
)
"""What a session relies on, whatever the server's ``user options`` and the login's defaults are.

Errors are recognised by their English text, since the driver has no error numbers; the language
also sets DATEFORMAT and DATEFIRST. A long value truncated to TEXTSIZE, or a result cut to ROWCOUNT
rows, looks like any other. A SELECT must not open a transaction, and a refused one not end it. In a
deadlock the load is the victim, not the application: it reads again. The last seven are what SQL
Server requires of a session to use indexed views and indexes on computed columns ("SET options",
CREATE INDEX); without ANSI_WARNINGS and ARITHABORT an expression that overflows would arrive as
NULL.

Not every T-SQL server has all of these: a setting that it refuses keeps its default.
"""


class SourceConnection:
    """An open connection; a context manager that closes it.

    One stream at a time: a second statement while one is being read is the caller's error. A small
    result set may take ``statement_timeout`` seconds. ``in_snapshot``: everything is read as of one
    moment, in a transaction that is open.
    """

    def __init__(
        self,
        settings: SourceSettings,
        raw: Any,
        statement_timeout: int = DEFAULT_STATEMENT_TIMEOUT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self._raw = raw
        self._statement_timeout = statement_timeout
        self._clock = clock
        self._request_at: float | None = None
        self._abandoned = False
        self._lent = False
        self.in_snapshot = False

    def stream(self) -> Any:
        """Return a driver cursor without a timeout, for ``reader``."""
        self._raw.timeout = 0
        return self._raw.cursor()

    @contextlib.contextmanager
    def request(self) -> Iterator[None]:
        """Time the server's response in this block; raises TableferryError for its errors."""
        self._request_at = self._clock()
        try:
            with translated(self.settings):
                yield
        finally:
            self._request_at = None

    def silent_for(self) -> float:
        """Return for how many seconds the current request has had no response.

        0.0 without a request; meant for other threads than the one that waits.
        """
        requested_at = self._request_at
        return 0.0 if requested_at is None else self._clock() - requested_at

    def execute(self, sql: str) -> None:
        """Run a batch that returns no rows; raises TableferryError."""
        with self.request(), self._small_query() as cursor:
            cursor.execute(sql)
            while cursor.nextset():
                pass

    def rows(self, sql: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """Run a query with a small result set; raises TableferryError.

        The result's column names are compared with ``columns``: the result of another query is an
        error, never data.
        """
        with self.request(), self._small_query() as cursor:
            cursor.execute(sql)
            check_columns([entry[0] for entry in cursor.description or ()], columns)
            return [tuple(row) for row in cursor.fetchall()]

    def _small_query(self) -> contextlib.closing[Any]:
        self._raw.timeout = self._statement_timeout
        return contextlib.closing(self._raw.cursor())

    def begin_snapshot(self) -> None:
        """Read everything until ``end_snapshot`` as of one moment, that of the first query.

        The server keeps old row versions for that time. An error may end the transaction; the
        connection is of no more use then.
        """
        self.execute("SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION")
        self.in_snapshot = True

    def require_snapshot(self) -> None:
        """Raise VerificationError where the server has ended the snapshot."""
        [(transactions,)] = self.rows("SELECT @@TRANCOUNT AS open_now", ["open_now"])
        if transactions != 1:
            raise VerificationError(
                "The source ended the snapshot early, so the rows may be of several moments",
                hint="Nothing was changed; run it again.",
            )

    def end_snapshot(self) -> None:
        """End the snapshot; raises VerificationError where the server has ended it before."""
        self.in_snapshot = False
        self.require_snapshot()
        self.execute("COMMIT TRANSACTION")

    @contextlib.contextmanager
    def lent(self) -> Iterator[None]:
        """Let ``close`` do nothing in the block: others use the connection, which stays open."""
        self._lent = True
        try:
            yield
        finally:
            self._lent = False

    def abandon(self) -> None:
        """Make ``close`` do nothing: a thread is stuck in the driver, and would crash there."""
        self._abandoned = True

    def close(self) -> None:
        """Close the connection; the server rolls back what is open."""
        if self._abandoned or self._lent:
            return
        # Closing a lost connection may fail; nothing is left to close.
        with contextlib.suppress(Exception):
            self._raw.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def connect(
    settings: SourceSettings,
    *,
    lock_timeout: int = DEFAULT_LOCK_TIMEOUT,
    statement_timeout: int = DEFAULT_STATEMENT_TIMEOUT,
) -> SourceConnection:
    """Open a connection; raises ConfigError (login, TLS) or TransientError (network).

    A refused login that comes from a secret store is fetched again, once. A statement waits
    ``lock_timeout`` seconds at the most for a lock (error 1222), and ``statement_timeout`` for a
    small result set.
    """
    connection = settings.with_login(
        lambda login: SourceConnection(
            settings, open_driver_connection(settings, login), statement_timeout
        )
    )
    try:
        _set_up(connection, [one.format(milliseconds=1000 * lock_timeout) for one in SESSION])
    except BaseException:
        connection.close()
        raise
    return connection


def _set_up(connection: SourceConnection, statements: Sequence[str]) -> None:
    """Run them in one batch; where the server refuses it, by halves, down to the one it lacks."""
    try:
        connection.execute("; ".join(statements))
    except TransientError:
        raise
    except TableferryError:
        if len(statements) > 1:
            middle = len(statements) // 2
            _set_up(connection, statements[:middle])
            _set_up(connection, statements[middle:])


_ISOLATION: Final = {
    Consistency.SNAPSHOT: "SNAPSHOT",
    Consistency.READ_COMMITTED: "READ COMMITTED",
    Consistency.NOLOCK: "READ UNCOMMITTED",
}


def set_isolation(connection: SourceConnection, consistency: Consistency) -> None:
    """Set the isolation level of later statements; raises TableferryError."""
    connection.execute(f"SET TRANSACTION ISOLATION LEVEL {_ISOLATION[consistency]}")


def check_columns(found: Sequence[str], requested: Sequence[str]) -> None:
    """Compare a result's column names with those requested; raises TransientError."""
    if [name.lower() for name in found] != [name.lower() for name in requested]:
        raise TransientError(
            f"The source returned the columns {', '.join(found) or '(none)'} instead of "
            f"{', '.join(requested)}",
            hint="The connection was out of step and was closed; run it again.",
        )
