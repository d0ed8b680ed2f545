"""Caches result sets as encoded tokens, so that repeating a SELECT costs almost nothing."""

import threading
from collections import OrderedDict
from dataclasses import dataclass


@dataclass(frozen=True)
class Recording:
    """The encoded row tokens of a whole result set, their row count and their size in bytes."""

    pieces: tuple[bytes, ...]
    rows: int
    size: int


class ReplayCache:
    """Recordings by key, at most ``budget`` bytes in total; the least recently used go first."""

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self._lock = threading.Lock()
        self._recordings: OrderedDict[str, Recording] = OrderedDict()
        self._size = 0

    def get(self, key: str) -> Recording | None:
        """Return the recording of a key and mark it as used; None when there is none."""
        with self._lock:
            recording = self._recordings.get(key)
            if recording is not None:
                self._recordings.move_to_end(key)
            return recording

    def put(self, key: str, pieces: list[bytes], rows: int) -> None:
        """Store a result set and evict others to make room; one over the budget is not stored."""
        size = sum(map(len, pieces))
        if size > self.budget:
            return
        with self._lock:
            old = self._recordings.pop(key, None)
            if old is not None:
                self._size -= old.size
            self._recordings[key] = Recording(tuple(pieces), rows, size)
            self._size += size
            while self._size > self.budget:
                _, dropped = self._recordings.popitem(last=False)
                self._size -= dropped.size
