"""The memory budget of a run: bytes that the readers of all its tables may read ahead."""

import threading
from typing import Final

IN_FLIGHT_BYTES: Final = 4 * 2**20
"""Four batches of the largest size: a short stall of one side does not stop the other. Of several
tables at once each may hold one batch beyond it."""


class Budget:
    """Bytes that are read and not yet written, by all readers together.

    ``changed`` guards them and is notified of every change: the readers of a budget wait on it. A
    reader with nothing queued may exceed the budget by one batch, so none starves.
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
