"""Check a plan against the encoding of the target database, where that is not UTF-8. Pure.

tableferry sends UTF-8, which PostgreSQL converts to the database's encoding. A character without an
equivalent there (22P05) fails the load, so the plan names the columns that may have one.
"""

from collections.abc import Sequence
from typing import Final

from tableferry.errors import SchemaError
from tableferry.model.identifiers import TargetTable, shown
from tableferry.model.schema import CHARACTER_TYPES
from tableferry.model.target_database import SQL_ASCII, UTF8, TargetDatabase, can_encode
from tableferry.planning.column_plan import ColumnPlan

_TEXTS: Final = CHARACTER_TYPES | {"text", "ntext", "xml", "sql_variant", "json"}
"""The source types whose values may have any character; the texts of all others are ASCII."""

_OR: Final = "or load into a database with the encoding UTF8."

SHOWN_COLUMNS: Final = 10
"""Columns that a warning names; it counts the others."""


def require_encodable(columns: Sequence[ColumnPlan], database: TargetDatabase) -> tuple[str, ...]:
    """Refuse names that the database cannot have; returns warnings about values.

    Raises SchemaError.
    """
    names = [c.target.name for c in columns if not database.can_encode(c.target.name)]
    if names:
        raise SchemaError(
            f"The encoding of the target database is {database.encoding}, in which the column "
            f"{'name' if len(names) == 1 else 'names'} {', '.join(map(shown, names))} cannot be "
            "written",
            hint=f"Choose other names in 'pg_columns', {_OR}",
        )
    texts = [column.source.name for column in columns if column.source.type.name in _TEXTS]
    if database.encoding == UTF8 or not texts:
        return ()
    named = ", ".join(map(shown, texts[:SHOWN_COLUMNS]))
    if len(texts) > SHOWN_COLUMNS:
        named += f" and {len(texts) - SHOWN_COLUMNS:,} more"
    if database.encoding == SQL_ASCII:
        consequence = (
            "PostgreSQL stores these texts as bytes of UTF-8, counts bytes as characters, and "
            f"converts nothing for its clients: {named}"
        )
    else:
        consequence = f"a character that it lacks fails the load. Columns of texts: {named}"
    return (f"the encoding of the target database is {database.encoding}: {consequence}",)


def require_encodable_table(target: TargetTable, encoding: str) -> None:
    """Refuse a table whose name a database of this encoding cannot have; raises SchemaError."""
    if not can_encode(f"{target.schema}.{target.name}", encoding):
        raise SchemaError(
            f"The encoding of the target database is {encoding}, in which the name {target} cannot "
            "be written",
            hint=f"Choose another name in 'pg_table', {_OR}",
        )
