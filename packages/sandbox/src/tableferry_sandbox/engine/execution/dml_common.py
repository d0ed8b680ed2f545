"""What INSERT, UPDATE and DELETE share: their table, their OUTPUT and their events."""

from collections.abc import Iterator, Sequence

from tableferry_sandbox.engine.binding.binder import Binder
from tableferry_sandbox.engine.database.catalog_objects import Table, View
from tableferry_sandbox.engine.database.rights import refused_columns, require
from tableferry_sandbox.engine.errors import (
    invalid_object,
    unsupported,
)
from tableferry_sandbox.engine.execution import output_clause
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.execution.temporal import refuse_write_of_history
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.events import Event, ResultSet, StatementDone


def writable_table(session: SessionState, path: st.Path, verb: str) -> Table:
    """Return the table that a statement writes. Raises 208, 229, and 50000 for a view."""
    found = session.find_object(path)
    if isinstance(found, View):
        raise unsupported("writing through views")
    if found is None:
        raise invalid_object(".".join(path))
    if verb == "UPDATE":
        refused_columns(session.login, verb, found)
    else:
        require(session.login, verb, found)
    refuse_write_of_history(found, verb)
    return found


def output_of(
    session: SessionState, table: Table, binder: Binder, items: Sequence[s.Node], verb: str
) -> ResultSet | None:
    """Return the result set of an OUTPUT clause, None without one."""
    return output_clause.output(session, table, binder, items, verb) if items else None


def finished(
    session: SessionState, rows: int, verb: str, shown: ResultSet | None
) -> Iterator[Event]:
    """Yield what ends a statement: its OUTPUT, and the number of rows unless NOCOUNT is on."""
    if shown is not None:
        yield shown
    session.row_count = rows
    quiet = session.options["nocount"] == "on" and shown is None
    yield StatementDone(None if quiet else rows, verb)
