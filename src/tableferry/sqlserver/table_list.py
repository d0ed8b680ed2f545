"""Lists a database's tables and views, with their approximate rows and sizes."""

from dataclasses import dataclass
from typing import Any, Final

from tableferry.errors import TableferryError, TransientError
from tableferry.model.identifiers import SourceTable, quote_mssql, text_mssql
from tableferry.sqlserver.connection import SourceConnection

PAGE_BYTES: Final = 8192
"""A page of SQL Server (Pages and Extents Architecture Guide)."""

TABLES: Final = """\
SELECT s.name AS schema_name, t.name AS table_name
FROM {catalog}.sys.{kind} AS t
JOIN {catalog}.sys.schemas AS s ON s.schema_id = t.schema_id
WHERE {condition}
ORDER BY s.name, t.name"""

ROWS: Final = """\
SELECT s.name AS schema_name, t.name AS table_name, SUM(p.rows) AS row_count
FROM {catalog}.sys.tables AS t
JOIN {catalog}.sys.schemas AS s ON s.schema_id = t.schema_id
JOIN {catalog}.sys.partitions AS p ON p.object_id = t.object_id
WHERE p.index_id IN (0, 1)
GROUP BY s.name, t.name"""
"""The heap or the clustered index holds every row once."""

PAGES: Final = """\
SELECT s.name AS schema_name, t.name AS table_name, SUM(a.total_pages) AS pages
FROM {catalog}.sys.tables AS t
JOIN {catalog}.sys.schemas AS s ON s.schema_id = t.schema_id
JOIN {catalog}.sys.partitions AS p ON p.object_id = t.object_id
JOIN {catalog}.sys.allocation_units AS a
  ON a.container_id = CASE WHEN a.type = 2 THEN p.partition_id ELSE p.hobt_id END
GROUP BY s.name, t.name"""
"""Large values (type 2) belong to a partition, the others to its heap or tree."""


@dataclass(frozen=True, slots=True)
class FoundTable:
    """A table or view; ``rows`` (about) and ``size`` (bytes, with indexes), None where unknown."""

    table: SourceTable
    rows: int | None
    size: int | None
    is_view: bool = False


def find_tables(
    connection: SourceConnection, *, schema: str = "", like: str = "", views: bool = False
) -> tuple[FoundTable, ...]:
    """Find the database's user tables, sorted by schema and name; raises TableferryError.

    ``schema`` and ``like`` (with the wildcards of T-SQL's LIKE) ignore case. With ``views`` its
    views are found, too.
    """
    database = connection.settings.db
    conditions = []
    if schema:
        conditions.append(f"LOWER(s.name) = LOWER({text_mssql(schema)})")
    if like:
        conditions.append(f"LOWER(t.name) LIKE LOWER({text_mssql(like)})")
    sql = TABLES.replace("{condition}", " AND ".join(["t.is_ms_shipped = 0", *conditions]))

    def named(kind: str) -> list[tuple[str, str]]:
        found = connection.rows(
            _in(database, sql.replace("{kind}", kind)), ["schema_name", "table_name"]
        )
        return [(str(row[0]), str(row[1])) for row in found]

    seen = frozenset(named("views")) if views else frozenset()
    names = sorted([*named("tables"), *seen])
    rows = _numbers(connection, ROWS, "row_count")
    pages = _numbers(connection, PAGES, "pages")
    return tuple(
        FoundTable(
            SourceTable(database, *name),
            rows.get(name),
            pages[name] * PAGE_BYTES if name in pages else None,
            is_view=name in seen,
        )
        for name in names
    )


def _numbers(connection: SourceConnection, sql: str, what: str) -> dict[tuple[str, str], int]:
    """Read one number for each table; empty where it is not supported or not permitted."""
    try:
        found: list[tuple[Any, ...]] = connection.rows(
            _in(connection.settings.db, sql), ["schema_name", "table_name", what]
        )
    except TransientError:
        raise
    except TableferryError:
        return {}  # for display only, so unknown is fine
    return {(schema, name): int(number) for schema, name, number in found if number is not None}


def _in(database: str, sql: str) -> str:
    return sql.replace("{catalog}", quote_mssql(database))
