"""Every SQL Server type, what it becomes in PostgreSQL, and what is lost."""

from tableferry.typemap.pg_type_names import parse_pg_type
from tableferry.typemap.rule import Companion, Conversion, TypeRule
from tableferry.typemap.rules import KEEPS_OFFSET, OFFSET_KEPT, RULES
from tableferry.typemap.widths import keeps_apart, pg_type_holds

__all__ = [
    "KEEPS_OFFSET",
    "OFFSET_KEPT",
    "RULES",
    "Companion",
    "Conversion",
    "TypeRule",
    "keeps_apart",
    "parse_pg_type",
    "pg_type_holds",
]
