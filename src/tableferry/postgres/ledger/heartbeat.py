"""The signs of life of a run: a thread renews its leases and writes down how far it is."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tableferry.errors import TableferryError
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.ledger.lease import Lease, LeaseTiming, lost, renew
from tableferry.postgres.ledger.link import LedgerConnection
from tableferry.postgres.ledger.runs import TableProgress, TableRun, write_progress

LAST_BEAT_SECONDS: Final = 5.0
"""How long the end of a run waits for a beat that is under way."""


@dataclass(slots=True)
class _Held:
    """A lease as its holder knows it: when it was certainly valid, by a clock that only counts."""

    lease: Lease
    renewed: float
    gone: bool = False


class Heartbeat:
    """Beats from ``start`` to ``stop``; knows which leases are still the run's own.

    ``clock`` measures how long ago a lease was renewed, nothing else: it is never compared with
    the database's.
    """

    def __init__(
        self, link: LedgerConnection, run_id: UUID, timing: LeaseTiming, clock: Callable[[], float]
    ) -> None:
        self._link = link
        self._run_id = run_id
        self._timing = timing
        self._clock = clock
        self._state = threading.Lock()
        self._held: dict[str, _Held] = {}
        self._far: dict[TableRun, TableProgress] = {}
        self._failure = ""
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to beat, again after ``stop``."""
        self._stopped = threading.Event()
        self._thread = threading.Thread(
            target=self._live, args=(self._stopped,), name="tableferry-ledger", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Beat no more; a beat that hangs is left to its fate."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(LAST_BEAT_SECONDS)

    def hold(self, lease: Lease, since: float) -> None:
        """Renew this lease too; it was asked for at ``since``."""
        with self._state:
            self._held[lease.target] = _Held(lease, since)

    def let_go(self, lease: Lease) -> None:
        """Renew this lease no more."""
        with self._state:
            self._held.pop(lease.target, None)

    def tell(self, run: TableRun, now: TableProgress) -> None:
        """Have it written down with the next beat; costs nothing, a later word replaces it."""
        with self._state:
            self._far[run] = now

    def forget(self, run: TableRun) -> None:
        """Write nothing down for this table any more."""
        with self._state:
            self._far.pop(run, None)

    def require(self, lease: Lease) -> None:
        """Raise LeaseLostError where the lease is not, or may no longer be, this run's own."""
        with self._state:
            held = self._held.get(lease.target)
            if held is None or held.lease != lease or held.gone:
                raise lost(lease.target)
            if self._is_over(held):
                held.gone = True
                raise lost(
                    lease.target,
                    f", or may have: its lease was not renewed for {self._timing.ttl:g} seconds"
                    f"{f' ({self._failure})' if self._failure else ''}",
                )

    def _is_over(self, held: _Held) -> bool:
        return self._clock() - held.renewed > self._timing.ttl

    def _live(self, stopped: threading.Event) -> None:
        while not stopped.wait(self._timing.renew):
            try:
                self.beat()
                self._failure = ""
            except TableferryError as error:
                # Told by ``require``, should it last until the lease is over.
                self._failure = error.message

    def beat(self) -> None:
        """Renew and write down once; raises TableferryError."""
        now = self._clock()
        with self._state:
            for held in self._held.values():
                # Once over it stays over, or two callers could be told different things.
                held.gone = held.gone or self._is_over(held)
            leases = [held.lease for held in self._held.values() if not held.gone]
            far, self._far = self._far, {}
        try:
            own = self._link.run(lambda connection: self._write(connection, leases, far))
        except TableferryError:
            with self._state:
                self._far = {**far, **self._far}
            raise
        with self._state:
            for lease in leases:
                held_now = self._held.get(lease.target)
                if held_now is not None and held_now.lease == lease:
                    held_now.renewed = now
                    held_now.gone = lease.target not in own

    def _write(
        self, connection: TargetConnection, leases: list[Lease], far: dict[TableRun, TableProgress]
    ) -> frozenset[str]:
        own = renew(connection, self._run_id, leases, self._timing.ttl)
        for run, now in far.items():
            write_progress(connection, run, now)
        return own
