"""The key of a table as SQL Server compares it: types and collations."""

import re
from typing import Final

from tableferry.errors import SchemaError
from tableferry.model.identifiers import quote_mssql, shown, text_mssql
from tableferry.model.key_range import Key, KeyColumn
from tableferry.model.schema import CHARACTER_TYPES
from tableferry.planning.plan import SyncPlan
from tableferry.sqlserver.connection import SourceConnection

COLLATIONS: Final = """\
SELECT c.name AS column_name, c.collation_name AS collation
FROM {catalog}.sys.columns AS c WHERE c.object_id = OBJECT_ID({table})"""


def read_key(connection: SourceConnection, plan: SyncPlan, *, instead: str) -> Key:
    """Return the key of the plan's table; raises TableferryError.

    ``instead`` says in a hint what to do where the collation of a text is not visible.
    """
    collations = _collations(connection, plan, instead)
    return tuple(
        KeyColumn(column.name, column.type, collations.get(column.name, "")) for column in plan.key
    )


def _collations(connection: SourceConnection, plan: SyncPlan, instead: str) -> dict[str, str]:
    texts = [column.name for column in plan.key if column.type.name in CHARACTER_TYPES]
    if not texts:
        return {}
    table = plan.spec.source
    sql = COLLATIONS.replace("{catalog}", quote_mssql(table.database))
    sql = sql.replace("{table}", text_mssql(table.sql))
    found = {
        name: collation
        for name, collation in connection.rows(sql, ["column_name", "collation"])
        if collation and re.fullmatch(r"\w+", collation)
    }
    unknown = [shown(name) for name in texts if name not in found]
    if unknown:
        raise SchemaError(
            f"The source does not show the collation of {', '.join(unknown)}", hint=instead
        )
    return found
