"""Reads a table's schema from SQL Server's catalog.

Relies on names and type names only: object ids, type ids and version strings differ between
servers that speak T-SQL.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from tableferry.errors import SchemaError, TableferryError
from tableferry.model.identifiers import SourceTable, quote_mssql, shown, text_mssql
from tableferry.model.schema import Isolation, SourceColumn, SourceSchema, SourceType
from tableferry.sqlserver.catalog_answers import CatalogAnswers
from tableferry.sqlserver.code_pages import (
    CHARS,
    CODE_PAGES,
    columns_to_convert,
    misread_columns,
)
from tableferry.sqlserver.connection import READ_COMMITTED, SourceConnection
from tableferry.sqlserver.protection import (
    PROTECTION,
    graph_columns,
    inexact_floats,
    protection_of,
    read_traits,
)
from tableferry.sqlserver.questions import Question, Rows, asked_at_once, rows_if_supported

COLUMNS: Final = Question(
    """\
SELECT {place}c.name AS column_name, t.name AS type_name, b.name AS base_name,
  t.is_user_defined AS is_user_defined,
  c.max_length AS max_length, c.precision AS [precision], c.scale AS scale,
  c.is_nullable AS is_nullable
FROM {asked}{catalog}.sys.columns AS c
LEFT JOIN {catalog}.sys.types AS t ON t.user_type_id = c.user_type_id
LEFT JOIN {catalog}.sys.types AS b ON b.user_type_id = c.system_type_id
WHERE c.object_id = {id}
ORDER BY c.column_id""",
    (
        "column_name",
        "type_name",
        "base_name",
        "is_user_defined",
        "max_length",
        "precision",
        "scale",
        "is_nullable",
    ),
)

ESTIMATE: Final = Question(
    """\
SELECT {place}(SELECT SUM(p.rows) FROM {catalog}.sys.partitions AS p
  WHERE p.object_id = {id} AND p.index_id IN (0, 1)) AS estimated{from}""",
    ("estimated",),
)


def read_schema(
    connection: SourceConnection, table: SourceTable, answers: CatalogAnswers | None = None
) -> SourceSchema:
    """Read a table's columns; raises SchemaError where it does not exist or is not visible.

    With ``answers`` what was asked for other tables as well, a while ago perhaps; otherwise
    everything is asked now.
    """
    answers = answers or CatalogAnswers()
    rows = answers.rows(connection, COLUMNS, table)
    if not rows:
        raise _no_table(connection, table)
    columns = _columns(rows, answers.rows_if_supported(connection, PROTECTION, table))
    hidden = graph_columns(connection, table, (column.name for column in columns), answers)
    hidden |= inexact_floats(connection, columns, answers)
    convert_on_server = columns_to_convert(connection, table, columns, answers)
    columns = tuple(
        replace(
            column,
            protection=column.protection or hidden.get(column.name, ""),
            convert_on_server=column.name in convert_on_server,
        )
        for column in columns
    )
    traits = read_traits(connection, table, answers)
    return SourceSchema(columns, estimated_rows(connection, table, answers), *traits)


def require_unaltered(
    connection: SourceConnection, table: SourceTable, read: Sequence[SourceColumn]
) -> None:
    """Verify after reading that the columns are still those of the plan.

    Raises SchemaError, naming every column that was dropped, changed its type or the code page
    that it is read in, or became masked:
    the rows read may then be of two forms.
    """
    # SQL Server does not version metadata, so SNAPSHOT does not help here, nor does it harm; but a
    # transaction that has left it does not come back.
    isolation = "" if connection.in_snapshot else READ_COMMITTED
    questions = (COLUMNS, PROTECTION, CODE_PAGES)
    rows, protection, pages = asked_at_once(connection, questions, table, isolation)
    if not rows:
        raise _no_table(connection, table)
    misread = misread_columns(pages)
    now = {column.name: column for column in _columns(rows, protection)}
    altered = []
    for column in read:
        found = now.get(column.name)
        if found is None:
            altered.append(f"{shown(column.name)} was dropped")
        elif found.type != column.type:
            altered.append(f"{shown(column.name)} is of type {found.type}, was {column.type}")
        elif found.protection:
            altered.append(f"{shown(column.name)} {found.protection}")
        elif column.type.name in CHARS and column.convert_on_server != (column.name in misread):
            altered.append(f"{shown(column.name)} has another collation")
    if altered:
        raise SchemaError(
            f"{table} was altered while it was read: {', '.join(altered)}",
            hint="The load was rolled back; the old rows stay. Run it again.",
        )


def _columns(rows: Rows, protection: Rows) -> tuple[SourceColumn, ...]:
    """Return the columns, from the answers to ``COLUMNS`` and ``PROTECTION``."""
    protected = protection_of(protection)
    return tuple(
        SourceColumn(
            name,
            SourceType(type_name(own, base, alias=bool(user)), length, precision, scale),
            bool(nullable),
            protected.get(name, ""),
        )
        for name, own, base, user, length, precision, scale, nullable in rows
    )


def _no_table(connection: SourceConnection, table: SourceTable) -> SchemaError:
    """Return the error for a name that has no columns in the catalog, as a synonym's."""
    synonym = f"""\
SELECT s.base_object_name AS base FROM {quote_mssql(table.database)}.sys.synonyms AS s
WHERE s.object_id = OBJECT_ID({text_mssql(table.sql)})"""
    if found := rows_if_supported(connection, synonym, ["base"]):
        return SchemaError(
            f"{table} is a synonym of {found[0][0]}",
            hint="Use that table in 'sql_table', and its database in 'sql_server_db'.",
        )
    hint = "Check 'sql_table' in the configuration, and that the login may SELECT from it."
    if alike := _of_another_case(connection, table):
        hint = f"Names have a case in that database: 'sql_table' has to be {' or '.join(alike)}."
    return SchemaError(
        f"{connection.settings} has no table {table}, or it is not visible to "
        f"{connection.settings.user!r} (208)",
        hint=hint,
        code="208",
    )


def _of_another_case(connection: SourceConnection, table: SourceTable) -> list[str]:
    """Return the tables and views that a name would be but for its case, with their schemas."""
    catalog = quote_mssql(table.database)
    alike = f"""\
SELECT s.name AS schema_name, o.name AS table_name FROM {catalog}.sys.objects AS o
JOIN {catalog}.sys.schemas AS s ON s.schema_id = o.schema_id
WHERE o.type IN ('U', 'V') AND LOWER(s.name) = LOWER({text_mssql(table.schema)})
  AND LOWER(o.name) = LOWER({text_mssql(table.name)})
ORDER BY s.name, o.name"""
    rows = rows_if_supported(connection, alike, ["schema_name", "table_name"])
    return [f"{quote_mssql(schema)}.{quote_mssql(name)}" for schema, name in rows]


def read_isolation(
    connection: SourceConnection, database: str, answers: CatalogAnswers | None = None
) -> Isolation:
    """Read which isolation levels a database offers; none beyond the basic where not visible."""
    # DB_ID finds a name as USE does, by the instance's collation; the catalog compares names by
    # that of the current database, which may tell cases apart.
    rows = (answers or CatalogAnswers()).once(
        connection,
        "SELECT snapshot_isolation_state AS snapshot_state, "
        "is_read_committed_snapshot_on AS row_versions "
        f"FROM sys.databases WHERE name = DB_NAME(DB_ID({text_mssql(database)}))",
        ["snapshot_state", "row_versions"],
    )
    if not rows:
        return Isolation(known=False)
    snapshot, row_versions = rows[0]
    return Isolation(snapshot == 1, bool(row_versions))


_OWN_NAMES: Final = frozenset({"hierarchyid", "geography", "geometry", "json", "vector"})
"""Built-in types without a base type, or with another built-in type as base, as vector's
varbinary."""


def type_name(own: str | None, base: str | None, *, alias: bool) -> str:
    """Return the name of a type, or of an alias type's base type.

    ``sysname`` is an alias of nvarchar. ``own`` is None for an alias type that the login has no
    permission on: the catalog shows the column, but not its type. A CLR type has no named base; it
    keeps its name in a form that matches no rule.
    """
    if own is None:
        return (base or "user-defined (CLR)").lower()
    if not alias and own.lower() in _OWN_NAMES:
        return own.lower()
    if alias and base is None:
        return f"{own} (CLR)"
    return (base or own).lower()


def estimated_rows(
    connection: SourceConnection, table: SourceTable, answers: CatalogAnswers | None = None
) -> int | None:
    """Return the approximate number of rows, for progress; None where unknown."""
    try:
        rows = (answers or CatalogAnswers()).rows(connection, ESTIMATE, table)
    except TableferryError:
        # A view, a server without this catalog view, a login without the permission: progress then
        # shows no percentage, nothing else depends on it.
        return None
    estimated = rows[0][0] if rows else None
    return int(estimated) if estimated is not None and estimated >= 0 else None
