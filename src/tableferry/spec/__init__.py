"""What is wanted of each table: the ``TABLE_CONFIGS`` form, checked, parsed and frozen."""

from tableferry.spec.keys import OPTIONAL, REQUIRED
from tableferry.spec.parsing import parse_table_configs, select_tables
from tableferry.spec.table import (
    DEFAULT_LOCK_TIMEOUT,
    DEFAULT_STATEMENT_TIMEOUT,
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
    "DEFAULT_LOCK_TIMEOUT",
    "DEFAULT_STATEMENT_TIMEOUT",
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
