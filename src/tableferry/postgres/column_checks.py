"""Whether a check of one column of a table would refuse a value, asked without storing it."""

from typing import Final

from tableferry.errors import TableferryError
from tableferry.model.identifiers import TargetTable, quote_pg
from tableferry.postgres.connection import TargetConnection

_CHECKS: Final = """\
SELECT pg_get_expr(k.conbin, k.conrelid), format_type(a.atttypid, a.atttypmod)
FROM pg_constraint k
JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
WHERE k.conrelid = to_regclass(%s) AND k.contype = 'c' AND cardinality(k.conkey) = 1
  AND a.attname = %s"""


def is_refused_by_a_check(
    connection: TargetConnection, table: TargetTable, column: str, text: str | None
) -> bool:
    """Whether a check of this column alone refuses the value with this text.

    False where that cannot be found out: the check fails itself, or is of a domain. The open
    transaction lives on. Raises TableferryError where the catalog cannot be read.
    """
    for check, kind in connection.rows(_CHECKS, (table.sql, column)):
        value = f"%s::text::{_escaped(kind)} AS {_escaped(quote_pg(column))}"
        sql = f"SELECT ({_escaped(check)}) IS FALSE FROM (SELECT {value}) AS t"
        try:
            with connection.transaction():
                [(is_refused,)] = connection.rows(sql, (text,))
        except TableferryError:
            continue
        if is_refused:
            return True
    return False


def _escaped(sql: str) -> str:
    """Return SQL in which a percent sign begins no placeholder."""
    return sql.replace("%", "%%")
