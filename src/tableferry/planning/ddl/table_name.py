"""What a created table's name means for those who will write it in SQL. Pure."""

import re

from tableferry.model.identifiers import TargetTable, quote_pg, shown
from tableferry.model.target_database import TargetDatabase


def schema_statements(target: TargetTable, database: TargetDatabase) -> tuple[str, ...]:
    """Return the statement that creates the table's schema, where that is missing.

    Another table of the run may have created it since the plan was made.
    """
    if not database.creates_schema:
        return ()
    return (f"CREATE SCHEMA IF NOT EXISTS {quote_pg(target.schema)}",)


def name_warnings(target: TargetTable, database: TargetDatabase) -> list[str]:
    """Return warnings of a new schema, of quotes that the name needs, and of names like it."""
    warnings = []
    if database.creates_schema:
        warnings.append(f"the schema {shown(target.schema)} is missing and will be created")
    names = [one for one in (target.schema, target.name) if one]
    if any(re.search("[A-Z]", one) for one in names):
        warnings.append(f"the table's name keeps its case, so SQL has to quote it: {target.sql}")
    elif not all(re.fullmatch(r"[^\W\d][\w$]*", one) for one in names):
        warnings.append(f"SQL has to quote the table's name: {target.sql}")
    if database.alike:
        warnings.append(
            f"the schema of {target} has {', '.join(map(shown, database.alike))} already, whose "
            "name differs in case only"
        )
    return warnings
