"""What could not be written into the ledger, as warnings: history never fails a run."""

import threading
from collections.abc import Callable
from typing import TypeVar

from tableferry.errors import TableferryError
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.ledger.shared_connection import LedgerConnection

T = TypeVar("T")


class Unwritten:
    """The records that failed, by the thread that had them written.

    A table is loaded by one thread, so that none of them is another table's.
    """

    def __init__(self, connection: LedgerConnection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._warnings: dict[int, list[str]] = {}

    def attempt(self, what: str, write: Callable[[TargetConnection], T]) -> T | None:
        """Write something; where it fails, that is a warning, and None is returned."""
        try:
            return self._connection.run(write)
        except TableferryError as error:
            self.warn(f"{what} could not be written to the ledger: {error.message}")
            return None

    def end(self, what: str, status: str, write: Callable[[TargetConnection], str]) -> bool:
        """Write an outcome; returns whether one is written.

        ``write`` returns which: where it is another one, that is a warning too.
        """
        recorded = self.attempt(f"{what}: its outcome ({status})", write)
        if recorded not in (None, status):
            self.warn(f"{what}: the ledger has the outcome {recorded!r} instead of {status}")
        return recorded is not None

    def warn(self, text: str) -> None:
        """Note a warning of this thread's."""
        with self._lock:
            self._warnings.setdefault(threading.get_ident(), []).append(text)

    def take_warnings(self, *, of_all_threads: bool = False) -> tuple[str, ...]:
        """Return the warnings of this thread, or of all, since the last call."""
        with self._lock:
            threads = list(self._warnings) if of_all_threads else [threading.get_ident()]
            return tuple(text for one in threads for text in self._warnings.pop(one, ()))
