"""Hashes of rows that are too many for memory wait in temporary files, a part of them in each.

No value is written: the hashes have a key that only this process knows. 21 bytes a row.
"""

import contextlib
import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import IO, Final, Self

import numpy as np

from tableferry.errors import ConfigError
from tableferry.verification.buckets import Side
from tableferry.verification.surplus import AT_ONCE, HashedRows

_RECORD: Final = np.dtype([("key", "u8"), ("row", "u8"), ("size", "u4"), ("side", "u1")])


class SpooledHashes:
    """So many parts; a context manager that deletes what it has written.

    Where there is one part it stays in memory. Raises ConfigError where no file can be written.
    """

    def __init__(self, parts: int) -> None:
        self._stack = contextlib.ExitStack()
        self._parts = parts
        self._files: list[IO[bytes]] = []
        self._only = HashedRows()

    def __enter__(self) -> Self:
        if self._parts > 1:
            with _written():
                for _ in range(self._parts):
                    self._files.append(self._stack.enter_context(tempfile.TemporaryFile()))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def add(
        self,
        parts: np.ndarray,
        side: Side,
        keys: np.ndarray,
        rows: np.ndarray,
        sizes: np.ndarray,
    ) -> None:
        """Add rows by the hashes of their keys and of all of them; those of part -1 are not."""
        chosen = np.flatnonzero(parts >= 0)
        if not self._files:
            self._only.add(side, keys[chosen], rows[chosen], sizes[chosen])
            return
        chosen = chosen[np.argsort(parts[chosen], kind="stable")]
        records = np.empty(len(chosen), _RECORD)
        records["key"], records["row"] = keys[chosen], rows[chosen]
        records["size"], records["side"] = sizes[chosen], side
        ends = np.searchsorted(parts[chosen], np.arange(self._parts), "right")
        with _written():
            for file, part in zip(self._files, np.split(records, ends[:-1]), strict=True):
                file.write(part.tobytes())

    def hashed_rows(self, part: int) -> HashedRows:
        """Return the rows of a part, which are read once."""
        if not self._files:
            return self._only
        found = HashedRows()
        file = self._files[part]
        with _written():
            file.seek(0)
            while some := file.read(AT_ONCE * _RECORD.itemsize):
                records = np.frombuffer(some, _RECORD)
                for side in Side:
                    of_side = records[records["side"] == side]
                    found.add(side, of_side["key"], of_side["row"], of_side["size"])
        return found


@contextlib.contextmanager
def _written() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError(
            f"The hashes of the rows that differ do not fit into {tempfile.gettempdir()} "
            f"({type(error).__name__})",
            hint="So many rows differ that they do not fit into memory. Make room there, or set "
            "TMPDIR to a folder with room: 21 bytes for each row of both sides.",
        ) from error
