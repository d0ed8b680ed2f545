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
- It retries an unreachable host for seconds and reports no reason; a plain TCP connection before it
  gives the reason, at once.
"""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Final, Self

import mssql_python

from tableferry.config import (
    DEFAULT_LOCK_TIMEOUT,
    DEFAULT_STATEMENT_TIMEOUT,
    Consistency,
    Login,
    SourceAuth,
    SourceSettings,
)
from tableferry.errors import ConfigError, TableferryError, TransientError
from tableferry.sqlserver.errors import translated
from tableferry.sqlserver.provider import loaded_driver
from tableferry.sqlserver.tls import verified_certificate

KEEPALIVE_SECONDS: Final = 31
"""Idle time before the first TCP keepalive probe. Not 30, a common value: ``stall_guard``
recognises the driver's sockets by it."""

SESSION: Final = (
    "SET LANGUAGE us_english",
    "SET NOCOUNT OFF",
    "SET TEXTSIZE 2147483647",
    "SET LOCK_TIMEOUT {milliseconds}",
)
"""Errors are recognised by their English text, since the driver has no error numbers. A long value
truncated to TEXTSIZE looks like any other; the driver's login asks for no limit, too. Not every
T-SQL server has all of these: a setting that it refuses keeps its default."""


_AUTHENTICATION: Final = {
    SourceAuth.ENTRA_DEFAULT: "ActiveDirectoryDefault",
    SourceAuth.ENTRA_MANAGED_IDENTITY: "ActiveDirectoryMSI",
    SourceAuth.ENTRA_SERVICE_PRINCIPAL: "ActiveDirectoryServicePrincipal",
}
"""The driver's keywords for logins by Microsoft Entra."""


class SourceConnection:
    """An open connection; a context manager that closes it.

    One stream at a time: a second statement while one is being read is the caller's error. A small
    result set may take ``statement_timeout`` seconds.
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

    def abandon(self) -> None:
        """Make ``close`` do nothing: a thread is stuck in the driver, and would crash there."""
        self._abandoned = True

    def close(self) -> None:
        """Close the connection; the server rolls back what is open."""
        if self._abandoned:
            return
        # Closing a lost connection may fail; nothing is left to close.
        with contextlib.suppress(mssql_python.Error, RuntimeError):
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
    _reach(settings)
    with verified_certificate(settings) as certificate:
        connection = settings.with_login(
            lambda login: SourceConnection(
                settings, _opened(settings, login, certificate), statement_timeout
            )
        )
    try:
        _set_up(connection, [one.format(milliseconds=1000 * lock_timeout) for one in SESSION])
    except BaseException:
        connection.close()
        raise
    return connection


def _set_up(connection: SourceConnection, statements: Sequence[str]) -> None:
    """Run them in one batch, or one by one where the server does not support one of them."""
    try:
        connection.execute("; ".join(statements))
    except TransientError:
        raise
    except TableferryError:
        if len(statements) > 1:
            for statement in statements:
                _set_up(connection, [statement])


def _opened(settings: SourceSettings, login: Login, certificate: str) -> Any:
    """Return the driver's own connection."""
    mssql_python.pooling(enabled=False)
    with translated(settings, at_login=True), loaded_driver():
        return mssql_python.connect(
            connection_string(settings, login, certificate),
            autocommit=True,
            timeout=settings.connect_timeout,
        )


_ISOLATION: Final = {
    Consistency.SNAPSHOT: "SNAPSHOT",
    Consistency.READ_COMMITTED: "READ COMMITTED",
    Consistency.NOLOCK: "READ UNCOMMITTED",
}


def set_isolation(connection: SourceConnection, consistency: Consistency) -> None:
    """Set the isolation level of later statements; raises TableferryError."""
    connection.execute(f"SET TRANSACTION ISOLATION LEVEL {_ISOLATION[consistency]}")


def connection_string(settings: SourceSettings, login: Login, certificate: str = "") -> str:
    """Return the driver's connection string; every value is braced (MS-ODBCSTR 2.1.2).

    ``certificate`` is a file with the certificate that the server must present.
    """
    parts = {
        "Server": f"{settings.host},{settings.port}",
        "Database": settings.db,
        "Authentication": _AUTHENTICATION.get(settings.auth, ""),
        "UID": login.user,
        "PWD": login.password.get_secret_value(),
        "Encrypt": settings.encrypt.value,
        "TrustServerCertificate": "yes" if settings.trust_certificate else "no",
        "ServerCertificate": certificate,
        "ConnectRetryCount": "0",
        "KeepAlive": str(KEEPALIVE_SECONDS),
        "ApplicationIntent": "ReadOnly" if settings.read_only_intent else "",
    }
    return ";".join(
        f"{name}={{{value.replace('}', '}}')}}}" for name, value in parts.items() if value
    )


def check_columns(found: Sequence[str], requested: Sequence[str]) -> None:
    """Compare a result's column names with those requested; raises TransientError."""
    if [name.lower() for name in found] != [name.lower() for name in requested]:
        raise TransientError(
            f"The source returned the columns {', '.join(found) or '(none)'} instead of "
            f"{', '.join(requested)}",
            hint="The connection was out of step and was closed; run it again.",
        )


def _reach(settings: SourceSettings) -> None:
    """Open and close a TCP connection; the error names host, port and the variables to check."""
    address_text = settings.address
    variables = f"{settings.variable('host')} and {settings.variable('port')}"
    try:
        address = (settings.host, settings.port)
        socket.create_connection(address, timeout=settings.connect_timeout).close()
    except (socket.gaierror, UnicodeError) as error:  # UnicodeError: a label over 63 characters
        raise ConfigError(
            f"SQL Server's host name {settings.host!r} cannot be resolved",
            hint=f"Check {settings.variable('host')}.",
        ) from error
    except OSError as error:
        reason = "timed out" if isinstance(error, TimeoutError) else error.strerror or str(error)
        raise TransientError(
            f"SQL Server at {address_text} cannot be reached: {reason}",
            hint=f"Check {variables}, and that the server and the network admit this machine.",
        ) from error
