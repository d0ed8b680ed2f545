"""The ledger's own connection: shared by threads, reopened when lost, never waited on forever.

Each use is one short transaction that leaves nothing behind in the session, so a connection pooler
may run every one of them in another session.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from tableferry.config import TargetSettings
from tableferry.errors import TableferryError, TransientError
from tableferry.postgres.connection import TargetConnection, connect

STATEMENT_TIMEOUT: Final = "4s"
"""The ledger's statements touch a few rows by primary key: milliseconds, unless another session
has locked its tables."""

ANSWER_SECONDS: Final = 5.0
"""After this the connection is considered dead: longer than the statement timeout, and short enough
to renew a lease over a new connection before it expires."""

TURN_SECONDS: Final = 30.0
"""How long a thread waits for the other threads: a connection attempt and an answer, twice."""

T = TypeVar("T")


class LedgerConnection:
    """A connection for several threads; a transaction whose connection is lost is retried once."""

    def __init__(self, settings: TargetSettings) -> None:
        self._settings = settings
        self._turn = threading.Lock()
        self._connection: TargetConnection | None = None

    def open(self, prepare: Callable[[TargetConnection], None], seconds: float) -> None:
        """Connect and run ``prepare``, outside a transaction and within so many seconds."""
        self._connection = connect(self._settings)
        try:
            with time_limit(self._connection, seconds):
                prepare(self._connection)
        except BaseException:
            self.close()
            raise

    def run(self, work: Callable[[TargetConnection], T]) -> T:
        """Run ``work`` in a transaction and commit it; raises TableferryError.

        Where the connection is lost, it runs again over a new one. So ``work`` must be idempotent:
        the first COMMIT may have arrived.
        """
        if not self._turn.acquire(timeout=TURN_SECONDS):
            raise TransientError(
                f"{self._settings}: the ledger did not answer for {TURN_SECONDS:g} seconds",
                hint="The network or the server is too slow, or another session holds locks on "
                "the ledger's tables.",
            )
        try:
            try:
                return self._transact(work)
            except TableferryError:
                if self._is_open:
                    raise
            return self._transact(work)
        finally:
            self._turn.release()

    def close(self) -> None:
        """Close the connection, whatever is running on it."""
        if self._connection is not None:
            self._connection.close()

    @property
    def _is_open(self) -> bool:
        return self._connection is not None and not self._connection.is_closed

    def _transact(self, work: Callable[[TargetConnection], T]) -> T:
        if self._connection is not None and self._connection.in_transaction:
            self._connection.close()  # a signal interrupted the previous transaction
        if self._connection is None or self._connection.has_ended:
            self.close()
            self._connection = connect(self._settings)
        connection = self._connection
        # Where it turns out to be lost, ``run`` opens another: within a time limit of its own.
        with (
            time_limit(connection, ANSWER_SECONDS),
            connection.transaction(reopen=False, statement_timeout=STATEMENT_TIMEOUT),
        ):
            return work(connection)


@contextlib.contextmanager
def time_limit(connection: TargetConnection, seconds: float) -> Iterator[None]:
    """Shut the connection down if the block takes longer: what waits on it gets a TransientError.

    Neither libpq nor TCP gives up on a peer that acknowledges every packet and never answers.
    """
    timer = threading.Timer(seconds, connection.shut_down)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
