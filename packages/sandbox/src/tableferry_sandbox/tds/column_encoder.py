"""A column of Arrow values as the cells of TDS rows, a whole batch at a time (MS-TDS 2.2.5.5).

An encoder returns the pieces that make up a cell, in order. NULLs are marked invalid and take no
bytes, as in NBCROW; ``row_encoder`` adds their markers where the client needs a plain ROW.
"""

from typing import Any, Final

import pyarrow as pa

from tableferry_sandbox.physical import base_name, physical_type
from tableferry_sandbox.sqltypes import Column
from tableferry_sandbox.tds.cells import CellPiece, ColumnEncoder, FixedWidth, mismatch
from tableferry_sandbox.tds.fixed_width import FIXED_WIDTH_ENCODERS
from tableferry_sandbox.tds.typeinfo import is_plp
from tableferry_sandbox.tds.variable_width import VARIABLE_WIDTH_ENCODERS

_ENCODERS: Final[dict[str, ColumnEncoder]] = {**FIXED_WIDTH_ENCODERS, **VARIABLE_WIDTH_ENCODERS}


def encode_column(column: Column, array: pa.Array) -> list[CellPiece]:
    """Return the pieces of a column's cells.

    Raises SqlError when the values do not fit the column's type: nothing is truncated or wrapped.
    """
    wanted = physical_type(column.type)
    if array.type != wanted:
        try:
            array = array.cast(wanted)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise mismatch(column, str(error)) from error
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if not column.nullable and array.null_count:
        raise mismatch(column, "a NULL in a column declared NOT NULL")
    return _ENCODERS[base_name(column.type)](column, array)


def encode_scalar(column: Column, value: Any) -> bytes:
    """Encode one value as a plain ROW would carry it, for RETURNVALUE."""
    array = pa.array([value], type=physical_type(column.type))
    if value is None:
        return null_marker(column)
    cell = bytearray()
    for piece in encode_column(column, array):
        if isinstance(piece, FixedWidth):
            cell += piece.cells.tobytes() if piece.valid is None or piece.valid[0] else b""
        else:
            cell += piece.data.tobytes()
    return bytes(cell)


def null_marker(column: Column) -> bytes:
    """Return the bytes that stand for NULL in a plain ROW (2.2.5.2)."""
    name = base_name(column.type)
    if is_plp(column.type):
        return b"\xff" * 8
    if name in {"char", "varchar", "nchar", "nvarchar", "binary", "varbinary", "timestamp"}:
        return b"\xff\xff"
    return b"\0\0\0\0" if name == "sql_variant" else b"\0"
