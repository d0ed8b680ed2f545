"""The cells of one column before they are joined into rows: fixed-width blocks and byte ranges."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import Column

Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]
Offsets = npt.NDArray[np.int64]


@dataclass(frozen=True)
class FixedWidth:
    """Cells of one width: an array of shape (rows, width).

    Cells that are not ``valid`` are left out of the row; None means all are valid.
    """

    cells: Bytes
    valid: Flags | None = None


@dataclass(frozen=True)
class VariableWidth:
    """Cells of varying width: row i's bytes are ``data[offsets[i]:offsets[i + 1]]``."""

    offsets: Offsets
    data: Bytes
    valid: Flags | None = None


CellPiece = FixedWidth | VariableWidth
ColumnEncoder = Callable[[Column, pa.Array], list[CellPiece]]


def mismatch(column: Column, reason: str) -> SqlError:
    """Return the error for a value that its column's type cannot hold."""
    return SqlError(
        50000,
        f"The sandbox cannot send column '{column.name}' of type {column.type.name}: {reason}.",
    )


def validity(array: pa.Array) -> Flags | None:
    """Return a mask of the cells that are not NULL, or None when no cell is NULL."""
    if array.null_count == 0:
        return None
    flags: Flags = array.is_valid().to_numpy(zero_copy_only=False)
    return flags


def numbers(array: pa.Array, dtype: str) -> npt.NDArray[np.generic]:
    """Return a view of a fixed-width array's values. Values under NULLs are arbitrary."""
    size = np.dtype(dtype).itemsize
    start = array.offset * size
    return (
        np.frombuffer(array.buffers()[1], dtype=dtype, count=len(array), offset=start)
        if len(array)
        else np.empty(0, dtype)
    )


def ranges_of(array: pa.Array) -> tuple[Offsets, Bytes]:
    """Return a large string or binary array's offsets, rebased to zero, and its bytes."""
    rows = len(array)
    _, offset_buffer, data_buffer = array.buffers()
    if rows == 0:
        return np.zeros(1, np.int64), np.empty(0, np.uint8)
    offsets = np.frombuffer(offset_buffer, np.int64, rows + 1, array.offset * 8)
    first, last = int(offsets[0]), int(offsets[-1])
    if data_buffer is None or first == last:
        return offsets - first, np.empty(0, np.uint8)
    return offsets - first, np.frombuffer(data_buffer, np.uint8, last - first, first)


def little_endian(values: npt.NDArray[np.generic], width: int) -> Bytes:
    """Return the low ``width`` bytes of integers, of shape (rows, width)."""
    values = np.ascontiguousarray(values)
    return values.view(np.uint8).reshape(len(values), values.itemsize)[:, :width]


def with_length(cells: Bytes, length: int | None = None) -> Bytes:
    """Prefix every cell with a length byte: ``length``, by default the cell's own width."""
    rows, width = cells.shape
    out = np.empty((rows, width + 1), np.uint8)
    out[:, 0] = width if length is None else length
    out[:, 1:] = cells
    return out


def as_binary(piece: CellPiece) -> pa.Array:
    """Return a piece as an Arrow array, so that Arrow's kernels can join the rows."""
    if isinstance(piece, FixedWidth):
        rows, width = piece.cells.shape
        offsets = np.arange(rows + 1, dtype=np.int64) * width
        data = np.ascontiguousarray(piece.cells)
    else:
        rows, offsets, data = len(piece.offsets) - 1, piece.offsets, piece.data
    bitmap = None
    if piece.valid is not None:
        bitmap = pa.py_buffer(np.packbits(piece.valid, bitorder="little"))
    buffers = [bitmap, pa.py_buffer(np.ascontiguousarray(offsets)), pa.py_buffer(data)]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), rows, buffers)
