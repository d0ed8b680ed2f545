"""A connection to SQL Server, through Microsoft's driver.

SourceFacts about the driver that this module exists for (seen with mssql-python 1.16):

- With the provider ``mssql-odbc`` and ``autocommit=False`` each answer belongs to the statement
  before, so every connection is opened with ``autocommit=True`` and transactions are batches.
- Its query timeout (``Connection.timeout``) ends a statement that waits; the connection goes on.
  With ``mssql-odbc`` it also ends a stream that has lasted longer, at its very end. So it is set
  for small answers only; who reads a stream watches ``silent_for``.
- Arrow batches with a ``(max)`` column are fetched with Python's own lock held (SQLGetData, either
  provider): while the source is silent in the midst of a value, no thread of the process runs.
  ``stall_guard`` ends that.
- A host that cannot be reached is retried inside for seconds and reported without saying why;
  a plain TCP connection beforehand says why, at once.
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
"""Of silence, after which the server's host is asked for a sign of life. Not 30, which others use,
too: ``stall_guard`` knows the driver's sockets by it."""

SESSION: Final = (
    "SET LANGUAGE us_english",
    "SET NOCOUNT OFF",
    "SET TEXTSIZE 2147483647",
    "SET LOCK_TIMEOUT {milliseconds}",
)
"""Errors are told apart by their English text, the driver carries no numbers. A long value that is
cut to TEXTSIZE looks like any other; the driver's login asks for no limit, too. Not every T-SQL
server has all of these: one that it refuses is left as it is there."""


_AUTHENTICATION: Final = {
    SourceAuth.ENTRA_DEFAULT: "ActiveDirectoryDefault",
    SourceAuth.ENTRA_MANAGED_IDENTITY: "ActiveDirectoryMSI",
    SourceAuth.ENTRA_SERVICE_PRINCIPAL: "ActiveDirectoryServicePrincipal",
}
"""What the driver calls the ways to log in by Microsoft Entra."""


class SourceConnection:
    """One open connection; a context manager that closes it.

    One stream at a time: a second statement while one is being read is the caller's mistake. A
    small answer may take ``statement_timeout`` seconds.
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
        self._asked_at: float | None = None
        self._abandoned = False

    def stream(self) -> Any:
        """Return a driver cursor without a timeout, for ``reader``."""
        self._raw.timeout = 0
        return self._raw.cursor()

    @contextlib.contextmanager
    def asking(self) -> Iterator[None]:
        """Wait for the server in this block; raises TableferryError for what it answers."""
        self._asked_at = self._clock()
        try:
            with translated(self.settings):
                yield
        finally:
            self._asked_at = None

    def silent_for(self) -> float:
        """Return for how many seconds the server has not answered what it was asked last.

        0.0 when it is not being asked; for other threads than the one that asks.
        """
        asked_at = self._asked_at
        return 0.0 if asked_at is None else self._clock() - asked_at

    def execute(self, sql: str) -> None:
        """Run a batch that answers with no rows; raises TableferryError."""
        with self.asking(), self._question() as cursor:
            cursor.execute(sql)
            while cursor.nextset():
                pass

    def rows(self, sql: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """Run a query with a small answer; raises TableferryError.

        The names of the answer's columns are compared with ``columns``: an answer to another
        question is an error, never data.
        """
        with self.asking(), self._question() as cursor:
            cursor.execute(sql)
            check_columns([entry[0] for entry in cursor.description or ()], columns)
            return [tuple(row) for row in cursor.fetchall()]

    def _question(self) -> contextlib.closing[Any]:
        self._raw.timeout = self._statement_timeout
        return contextlib.closing(self._raw.cursor())

    def abandon(self) -> None:
        """Leave the connection to a thread that is stuck in it: closing it would crash there."""
        self._abandoned = True

    def close(self) -> None:
        """Close the connection; whatever is open on the server is rolled back there."""
        if self._abandoned:
            return
        # A connection that is already gone cannot be closed any better.
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

    A login that is kept elsewhere is fetched anew, once, where it is refused. The server keeps the
    connection waiting for a lock for ``lock_timeout`` seconds at the most (1222), and for a small
    answer for ``statement_timeout``.
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
    """Run them in one batch, or each by itself where the server does not know one of them."""
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
    """Let the statements to come read like this; raises TableferryError."""
    connection.execute(f"SET TRANSACTION ISOLATION LEVEL {_ISOLATION[consistency]}")


def connection_string(settings: SourceSettings, login: Login, certificate: str = "") -> str:
    """Return the driver's connection string; every value is braced (MS-ODBCSTR 2.1.2).

    ``certificate`` names a file with the one that the server has to show.
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


def check_columns(found: Sequence[str], asked: Sequence[str]) -> None:
    """Compare the names of an answer's columns with those asked for; raises TransientError."""
    if [name.lower() for name in found] != [name.lower() for name in asked]:
        raise TransientError(
            f"The source answered with the columns {', '.join(found) or '(none)'} "
            f"where {', '.join(asked)} were asked for",
            hint="The connection was out of step and is given up; run it again.",
        )


def _reach(settings: SourceSettings) -> None:
    """Open and close a TCP connection; raises with host, port and the variable to look at."""
    where = settings.address
    variables = f"{settings.variable('host')} and {settings.variable('port')}"
    try:
        address = (settings.host, settings.port)
        socket.create_connection(address, timeout=settings.connect_timeout).close()
    except (socket.gaierror, UnicodeError) as error:  # UnicodeError: a label over 63 characters
        raise ConfigError(
            f"SQL Server's host name {settings.host!r} is not known here",
            hint=f"Check {settings.variable('host')}.",
        ) from error
    except OSError as error:
        reason = "timed out" if isinstance(error, TimeoutError) else error.strerror or str(error)
        raise TransientError(
            f"SQL Server at {where} cannot be reached: {reason}",
            hint=f"Check {variables}, and that the server and the network let this machine in.",
        ) from error
