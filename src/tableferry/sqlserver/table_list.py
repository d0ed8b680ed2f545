"""Lists a database's tables and views, with their approximate rows and sizes, or by patterns."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tableferry.config.name_pattern import NamePattern, Piece, Wildcard
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

MATCHES: Final = """\
SELECT s.name AS schema_name, o.name AS table_name, o.type AS kind,
  DATEDIFF(SECOND, o.create_date, GETDATE()) AS age, {matches}
FROM {catalog}.sys.objects AS o
JOIN {catalog}.sys.schemas AS s ON s.schema_id = o.schema_id
WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0 AND NOT EXISTS (
  SELECT 1 FROM {catalog}.sys.extended_properties AS p
  WHERE p.class = 1 AND p.major_id = o.object_id AND p.minor_id = 0
    AND p.name = 'microsoft_database_tools_support')
ORDER BY s.name, o.name"""
"""The property marks the tables of tools, such as dbo.sysdiagrams, which is not is_ms_shipped."""


@dataclass(frozen=True, slots=True)
class FoundTable:
    """A table or view; ``rows`` (about) and ``size`` (bytes, with indexes), None where unknown.

    ``age`` is for how many seconds it has existed by the server's clock, None where unknown.
    """

    table: SourceTable
    rows: int | None
    size: int | None
    is_view: bool = False
    age: int | None = None


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


def match_tables(
    connection: SourceConnection, patterns: Iterable[NamePattern]
) -> dict[NamePattern, tuple[FoundTable, ...]]:
    """Find the database's tables and views that match each pattern, sorted; raises TableferryError.

    One statement for all patterns. The server compares the names, so that the collation of its
    catalog decides about case, accents and width. ``rows`` and ``size`` stay unknown.
    """
    asked = list(dict.fromkeys(patterns))
    if not asked:
        return {}
    columns = [f"matches_{number}" for number in range(len(asked))]
    conditions = (
        f"CASE WHEN {_like('s.name', one.schema)} AND {_like('o.name', one.name)} "
        f"THEN 1 ELSE 0 END AS {column}"
        for one, column in zip(asked, columns, strict=True)
    )
    database = connection.settings.db
    sql = _in(database, MATCHES).replace("{matches}", ", ".join(conditions))
    rows = sorted(connection.rows(sql, ["schema_name", "table_name", "kind", "age", *columns]))
    tables = [
        FoundTable(
            SourceTable(database, str(row[0]), str(row[1])), None, None, row[2][0] == "V", row[3]
        )
        for row in rows
    ]
    return {
        one: tuple(table for table, row in zip(tables, rows, strict=True) if row[4 + number])
        for number, one in enumerate(asked)
    }


def _like(column: str, pieces: Sequence[Piece]) -> str:
    """Return the condition for a name; every sign that is no wildcard of ours is itself."""
    wildcards = {Wildcard.ANY: "%", Wildcard.ONE: "_"}
    pattern = "".join(
        wildcards[one] if isinstance(one, Wildcard) else re.sub(r"[\\%_\[]", r"\\\g<0>", one)
        for one in pieces
    )
    return f"{column} LIKE {text_mssql(pattern)} ESCAPE N'\\'"


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
