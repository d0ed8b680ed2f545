"""Result sets kept as encoded tokens, so that the same SELECT again costs next to nothing."""

import threading
from collections import OrderedDict
from dataclasses import dataclass


@dataclass(frozen=True)
class Recording:
    """The row tokens of a whole result set, and how many rows they hold."""

    chunks: tuple[bytes, ...]
    rows: int
    size: int


class Replay:
    """Recordings under their keys, at most ``budget`` bytes of them; the oldest use goes first."""

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self._lock = threading.Lock()
        self._recordings: OrderedDict[str, Recording] = OrderedDict()
        self._size = 0

    def get(self, key: str) -> Recording | None:
        """Return the recording under a key and mark it as used."""
        with self._lock:
            recording = self._recordings.get(key)
            if recording is not None:
                self._recordings.move_to_end(key)
            return recording

    def put(self, key: str, chunks: list[bytes], rows: int) -> None:
        """Keep a result set; older ones make room. One over the budget is not kept."""
        size = sum(map(len, chunks))
        if size > self.budget:
            return
        with self._lock:
            old = self._recordings.pop(key, None)
            if old is not None:
                self._size -= old.size
            self._recordings[key] = Recording(tuple(chunks), rows, size)
            self._size += size
            while self._size > self.budget:
                _, dropped = self._recordings.popitem(last=False)
                self._size -= dropped.size
