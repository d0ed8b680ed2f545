"""INSERT: columns, defaults, and the rows of VALUES or a query."""

from collections.abc import Iterator
from dataclasses import replace

from tableferry_sandbox.engine.binding.binder import Binder
from tableferry_sandbox.engine.binding.scope import BoundQuery, Scope, Typed
from tableferry_sandbox.engine.database.catalog_objects import Table
from tableferry_sandbox.engine.database.table_columns import INTERNAL_GRAPH_TYPES, TableColumn
from tableferry_sandbox.engine.errors import (
    invalid_column,
    unsupported,
)
from tableferry_sandbox.engine.execution.change_tracking import context_of
from tableferry_sandbox.engine.execution.dml_common import finished, output_of, writable_table
from tableferry_sandbox.engine.execution.implicit_writes import (
    ENDS,
    refuse_set_and_column,
    written,
)
from tableferry_sandbox.engine.execution.masking import behind_masks
from tableferry_sandbox.engine.execution.row_writer import Writer
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.execution.statement_binding import binding_context
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.duck_types import literal
from tableferry_sandbox.engine.types.masks import DEFAULT_MASK
from tableferry_sandbox.events import Event, SqlError


def insert(session: SessionState, statement: st.Insert) -> Iterator[Event]:
    """Run an INSERT. Raises 109, 110, 120, 121 or 213 for a wrong number of values."""
    table = writable_table(session, statement.table, "INSERT")
    if statement.output and any(
        isinstance(i, s.SelectItem)
        and isinstance(i.expression, s.Name)
        and session.current.key(i.expression.parts[0]) != session.current.key("inserted")
        for i in statement.output
    ):
        raise SqlError(4104, "The multi-part identifier in OUTPUT could not be bound.")
    columns = insert_columns(session, table, statement)
    if isinstance(statement.source, st.Execute):
        raise unsupported("INSERT ... EXEC")
    context = binding_context(session)
    binder = Binder(context)
    change_context = context_of(session, statement)
    _, release = session.server.store.versions.take()
    try:
        sql = "SELECT 1 AS c0"
        heads: dict[int, str] = {}
        if isinstance(statement.source, s.Query):
            query, columns = without_generated(table, statement.source, columns)
            query = with_defaults(query, columns)
            query = replace(query, tables=(*statement.tables, *query.tables))
            bound = behind_masks(context, _insert_source(binder, query, columns))
            if len(bound.columns) != len(columns):
                wrong_number(
                    len(bound.columns), len(columns), query, listed=bool(statement.columns)
                )
            sql = bound.sql
            for i, (column, value) in enumerate(zip(columns, bound.columns, strict=True), 1):
                heads |= written(binder, table, column, replace(value, sql=f"q.c{i}"))
        if session.row_limit:
            sql = f"SELECT * FROM ({sql}) LIMIT {session.row_limit}"
        release()
        with Writer(session, table, "INSERT", change_context=change_context) as writer:
            rows = writer.insert_with_defaults(binder, sql, heads)
            shown = output_of(session, table, binder, statement.output, writer.verb)
    finally:
        release()
        session.unregister()
    yield from finished(session, rows, "INSERT", shown)


def insert_columns(session: SessionState, table: Table, statement: st.Insert) -> list[TableColumn]:
    """Return the columns that an INSERT gives values for. Raises 207, 264, 271, 273, 544."""
    explicit = session.identity_insert is table
    if not statement.columns:
        return (
            [
                c
                for c in table.columns
                if (c.computed is None or c.column_set or c.graph in ENDS)
                and not (c.sparse and table.column_set is not None)
                and c.type.name != "timestamp"
                and not c.hidden
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
        _refuse_value(table, column, explicit=explicit)
        found.append(column)
    refuse_set_and_column(found)
    if explicit and table.identity not in found:
        raise SqlError(
            545,
            f"Explicit value must be specified for identity column in table '{table.name}' "
            "either when IDENTITY_INSERT is set to ON or when a replication user is inserting into "
            "a NOT FOR REPLICATION identity column.",
        )
    return found


def _refuse_value(table: Table, column: TableColumn, *, explicit: bool) -> None:
    """Raise 271, 273, 544 or 13908 for a column that gets its values by itself."""
    if column.column_set or column.graph in ENDS:
        return
    if column.graph in INTERNAL_GRAPH_TYPES:
        raise SqlError(13908, f"Cannot access internal graph column '{column.name}'.")
    if column.computed is not None:
        raise SqlError(
            271,
            f'The column "{column.name}" cannot be modified because it is either a computed column '
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


def without_generated(
    table: Table, query: s.Query, columns: list[TableColumn]
) -> tuple[s.Query, list[TableColumn]]:
    """Leave out the columns GENERATED ALWAYS, whose only value is DEFAULT; raises 13536."""
    places = [i for i, column in enumerate(columns) if column.generated]
    if not places:
        return query, columns
    body = query.body
    if not isinstance(body, s.ValuesRows) or any(
        place < len(row) and not isinstance(row[place], s.Default)
        for row in body.rows
        for place in places
    ):
        raise SqlError(
            13536,
            f"Cannot insert an explicit value into a GENERATED ALWAYS column in table "
            f"'{table.full_name}'. Use INSERT with a column list to exclude the GENERATED ALWAYS "
            "column, or insert a DEFAULT into GENERATED ALWAYS column.",
        )
    rows = tuple(
        tuple(value for i, value in enumerate(row) if i not in places) for row in body.rows
    )
    kept = [column for i, column in enumerate(columns) if i not in places]
    return replace(query, body=s.ValuesRows(rows)), kept


def with_defaults(query: s.Query, columns: list[TableColumn]) -> s.Query:
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
        values = [_alone(binder, item) for item in query.body.rows[0]]
        typed = (
            tuple(
                Typed(f"c{i}", v.type if v.type.name != "null" else c.type, mask=v.mask)
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
    bound = binder.untyped_query(query, None)
    if not isinstance(query.body, s.ValuesRows):
        return bound
    # A column that holds only NULLs has no type of its own; it takes the target column's.
    untyped = [all(isinstance(v, s.Null) for v in c) for c in zip(*query.body.rows, strict=True)]
    kept = zip(bound.columns, untyped, strict=True)
    return replace(
        bound, columns=tuple(replace(c, type=t.NULL_TYPE) if null else c for c, null in kept)
    )


def _alone(binder: Binder, node: s.Node) -> Typed:
    """Bind a value, masked by what it refers to alone."""
    binder.context.masked = False
    typed = binder.value(node, Scope())
    return replace(typed, mask=DEFAULT_MASK) if binder.context.masked else typed


def wrong_number(given: int, wanted: int, query: s.Query, *, listed: bool) -> None:
    """Raise 213 without a list of columns, else 109, 110, 120 or 121."""
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
