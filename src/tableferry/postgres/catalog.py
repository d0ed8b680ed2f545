"""Reads a table's schema from PostgreSQL's catalog."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from tableferry.errors import SchemaError
from tableferry.model.identifiers import TargetTable
from tableferry.model.schema import Obstacle, PgType, TargetColumn, TargetSchema
from tableferry.postgres.connection import TargetConnection

Look = Callable[[TargetConnection, int], tuple[Obstacle, ...]]
"""Reads what matters to a publishing strategy of the table with this ``pg_class.oid``."""

_TABLE: Final = "SELECT c.oid, c.relkind FROM pg_class c WHERE c.oid = to_regclass(%s)"

_COLUMNS: Final = """\
WITH RECURSIVE made_of AS (
  SELECT a.attnum, a.attname, a.atttypid AS type, a.atttypmod AS modifier, a.attnotnull AS not_null,
    a.atthasdef OR a.attidentity <> '' AS has_default, a.attgenerated <> '' AS is_generated,
    CASE WHEN has_column_privilege(a.attrelid, a.attnum, 'SELECT') THEN
      has_sequence_privilege(s.seq, 'UPDATE') AND has_sequence_privilege(s.seq, 'SELECT')
    END AS is_identity
  FROM pg_attribute a, LATERAL (SELECT pg_get_serial_sequence(a.attrelid::regclass::text, a.attname)
    AS seq) s
  WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT m.attnum, m.attname, t.typbasetype, t.typtypmod, m.not_null OR t.typnotnull,
    m.has_default OR t.typdefault IS NOT NULL, m.is_generated, m.is_identity
  FROM made_of m JOIN pg_type t ON t.oid = m.type AND t.typtype = 'd'
)
SELECT m.attname, t.typname, m.modifier, m.not_null, m.has_default, m.is_generated,
  m.is_identity
FROM made_of m JOIN pg_type t ON t.oid = m.type AND t.typtype <> 'd'
ORDER BY m.attnum"""
"""A domain counts as its base type, through any number of domains between."""

_ABOUT: Final = """\
SELECT
  ARRAY(SELECT k.conrelid::regclass::text FROM pg_constraint k
        WHERE k.confrelid = %(oid)s AND k.conrelid <> %(oid)s AND k.contype = 'f' ORDER BY 1),
  ARRAY(SELECT g.tgname::text FROM pg_trigger g
        WHERE g.tgrelid = %(oid)s AND NOT g.tgisinternal AND g.tgenabled IN ('O', 'A')
          AND g.tgtype & 7 = 7 ORDER BY 1),
  row_security_active(%(oid)s::oid),
  pg_has_role(c.relowner, 'USAGE') AND NOT c.relispartition AND c.reloftype = 0,
  c.relkind = 'r' AND EXISTS (SELECT FROM pg_inherits h WHERE h.inhparent = c.oid),
  pg_table_size(c.oid)
    + (SELECT coalesce(sum(pg_table_size(p.relid)), 0)::bigint FROM pg_partition_tree(c.oid) p)
FROM pg_class c WHERE c.oid = %(oid)s"""
"""``tgtype``: 1 for each row, 2 before, 4 on insert (pg_trigger.h). A partitioned table has no
storage of its own, and any other table no rows in ``pg_partition_tree``."""

_SCHEMA: Final = """\
SELECT n.oid FROM pg_namespace n WHERE n.nspname = coalesce(%s::text, current_schema())"""

_NAMES: Final = """\
SELECT c.relname FROM pg_class c WHERE c.relnamespace = %s AND starts_with(c.relname, %s)"""

COMMON_PREFIX: Final = 12
"""Characters of a table's name that derived names begin with, even if they are truncated."""

LOADABLE: Final = {"r": "table", "p": "partitioned table"}
"""The values of ``relkind`` that both TRUNCATE and COPY accept."""

_VARHDRSZ: Final = 4
"""PostgreSQL adds it to the modifiers of numeric, varchar and char (typmod in pg_attribute)."""


def read_schema(
    connection: TargetConnection, table: TargetTable, looks: Mapping[str, Look] | None = None
) -> TargetSchema | None:
    """Read a table's columns, and what matters to publishing strategies, by ``looks`` of theirs.

    Returns None if it does not exist. Raises SchemaError if the name is not a table's.
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
    columns = tuple(_column(row) for row in connection.rows(_COLUMNS, (oid,)))
    ((referenced_by, triggers, secured, may_alter, has_children, size),) = connection.rows(
        _ABOUT, {"oid": oid}
    )
    return TargetSchema(
        columns=columns,
        kind=kind,
        referenced_by=tuple(referenced_by),
        row_triggers=tuple(triggers),
        row_security=secured,
        may_alter=may_alter,
        has_children=has_children,
        obstacles={name: look(connection, oid) for name, look in (looks or {}).items()},
        bytes=size,
    )


def similar_names(connection: TargetConnection, table: TargetTable) -> frozenset[str] | None:
    """Return the names in the table's schema that begin like its own: of tables, indexes, others.

    None if the schema that the table would be created in does not exist.
    """
    schema = table.schema or None
    found = connection.rows(_SCHEMA, (schema,))
    if not found:
        return None
    similar = connection.rows(_NAMES, (found[0][0], table.name[:COMMON_PREFIX]))
    return frozenset(str(name) for (name,) in similar)


def _column(row: tuple[Any, ...]) -> TargetColumn:
    name, type_name, modifier, not_null, has_default, generated, identity = row
    return TargetColumn(
        name=name,
        type=PgType(type_name, _modifier(type_name, modifier)),
        nullable=not not_null,
        needs_value=not_null and not has_default and not generated,
        generated=generated,
        identity=bool(identity),
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
    # PostGIS checks every value against its own modifier (shape and SRID) by itself.
    return () if name in {"geometry", "geography"} else (typmod,)
