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
from functools import partial
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from tableferry.config import (
    DEFAULT_LOCK_TIMEOUT,
    DEFAULT_STATEMENT_TIMEOUT,
    Consistency,
    SourceSettings,
)
from tableferry.errors import TableferryError, TransientError, VerificationError
from tableferry.sqlserver.errors import is_refusal, translated
from tableferry.sqlserver.session import open_session

SNAPSHOT: Final = "SNAPSHOT"
READ_COMMITTED: Final = "READ COMMITTED"

LOST: Final = "08S01"
"""The code of a connection that was lost (``errors``)."""

T = TypeVar("T")


_shut_downs = 0


def note_shut_down() -> None:
    """Note that connections are shut down on purpose: none is opened in the place of one."""
    global _shut_downs  # noqa: PLW0603 - of the process, as the driver's sockets are
    _shut_downs += 1


class SourceConnection:
    """An open connection; a context manager that closes it.

    One stream at a time: a second statement while one is being read is the caller's error. A small
    result set may take ``statement_timeout`` seconds. ``in_snapshot``: everything is read as of one
    moment, in a transaction that is open. ``refuses_several``: the server refuses a batch of
    several questions to its catalog. ``on_new_socket`` is called when it was opened again.

    With ``keep``, ``close`` offers it a connection that is fit for further use, open and with
    nothing of this use left in its session; ``keep`` returns whether it has taken it.
    """

    def __init__(
        self,
        settings: SourceSettings,
        raw: Any,
        statement_timeout: int = DEFAULT_STATEMENT_TIMEOUT,
        clock: Callable[[], float] = time.monotonic,
        reopen: Callable[[], Any] | None = None,
    ) -> None:
        """``reopen`` returns another driver's connection in place of ``raw``."""
        self.settings = settings
        self._raw = raw
        self._reopen = reopen
        self._statement_timeout = statement_timeout
        self._clock = clock
        self._request_at: float | None = None
        self._abandoned = False
        self._lent = False
        self._failed = False
        self._streaming = False
        self._isolation = READ_COMMITTED  # a session is opened so
        self._is_unproven = False
        self.in_snapshot = False
        self.refuses_several = False
        self.on_new_socket: Callable[[], None] = _nothing
        self.keep: Callable[[SourceConnection], bool] | None = None

    def taken_again(self, statement_timeout: int) -> None:
        """Begin another use of a kept connection, in another thread perhaps.

        Its other end may have been closed meanwhile. Where the first statement finds out, it is
        sent over a new one: nothing was lost with the old one.
        """
        self._is_unproven = True
        self._statement_timeout = statement_timeout

    def stream(self, sql: str, isolation: str = "") -> Any:
        """Send a query under an isolation level, and return the driver's cursor, for ``reader``.

        It has no timeout. An empty ``isolation`` leaves it as it is. The cursor is to be returned
        to ``end_stream``. Raises TableferryError.
        """

        def send() -> Any:
            self._streaming = True
            self._raw.timeout = 0
            cursor = self._raw.cursor()
            cursor.execute(self._under(isolation, sql))
            return _at_rows(cursor)

        return self._proven(send)

    def end_stream(self, cursor: Any) -> None:
        """Close the cursor of a stream that was read to its end."""
        cursor.close()
        self._streaming = False

    @contextlib.contextmanager
    def request(self) -> Iterator[None]:
        """Time the server's response in this block; raises TableferryError for its errors."""
        self._request_at = self._clock()
        failed, self._failed = self._failed, True
        try:
            with translated(self.settings):
                try:
                    yield
                except Exception as error:
                    # A statement that the server refuses changes nothing in the session but this:
                    # whether what the same batch was to set is set.
                    self._isolation = ""
                    self._failed = failed or not is_refusal(error, self.settings)
                    raise
            self._failed = failed
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

        def run() -> None:
            with self._small_query() as cursor:
                cursor.execute(self._noted(sql))
                while cursor.nextset():
                    pass

        self._proven(run)

    def rows(self, sql: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """Run a query with a small result set; raises TableferryError.

        The result's column names are compared with ``columns``: the result of another query is an
        error, never data.
        """
        [rows] = self.rows_of_each([(sql, columns)])
        return rows

    def rows_of_each(
        self, queries: Sequence[tuple[str, Sequence[str]]], isolation: str = ""
    ) -> list[list[tuple[Any, ...]]]:
        """Run several queries with small result sets as one batch; see ``rows``.

        An empty ``isolation`` leaves the level as it is.
        """
        batch = ";\n".join(sql for sql, _ in queries)

        def run() -> list[list[tuple[Any, ...]]]:
            found = []
            with self._small_query() as cursor:
                cursor.execute(self._under(isolation, self._noted(batch)))
                for number, (_, columns) in enumerate(queries):
                    if number:
                        cursor.nextset()
                    found_columns = [entry[0] for entry in _at_rows(cursor).description or ()]
                    check_columns(found_columns, columns)
                    found.append([tuple(row) for row in cursor.fetchall()])
            return found

        return self._proven(run)

    def _small_query(self) -> contextlib.closing[Any]:
        self._raw.timeout = self._statement_timeout
        return contextlib.closing(self._raw.cursor())

    def _proven(self, ask: Callable[[], T]) -> T:
        """Ask; over a new connection where a kept one turns out to be lost at its first use."""
        unproven, self._is_unproven = self._is_unproven, False
        if unproven and self._reopen is not None:
            before = _shut_downs
            try:
                with self.request():
                    return ask()
            except TransientError as error:
                if error.code != LOST or _shut_downs != before:
                    raise
            self._close()
            self._raw = self._reopen()
            self._failed, self._isolation = False, READ_COMMITTED
            self.on_new_socket()
        with self.request():
            return ask()

    def _noted(self, sql: str) -> str:
        """Return the statement; where it sets the isolation level, that is not known any more."""
        if "ISOLATION LEVEL" in sql:
            self._isolation = ""
        return sql

    def _under(self, isolation: str, sql: str) -> str:
        """Return the batch that runs the query under an isolation level, which may be set."""
        if not isolation or isolation == self._isolation:
            return sql
        self._isolation = isolation  # not any more where that fails: see ``request``
        return f"SET TRANSACTION ISOLATION LEVEL {isolation};\n{sql}"

    def set_isolation(self, isolation: str) -> None:
        """Set the isolation level of later statements, where it is not set; TableferryError."""
        if isolation != self._isolation:
            self.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}")
            self._isolation = isolation

    def begin_snapshot(self) -> None:
        """Read everything until ``end_snapshot`` as of one moment, that of the first query.

        The server keeps old row versions for that time. An error may end the transaction; the
        connection is of no more use then.
        """
        self.execute("SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION")
        self._isolation = SNAPSHOT
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
        """Close the connection, or let it be kept; the server rolls back what is open."""
        if self._abandoned or self._lent:
            return
        keep, self.keep = self.keep, None
        if keep is None or not (self._is_fit() and keep(self)):
            self._close()

    def _is_fit(self) -> bool:
        """Whether nothing of this use is left in the session, which an open snapshot would be."""
        self.on_new_socket = _nothing
        if self._failed or self._streaming:
            return False
        try:
            if self.in_snapshot:
                self.in_snapshot = False
                self.execute("COMMIT TRANSACTION")
            self.set_isolation(READ_COMMITTED)
        except TableferryError:
            return False
        return True

    def _close(self) -> None:
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
        if kind is not None:
            self.keep = None
        self.close()


def _at_rows(cursor: Any) -> Any:
    """Return the cursor, at a result with rows where there is one.

    The driver takes a message of the server's about a statement without rows for a result.
    """
    while cursor.description is None and cursor.nextset():
        pass
    return cursor


def _nothing() -> None:
    """Do nothing."""


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
    opened = partial(open_session, settings, lock_timeout)
    return SourceConnection(settings, opened(), statement_timeout, reopen=opened)


_ISOLATION: Final = {
    Consistency.SNAPSHOT: SNAPSHOT,
    Consistency.READ_COMMITTED: READ_COMMITTED,
    Consistency.NOLOCK: "READ UNCOMMITTED",
}


def isolation_of(consistency: Consistency) -> str:
    """Return the isolation level's name in T-SQL."""
    return _ISOLATION[consistency]


def set_isolation(connection: SourceConnection, consistency: Consistency) -> None:
    """Set the isolation level of later statements; raises TableferryError."""
    connection.set_isolation(_ISOLATION[consistency])


def check_columns(found: Sequence[str], requested: Sequence[str]) -> None:
    """Compare a result's column names with those requested; raises TransientError."""
    if [name.lower() for name in found] != [name.lower() for name in requested]:
        raise TransientError(
            f"The source returned the columns {', '.join(found) or '(none)'} instead of "
            f"{', '.join(requested)}",
            hint="The connection was out of step and was closed; run it again.",
        )
