"""What does not arrive as it is: masked, encrypted and filtered data, floats that are rounded.

Such values arrive without an error and look like others. Servers that know nothing of this
(before 2016, or other makes) have nothing to tell.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

from tableferry.errors import TableferryError, TransientError
from tableferry.model.identifiers import SourceTable, quote_mssql, text_mssql
from tableferry.model.schema import SourceColumn
from tableferry.sqlserver.connection import SourceConnection

_OF_A_GRAPH: Final = re.compile(r"(graph_id|(from|to)_(obj_)?id)_[0-9A-F]+", re.IGNORECASE)
"""The names that SQL Server gives to a graph's own columns: a word and 32 digits."""

_THREE_TENTHS: Final = 0.30000000000000004
"""What three times 0.1 is as a float: it takes 17 digits to write it."""


def read_protection(connection: SourceConnection, table: SourceTable) -> dict[str, str]:
    """Return, by column, why its values would arrive altered; empty where they do not."""
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
    """Return the columns in which node and edge tables keep what their pseudo columns show.

    Asked for only where one of the names looks like it. Of ``graph_type`` 2, 5 and 8 are those
    that are computed from them and can be read (sys.columns, Transact-SQL).
    """
    if not any(_OF_A_GRAPH.fullmatch(name) for name in names):
        return {}
    rows = rows_if_supported(
        connection,
        f"""\
SELECT c.name AS column_name, c.graph_type AS graph_type
FROM {quote_mssql(table.database)}.sys.columns AS c
WHERE c.object_id = OBJECT_ID({text_mssql(table.sql)}) AND c.graph_type IN (1, 3, 4, 6, 7)""",
        ["column_name", "graph_type"],
    )
    return {name: "is the graph's own and cannot be read (13908)" for name, _ in rows}


def inexact_floats(connection: SourceConnection, columns: Iterable[SourceColumn]) -> dict[str, str]:
    """Return the columns whose floats the server would write with fewer digits than they have.

    Only a sql_variant's floats are read as text, in a style that SQL Server has since 2016; the
    ones before take a style that they do not know for 0, six digits (CAST and CONVERT).
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


def read_traits(connection: SourceConnection, table: SourceTable) -> tuple[bool, bool]:
    """Whether a security policy hides rows from some logins, and whether it is memory-optimized."""
    catalog, name = quote_mssql(table.database), text_mssql(table.sql)
    in_memory = f"""\
(SELECT COUNT(*) FROM {catalog}.sys.tables AS t
    WHERE t.object_id = OBJECT_ID({name}) AND t.is_memory_optimized = 1) AS in_memory"""
    rows = rows_if_supported(
        connection,
        f"""\
SELECT (SELECT COUNT(*) FROM {catalog}.sys.security_predicates AS p
    JOIN {catalog}.sys.security_policies AS s ON s.object_id = p.object_id
    WHERE p.target_object_id = OBJECT_ID({name}) AND s.is_enabled = 1
      AND p.predicate_type_desc = 'FILTER') AS policies,
  {in_memory}""",
        ["policies", "in_memory"],
    )
    if not rows:
        # SQL Server 2014 has such tables, and no policies yet.
        rows = [
            (0, *row) for row in rows_if_supported(connection, f"SELECT {in_memory}", ["in_memory"])
        ]
    policies, found = rows[0] if rows else (0, 0)
    return bool(policies), bool(found)


def rows_if_supported(
    connection: SourceConnection, sql: str, columns: list[str]
) -> list[tuple[Any, ...]]:
    """Ask for what not every server knows: one without such columns or views has none of it."""
    try:
        return connection.rows(sql, columns)
    except TransientError:
        raise
    except TableferryError:
        return []
