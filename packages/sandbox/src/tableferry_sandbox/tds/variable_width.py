"""Variable-width types as TDS cells: texts, binaries, xml, CLR types and sql_variant.

Bounded types carry a two-byte length (MS-TDS 2.2.5.4.3). The (max) types, xml and CLR types travel
as partially length-prefixed (PLP) chunks (2.2.5.2.3), text, ntext and image behind a text pointer.
"""

import itertools
import struct
from typing import Final

import numpy as np
import pyarrow as pa

from tableferry_sandbox.collations import collation
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.physical import ANSI, BINARY, CLR, UNICODE, base_name
from tableferry_sandbox.sqltypes import DEFAULT_COLLATION, Column
from tableferry_sandbox.tds.cells import (
    Bytes,
    CellPiece,
    ColumnEncoder,
    FixedWidth,
    Flags,
    Offsets,
    VariableWidth,
    little_endian,
    mismatch,
    ranges_of,
    validity,
)
from tableferry_sandbox.tds.text_encoding import to_code_page, to_utf16
from tableferry_sandbox.tds.typeinfo import TEXT_POINTER, byte_limit, is_plp

PLP_CHUNK_BYTES: Final = 2**20
"""Bytes of a (max) value sent as one chunk. SQL Server splits long values too; Microsoft's driver
rejects chunks over 16 MB."""

_TEXT_POINTER: Final = b"\x10" + b"tableferry text\0" + b"\0" * 8
"""A text pointer of 16 bytes and a timestamp of 8. Clients skip both."""

_MAX_VARIANT_BYTES: Final = 8016
"""The largest sql_variant payload: 8,000 bytes of value, with its type and properties."""


def _variable(column: Column, array: pa.Array) -> list[CellPiece]:
    """Encode character and binary types, bounded and (max), xml and CLR types."""
    name = base_name(column.type)
    valid = validity(array)
    offsets, data = ranges_of(array)
    if valid is not None:
        offsets, data = _without_nulls(offsets, data, valid)
    if name in UNICODE:
        offsets, data = to_utf16(offsets, data)
    elif name in ANSI:
        codec = collation(column.type.collation or DEFAULT_COLLATION).codec
        offsets, data = to_code_page(offsets, data, codec)
    if name in TEXT_POINTER:
        return _text_pointer(offsets, data, valid)
    if is_plp(column.type):
        return _chunked(offsets, data, valid)
    limit = byte_limit(column.type)
    lengths = np.diff(offsets)
    longest = int(lengths.max(initial=0))
    if longest > limit:
        raise mismatch(column, f"a value of {longest} bytes where {limit} are declared")
    if name in {"char", "nchar", "binary", "timestamp"} and int(lengths.min(initial=limit)) < limit:
        offsets, data = _padded(offsets, data, name, limit)
        lengths = np.diff(offsets)
    return [FixedWidth(little_endian(lengths, 2), valid), VariableWidth(offsets, data, valid)]


def _without_nulls(offsets: Offsets, data: Bytes, valid: Flags) -> tuple[Offsets, Bytes]:
    """Make the ranges of NULLs empty: Arrow allows bytes under a NULL."""
    lengths = np.diff(offsets)
    if not lengths[~valid].any():
        return offsets, data
    kept = np.repeat(valid, lengths)
    total = np.zeros(len(offsets), np.int64)
    np.cumsum(np.where(valid, lengths, 0), out=total[1:])
    return total, data[kept]


def _padded(offsets: Offsets, data: Bytes, name: str, limit: int) -> tuple[Offsets, Bytes]:
    """Pad char and nchar with blanks and binary with zeros, as SQL Server stores them."""
    rows, lengths = len(offsets) - 1, np.diff(offsets)
    cells = np.zeros((rows, limit), np.uint8)
    if name == "nchar":
        cells[:, ::2] = 0x20
    elif name == "char":
        cells[:] = 0x20
    cells[np.arange(limit) < lengths[:, None]] = data
    return np.arange(rows + 1, dtype=np.int64) * limit, cells.reshape(-1)


def _chunked(offsets: Offsets, data: Bytes, valid: Flags | None) -> list[CellPiece]:
    """Encode PLP: total length, chunks, and a chunk of length zero (2.2.5.2.3)."""
    lengths = np.diff(offsets)
    if int(lengths.max(initial=0)) >= 2**31:
        raise SqlError(50000, "The sandbox cannot send a value of 2 GB or more.")
    # An empty value's first chunk length, 0, is already the terminator: nothing follows it.
    first = np.minimum(lengths, PLP_CHUNK_BYTES)
    head = np.hstack([little_endian(lengths, 8), little_endian(first, 4)])
    if (lengths > PLP_CHUNK_BYTES).any():
        offsets, data = _in_chunks(offsets, data)
    ends = lengths > 0 if valid is None else (lengths > 0) & valid
    tail = FixedWidth(np.zeros((len(lengths), 4), np.uint8), None if ends.all() else ends)
    return [FixedWidth(head, valid), VariableWidth(offsets, data, valid), tail]


def _in_chunks(offsets: Offsets, data: Bytes) -> tuple[Offsets, Bytes]:
    """Insert the length of every chunk except the first in front of it."""
    values = []
    for begin, end in itertools.pairwise(offsets.tolist()):
        values.append(data[begin : min(begin + PLP_CHUNK_BYTES, end)])
        for start in range(begin + PLP_CHUNK_BYTES, end, PLP_CHUNK_BYTES):
            chunk = data[start : min(start + PLP_CHUNK_BYTES, end)]
            values += [np.frombuffer(struct.pack("<I", len(chunk)), np.uint8), chunk]
    lengths = np.diff(offsets)
    headers = 4 * np.maximum(0, -(-lengths // PLP_CHUNK_BYTES) - 1)
    total = np.zeros(len(offsets), np.int64)
    np.cumsum(lengths + headers, out=total[1:])
    return total, np.concatenate(values)


def _text_pointer(offsets: Offsets, data: Bytes, valid: Flags | None) -> list[CellPiece]:
    lengths = np.diff(offsets)
    pointer = np.frombuffer(_TEXT_POINTER, np.uint8)
    pointers = np.broadcast_to(pointer, (len(lengths), len(pointer)))
    head = np.hstack([pointers, little_endian(lengths, 4)])
    return [FixedWidth(head, valid), VariableWidth(offsets, data, valid)]


def _variant(column: Column, array: pa.Array) -> list[CellPiece]:
    offsets, data = ranges_of(array)
    valid = validity(array)
    if valid is not None:
        offsets, data = _without_nulls(offsets, data, valid)
    lengths = np.diff(offsets)
    if int(lengths.max(initial=0)) > _MAX_VARIANT_BYTES:
        raise mismatch(column, "a value of more than 8016 bytes")
    return [FixedWidth(little_endian(lengths, 4), valid), VariableWidth(offsets, data, valid)]


VARIABLE_WIDTH_ENCODERS: Final[dict[str, ColumnEncoder]] = {
    **dict.fromkeys(ANSI | UNICODE | BINARY | CLR, _variable),
    "sql_variant": _variant,
}
