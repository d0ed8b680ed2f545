"""Extended properties: sp_addextendedproperty, sp_updateextendedproperty, sp_dropextendedproperty.

String values only, on tables and columns only: that is where comments (MS_Description) are.
"""

from typing import Final

from tableferry_sandbox.engine.database.catalog_objects import Table
from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.execution import procedure_arguments
from tableferry_sandbox.engine.execution.catalog_changes import on_rollback
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.events import SqlError

PROCEDURES: Final = frozenset(
    {"sp_addextendedproperty", "sp_updateextendedproperty", "sp_dropextendedproperty"}
)
LEVELS: Final = tuple(f"@level{number}{part}" for number in range(3) for part in ("type", "name"))


def change(session: SessionState, procedure: str, statement: st.Execute) -> None:
    """Add, update or drop one property; raises 15233, 15217 or 15135."""
    drops = procedure == "sp_dropextendedproperty"
    names = ("@name", *(() if drops else ("@value",)), *LEVELS)
    given = procedure_arguments.texts(session, statement, names, "extended properties")
    name = given.get("@name")
    if not name:
        raise SqlError(15600, f"An invalid parameter or option was specified for '{procedure}'.")
    table, minor, shown = _subject(session, given)
    key = (minor, name.lower())
    known = table.properties.get(key)
    if known is not None and procedure == "sp_addextendedproperty":
        raise SqlError(
            15233,
            f"Property cannot be added. Property '{name}' already exists for '{shown}'.",
        )
    if known is None and procedure != "sp_addextendedproperty":
        raise SqlError(
            15217,
            "Property cannot be updated or deleted. "
            f"Property '{name}' does not exist for '{shown}'.",
            state=2,
        )
    shown_as = known[0] if known else name
    _put(table, key, None if drops else (shown_as, given.get("@value") or ""))
    on_rollback(session, lambda: _put(table, key, known))


def _put(table: Table, key: tuple[int, str], value: tuple[str, str] | None) -> None:
    if value is None:
        table.properties.pop(key, None)
    else:
        table.properties[key] = value


def _subject(session: SessionState, given: dict[str, str | None]) -> tuple[Table, int, str]:
    """Return the table, the column's id (0 for none) and the name for messages; raises 15135."""
    kinds = [(given.get(name) or "").upper() for name in LEVELS[::2]]
    schema, table_name, column_name = (given.get(name) or "" for name in LEVELS[1::2])
    if kinds not in (["SCHEMA", "TABLE", ""], ["SCHEMA", "TABLE", "COLUMN"]):
        raise unsupported("extended properties of anything but tables and their columns")
    shown = ".".join(filter(None, (schema, table_name, column_name)))
    table = session.find_object((schema, table_name))
    column = table.column(column_name) if isinstance(table, Table) and column_name else None
    if not isinstance(table, Table) or (column is None and column_name):
        raise SqlError(
            15135,
            f"Object is invalid. Extended properties are not permitted on '{shown}', "
            "or the object does not exist.",
        )
    return table, column.column_id if column else 0, shown
