"""What is wanted of each table: the ``TABLE_CONFIGS`` form, checked, parsed and frozen."""

from tableferry.spec.keys import OPTIONAL, REQUIRED
from tableferry.spec.parsing import parse_table_configs, select_tables
from tableferry.spec.table import (
    Consistency,
    DriftPolicy,
    LedgerUse,
    OnInvalid,
    OrderBy,
    Publish,
    TableSpec,
    TrailingBlanks,
)

__all__ = [
    "OPTIONAL",
    "REQUIRED",
    "Consistency",
    "DriftPolicy",
    "LedgerUse",
    "OnInvalid",
    "OrderBy",
    "Publish",
    "TableSpec",
    "TrailingBlanks",
    "parse_table_configs",
    "select_tables",
]
