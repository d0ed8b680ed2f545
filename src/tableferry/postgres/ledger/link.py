"""The ledger's own connection: shared by threads, opened anew when lost, never waited for for ever.

Each use is one short transaction that leaves nothing behind in the session, so that a connection
pooler may give every one of them another session.
"""

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

import psycopg

from tableferry.config import TargetSettings
from tableferry.errors import TransientError
from tableferry.postgres.connection import TargetConnection, connect

STATEMENT_TIMEOUT: Final = "4s"
"""The ledger's statements touch a few rows by their keys: milliseconds, unless somebody has locked
its tables."""

ANSWER_SECONDS: Final = 5.0
"""After this the wire is taken for dead: over the statement's own limit, and short enough that a
lease can be renewed over a new connection before it expires."""

TURN_SECONDS: Final = 30.0
"""How long a thread waits for the others to be done: a connection attempt and an answer, twice."""

T = TypeVar("T")


class LedgerConnection:
    """A connection to the ledger for several threads; each transaction is tried on two wires."""

    def __init__(self, settings: TargetSettings) -> None:
        self._settings = settings
        self._turn = threading.Lock()
        self._connection: TargetConnection | None = None

    def open(self, prepare: Callable[[TargetConnection], None], seconds: float) -> None:
        """Connect, and ``prepare`` within so many seconds, outside of a transaction."""
        self._connection = connect(self._settings)
        try:
            with answering(self._connection, seconds):
                prepare(self._connection)
        except BaseException:
            self.close()
            raise

    def run(self, work: Callable[[TargetConnection], T]) -> T:
        """Do ``work`` in a transaction and commit it; raises TableferryError.

        Where the connection is lost it is done again over a new one, so doing it twice must come
        to the same as doing it once: the first COMMIT may have arrived.
        """
        if not self._turn.acquire(timeout=TURN_SECONDS):
            raise TransientError(
                f"{self._settings}: the ledger has not answered for {TURN_SECONDS:g} seconds",
                hint="The network or the server is too slow, or somebody holds locks there.",
            )
        try:
            try:
                return self._transact(work)
            except TransientError:
                if self._is_open:
                    raise
            return self._transact(work)
        finally:
            self._turn.release()

    def close(self) -> None:
        """Close the connection, whatever is under way on it."""
        if self._connection is not None:
            self._connection.close()

    @property
    def _is_open(self) -> bool:
        return self._connection is not None and not self._connection.raw.closed

    def _transact(self, work: Callable[[TargetConnection], T]) -> T:
        if self._connection is not None and self._connection.in_transaction:
            self._connection.close()  # a signal came in the midst of the one before
        if self._connection is None or self._connection.raw.closed:
            self._connection = connect(self._settings)
        connection = self._connection
        with answering(connection, ANSWER_SECONDS), connection.transaction():
            connection.execute(f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT}'")
            return work(connection)


@contextlib.contextmanager
def answering(connection: TargetConnection, seconds: float) -> Iterator[None]:
    """Cut the connection if the block takes longer: what waits in it gets a TransientError.

    Neither libpq nor TCP gives up on a peer that acknowledges everything and says nothing.
    """
    watchdog = threading.Timer(seconds, _cut, (connection,))
    watchdog.daemon = True
    watchdog.start()
    try:
        yield
    finally:
        watchdog.cancel()


def _cut(connection: TargetConnection) -> None:
    # A connection that is closed already has no socket to shut down.
    with (
        contextlib.suppress(psycopg.Error, OSError),
        socket.socket(fileno=os.dup(connection.raw.fileno())) as wire,
    ):
        wire.shutdown(socket.SHUT_RDWR)
