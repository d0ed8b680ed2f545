"""Values on their way: each column's Arrow array becomes what COPY BINARY needs, exactly."""

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
