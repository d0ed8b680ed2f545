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
    rows = _rows(
        connection,
        f"""\
SELECT c.name AS column_name, c.is_masked AS is_masked, c.encryption_type AS encryption_type,
  COALESCE(HAS_PERMS_BY_NAME({name}, 'OBJECT', 'UNMASK'),
    HAS_PERMS_BY_NAME({text_mssql(table.database)}, 'DATABASE', 'UNMASK'), 0) AS may_unmask
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


def filters_rows(connection: SourceConnection, table: SourceTable) -> bool:
    """Whether a security policy hides rows of the table from some logins, this one perhaps."""
    catalog = quote_mssql(table.database)
    rows = _rows(
        connection,
        f"""\
SELECT COUNT(*) AS policies FROM {catalog}.sys.security_predicates AS p
JOIN {catalog}.sys.security_policies AS s ON s.object_id = p.object_id
WHERE p.target_object_id = OBJECT_ID({text_mssql(table.sql)}) AND s.is_enabled = 1
  AND p.predicate_type_desc = 'FILTER'""",
        ["policies"],
    )
    return bool(rows and rows[0][0])


def _rows(connection: SourceConnection, sql: str, columns: list[str]) -> list[tuple[Any, ...]]:
    try:
        return connection.rows(sql, columns)
    except TransientError:
        raise
    except TableferryError:
        # The server has no such columns or views, so it has no such protection either.
        return []
