"""SELECT as a statement: a result set, variables, or a new table."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from typing import Final

from tableferry_sandbox.engine.binding.binder import Binder
from tableferry_sandbox.engine.binding.collation_precedence import converted
from tableferry_sandbox.engine.binding.scope import BoundQuery
from tableferry_sandbox.engine.database.catalog_objects import Table
from tableferry_sandbox.engine.database.rights import require_creation
from tableferry_sandbox.engine.database.table_columns import TableColumn
from tableferry_sandbox.engine.errors import (
    object_exists,
    undeclared,
    unsupported,
)
from tableferry_sandbox.engine.execution.catalog_changes import add_table, place
from tableferry_sandbox.engine.execution.masking import behind_masks
from tableferry_sandbox.engine.execution.row_writer import Writer
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.execution.statement_binding import binding_context
from tableferry_sandbox.engine.execution.streaming import Outcome, stream
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import text_sizes
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.events import Event, SqlError, StatementDone
from tableferry_sandbox.sqltypes import MAX

NO_TEXT_SIZE: Final = 2_147_483_647
"""The TEXTSIZE that truncates nothing."""


def select(session: SessionState, statement: st.QueryStatement) -> Iterator[Event]:
    """SELECT: a result set, or variables, or a new table."""
    body = statement.query.body
    items = body.items if isinstance(body, s.Select) else ()
    variables = [item.variable for item in items if item.variable is not None]
    if variables and len(variables) != len(items):
        raise SqlError(
            141,
            "A SELECT statement that assigns a value to a variable must not be combined "
            "with data-retrieval operations.",
            severity=15,
        )
    context = binding_context(session, registered=False)
    _, release = session.server.store.versions.take()
    outcome = Outcome()
    try:
        binder = Binder(context)
        bind = binder.untyped_query if variables else binder.query
        bound = behind_masks(context, _first_rows(session, bind(statement.query, None)))
        if variables or (isinstance(body, s.Select) and body.into is not None):
            session.register_noted()
        if isinstance(body, s.Select) and body.into is not None:
            yield from _select_into(session, body.into, bound)
            return
        if variables:
            yield from _assign(session, variables, bound, accumulates=_accumulates(items))
            return
        result = stream(session, cut_to_text_size(session, bound), context, outcome, release)
        try:
            yield result
        finally:
            if isinstance(result.batches, Generator):
                result.batches.close()  # a cancelled client has not read to the end
    finally:
        release()
        session.unregister()
    if outcome.error is not None:
        raise outcome.error
    session.row_count = outcome.rows
    yield StatementDone(outcome.rows, "SELECT")


def _first_rows(session: SessionState, bound: BoundQuery) -> BoundQuery:
    """End a query after the rows of SET ROWCOUNT."""
    limit = session.row_limit
    return replace(bound, sql=f"SELECT * FROM ({bound.sql}) LIMIT {limit}") if limit else bound


def cut_to_text_size(session: SessionState, bound: BoundQuery) -> BoundQuery:
    """Truncate long values to SET TEXTSIZE, in bytes; FreeTDS sets 64512 by default."""
    size = int(session.options["textsize"])
    if not 0 < size < NO_TEXT_SIZE:
        return bound
    items, changed = [], False
    for i, column in enumerate(bound.columns, 1):
        kind = t.family(column.type)
        text = f"c{i}"
        if column.type.length == MAX and kind in ("string", "xml"):
            length = size // 2 if t.is_national(column.type) else size
            text = text_sizes.cut(f"c{i}", length, column.type)
        elif column.type.length == MAX and kind == "binary":
            text = f"ts_bytes(c{i}, {size})"
        changed = changed or text != f"c{i}"
        items.append(f"{text} AS c{i}")
    if not changed:
        return bound
    return BoundQuery(f"SELECT {', '.join(items)} FROM ({bound.sql})", bound.columns)


def _accumulates(items: Sequence[s.SelectItem]) -> bool:
    """Return whether a variable is read where it is assigned, so that each row changes it.

    Raises 50000 if an item reads a variable that another assigns: their order is undefined.
    """
    assigned = {str(item.variable).lower() for item in items}
    found = False
    for item in items:
        read = {x.name.lower() for x in s.nodes(item.expression) if isinstance(x, s.Variable)}
        if (read & assigned) - {str(item.variable).lower()}:
            raise unsupported("a variable that one item of a SELECT assigns and another one reads")
        found = found or bool(read & assigned)
    return found


def _assign(
    session: SessionState, names: list[str], bound: BoundQuery, *, accumulates: bool
) -> Iterator[Event]:
    """Assign the last row's values to variables; without rows they keep their values."""
    heads = []
    for i, (name, column) in enumerate(zip(names, bound.columns, strict=True), 1):
        found = session.variables.get(name.lower())
        if found is None:
            raise undeclared(name)
        default = session.current.collation
        sql = converted(f"q.c{i}", column.type, found[0], default, explicit=False)
        heads.append(f"{sql} AS c{i}")
    rows = session.rows(f"SELECT {', '.join(heads)} FROM ({bound.sql}) AS q")
    if accumulates and len(rows) > 1:
        raise unsupported("a variable that a SELECT of several rows assigns and reads")
    if rows:
        for name, value in zip(names, rows[-1], strict=True):
            kind = session.variables[name.lower()][0]
            session.variables[name.lower()] = (kind, value)
    session.row_count = len(rows)
    yield StatementDone(len(rows), "SELECT")


def _select_into(
    session: SessionState, path: tuple[str, ...], bound: BoundQuery
) -> Iterator[Event]:
    """SELECT ... INTO: a table with the query's columns, filled."""
    database, schema, name = place(session, path)
    if name[0] != "#":
        require_creation(session.login, "CREATE TABLE", session.current)
    if session.find_object(path) is not None:
        raise object_exists(name)
    store = session.server.store
    table = Table(database, database.new_object_id(), schema, name, store.new_name())
    table.temporary = name.startswith("#")
    for number, column in enumerate(bound.columns, 1):
        if not column.name:
            raise SqlError(
                1038,
                "An object or column name is missing or empty. For SELECT INTO statements, "
                "verify each column has a name.",
            )
        kind = t.with_collation(column.type, column.type.collation or database.collation)
        identity = (1, 1) if column.identity else None
        table.columns.append(TableColumn(number, column.name, kind, column.nullable, identity))
    table.next_column_id = len(table.columns) + 1
    add_table(session, table)
    with Writer(session, table, "INSERT") as writer:
        heads = [f"c{i}" for i in range(1, len(bound.columns) + 1)]
        rows = writer.insert(f"SELECT {', '.join(heads)} FROM ({bound.sql})", table.columns)
    session.row_count = rows
    yield StatementDone(rows, "SELECT INTO")
