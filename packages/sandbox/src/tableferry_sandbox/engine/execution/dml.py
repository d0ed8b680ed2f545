"""UPDATE, DELETE and TRUNCATE."""

from collections.abc import Callable, Iterator

from tableferry_sandbox.engine.binding.binder import Binder
from tableferry_sandbox.engine.binding.context import permit_all
from tableferry_sandbox.engine.binding.scope import Scope
from tableferry_sandbox.engine.database.catalog_objects import Table
from tableferry_sandbox.engine.errors import invalid_object
from tableferry_sandbox.engine.execution.catalog_changes import on_rollback
from tableferry_sandbox.engine.execution.change_tracking import context_of
from tableferry_sandbox.engine.execution.dml_common import (
    finished,
    first_rows,
    new_values,
    output_of,
    writable_table,
    writing_context,
)
from tableferry_sandbox.engine.execution.row_writer import Writer
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.execution.temporal import refuse_truncate
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.events import Event, SqlError, StatementDone


def _modified(
    session: SessionState, binder: Binder, statement: st.Update | st.Delete
) -> tuple[Table, str, str, Scope]:
    """Bind the sources of UPDATE or DELETE: table, its DuckDB alias, FROM and WHERE, scope."""
    path, source, where = statement.table, statement.source, statement.where
    scope = Scope()
    key = session.current.key
    name = key(path[-1])
    if source is None:
        known = session.find_object(path)
        assert isinstance(known, Table)  # noqa: S101 - _find_target looked it up
        table = known
        permit = binder.context.permit
        values = statement.assignments if isinstance(statement, st.Update) else ()
        if where is None and not any(isinstance(n, s.Name) for n in s.nodes(values)):
            # No row is read, so SELECT permission is not needed.
            binder.context.permit = permit_all
        text = binder.from_clause(s.TableRef(path), scope)
        binder.context.permit = permit
        chosen = scope.sources[0]
    else:
        text = binder.from_clause(source, scope)
        chosen_list = [x for x in scope.sources if key(x.alias) == name]
        if not chosen_list:
            chosen_list = [x for x in scope.sources if x.path and key(x.path[-1]) == name]
        if not chosen_list:
            raise invalid_object(".".join(path))
        chosen = chosen_list[0]
        found = session.find_object(chosen.path or _path_of(source, chosen.alias, key) or path)
        if not isinstance(found, Table):
            raise invalid_object(".".join(path))
        table = found
    alias = next(c.sql.split(".")[0] for c in chosen.columns if c.sql.count(".") == 1)
    tail = f" FROM {text}"
    if where is not None:
        tail += f" WHERE {binder.predicate(where, scope)}"
    return table, alias, tail, scope


def _path_of(node: s.Node, alias: str, key: Callable[[str], str]) -> st.Path | None:
    """Return the table that an alias in FROM stands for."""
    if isinstance(node, s.TableRef):
        return node.parts if key(node.alias or node.parts[-1]) == key(alias) else None
    if isinstance(node, s.Join):
        return _path_of(node.left, alias, key) or _path_of(node.right, alias, key)
    return None


def update(session: SessionState, statement: st.Update) -> Iterator[Event]:
    """Run an UPDATE. Raises 207, 208, 229, 271, 272, 8102, and what checks raise."""
    binder = Binder(writing_context(session, statement))
    table = _find_target(session, statement, "UPDATE")
    writing = Writer(
        session, table, "UPDATE", keeps_ended=bool(statement.output),
        change_context=context_of(session, statement),
    )  # fmt: skip
    with writing as writer:
        found, alias, tail, scope = _modified(session, binder, statement)
        heads = {c.column_id: f"{alias}.{c.physical}" for c in found.columns if c.stored}
        assigned = new_values(session, binder, found, statement.assignments, scope)
        heads |= {column.column_id: sql for column, sql in assigned}
        changed = [column for column, _ in assigned]
        tail += first_rows(session, binder, statement.top)
        rows = writer.update(binder, alias, tail, heads, changed)
        shown = output_of(session, table, binder, statement.output, writer.verb)
    session.unregister()
    yield from finished(session, rows, "UPDATE", shown)


def _find_target(session: SessionState, statement: st.Update | st.Delete, verb: str) -> Table:
    """Return the table an UPDATE or DELETE writes, before its rows may be read."""
    if statement.source is not None:
        path = _path_of(statement.source, statement.table[-1], session.current.key)
        if path is not None:
            return writable_table(session, path, verb)
    return writable_table(session, statement.table, verb)


def delete(session: SessionState, statement: st.Delete) -> Iterator[Event]:
    """Run a DELETE. Raises 208, 229, 547."""
    binder = Binder(writing_context(session, statement))
    table = _find_target(session, statement, "DELETE")
    writing = Writer(
        session, table, "DELETE", keeps_ended=bool(statement.output),
        change_context=context_of(session, statement),
    )  # fmt: skip
    with writing as writer:
        _, alias, tail, _ = _modified(session, binder, statement)
        rows = writer.delete(alias, tail + first_rows(session, binder, statement.top))
        shown = output_of(session, table, binder, statement.output, writer.verb)
    session.unregister()
    yield from finished(session, rows, "DELETE", shown)


def truncate(session: SessionState, statement: st.Truncate) -> Iterator[Event]:
    """TRUNCATE TABLE: deletes all rows and restarts the identity."""
    table = session.find_object(statement.table)
    if not isinstance(table, Table):
        raise SqlError(
            4701,
            f'Cannot find the object "{statement.table[-1]}" because it does not exist or you do '
            "not have permissions.",
        )
    refuse_truncate(table)
    if any(
        k.table is table for o in table.database.tables() if o is not table for k in o.foreign_keys
    ):
        raise SqlError(
            4712,
            f"Cannot truncate table '{table.name}' because it is being referenced by a FOREIGN KEY "
            "constraint.",
        )
    with Writer(session, table, "TRUNCATE") as writer:
        writer.delete_all()
    if table.identity and table.identity.identity:
        saved = table.identity_next, table.identity_last

        def undo() -> None:
            table.identity_next, table.identity_last = saved

        on_rollback(session, undo)
        table.identity_next, table.identity_last = table.identity.identity[0], None
    session.row_count = 0
    yield StatementDone(None, "TRUNCATE TABLE")
