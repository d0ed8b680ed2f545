"""INSERT, UPDATE, DELETE and TRUNCATE."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from tableferry_sandbox.engine.binding.binder import Binder
from tableferry_sandbox.engine.binding.scope import BoundQuery, Scope, Typed, permit_all
from tableferry_sandbox.engine.database.catalog_objects import Table, TableColumn, View
from tableferry_sandbox.engine.database.rights import require
from tableferry_sandbox.engine.errors import (
    invalid_column,
    invalid_object,
    unsupported,
)
from tableferry_sandbox.engine.execution import output_clause, row_checks
from tableferry_sandbox.engine.execution.catalog_changes import on_rollback
from tableferry_sandbox.engine.execution.isolation import readable_for_write
from tableferry_sandbox.engine.execution.row_writer import Writer
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.execution.statement_binding import binding_context
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.duck_types import literal
from tableferry_sandbox.events import Event, ResultSet, SqlError, StatementDone


def _target(session: SessionState, path: st.Path, verb: str) -> Table:
    found = session.find_object(path)
    if isinstance(found, View):
        raise unsupported("writing through views")
    if found is None:
        raise invalid_object(".".join(path))
    require(session.login, verb, found)
    return found


def insert(session: SessionState, statement: st.Insert) -> Iterator[Event]:
    """INSERT."""
    table = _target(session, statement.table, "INSERT")
    if statement.output and any(
        isinstance(i, s.SelectItem)
        and isinstance(i.expression, s.Name)
        and i.expression.parts[0].lower() != "inserted"
        for i in statement.output
    ):
        raise SqlError(4104, "The multi-part identifier in OUTPUT could not be bound.")
    columns = _insert_columns(session, table, statement)
    if isinstance(statement.source, st.Execute):
        raise unsupported("INSERT ... EXEC")
    context = binding_context(session)
    binder = Binder(context)
    _, release = session.server.store.versions.take()
    try:
        sql = "SELECT 1 AS c0"
        heads: dict[int, str] = {}
        if isinstance(statement.source, s.Query):
            query = _with_defaults(statement.source, columns)
            query = replace(query, tables=(*statement.tables, *query.tables))
            bound = _insert_source(binder, query, columns)
            if len(bound.columns) != len(columns):
                _wrong_number(
                    len(bound.columns), len(columns), query, listed=bool(statement.columns)
                )
            sql = bound.sql
            for i, (column, value) in enumerate(zip(columns, bound.columns, strict=True), 1):
                heads[column.column_id] = row_checks.assigned(f"q.c{i}", value.type, column)
        release()
        with Writer(session, table, "INSERT") as writer:
            rows = writer.insert_with_defaults(binder, sql, heads)
            shown = _output(session, table, binder, statement.output, writer.verb)
    finally:
        release()
        session.unregister()
    yield from _finished(session, rows, "INSERT", shown)


def _output(
    session: SessionState, table: Table, binder: Binder, items: Sequence[s.Node], verb: str
) -> ResultSet | None:
    return output_clause.output(session, table, binder, items, verb) if items else None


def _finished(
    session: SessionState, rows: int, verb: str, shown: ResultSet | None
) -> Iterator[Event]:
    if shown is not None:
        yield shown
    session.row_count = rows
    quiet = session.options["nocount"] == "on" and shown is None
    yield StatementDone(None if quiet else rows, verb)


def _insert_columns(session: SessionState, table: Table, statement: st.Insert) -> list[TableColumn]:
    """Return the columns that an INSERT gives values for. Raises 207, 264, 271, 273, 544."""
    explicit = session.identity_insert is table
    if not statement.columns:
        return (
            [
                c
                for c in table.columns
                if c.computed is None
                and c.type.name != "timestamp"
                and (explicit or not c.identity)
            ]
            if statement.source is not None
            else []
        )
    found = []
    for name in statement.columns:
        column = table.column(name)
        if column is None:
            raise invalid_column(name)
        if column in found:
            raise SqlError(
                264,
                f"The column name '{name}' is specified more than once in the SET clause or "
                "column list of an INSERT.",
            )
        if column.computed is not None:
            raise SqlError(
                271,
                f'The column "{name}" cannot be modified because it is either a computed column '
                "or is the result of a UNION operator.",
            )
        if column.type.name == "timestamp":
            raise SqlError(
                273,
                "Cannot insert an explicit value into a timestamp column. Use INSERT with a "
                "column list to exclude the timestamp column, or insert a DEFAULT into the "
                "timestamp column.",
            )
        if column.identity and not explicit:
            raise SqlError(
                544,
                f"Cannot insert explicit value for identity column in table '{table.name}' when "
                "IDENTITY_INSERT is set to OFF.",
            )
        found.append(column)
    if explicit and table.identity not in found:
        raise SqlError(
            545,
            f"Explicit value must be specified for identity column in table '{table.name}' "
            "either when IDENTITY_INSERT is set to ON or when a replication user is inserting into "
            "a NOT FOR REPLICATION identity column.",
        )
    return found


def _with_defaults(query: s.Query, columns: list[TableColumn]) -> s.Query:
    """Replace DEFAULT in VALUES by the columns' defaults."""
    if not isinstance(query.body, s.ValuesRows):
        return query
    rows = []
    for row in query.body.rows:
        filled = []
        for position, item in enumerate(row):
            if isinstance(item, s.Default) and position < len(columns):
                default = columns[position].default
                filled.append(default.expression if default else s.Null())
            else:
                filled.append(item)
        rows.append(tuple(filled))
    return replace(query, body=s.ValuesRows(tuple(rows)))


def _insert_source(binder: Binder, query: s.Query, columns: list[TableColumn]) -> BoundQuery:
    """Bind the rows; VALUES of one row keep each value's own type."""
    if isinstance(query.body, s.ValuesRows) and len(query.body.rows) == 1:
        values = [binder.value(item, Scope()) for item in query.body.rows[0]]
        typed = (
            tuple(
                Typed(f"c{i}", v.type if v.type.name != "null" else c.type)
                for i, (v, c) in enumerate(zip(values, columns, strict=False), 1)
            )
            if len(values) == len(columns)
            else tuple(Typed("c", t.INT) for _ in values)
        )
        heads = ", ".join(
            f"{literal(None, k.type) if v.type.name == 'null' else v.sql} AS c{i}"
            for i, (v, k) in enumerate(zip(values, typed, strict=True), 1)
        )
        return BoundQuery(f"SELECT {heads}", typed)
    bound = binder.query(query, None)
    if not isinstance(query.body, s.ValuesRows):
        return bound
    # A column that holds only NULLs has no type of its own; it takes the target column's.
    untyped = [all(isinstance(v, s.Null) for v in c) for c in zip(*query.body.rows, strict=True)]
    kept = zip(bound.columns, untyped, strict=True)
    return replace(
        bound, columns=tuple(replace(c, type=t.NULL_TYPE) if null else c for c, null in kept)
    )


def _wrong_number(given: int, wanted: int, query: s.Query, *, listed: bool) -> None:
    if not listed:
        raise SqlError(
            213, "Column name or number of supplied values does not match table definition."
        )
    if isinstance(query.body, s.ValuesRows):
        if wanted > given:
            raise SqlError(
                109,
                "There are more columns in the INSERT statement than values specified in the "
                "VALUES clause. The number of values in the VALUES clause must match the number of "
                "columns specified in the INSERT statement.",
                severity=15,
            )
        raise SqlError(
            110,
            "There are fewer columns in the INSERT statement than values specified in the VALUES "
            "clause. The number of values in the VALUES clause must match the number of columns "
            "specified in the INSERT statement.",
            severity=15,
        )
    number, word = (120, "fewer") if wanted > given else (121, "more")
    raise SqlError(
        number,
        f"The select list for the INSERT statement contains {word} items than the insert "
        "list. The number of SELECT values must match the number of INSERT columns.",
        severity=15,
    )


def _modified(
    session: SessionState,
    binder: Binder,
    path: st.Path,
    source: s.Node | None,
    where: s.Node | None,
) -> tuple[Table, str, str, Scope]:
    """Bind the sources of UPDATE or DELETE: table, its DuckDB alias, FROM and WHERE, scope."""
    scope = Scope()
    name = path[-1].lower()
    if source is None:
        known = session.find_object(path)
        assert isinstance(known, Table)  # noqa: S101 - _find_target looked it up
        table = known
        permit = binder.context.permit
        if where is None:  # no row is read, so SELECT permission is not needed
            binder.context.permit = permit_all
        text = binder.from_clause(s.TableRef(path), scope)
        binder.context.permit = permit
        chosen = scope.sources[0]
    else:
        text = binder.from_clause(source, scope)
        chosen_list = [x for x in scope.sources if x.alias.lower() == name]
        if not chosen_list:
            chosen_list = [x for x in scope.sources if x.path and x.path[-1].lower() == name]
        if not chosen_list:
            raise invalid_object(".".join(path))
        chosen = chosen_list[0]
        found = session.find_object(chosen.path or _path_of(source, chosen.alias) or path)
        if not isinstance(found, Table):
            raise invalid_object(".".join(path))
        table = found
    alias = next(c.sql.split(".")[0] for c in chosen.columns if c.sql.count(".") == 1)
    tail = f" FROM {text}"
    if where is not None:
        tail += f" WHERE {binder.predicate(where, scope)}"
    return table, alias, tail, scope


def _path_of(node: s.Node, alias: str) -> st.Path | None:
    """Return the table that an alias in FROM stands for."""
    if isinstance(node, s.TableRef):
        return node.parts if (node.alias or node.parts[-1]).lower() == alias.lower() else None
    if isinstance(node, s.Join):
        return _path_of(node.left, alias) or _path_of(node.right, alias)
    return None


def _limit(binder: Binder, top: s.Top | None) -> str:
    if top is None:
        return ""
    if top.percent or top.ties:
        raise unsupported("TOP ... PERCENT in UPDATE and DELETE")
    return f" LIMIT {binder.to_type(binder.value(top.count, Scope()), t.BIGINT)}"


def update(session: SessionState, statement: st.Update) -> Iterator[Event]:
    """UPDATE."""
    if any(a.variable for a in statement.assignments):
        raise unsupported("variables in UPDATE")
    context = binding_context(session, partial(readable_for_write, session))
    context.common = {x.name.lower(): (x.columns, x.query) for x in statement.tables}
    binder = Binder(context)
    table = _find_target(session, statement, "UPDATE")
    with Writer(session, table, "UPDATE", keeps_ended=bool(statement.output)) as writer:
        found, alias, tail, scope = _modified(
            session, binder, statement.table, statement.source, statement.where
        )
        heads = {c.column_id: f"{alias}.{c.physical}" for c in found.columns if c.stored}
        changed = []
        for item in statement.assignments:
            column = found.column(item.column)
            if column is None:
                raise invalid_column(item.column)
            heads[column.column_id] = _new_value(binder, column, item.value, scope)
            changed.append(column)
        rows = writer.update(binder, alias, tail + _limit(binder, statement.top), heads, changed)
        shown = _output(session, table, binder, statement.output, writer.verb)
    session.unregister()
    yield from _finished(session, rows, "UPDATE", shown)


def _find_target(session: SessionState, statement: st.Update | st.Delete, verb: str) -> Table:
    """Return the table an UPDATE or DELETE writes, before its rows may be read."""
    if statement.source is not None:
        path = _path_of(statement.source, statement.table[-1])
        if path is not None:
            return _target(session, path, verb)
    return _target(session, statement.table, verb)


def _new_value(binder: Binder, column: TableColumn, node: s.Node, scope: Scope) -> str:
    if column.computed is not None or column.type.name == "timestamp":
        number = 271 if column.computed is not None else 272
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
    value = binder.value(node, scope)
    return row_checks.assigned(value.sql, value.type, column)


def delete(session: SessionState, statement: st.Delete) -> Iterator[Event]:
    """DELETE."""
    context = binding_context(session, partial(readable_for_write, session))
    context.common = {x.name.lower(): (x.columns, x.query) for x in statement.tables}
    binder = Binder(context)
    table = _find_target(session, statement, "DELETE")
    with Writer(session, table, "DELETE", keeps_ended=bool(statement.output)) as writer:
        _, alias, tail, _ = _modified(
            session, binder, statement.table, statement.source, statement.where
        )
        rows = writer.delete(alias, tail + _limit(binder, statement.top))
        shown = _output(session, table, binder, statement.output, writer.verb)
    session.unregister()
    yield from _finished(session, rows, "DELETE", shown)


def truncate(session: SessionState, statement: st.Truncate) -> Iterator[Event]:
    """TRUNCATE TABLE: deletes all rows and restarts the identity."""
    table = session.find_object(statement.table)
    if not isinstance(table, Table):
        raise SqlError(
            4701,
            f'Cannot find the object "{statement.table[-1]}" because it does not exist or you do '
            "not have permissions.",
        )
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
