"""A connection to PostgreSQL."""

import contextlib
import logging
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Final, LiteralString, Self

import psycopg

from tableferry.config import Login, TargetSettings
from tableferry.errors import (
    CommitUnknownError,
    TableferryError,
    TransientError,
    VerificationError,
)
from tableferry.postgres.errors import translated

# psycopg's log records (an interrupted query, say) go to configured handlers only, not to stderr
# through Python's handler of last resort: the outcome has the error already.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

KEEPALIVES: Final[dict[str, Any]] = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""Detect a vanished peer after a minute; without these it takes about two hours."""

CANCEL_SECONDS: Final = 2.0
"""Timeout of a request to the server to cancel a statement."""

Parameters = tuple[Any, ...] | dict[str, Any]

BEGIN: Final = "BEGIN ISOLATION LEVEL READ COMMITTED"
"""Pins READ COMMITTED, whatever the database's default: at stricter levels a wait for a row lock
can end in a serialization failure."""


BEGIN_LOAD: Final = (
    f"{BEGIN}; SET LOCAL tcp_keepalives_idle = 30; SET LOCAL tcp_keepalives_interval = 10; "
    "SET LOCAL tcp_keepalives_count = 3"
)
"""KEEPALIVES for the server's end: a server that waits for rows of a lost machine ends the session,
and its locks, after a minute. Set for the transaction, since poolers reuse sessions."""

NAME: Final = "tableferry"


class TargetConnection:
    """One open connection in autocommit mode; a context manager that closes it."""

    def __init__(self, settings: TargetSettings, raw: psycopg.Connection[Any]) -> None:
        self.settings = settings
        self.raw = raw

    @property
    def version(self) -> int:
        """The server's ``server_version_num``: 160004 is PostgreSQL 16.4."""
        return self.raw.info.server_version

    @property
    def is_encrypted(self) -> bool:
        """Whether this end of the connection uses TLS."""
        return self.raw.pgconn.ssl_in_use

    def execute(self, sql: str, parameters: Parameters = ()) -> None:
        """Run a statement that returns no rows; raises TableferryError."""
        with translated(self.settings):
            self.raw.execute(statement(sql), parameters or None)

    def rows(self, sql: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        """Run a query with a small result set; raises TableferryError."""
        with translated(self.settings):
            return self.raw.execute(statement(sql), parameters or None).fetchall()

    @property
    def is_closed(self) -> bool:
        """Whether the connection was closed or lost."""
        return self.raw.closed

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open, a failed one included."""
        return (
            not self.raw.closed
            and self.raw.info.transaction_status != psycopg.pq.TransactionStatus.IDLE
        )

    def begin(self) -> None:
        """Begin a transaction, or join the one that is open."""
        if not self.in_transaction:
            self.execute(BEGIN_LOAD)

    def commit(self) -> None:
        """Commit; raises CommitUnknownError if the answer was lost.

        Any error after which the session is closed leaves the outcome unknown: a server that goes
        down over a full disk, say, may have committed before it reported that. Raises
        VerificationError if the server rolled back, which it does without an error after a failed
        statement.
        """
        try:
            with translated(self.settings):
                tag = self.raw.execute("COMMIT").statusmessage
        except TableferryError as error:
            if not (isinstance(error, TransientError) or self.is_closed):
                raise
            raise CommitUnknownError(
                f"{error.message}; whether the load was committed is unknown",
                hint="Readers see all the old rows or all the new ones. Run it again.",
                code=error.code,
            ) from error
        if tag != "COMMIT":
            raise VerificationError(
                f"{self.settings} rolled back instead of committing",
                hint="The old rows stay. Please report this.",
            )

    def rollback(self) -> None:
        """Roll back the open transaction, if any; a lost connection has rolled back already."""
        if self.in_transaction:
            with contextlib.suppress(psycopg.Error):
                self.raw.execute("ROLLBACK")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block in a transaction, or in a savepoint if one is open."""
        with translated(self.settings), self.raw.transaction():
            yield

    def cancel(self) -> None:
        """Cancel the statement that another thread waits for; does nothing if none is running.

        It may have no effect: a server that does not answer the statement may not answer this.
        """
        with contextlib.suppress(psycopg.Error):
            self.raw.cancel_safe(timeout=CANCEL_SECONDS)

    def close(self) -> None:
        """Close the connection; the server rolls back what is open."""
        self.raw.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def connect(settings: TargetSettings, run_id: str = "") -> TargetConnection:
    """Open a connection; raises ConfigError (login, TLS) or TransientError (network).

    ``run_id`` becomes part of the application name, which identifies a run's sessions. A refused
    login that comes from a secret store is fetched again, once.
    """
    return settings.with_login(lambda login: _connect(settings, login, run_id))


def _connect(settings: TargetSettings, login: Login, run_id: str) -> TargetConnection:
    with translated(settings, at_login=True):
        raw = psycopg.connect(
            host=settings.host,
            port=settings.port,
            dbname=settings.db,
            user=login.user,
            password=login.password.get_secret_value(),
            sslmode=settings.sslmode.value,
            sslrootcert=settings.sslrootcert or None,
            connect_timeout=settings.connect_timeout,
            application_name=f"{NAME} {run_id}".strip(),
            client_encoding="utf8",
            autocommit=True,
            prepare_threshold=None,  # a pooler gives the next transaction another session
            **KEEPALIVES,
        )
    raw.isolation_level = psycopg.IsolationLevel.READ_COMMITTED  # of BEGIN, as above
    return TargetConnection(settings, raw)


def statement(sql: str) -> LiteralString:
    """Declare SQL text safe: its names were quoted by ``identifiers``, it contains no values."""
    return sql
