"""Write a value that SQL Server stores as a literal of a PostgreSQL column. Pure."""

from decimal import Decimal

from tableferry.model.identifiers import text_pg
from tableferry.model.schema import PgType, SourceType
from tableferry.planning.ddl.stored_values import Stored, Value, nearest_single
from tableferry.planning.ddl.tsql_constants import TEXT_TYPES
from tableferry.typemap.fitting import is_single

_MOMENTS = frozenset({"date", "time", "timestamp", "timestamptz"})


def pg_literal(stored: Stored, source: SourceType, target: PgType) -> str | None:
    """Return the literal for a column of these types; None where it has none in this form."""
    value = stored.value
    if value is None:
        return "NULL"
    match target.name:
        case "bool" if isinstance(value, bool):
            return str(value).lower()
        case "float8" if isinstance(value, Decimal) and is_single(source):
            return _number(nearest_single(value))
        case "int2" | "int4" | "int8" | "numeric" | "float4" | "float8":
            return _number(value)
        case "text" | "varchar" if isinstance(value, str) and source.name in TEXT_TYPES:
            return text_pg(value)
        case "bytea" if isinstance(value, bytes):
            return f"decode('{value.hex()}', 'hex')"
        case "uuid" if isinstance(value, str) and source.name == "uniqueidentifier":
            return f"'{value}'::uuid"
        case name if name in _MOMENTS and isinstance(value, str):
            return f"'{value}'::{name}"
    return None


def pg_operand(stored: Stored, source: SourceType, target: PgType) -> str | None:
    """Return the literal to compare a column with; None as ``pg_literal``, and for NULL.

    A float gets its type: PostgreSQL would compare a ``real`` with ``0.1`` as double precision, of
    which no ``real`` is equal to 0.1.
    """
    literal = None if stored.value is None else pg_literal(stored, source, target)
    if literal is not None and target.name in {"float4", "float8"}:
        return f"'{literal}'::{target}"
    return literal


def _number(value: Value) -> str | None:
    if isinstance(value, bool | int):
        return str(int(value))
    return f"{value:f}" if isinstance(value, Decimal) else None
