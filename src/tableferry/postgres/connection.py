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

# What psycopg has to say (a query that was interrupted, say) reaches whoever set up logging, and
# not a terminal by Python's last resort: the outcome tells it already.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

KEEPALIVES: Final[dict[str, Any]] = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""A peer that vanished is noticed after a minute; without these it takes about two hours."""

CANCEL_SECONDS: Final = 2.0
"""How long it is tried to reach a server that is to cancel a statement."""

Parameters = tuple[Any, ...] | dict[str, Any]

BEGIN: Final = "BEGIN ISOLATION LEVEL READ COMMITTED"
"""Whatever the database's default is: who has waited for a row's lock must see what was written
there meanwhile, not fail for it."""


BEGIN_LOAD: Final = (
    f"{BEGIN}; SET LOCAL tcp_keepalives_idle = 30; SET LOCAL tcp_keepalives_interval = 10; "
    "SET LOCAL tcp_keepalives_count = 3"
)
"""The other end of KEEPALIVES: a server that is waiting for rows of a machine that is gone ends the
session after a minute, and with it its locks. In the transaction: poolers keep sessions."""

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
        """Whether this end of the connection is inside TLS."""
        return self.raw.pgconn.ssl_in_use

    def execute(self, sql: str, parameters: Parameters = ()) -> None:
        """Run a statement that answers with no rows; raises TableferryError."""
        with translated(self.settings):
            self.raw.execute(statement(sql), parameters or None)

    def rows(self, sql: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        """Run a query with a small answer; raises TableferryError."""
        with translated(self.settings):
            return self.raw.execute(statement(sql), parameters or None).fetchall()

    @property
    def is_closed(self) -> bool:
        """Whether it was closed, or lost."""
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
        """Commit; raises CommitUnknownError where the answer was lost.

        Whatever the server has said, a session that ended with it may have committed before: a
        disk that is full, say, is told by a server that goes down. Raises VerificationError where
        the server has rolled back, as it does without an error after a statement that failed.
        """
        try:
            with translated(self.settings):
                answered = self.raw.execute("COMMIT").statusmessage
        except TableferryError as error:
            if not (isinstance(error, TransientError) or self.is_closed):
                raise
            raise CommitUnknownError(
                f"{error.message}; it is not known whether the load was committed",
                hint="Readers see all the old rows or all the new ones. Run it again.",
                code=error.code,
            ) from error
        if answered != "COMMIT":
            raise VerificationError(
                f"{self.settings} was to commit and has rolled back",
                hint="The old rows stay. Please report this.",
            )

    def rollback(self) -> None:
        """Roll back what is open; a connection that is gone has rolled back already."""
        if self.in_transaction:
            with contextlib.suppress(psycopg.Error):
                self.raw.execute("ROLLBACK")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what the block does, or roll it back; inside a transaction it is a savepoint."""
        with translated(self.settings), self.raw.transaction():
            yield

    def cancel(self) -> None:
        """End the statement that another thread waits for; nothing where none is running.

        It may not work: the server can be as deaf to this as to the statement.
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

    ``run_id`` is part of the session's name, so that a run's sessions can be told apart. A login
    that is kept elsewhere is fetched anew, once, where it is refused.
    """
    return settings.with_login(lambda login: _connect(settings, login, run_id))


def _connect(settings: TargetSettings, login: Login, run_id: str) -> TargetConnection:
    with translated(settings):
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
    """Mark SQL text as ours: names in it went through ``identifiers``, values never enter it."""
    return sql
