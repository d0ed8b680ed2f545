"""A run's heartbeat: a thread that renews its leases and records its progress."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tableferry.errors import TableferryError
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.ledger.lease import Lease, LeaseTiming, lease_lost, renew
from tableferry.postgres.ledger.runs import TableProgress, TableRun, write_progress
from tableferry.postgres.ledger.shared_connection import LedgerConnection

LAST_BEAT_SECONDS: Final = 5.0
"""How long ``stop`` waits for a beat in progress."""


@dataclass(slots=True)
class _LeaseState:
    """A lease as its holder knows it; ``renewed`` is by the local monotonic clock."""

    lease: Lease
    renewed: float
    lost: bool = False


class Heartbeat:
    """Beats from ``start`` to ``stop``; knows which leases the run still holds.

    ``clock`` only measures how long ago a lease was renewed; it is never compared with the
    database's time.
    """

    def __init__(
        self,
        connection: LedgerConnection,
        run_id: UUID,
        timing: LeaseTiming,
        clock: Callable[[], float],
    ) -> None:
        self._connection = connection
        self._run_id = run_id
        self._timing = timing
        self._clock = clock
        self._lock = threading.Lock()
        self._leases: dict[str, _LeaseState] = {}
        self._progress: dict[TableRun, TableProgress] = {}
        self._last_error = ""
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread; possible again after ``stop``."""
        self._stopped = threading.Event()
        self._thread = threading.Thread(
            target=self._beat_until, args=(self._stopped,), name="tableferry-ledger", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread; a beat that hangs is abandoned after ``LAST_BEAT_SECONDS``."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(LAST_BEAT_SECONDS)

    def add(self, lease: Lease, acquired: float) -> None:
        """Renew this lease too; ``acquired`` is the time of the request that acquired it."""
        with self._lock:
            self._leases[lease.target] = _LeaseState(lease, acquired)

    def remove(self, lease: Lease) -> None:
        """Stop renewing this lease."""
        with self._lock:
            self._leases.pop(lease.target, None)

    def replace(self, lease: Lease, new: Lease) -> None:
        """Renew a lease under another generation, if it was renewed before."""
        with self._lock:
            state = self._leases.get(lease.target)
            if state is not None and state.lease == lease:
                state.lease = new

    def report(self, run: TableRun, now: TableProgress) -> None:
        """Record this progress with the next beat; free of cost, the latest report wins."""
        with self._lock:
            self._progress[run] = now

    def discard(self, run: TableRun) -> None:
        """Discard this table's pending progress."""
        with self._lock:
            self._progress.pop(run, None)

    def require(self, lease: Lease) -> None:
        """Raise LeaseLostError where the lease is lost, or may be since it was not renewed."""
        with self._lock:
            state = self._leases.get(lease.target)
            if state is None or state.lease != lease or state.lost:
                raise lease_lost(lease.target)
            if self._has_expired(state):
                state.lost = True
                raise lease_lost(
                    lease.target,
                    f", or may have: its lease was not renewed for {self._timing.ttl:g} seconds"
                    f"{f' ({self._last_error})' if self._last_error else ''}",
                )

    def _has_expired(self, state: _LeaseState) -> bool:
        return self._clock() - state.renewed > self._timing.ttl

    def _beat_until(self, stopped: threading.Event) -> None:
        while not stopped.wait(self._timing.renew):
            try:
                self.beat()
                self._last_error = ""
            except TableferryError as error:
                # ``require`` reports it, should it last until the lease expires.
                self._last_error = error.message

    def beat(self) -> None:
        """Renew the leases and record progress once; raises TableferryError."""
        now = self._clock()
        with self._lock:
            for state in self._leases.values():
                # Lost for good once expired, or two callers could get different answers.
                state.lost = state.lost or self._has_expired(state)
            leases = [state.lease for state in self._leases.values() if not state.lost]
            progress, self._progress = self._progress, {}
        try:
            held = self._connection.run(
                lambda connection: self._write(connection, leases, progress)
            )
        except TableferryError:
            with self._lock:
                self._progress = {**progress, **self._progress}
            raise
        with self._lock:
            for lease in leases:
                renewed = self._leases.get(lease.target)
                if renewed is not None and renewed.lease == lease:
                    renewed.renewed = now
                    renewed.lost = lease.target not in held

    def _write(
        self,
        connection: TargetConnection,
        leases: list[Lease],
        progress: dict[TableRun, TableProgress],
    ) -> frozenset[str]:
        held = renew(connection, self._run_id, leases, self._timing.ttl)
        for run, now in progress.items():
            write_progress(connection, run, now)
        return held
