"""Check whether an existing target table can be loaded, under any publishing strategy. Pure.

Conditions that would fail the load only after reading the source are refused here by name.
"""

from tableferry.config import TableSpec
from tableferry.errors import SchemaError
from tableferry.model.identifiers import shown
from tableferry.model.schema import TargetSchema


def require_loadable(spec: TableSpec, target: TargetSchema) -> tuple[str, ...]:
    """Refuse a table that this login cannot load; returns warnings. Raises SchemaError."""
    if target.row_security:
        raise SchemaError(
            f"Row-level security of {spec.target} applies to this login, so it cannot load all "
            "rows",
            hint="Load as the table's owner, or as a role with BYPASSRLS.",
        )
    warnings = tuple(
        f"the trigger {shown(name)} of {spec.target} runs before each row and may change its values"
        for name in target.row_triggers
    )
    if target.has_children:
        warnings += (
            f"tables inherit from {spec.target} and keep their rows, which queries on it show too",
        )
    return warnings


def require_unreferenced(spec: TableSpec, target: TargetSchema, strategy: str) -> None:
    """Refuse to replace all rows of a table that foreign keys point to; raises SchemaError."""
    if target.referenced_by:
        raise SchemaError(
            f"Foreign keys of {', '.join(target.referenced_by)} point to {spec.target}, so "
            f"'{strategy}' cannot replace its rows",
            hint="Drop these foreign keys, or change the rows in place: 'publish': 'merge'.",
        )
