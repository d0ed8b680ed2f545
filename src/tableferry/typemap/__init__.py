"""The type rules: which PostgreSQL types each SQL Server type becomes, and what is lost."""

from tableferry.typemap.pg_type_names import parse_pg_type
from tableferry.typemap.rule import Companion, Conversion, TypeRule
from tableferry.typemap.rules import OFFSET_SUFFIX, RULES, WITH_OFFSET
from tableferry.typemap.widths import pg_type_holds, stays_distinct

__all__ = [
    "OFFSET_SUFFIX",
    "RULES",
    "WITH_OFFSET",
    "Companion",
    "Conversion",
    "TypeRule",
    "parse_pg_type",
    "pg_type_holds",
    "stays_distinct",
]
