"""How much may be in flight: one budget in bytes for all that reads one table ahead."""

import threading
from typing import Final

IN_FLIGHT_BYTES: Final = 8 * 2**20
"""Three batches of the largest size: enough that neither side waits for the other's hiccups."""


class Budget:
    """Bytes that are read and not yet written, whoever reads them.

    ``changed`` guards them and is told of every change: those who share a budget wait on it. Who
    has nothing ready may go over it by one batch, so that everybody gets on.
    """

    def __init__(self, most: int = IN_FLIGHT_BYTES) -> None:
        self.most = most
        self.used = 0
        self.changed = threading.Condition()

    @property
    def has_room(self) -> bool:
        """Whether another batch may be read ahead."""
        return self.used < self.most

    def take(self, size: int) -> None:
        """Count what was read; the caller holds ``changed``."""
        self.used += size
        self.changed.notify_all()

    def give_back(self, size: int) -> None:
        """Count what is on its way to the writer; the caller holds ``changed``."""
        self.used -= size
        self.changed.notify_all()
