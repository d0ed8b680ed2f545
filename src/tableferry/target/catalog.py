"""What PostgreSQL's catalog says of a table."""

from typing import Any, Final

from tableferry.errors import SchemaError
from tableferry.identifiers import TargetTable
from tableferry.schema import PgType, TargetColumn, TargetSchema
from tableferry.target.connection import TargetConnection

_TABLE: Final = "SELECT c.oid, c.relkind FROM pg_class c WHERE c.oid = to_regclass(%s)"

_COLUMNS: Final = """\
SELECT a.attname, t.typname, b.typname, t.typtypmod, a.atttypmod, a.attnotnull OR t.typnotnull,
  a.atthasdef OR a.attidentity <> '', a.attgenerated <> ''
FROM pg_attribute a
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_type b ON b.oid = t.typbasetype
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum"""

LOADABLE: Final = {"r": "table", "p": "partitioned table"}
"""The values of ``relkind`` that TRUNCATE and COPY both take."""

_VARHDRSZ: Final = 4
"""PostgreSQL adds it to the modifiers of numeric, varchar and char (typmod in pg_attribute)."""


def read_schema(connection: TargetConnection, table: TargetTable) -> TargetSchema | None:
    """Read a table's columns, None where it does not exist.

    Raises SchemaError where the name is not a table's, and ConfigError on a read replica.
    """
    found = connection.rows(_TABLE, (table.sql,))
    if not found:
        return None
    oid, kind = found[0]
    if kind not in LOADABLE:
        raise SchemaError(
            f"{table} is not a table (pg_class.relkind {kind!r})",
            hint="'pg_table' must name a table; views and foreign tables are not loaded.",
        )
    return TargetSchema(tuple(_column(row) for row in connection.rows(_COLUMNS, (oid,))), kind)


def schema_exists(connection: TargetConnection, table: TargetTable) -> bool:
    """Whether the schema that the table would be created in exists."""
    if not table.schema:
        return bool(connection.rows("SELECT current_schema() IS NOT NULL")[0][0])
    sql = "SELECT to_regnamespace(quote_ident(%s)) IS NOT NULL"
    return bool(connection.rows(sql, (table.schema,))[0][0])


def _column(row: tuple[Any, ...]) -> TargetColumn:
    """Describe a column; a domain counts as the type it is made of."""
    name, own, base, domain_modifier, modifier, not_null, has_default, generated = row
    type_name, typmod = (base, domain_modifier) if base else (own, modifier)
    return TargetColumn(
        name=name,
        type=PgType(type_name, _modifier(type_name, typmod)),
        nullable=not not_null,
        needs_value=not_null and not has_default and not generated,
        generated=generated,
    )


def _modifier(name: str, typmod: int) -> tuple[int, ...]:
    """Decode ``atttypmod`` (numerictypmodin, varchartypmodin, timestamptypmodin)."""
    if typmod < 0:
        return ()
    if name == "numeric":
        packed = typmod - _VARHDRSZ
        scale = packed & 0x7FF
        return (packed >> 16 & 0xFFFF, scale - 0x800 if scale & 0x400 else scale)
    if name in {"varchar", "bpchar"}:
        return (typmod - _VARHDRSZ,)
    return (typmod,)
