"""The key and the target table of a source table for which nobody has written any."""

from collections.abc import Mapping

from tableferry.model.identifiers import SourceTable, TargetTable
from tableferry.model.naming import find_name, pg_name, shortened


def derived_key(table: SourceTable) -> str:
    """Return a table's key: its name in PostgreSQL; with its schema where that is not ``dbo``."""
    return pg_name(table.name if table.schema == "dbo" else f"{table.schema}_{table.name}")


def derived_target(table: SourceTable, prefix: str, schemas: Mapping[str, str]) -> TargetTable:
    """Return a table's target: in the schema that ``schemas`` has for its own one, by its name.

    Where it has none, the target is in the default schema, and its name is the table's key after
    ``prefix``, which keeps several sources apart.
    """
    if (source_schema := find_name(table.schema, schemas)) is not None:
        return TargetTable(schemas[source_schema], pg_name(table.name))
    return TargetTable("", shortened(f"{prefix.lower()}_{derived_key(table)}"))


def written(target: TargetTable) -> str:
    """Return the name as ``pg_table`` takes it: quoted where it could be read as something else."""
    parts = [part for part in (target.schema, target.name) if part]
    return ".".join(parts) if all(map(_is_plain, parts)) else target.sql


def _is_plain(part: str) -> bool:
    return part.replace("_", "a").isalnum()
