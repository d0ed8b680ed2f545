"""Convert Arrow batches exactly into the form that COPY BINARY needs; collect refused rows."""

from tableferry.values.arrow_types import target_schema
from tableferry.values.converter import Converter, TextsAlteredError, altered
from tableferry.values.key_converter import key_converter
from tableferry.values.key_order import KeyOrder, comparable_keys, only_in_first
from tableferry.values.refused_rows import NO_COLUMN, Counts, RefusedRow, RefusedRows

__all__ = [
    "NO_COLUMN",
    "Converter",
    "Counts",
    "KeyOrder",
    "RefusedRow",
    "RefusedRows",
    "TextsAlteredError",
    "altered",
    "comparable_keys",
    "key_converter",
    "only_in_first",
    "target_schema",
]
