"""Connections that a run keeps open from one table to the next: a login takes as long as a table.

A connection is kept where it was given back in order: no error came over it, everything that was
asked for has been read, no transaction is open. So nothing of one table reaches another. It belongs
to one thread at a time, and to nobody while it is kept. Its other end may close it meanwhile (a
pooler, a firewall, an administrator): that is found at its next use, before anything depends on it.
"""

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from tableferry import postgres, sqlserver

IDLE_SECONDS: Final = 60.0
"""After this a kept connection is closed. Firewalls and balancers drop what is idle after some
minutes, mostly without telling either end; PgBouncer ends idle servers after ten."""


class Closable(Protocol):
    """What can be kept."""

    def close(self) -> None: ...  # noqa: D102 - as the connections' own


C = TypeVar("C", bound=Closable)


@dataclass(slots=True)
class _Idle(Generic[C]):
    connection: C
    place: Hashable
    since: float


class Kept(Generic[C]):
    """Idle connections by where they lead; all of it may be used by any thread.

    At most ``most`` of one place: those beyond are closed by whoever gives them back.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._idle: list[_Idle[C]] = []
        self._is_open = True

    def take(self, place: Hashable) -> C | None:
        """Return the connection that was kept last, which is the caller's now; None without one."""
        self._close_old()
        with self._lock:
            for number in reversed(range(len(self._idle))):
                if self._idle[number].place == place:
                    return self._idle.pop(number).connection
        return None

    def keep(self, place: Hashable, connection: C) -> bool:
        """Keep a connection that is fit for another use; False where the caller is to close it."""
        self._close_old()
        with self._lock:
            here = sum(one.place == place for one in self._idle)
            if not self._is_open or here >= self._most:
                return False
            self._idle.append(_Idle(connection, place, self._clock()))
        return True

    def drop(self) -> None:
        """Close what is kept now: a server that failed one connection may have lost all."""
        with self._lock:
            idle, self._idle = self._idle, []
        for one in idle:
            one.connection.close()

    def close(self) -> None:
        """Close what is kept, and keep nothing more."""
        with self._lock:
            self._is_open = False
        self.drop()

    def _close_old(self) -> None:
        with self._lock:
            oldest = self._clock() - IDLE_SECONDS
            old = [one for one in self._idle if one.since <= oldest]
            self._idle = [one for one in self._idle if one.since > oldest]
        for one in old:
            one.connection.close()


class KeptConnections:
    """Those of a run, on both sides: at most ``most`` to one place."""

    def __init__(self, most: int) -> None:
        self.sources: Kept[sqlserver.SourceConnection] = Kept(most)
        self.targets: Kept[postgres.TargetConnection] = Kept(most)

    def drop(self) -> None:
        """Close what is kept now, and go on."""
        self.sources.drop()
        self.targets.drop()

    def close(self) -> None:
        """Close what is kept: the run has ended."""
        self.sources.close()
        self.targets.close()
