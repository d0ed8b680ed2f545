"""Convert Arrow batches exactly into the form that COPY BINARY needs; collect refused rows."""

from tableferry.values.arrow_types import target_schema
from tableferry.values.converter import Converter, TextsAlteredError
from tableferry.values.refused_rows import NO_COLUMN, Counts, RefusedRow, RefusedRows

__all__ = [
    "NO_COLUMN",
    "Converter",
    "Counts",
    "RefusedRow",
    "RefusedRows",
    "TextsAlteredError",
    "target_schema",
]
