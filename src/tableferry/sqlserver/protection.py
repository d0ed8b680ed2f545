"""Finds data that would arrive altered: masked, encrypted or filtered data, rounded floats.

Such values arrive without an error and look like any other. Servers without these features (before
2016, or not SQL Server) have no such columns.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

from tableferry.errors import TableferryError, TransientError
from tableferry.model.identifiers import SourceTable, quote_mssql, text_mssql
from tableferry.model.schema import SourceColumn
from tableferry.sqlserver.connection import SourceConnection

_GRAPH_COLUMN: Final = re.compile(r"(graph_id|(from|to)_(obj_)?id)_[0-9A-F]+", re.IGNORECASE)
"""The names of a graph table's internal columns: a word and 32 hexadecimal digits."""

_THREE_TENTHS: Final = 0.30000000000000004
"""Three times 0.1 as a float, whose text needs 17 digits."""


def read_protection(connection: SourceConnection, table: SourceTable) -> dict[str, str]:
    """Return why values would arrive altered, by column; unaltered columns are left out."""
    name = text_mssql(table.sql)
    catalog = quote_mssql(table.database)
    rows = rows_if_supported(
        connection,
        f"""\
SELECT c.name AS column_name, c.is_masked AS is_masked, c.encryption_type AS encryption_type,
  CASE WHEN 1 IN (HAS_PERMS_BY_NAME({name}, 'OBJECT', 'UNMASK', c.name, 'COLUMN'),
    HAS_PERMS_BY_NAME({name}, 'OBJECT', 'UNMASK'),
    HAS_PERMS_BY_NAME({text_mssql(table.database)}, 'DATABASE', 'UNMASK'),
    HAS_PERMS_BY_NAME({text_mssql(catalog)}, 'DATABASE', 'UNMASK')) THEN 1 ELSE 0 END AS may_unmask
FROM {catalog}.sys.columns AS c
WHERE c.object_id = OBJECT_ID({name}) AND (c.is_masked = 1 OR c.encryption_type IS NOT NULL)""",
        ["column_name", "is_masked", "encryption_type", "may_unmask"],
    )
    found = {}
    for column, masked, encrypted, may_unmask in rows:
        if encrypted is not None:
            found[column] = "is encrypted (Always Encrypted): only ciphertext would arrive"
        elif masked and not may_unmask:
            found[column] = "is masked for this login: grant it UNMASK"
    return found


def graph_columns(
    connection: SourceConnection, table: SourceTable, names: Iterable[str]
) -> dict[str, str]:
    """Return the internal columns of node and edge tables, which cannot be read.

    Queried only where a name looks like one. The ``graph_type`` 2, 5 and 8 are the pseudo columns,
    which are computed from them and can be read (sys.columns, Transact-SQL).
    """
    if not any(_GRAPH_COLUMN.fullmatch(name) for name in names):
        return {}
    rows = rows_if_supported(
        connection,
        f"""\
SELECT c.name AS column_name, c.graph_type AS graph_type
FROM {quote_mssql(table.database)}.sys.columns AS c
WHERE c.object_id = OBJECT_ID({text_mssql(table.sql)}) AND c.graph_type IN (1, 3, 4, 6, 7)""",
        ["column_name", "graph_type"],
    )
    return {name: "is internal to the graph and cannot be read (13908)" for name, _ in rows}


def inexact_floats(connection: SourceConnection, columns: Iterable[SourceColumn]) -> dict[str, str]:
    """Return the columns whose floats the server would convert to text with too few digits.

    Only a sql_variant's floats are read as text, in a style that exists since SQL Server 2016;
    earlier versions treat an unknown style as 0, six digits (CAST and CONVERT).
    """
    variants = [column.name for column in columns if column.type.name == "sql_variant"]
    if not variants:
        return {}
    written = rows_if_supported(
        connection,
        "SELECT CONVERT(varchar(30), CAST(0.1 AS float(53)) * 3, 3) AS written",
        ["written"],
    )
    if not written or float(written[0][0]) == _THREE_TENTHS:
        return {}
    return dict.fromkeys(
        variants, "may hold floats, which a server before SQL Server 2016 cannot write exactly"
    )


def read_traits(connection: SourceConnection, table: SourceTable) -> tuple[bool, bool, bool]:
    """Return whether a policy filters its rows, whether it is memory-optimized, and a view."""
    catalog, name = quote_mssql(table.database), text_mssql(table.sql)
    others = f"""\
(SELECT COUNT(*) FROM {catalog}.sys.tables AS t
    WHERE t.object_id = OBJECT_ID({name}) AND t.is_memory_optimized = 1) AS in_memory,
  (SELECT COUNT(*) FROM {catalog}.sys.views AS v WHERE v.object_id = OBJECT_ID({name})) AS views"""
    rows = rows_if_supported(
        connection,
        f"""\
SELECT (SELECT COUNT(*) FROM {catalog}.sys.security_predicates AS p
    JOIN {catalog}.sys.security_policies AS s ON s.object_id = p.object_id
    WHERE p.target_object_id = OBJECT_ID({name}) AND s.is_enabled = 1
      AND p.predicate_type_desc = 'FILTER') AS policies,
  {others}""",
        ["policies", "in_memory", "views"],
    )
    if not rows:
        # SQL Server 2014 has memory-optimized tables, but no policies yet.
        without = rows_if_supported(connection, f"SELECT {others}", ["in_memory", "views"])
        rows = [(0, *row) for row in without]
    policies, in_memory, views = rows[0] if rows else (0, 0, 0)
    return bool(policies), bool(in_memory), bool(views)


def rows_if_supported(
    connection: SourceConnection, sql: str, columns: list[str]
) -> list[tuple[Any, ...]]:
    """Run a query that not every server supports; no rows where it is not supported."""
    try:
        return connection.rows(sql, columns)
    except TransientError:
        raise
    except TableferryError:
        return []
