"""What a login does not get to see as it is: masked, encrypted and filtered data.

Such values arrive without an error and look like others. Servers that know nothing of this
(before 2016, or other makes) have nothing to tell.
"""

from typing import Any

from tableferry.errors import TableferryError, TransientError
from tableferry.identifiers import SourceTable, quote_mssql, text_mssql
from tableferry.source.connection import SourceConnection


def read_protection(connection: SourceConnection, table: SourceTable) -> dict[str, str]:
    """Return, by column, why its values would arrive altered; empty where they do not."""
    name = text_mssql(table.sql)
    catalog = quote_mssql(table.database)
    rows = rows_if_known(
        connection,
        f"""\
SELECT c.name AS column_name, c.is_masked AS is_masked, c.encryption_type AS encryption_type,
  COALESCE(HAS_PERMS_BY_NAME({name}, 'OBJECT', 'UNMASK'),
    HAS_PERMS_BY_NAME({text_mssql(table.database)}, 'DATABASE', 'UNMASK'), 0) AS may_unmask
FROM {catalog}.sys.columns AS c
WHERE c.object_id = OBJECT_ID({name}) AND (c.is_masked = 1 OR c.encryption_type IS NOT NULL)""",
        ["column_name", "is_masked", "encryption_type", "may_unmask"],
    )
    found = _of_the_graph(connection, table)
    for column, masked, encrypted, may_unmask in rows:
        if encrypted is not None:
            found[column] = "is encrypted (Always Encrypted): only ciphertext would arrive"
        elif masked and not may_unmask:
            found[column] = "is masked for this login: grant it UNMASK"
    return found


def _of_the_graph(connection: SourceConnection, table: SourceTable) -> dict[str, str]:
    """Return the columns in which node and edge tables keep what their pseudo columns show.

    Of ``graph_type`` 2, 5 and 8 are those that are computed from them and can be read
    (sys.columns, Transact-SQL).
    """
    rows = rows_if_known(
        connection,
        f"""\
SELECT c.name AS column_name, c.graph_type AS graph_type
FROM {quote_mssql(table.database)}.sys.columns AS c
WHERE c.object_id = OBJECT_ID({text_mssql(table.sql)}) AND c.graph_type IN (1, 3, 4, 6, 7)""",
        ["column_name", "graph_type"],
    )
    return {name: "is the graph's own and cannot be read (13908)" for name, _ in rows}


def filters_rows(connection: SourceConnection, table: SourceTable) -> bool:
    """Whether a security policy hides rows of the table from some logins, this one perhaps."""
    catalog = quote_mssql(table.database)
    rows = rows_if_known(
        connection,
        f"""\
SELECT COUNT(*) AS policies FROM {catalog}.sys.security_predicates AS p
JOIN {catalog}.sys.security_policies AS s ON s.object_id = p.object_id
WHERE p.target_object_id = OBJECT_ID({text_mssql(table.sql)}) AND s.is_enabled = 1
  AND p.predicate_type_desc = 'FILTER'""",
        ["policies"],
    )
    return bool(rows and rows[0][0])


def rows_if_known(
    connection: SourceConnection, sql: str, columns: list[str]
) -> list[tuple[Any, ...]]:
    """Ask for what not every server knows: one without such columns or views has none of it."""
    try:
        return connection.rows(sql, columns)
    except TransientError:
        raise
    except TableferryError:
        return []
