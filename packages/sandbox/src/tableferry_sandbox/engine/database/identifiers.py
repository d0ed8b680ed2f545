"""Names of objects and columns: which spellings are the same name in a database.

Identifiers have the collation of their database (Database identifiers): where that is
case-sensitive, ``T`` and ``t`` are two tables. Names of temporary tables have the collation of
tempdb, and names of databases, logins and variables that of the instance.
"""

from collections.abc import Callable

from tableferry_sandbox.engine.types.case_folding import fold_sql, folding


class Identifiers:
    """How a database of a collation compares identifiers."""

    def __init__(self, collation: str) -> None:
        self.collation = collation

    @property
    def key(self) -> Callable[[str], str]:
        """What maps all spellings of a name to what they have in common."""
        return folding(self.collation)

    def path(self, schema: str, name: str) -> tuple[str, str]:
        """Return the key of an object: that of its schema, and its own."""
        return self.key(schema), self.key(name)

    def key_sql(self, sql: str) -> str:
        """Return DuckDB SQL of the key of a name that ``sql`` evaluates to."""
        return fold_sql(sql, self.collation)
