"""Keys that can be compared: any for equality, whole numbers also in the order of both databases.

SQL Server and PostgreSQL agree on the order of whole numbers, and of nothing else that is a usual
key: collated texts and uniqueidentifiers are sorted differently. So streams of sorted whole numbers
can merge. A key of several columns becomes one value: its columns' big-endian bytes, one after the
other, with the sign bits inverted.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from tableferry.errors import VerificationError

_WIDTHS: Final = {pa.int16(): 2, pa.int32(): 4, pa.int64(): 8}

_ONE_NUMBER: Final = 8
"""Bytes of a key up to which it is one unsigned number, which numpy compares fastest."""

_SIGN: Final = 0x80


@dataclass(frozen=True, slots=True)
class KeyOrder:
    """The columns of a key in the order in which they are compared, by name, in an Arrow schema."""

    schema: pa.Schema

    @staticmethod
    def suits(schema: pa.Schema) -> bool:
        """Whether all columns of the schema are whole numbers, and there are any."""
        return len(schema) > 0 and all(kind in _WIDTHS for kind in schema.types)

    @property
    def _widths(self) -> list[int]:
        return [_WIDTHS[kind] for kind in self.schema.types]

    def of_batch(self, batch: pa.RecordBatch) -> np.ndarray:
        """Return the keys of a batch, which has these columns in any order; none is NULL."""
        parts = []
        for name, width in zip(self.schema.names, self._widths, strict=True):
            numbers = batch.column(name).to_numpy().astype(f">i{width}")
            parts.append(numbers.view(np.uint8).reshape(-1, width))
        return self._sortable(np.hstack(parts))

    def of_sent(self, sent: bytes) -> np.ndarray:
        """Return keys that PostgreSQL has sent: their columns' binary forms (``int8send``)."""
        return self._sortable(np.frombuffer(sent, np.uint8).reshape(-1, sum(self._widths)).copy())

    def to_batch(self, keys: np.ndarray) -> pa.RecordBatch:
        """Return keys as a batch of the schema."""
        raw = self._raw(keys)
        columns, start = [], 0
        for kind, width in zip(self.schema.types, self._widths, strict=True):
            part = np.ascontiguousarray(raw[:, start : start + width]).view(f">i{width}")
            columns.append(pa.array(part.reshape(-1).astype(f"i{width}"), kind))
            start += width
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def _sortable(self, raw: np.ndarray) -> np.ndarray:
        """Invert the signs of ``raw``, a key's bytes a row, and join its columns to one value."""
        for start in self._starts():
            raw[:, start] ^= _SIGN
        width = raw.shape[1]
        if width > _ONE_NUMBER:
            return np.ascontiguousarray(raw).view(f"S{width}").reshape(-1)
        padded = np.zeros((len(raw), _ONE_NUMBER), np.uint8)
        padded[:, _ONE_NUMBER - width :] = raw
        return padded.view(">u8").reshape(-1).astype(np.uint64)

    def _raw(self, keys: np.ndarray) -> np.ndarray:
        width = sum(self._widths)
        if width > _ONE_NUMBER:
            raw = np.ascontiguousarray(keys).view(np.uint8).reshape(-1, width).copy()
        else:
            padded = keys.astype(">u8").view(np.uint8).reshape(-1, _ONE_NUMBER)
            raw = padded[:, _ONE_NUMBER - width :].copy()
        for start in self._starts():
            raw[:, start] ^= _SIGN
        return raw

    def _starts(self) -> list[int]:
        return [sum(self._widths[:place]) for place in range(len(self._widths))]


def comparable_keys(batch: pa.RecordBatch, columns: Sequence[str]) -> list[tuple[object, ...]]:
    """Return the values of these columns, a tuple a row, to be compared for equality or hashed.

    Dates and times are the numbers that Arrow stores them as: Python's own types have no digit for
    the hundred nanoseconds of ``time(7)``.
    """
    values = (_hashable(batch.column(name)) for name in columns)
    return list(zip(*values, strict=True))


def _hashable(array: pa.Array) -> list[object]:
    if pa.types.is_temporal(array.type):
        array = array.view(pa.int32() if array.type.bit_width == 32 else pa.int64())
    values: list[object] = array.to_pylist()
    return values


def only_in_first(
    first: Iterable[np.ndarray], second: Iterable[np.ndarray]
) -> Iterator[np.ndarray]:
    """Yield the keys of ``first`` that ``second`` does not hold, from two streams of sorted blocks.

    ``second`` may hold a key more than once. Each stream is read once, and one block of each is
    held. Raises VerificationError where ``second``, the source's, is not sorted: it would be
    compared with the wrong keys.
    """
    blocks = (block for block in first if len(block))
    left = next(blocks, None)
    for other in _ascending(second):
        while left is not None:
            end = int(np.searchsorted(left, other[-1], "right"))
            yield from _without(left[:end], other)
            left = left[end:]
            if len(left):
                break
            left = next(blocks, None)
    while left is not None:
        yield left
        left = next(blocks, None)


def _without(keys: np.ndarray, other: np.ndarray) -> Sequence[np.ndarray]:
    """Return those of ``keys`` that are not in ``other``, in no array or in one."""
    if np.array_equal(keys, other) or not len(keys):
        return ()
    places = np.minimum(np.searchsorted(other, keys), len(other) - 1)
    missing = keys[other[places] != keys]
    return (missing,) if len(missing) else ()


def _ascending(blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    last: np.ndarray | None = None
    for block in blocks:
        if not len(block):
            continue
        whole = block if last is None else np.concatenate([last, block])
        if (whole[1:] < whole[:-1]).any():
            raise VerificationError(
                "The source returned keys in another order than that of their numbers",
                hint="Nothing was changed; please report this.",
            )
        last = block[-1:]
        yield block
