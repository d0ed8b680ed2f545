"""The type rules: which PostgreSQL types each SQL Server type becomes, and what is lost."""

from tableferry.typemap.checked import CHECKED
from tableferry.typemap.override import TypeOverride, parse_override
from tableferry.typemap.pg_type_names import parse_pg_type
from tableferry.typemap.rule import Companion, Conversion, TypeRule
from tableferry.typemap.rules import RULES
from tableferry.typemap.widths import may_alter, pg_type_holds, stays_distinct

__all__ = [
    "CHECKED",
    "RULES",
    "Companion",
    "Conversion",
    "TypeOverride",
    "TypeRule",
    "may_alter",
    "parse_override",
    "parse_pg_type",
    "pg_type_holds",
    "stays_distinct",
]
