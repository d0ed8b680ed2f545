"""How long each row of a batch is in COPY BINARY, without encoding it.

A tuple is the number of its fields, and each field its length and its bytes (COPY, "Tuples").
"""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tableferry.postgres.numerics import numeric_bytes

_HEAD: Final = 2
"""Bytes of the number of fields."""

_LENGTH: Final = 4
"""Bytes of a field's length, -1 for NULL."""

_ARRAY_HEAD: Final = 20
"""Bytes of a one-dimensional array before its elements (``array_send``)."""

_FIXED: Final = {
    pa.bool_(): 1,
    pa.int16(): 2,
    pa.int32(): 4,
    pa.int64(): 8,
    pa.float32(): 4,
    pa.float64(): 8,
    pa.date32(): 4,
    pa.time64("us"): 8,
    pa.timestamp("us"): 8,
    pa.timestamp("us", tz="UTC"): 8,
}


def row_ends(batch: pa.RecordBatch) -> np.ndarray:
    """Return where each row ends in the tuples of a batch, an array of int64.

    The batch has the types that ``values.target_schema`` has.
    """
    sizes = np.full(batch.num_rows, _HEAD + _LENGTH * batch.num_columns, np.int64)
    for column in batch.columns:
        sizes += _field_sizes(column)
    ends: np.ndarray = np.cumsum(sizes)
    return ends


def _field_sizes(column: pa.Array) -> np.ndarray | int:
    kind = column.type
    if pa.types.is_decimal(kind):
        column = numeric_bytes(column)
    elif pa.types.is_list(kind):
        elements = pc.list_value_length(column)
        width = _LENGTH + _FIXED[kind.value_type]
        return _numbers(pc.add(pc.multiply(elements, width), _ARRAY_HEAD))
    elif not pa.types.is_large_string(kind) and not pa.types.is_large_binary(kind):
        width = kind.byte_width if pa.types.is_fixed_size_binary(kind) else _FIXED[kind]
        if not column.null_count:
            return width
        valid: np.ndarray = pc.is_valid(column).to_numpy(zero_copy_only=False)
        return valid * width
    return _numbers(pc.binary_length(column))


def _numbers(lengths: pa.Array) -> np.ndarray:
    found: np.ndarray = lengths.fill_null(0).to_numpy(zero_copy_only=False)
    return found
