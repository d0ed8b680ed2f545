"""Check whether a source table can be read in its mode. Pure.

What would fail only in the second run, when changes are asked for, is refused before the first.
"""

from tableferry.config import ReadMode, TableSpec
from tableferry.errors import SchemaError
from tableferry.model.identifiers import shown
from tableferry.model.naming import caseless
from tableferry.model.schema import SourceSchema
from tableferry.model.table_details import TableDetails


def require_trackable(spec: TableSpec, source: SourceSchema, details: TableDetails) -> None:
    """Refuse what Change Tracking cannot follow; raises SchemaError.

    It tracks tables, and lists what has changed by the columns of their primary key ("About Change
    Tracking", "CHANGETABLE"). ``spec`` has its key, and the key in ``details`` may not be visible.
    """
    if spec.mode is not ReadMode.CHANGE_TRACKING:
        return
    if source.is_view:
        raise SchemaError(
            f"{spec.source} is a view, and Change Tracking follows tables only",
            hint="Name the table in 'sql_table', or choose another 'mode'.",
        )
    tracked = details.primary_key
    if tracked and {*map(caseless, spec.primary_key)} != {*map(caseless, tracked)}:
        named = ", ".join(map(shown, spec.primary_key)) or "no column"
        raise SchemaError(
            f"Change Tracking lists the changes of {spec.source} by its primary key, "
            f"{', '.join(map(shown, tracked))}, and the table is carried by {named}",
            hint="Omit 'primary_key', and carry all columns of the source's; or choose another "
            "'mode'.",
        )
