"""Encodes whole record batches as ROW and NBCROW tokens, without a Python object per cell."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import Column
from tableferry_sandbox.tds.cells import CellPiece, FixedWidth, Flags, as_binary, validity
from tableferry_sandbox.tds.column_encoder import encode_column, null_marker
from tableferry_sandbox.tds.tokens import NBC_ROW, ROW

SLICE_ROWS: Final = 16_384
SLICE_BYTES: Final = 2 * 1024 * 1024
"""Rows are encoded in slices of about this size: small enough to bound memory and to cancel in
between, large enough that the overhead per slice (5 us a column) does not matter."""


class RowEncoder:
    """Encodes the rows of one result set.

    ``null_bitmaps``: the client understands NBCROW (TDS 7.3 B and later).
    """

    def __init__(self, columns: Sequence[Column], *, null_bitmaps: bool) -> None:
        self._columns = columns
        self._null_bitmaps = null_bitmaps

    def encode(self, batch: pa.RecordBatch) -> memoryview:
        """Return the tokens of all rows of a batch.

        Raises SqlError when the batch does not match the columns.
        """
        if batch.num_columns != len(self._columns):
            raise SqlError(
                50000,
                f"The sandbox's engine sent {batch.num_columns} columns "
                f"where {len(self._columns)} were announced.",
            )
        pieces = self._row_tokens(batch)
        for column, array in zip(self._columns, batch.columns, strict=True):
            cells = encode_column(column, array)
            if array.null_count and not self._null_bitmaps:
                cells = _with_null_markers(column, cells)
            pieces.extend(cells)
        return _join(pieces)

    def _row_tokens(self, batch: pa.RecordBatch) -> list[CellPiece]:
        """Return the head of each row: NBCROW and a bitmap for rows with a NULL, else ROW."""
        rows = batch.num_rows
        if not self._null_bitmaps or not any(array.null_count for array in batch.columns):
            return [FixedWidth(np.full((rows, 1), ROW, np.uint8))]
        nulls = np.zeros((rows, len(self._columns)), np.uint8)
        for index, array in enumerate(batch.columns):
            valid = validity(array)
            if valid is not None:
                nulls[:, index] = ~valid
        with_null: Flags = nulls.max(axis=1).astype(np.bool_)
        token = np.where(with_null, NBC_ROW, ROW).astype(np.uint8)[:, None]
        bitmap = np.packbits(nulls, axis=1, bitorder="little")
        return [FixedWidth(token), FixedWidth(bitmap, with_null)]


def slices(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Split a batch into slices of at most SLICE_ROWS rows and about SLICE_BYTES bytes."""
    rows = batch.num_rows
    step = SLICE_ROWS
    if rows and batch.nbytes > SLICE_BYTES:
        step = max(1, min(SLICE_ROWS, SLICE_BYTES * rows // batch.nbytes))
    for start in range(0, rows, step):
        yield batch.slice(start, step)


def _with_null_markers(column: Column, cells: list[CellPiece]) -> list[CellPiece]:
    """Add the NULL marker in the rows where a cell's pieces are left out."""
    valid = cells[0].valid
    if valid is None:
        return cells
    marker = np.frombuffer(null_marker(column), np.uint8)
    markers = np.broadcast_to(marker, (len(valid), len(marker)))
    return [FixedWidth(markers, ~valid), *cells]


def _join(pieces: list[CellPiece]) -> memoryview:
    """Join the pieces row by row, after merging adjacent fixed-width blocks without NULLs."""
    merged: list[CellPiece] = []
    for piece in pieces:
        last = merged[-1] if merged else None
        if (
            isinstance(piece, FixedWidth)
            and isinstance(last, FixedWidth)
            and piece.valid is None
            and last.valid is None
        ):
            merged[-1] = FixedWidth(np.hstack([last.cells, piece.cells]))
        else:
            merged.append(piece)
    if len(merged) == 1 and isinstance(merged[0], FixedWidth):
        return memoryview(np.ascontiguousarray(merged[0].cells).reshape(-1).data).cast("B")
    arrays = [as_binary(piece) for piece in merged]
    joined = pc.binary_join_element_wise(
        *arrays, pa.scalar(b"", pa.large_binary()), null_handling="replace", null_replacement=b""
    )
    start, end = (
        int(value) for value in np.frombuffer(joined.buffers()[1], np.int64)[[0, len(joined)]]
    )
    return memoryview(joined.buffers()[2])[start:end]
