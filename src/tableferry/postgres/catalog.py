"""Reads a table's schema from PostgreSQL's catalog."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from tableferry.errors import SchemaError
from tableferry.model.identifiers import TargetTable, quote_pg, shown
from tableferry.model.schema import Obstacle, PgType, TargetColumn, TargetIndex, TargetSchema
from tableferry.model.target_database import TargetDatabase
from tableferry.postgres.column_uses import asking_column_uses, column_uses
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.messages import Question, Rows


@dataclass(frozen=True, slots=True)
class Look:
    """What matters to a publishing strategy of a table, as rows of a kind and a name.

    ``query`` returns the SELECT for a server of this ``server_version_num``, for the table with the
    ``pg_class.oid`` of its parameter ``oid``; empty where nothing matters.
    """

    query: Callable[[int], str]

    def asking(self, connection: TargetConnection, oid: int) -> Question | None:
        """Return what asks for it, None where nothing matters."""
        query = self.query(connection.version)
        return (query, {"oid": oid}) if query else None


def obstacles(rows: Rows) -> tuple[Obstacle, ...]:
    """Return the obstacles for the answer to ``Look.asking``, in order."""
    return tuple(sorted({Obstacle(str(kind), str(name)) for kind, name in rows}))


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
  WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT m.attnum, m.attname, t.typbasetype, t.typtypmod, m.not_null OR t.typnotnull,
    m.has_default OR t.typdefault IS NOT NULL, m.is_generated, m.is_identity
  FROM made_of m JOIN pg_type t ON t.oid = m.type AND t.typtype = 'd'
)
SELECT m.attname, t.typname, m.modifier, m.not_null, m.has_default, m.is_generated,
  m.is_identity, t.typtype = 'e'
FROM made_of m JOIN pg_type t ON t.oid = m.type AND t.typtype <> 'd'
ORDER BY m.attnum"""
"""A domain counts as its base type, through any number of domains between."""

_COLUMNS_OF_OID: Final = _COLUMNS.replace("{oid}", "%(oid)s")

_COLUMNS_OF_NAME: Final = _COLUMNS.replace("{oid}", "to_regclass(%(name)s)")

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
    + (SELECT coalesce(sum(pg_table_size(p.relid)), 0)::bigint FROM pg_partition_tree(c.oid) p),
  (SELECT coalesce(json_agg(json_build_array(x.relname, (
      SELECT json_agg(a.attname ORDER BY w.place) FROM unnest(i.indkey::int2[]) WITH ORDINALITY
        w (attnum, place) JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = w.attnum
    )) ORDER BY x.relname), '[]') FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
    JOIN pg_am m ON m.oid = x.relam AND m.amname = 'btree'
    WHERE i.indrelid = c.oid AND i.indexprs IS NULL AND i.indislive)
FROM pg_class c WHERE c.oid = %(oid)s"""
"""``tgtype``: 1 for each row, 2 before, 4 on insert (pg_trigger.h). A partitioned table has no
storage of its own, and any other table no rows in ``pg_partition_tree``."""

_SCHEMA: Final = """\
SELECT n.oid FROM pg_namespace n WHERE n.nspname = coalesce(%s::text, current_schema())"""

_NO_SCHEMA: Final = """\
SELECT has_database_privilege(current_database(), 'CREATE'),
  ARRAY(SELECT n.nspname::text FROM pg_namespace n WHERE lower(n.nspname) = lower(%s::text)
    ORDER BY 1)"""

_NAMES: Final = """\
SELECT
  ARRAY(SELECT c.relname::text FROM pg_class c
        WHERE c.relnamespace = s.oid AND starts_with(c.relname, %(start)s)),
  ARRAY(SELECT c.relname::text FROM pg_class c
        WHERE c.relnamespace = s.oid AND lower(c.relname) = lower(%(name)s)
          AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1)
FROM (SELECT) one
LEFT JOIN pg_namespace s ON s.nspname = coalesce(%(schema)s::text, current_schema())"""

COMMON_PREFIX: Final = 12
"""Characters of a table's name that derived names begin with, even if they are truncated."""

LOADABLE: Final = {"r": "table", "p": "partitioned table"}
"""The values of ``relkind`` that both TRUNCATE and COPY accept."""

_VARHDRSZ: Final = 4
"""PostgreSQL adds it to the modifiers of numeric, varchar and char (typmod in pg_attribute)."""


def read_schema(
    connection: TargetConnection,
    table: TargetTable,
    looks: Mapping[str, Look] | None = None,
    *,
    uses: bool = False,
) -> TargetSchema | None:
    """Read a table's columns, and what matters to publishing strategies, by ``looks`` of theirs.

    ``uses``: with what uses each column.

    Returns None if it does not exist. Raises SchemaError if the name is not a table's.
    """
    found = connection.rows(_TABLE, (table.sql,))
    if not found:
        return None
    oid, kind = found[0]
    return read_found(connection, table, oid, kind, looks or {}, uses=uses)[0]


def read_found(
    connection: TargetConnection,
    table: TargetTable,
    oid: int,
    kind: str,
    looks: Mapping[str, Look],
    *,
    uses: bool = False,
    also: Sequence[Question] = (),
) -> tuple[TargetSchema | None, Sequence[Rows]]:
    """Read the same of a table that was found, in one message; with the rows asked for ``also``."""
    if kind not in LOADABLE:
        raise SchemaError(
            f"{table} is not a table (pg_class.relkind {kind!r})",
            hint="'pg_table' must name a table; views and foreign tables are not loaded.",
        )
    looked = {name: look.asking(connection, oid) for name, look in looks.items()}
    asked = {name: question for name, question in looked.items() if question}
    about = {"oid": oid}
    columns, described, *rest = connection.ask(
        (_COLUMNS_OF_OID, about),
        (_ABOUT, about),
        *asked.values(),
        *([asking_column_uses(oid)] if uses else []),
        *also,
    )
    answered = rest[len(rest) - len(also) :]
    if not described:  # dropped a moment ago
        return None, answered
    ((referenced_by, triggers, secured, may_alter, has_children, size, btrees),) = described
    seen = {name: obstacles(rows) for name, rows in zip(asked, rest, strict=False)}
    schema = TargetSchema(
        oid=oid,
        columns=tuple(map(_column, columns)),
        kind=kind,
        referenced_by=tuple(referenced_by),
        row_triggers=tuple(triggers),
        row_security=secured,
        may_alter=may_alter,
        has_children=has_children,
        obstacles={name: seen.get(name, ()) for name in looked},
        bytes=size,
        btrees=tuple(TargetIndex(name, tuple(names)) for name, names in btrees),
        uses=column_uses(rest[len(asked)]) if uses else {},
    )
    return schema, answered


def asking_columns(table: TargetTable) -> Question:
    """Return what asks for a table's columns."""
    return (_COLUMNS_OF_NAME, {"name": table.sql})


def columns_of(rows: Rows) -> tuple[TargetColumn, ...]:
    """Return the columns for the answer to ``asking_columns``; none where there is no table."""
    return tuple(map(_column, rows))


def read_database(
    connection: TargetConnection, table: TargetTable, also: Sequence[Question] = ()
) -> tuple[TargetDatabase, Sequence[Rows]]:
    """Read what a plan has to know of the database to create a table; with the rows asked ``also``.

    Raises SchemaError where it cannot be created, because there is no schema for it.
    """
    database = TargetDatabase(connection.version, connection.encoding)
    schema = table.schema or None
    parameters = {"schema": schema, "start": table.name[:COMMON_PREFIX], "name": table.name}
    found, names_alike, missing, *answered = connection.ask(
        (_SCHEMA, (schema,)), (_NAMES, parameters), (_NO_SCHEMA, (schema,)), *also
    )
    if not found:
        _require_new_schema(connection, table, missing)
        return replace(database, creates_schema=True), answered
    ((names, alike),) = names_alike
    return replace(database, names=frozenset(names), alike=tuple(alike)), answered


def _require_new_schema(connection: TargetConnection, table: TargetTable, found: Rows) -> None:
    """Raise SchemaError unless the table's missing schema can be created."""
    if not table.schema:
        raise SchemaError(
            f"There is no schema to create {table} in: none of this login's search_path exists",
            hint="Write the schema in 'pg_table': schema.table.",
        )
    schema = shown(table.schema)
    [(may_create, alike)] = found
    if alike:
        raise SchemaError(
            f"There is no schema {schema} to create {table} in, but {', '.join(map(shown, alike))}",
            hint="'pg_table' keeps the case of its names: did you mean "
            f"{TargetTable(alike[0], table.name)}?",
        )
    if table.schema.startswith("pg_"):
        raise SchemaError(
            f"There is no schema {schema}, and PostgreSQL reserves names that begin with pg_",
            hint="Correct 'pg_table'.",
        )
    if not may_create:
        raise SchemaError(
            f"There is no schema {schema} to create {table} in, and "
            f"{connection.settings.user!r} may not create one",
            hint=create_schema(table.schema, connection.settings.user),
        )


def create_schema(schema: str, role: str) -> str:
    """Return the statement with which an administrator gives the role a schema of its own."""
    return f"CREATE SCHEMA {quote_pg(schema)} AUTHORIZATION {quote_pg(role)};"


def _column(row: tuple[Any, ...]) -> TargetColumn:
    name, type_name, modifier, not_null, has_default, generated, identity, is_enum = row
    kind = PgType(type_name, _modifier(type_name, modifier))
    return TargetColumn(
        name=name,
        type=PgType("enum", enum=type_name) if is_enum else kind,
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
