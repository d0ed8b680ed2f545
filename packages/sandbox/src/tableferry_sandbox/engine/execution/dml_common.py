"""What INSERT, UPDATE and DELETE share: their table, their OUTPUT and their events."""

from collections.abc import Iterator, Sequence
from functools import partial

from tableferry_sandbox.engine.binding.binder import Binder
from tableferry_sandbox.engine.binding.context import Context
from tableferry_sandbox.engine.binding.scope import Scope
from tableferry_sandbox.engine.database.catalog_objects import Table, View
from tableferry_sandbox.engine.database.rights import column_denied, refused_columns, require
from tableferry_sandbox.engine.database.table_columns import INTERNAL_GRAPH_TYPES, TableColumn
from tableferry_sandbox.engine.errors import (
    invalid_column,
    invalid_object,
    unsupported,
)
from tableferry_sandbox.engine.execution import output_clause
from tableferry_sandbox.engine.execution.implicit_writes import refuse_set_and_column, written
from tableferry_sandbox.engine.execution.isolation import readable_for_write
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.execution.statement_binding import binding_context
from tableferry_sandbox.engine.execution.temporal import refuse_write_of_history
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.events import Event, ResultSet, SqlError, StatementDone


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


def writing_context(session: SessionState, statement: st.Update | st.Delete | st.Merge) -> Context:
    """Return what binding a statement needs that changes the rows it reads."""
    context = binding_context(session, partial(readable_for_write, session))
    context.common = {context.key(x.name): (x.columns, x.query) for x in statement.tables}
    context.ordered = False
    if statement.recursions is not None:
        context.recursions = statement.recursions
    return context


def first_rows(session: SessionState, binder: Binder, top: s.Top | None) -> str:
    """Return the LIMIT of a statement that writes: TOP or SET ROWCOUNT, the smaller one."""
    limits = [str(session.row_limit)] if session.row_limit else []
    if top is not None:
        if top.percent or top.ties:
            raise unsupported("TOP ... PERCENT in a statement that writes")
        limits.append(binder.to_type(binder.value(top.count, Scope()), t.BIGINT))
    if len(limits) > 1:
        limits = [f"least({', '.join(limits)})"]
    return f" LIMIT {limits[0]}" if limits else ""


def new_values(
    session: SessionState, binder: Binder, table: Table, assignments: Sequence[st.Assignment],
    scope: Scope,
) -> list[tuple[TableColumn, str]]:  # fmt: skip
    """Return the stored columns that a SET changes with SQL of their new values.

    Raises 207, 230, 271, 272, 360, 8102, 13537, 13908.
    """
    if any(item.variable for item in assignments):
        raise unsupported("variables in UPDATE")
    refused = refused_columns(session.login, "UPDATE", table)
    found, assigned = [], []  # type: tuple[list[tuple[TableColumn, str]], list[TableColumn]]
    for item in assignments:
        column = table.column(item.column)
        if column is None:
            raise invalid_column(item.column)
        if column.column_id in refused:
            raise column_denied("UPDATE", table, column.name)
        if column.generated:
            raise SqlError(
                13537, f"Cannot update GENERATED ALWAYS columns in table '{table.full_name}'."
            )
        values = _new_values(binder, table, column, item.value, scope)
        found += [(c, values[c.column_id]) for c in table.columns if c.column_id in values]
        assigned.append(column)
    refuse_set_and_column(assigned)
    return found


def _new_values(
    binder: Binder, table: Table, column: TableColumn, node: s.Node, scope: Scope
) -> dict[int, str]:
    """Return SQL of the columns that an assignment changes, by their ids."""
    if column.graph in INTERNAL_GRAPH_TYPES:
        raise SqlError(13908, f"Cannot access internal graph column '{column.name}'.", state=3)
    computed = column.computed is not None and not column.column_set
    if computed or column.type.name == "timestamp":
        number = 271 if computed else 272
        raise SqlError(
            number,
            "Cannot update a timestamp column."
            if number == 272
            else f'The column "{column.name}" cannot be modified because it is either a computed '
            "column or is the result of a UNION operator.",
        )
    if column.identity:
        raise SqlError(8102, f"Cannot update identity column '{column.name}'.")
    if isinstance(node, s.Default):
        node = column.default.expression if column.default else s.Null()
    binder.context.masked = False
    value = binder.value(node, scope)
    if binder.context.masked:
        raise unsupported("an UPDATE to the value of a masked column for a login without UNMASK")
    return written(binder, table, column, value)


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
