"""CREATE and ALTER of tables, indexes, views, schemas, databases and types."""

from collections.abc import Callable, Iterator
from typing import Final

from tableferry_sandbox.engine.binding.binder import Binder
from tableferry_sandbox.engine.binding.scope import BoundQuery
from tableferry_sandbox.engine.database.catalog_objects import Table, View
from tableferry_sandbox.engine.database.table_columns import AliasType
from tableferry_sandbox.engine.errors import (
    invalid_object,
    object_exists,
    unsupported,
)
from tableferry_sandbox.engine.execution import altering, change_tracking, temporal
from tableferry_sandbox.engine.execution.catalog_changes import (
    add_table,
    lock_exclusively,
    on_rollback,
    place,
    refuse_read_only,
)
from tableferry_sandbox.engine.execution.constraint_states import change_states
from tableferry_sandbox.engine.execution.implicit_columns import add_graph_columns, index_graph_id
from tableferry_sandbox.engine.execution.indexing import add_index, add_view_index
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.execution.statement_binding import (
    SHAPE_ONLY,
    binder_for,
    binding_context,
)
from tableferry_sandbox.engine.execution.table_builder import TableBuilder
from tableferry_sandbox.engine.tree import definitions as dd
from tableferry_sandbox.engine.types.collation_keys import check_collation
from tableferry_sandbox.events import Event, SqlError, StatementDone


def create_table(session: SessionState, statement: dd.CreateTable) -> Iterator[Event]:
    """CREATE TABLE."""
    database, schema, name = place(session, statement.table)
    taken = name.lower() in session.temporary if name[0] in "#@" else database.taken(schema, name)
    if taken:
        raise object_exists(name)
    table = Table(database, database.new_object_id(), schema, name, session.server.store.new_name())
    table.temporary = name.startswith(("#", "@"))
    if statement.graph:
        add_graph_columns(table, statement.graph)
    builder = TableBuilder(session, table)
    for column in statement.columns:
        builder.add_column(column)
    builder.add_computed()
    for constraint in builder.pending + list(statement.constraints):
        builder.add_constraint(constraint)
    for index in statement.indexes:
        add_index(session, table, index)
    if table.graph:
        index_graph_id(table)
    if statement.period:
        temporal.set_period(table, statement.period)
    temporal.check_generated(table)
    add_table(session, table)
    if statement.versioning is not None:
        temporal.set_versioning(session, table, statement.versioning)
    yield StatementDone(None, "CREATE TABLE")


def create_index(session: SessionState, statement: dd.CreateIndex) -> Iterator[Event]:
    """CREATE INDEX: recorded in the catalog; uniqueness is enforced."""
    table = session.find_object(statement.table)
    if table is not None:
        refuse_read_only(table.database)
    if isinstance(table, View):
        add_view_index(session, table, statement.index)
        yield StatementDone(None, "CREATE INDEX")
        return
    if not isinstance(table, Table):
        raise SqlError(
            1088,
            f'Cannot find the object "{".".join(statement.table)}" because it does not exist '
            "or you "
            "do not have permissions.",
            state=12,
        )
    add_index(session, table, statement.index)
    session.server.store.versions.note_altered(table)
    yield StatementDone(None, "CREATE INDEX")


def create_view(session: SessionState, statement: dd.CreateView) -> Iterator[Event]:
    """CREATE VIEW: the query is bound once for its columns, and again at each use."""
    database, schema, name = place(session, statement.view)
    known = database.find(schema, name)
    key = database.path(schema, name)
    if key in database.others or (
        known is not None and (not statement.replace or isinstance(known, Table))
    ):
        raise object_exists(name)
    if known is None and statement.must_exist:
        raise invalid_object(name)
    object_id = known.object_id if known else database.new_object_id()
    view = View(
        database, object_id, schema, name, statement.query, statement.columns, statement.text
    )
    view.schema_bound = statement.schema_bound
    bound = _shape(session, view)
    names = statement.columns or tuple(c.name for c in bound.columns)
    if "" in names:
        raise SqlError(
            4511,
            f"Create View or Function failed because no column name was specified for column "
            f"{names.index('') + 1}.",
        )
    view.shape = [(n, c.type, c.nullable) for n, c in zip(names, bound.columns, strict=True)]
    database.objects[key] = view

    def undo() -> None:
        if known is not None:
            database.objects[key] = known
        else:
            database.objects.pop(key, None)

    on_rollback(session, undo)
    yield StatementDone(None, "CREATE VIEW")


def _shape(session: SessionState, view: View) -> BoundQuery:
    return Binder(binding_context(session, SHAPE_ONLY)).view_query(view)


def create_named(session: SessionState, statement: dd.CreateNamed) -> Iterator[Event]:
    """CREATE SCHEMA and CREATE DATABASE."""
    if statement.kind == "database":
        collation = statement.collation
        if collation:
            collation = check_collation(collation)
        if session.transaction is not None:
            raise SqlError(
                226, "CREATE DATABASE statement not allowed within multi-statement transaction.",
                state=6,
            )  # fmt: skip
        session.server.add_database(statement.name, collation)
    else:
        refuse_read_only(session.current)
        schemas = session.current.schemas
        key = session.current.key(statement.name)
        if key in schemas:
            raise object_exists(statement.name)
        schemas[key] = (statement.name, max(4, *(i for _, i in schemas.values())) + 1)
        on_rollback(session, lambda: (schemas.pop(key, None), None)[1])
    yield StatementDone(None, f"CREATE {statement.kind.upper()}")


def create_type(session: SessionState, statement: dd.CreateType) -> Iterator[Event]:
    """CREATE TYPE ... FROM."""
    database, schema, name = place(session, statement.name)
    key = database.path(schema, name)
    if key in database.types:
        raise SqlError(
            219,
            f"The type '{schema}.{name}' already exists, or you do not have permission to "
            f"create it.",
        )
    base = binder_for(session).resolve_type(statement.base)
    alias = AliasType(database.next_type_id, schema, name, base, statement.nullable)
    database.next_type_id += 1
    database.types[key] = alias
    on_rollback(session, lambda: (database.types.pop(key, None), None)[1])
    yield StatementDone(None, "CREATE TYPE")


def alter_table(session: SessionState, statement: dd.AlterTable) -> Iterator[Event]:
    """ALTER TABLE."""
    table = session.find_object(statement.table)
    if not isinstance(table, Table):
        raise SqlError(
            4902,
            f'Cannot find the object "{".".join(statement.table)}" because it does not exist '
            "or you "
            "do not have permissions.",
        )
    constraints_only = statement.action in ("add", "check constraint", "nocheck constraint")
    if session.transaction is not None and not constraints_only:
        raise unsupported("ALTER TABLE other than ADD inside a transaction")
    if table.history is not None and (statement.columns or statement.action == "drop column"):
        raise unsupported("ALTER TABLE of a temporal table's columns: set SYSTEM_VERSIONING = OFF")
    if table.unreadable is not None and statement.columns:
        raise unsupported("ALTER TABLE of columns while the clustered index is disabled")
    lock_exclusively(session, table)
    _ACTIONS[statement.action](session, table, statement)
    table.next_version(table.known_rows)
    session.server.store.versions.note_altered(table)
    yield StatementDone(None, "ALTER TABLE")


def _add(session: SessionState, table: Table, statement: dd.AlterTable) -> None:
    altering.add_columns(
        session, table, statement.columns, statement.constraints, trusting=statement.check is False
    )
    if statement.period:
        temporal.set_period(table, statement.period)


def _drop_columns(session: SessionState, table: Table, statement: dd.AlterTable) -> None:
    for name in statement.names:
        altering.drop_column(session, table, name, if_exists=statement.if_exists)


def _drop_constraints(_: SessionState, table: Table, statement: dd.AlterTable) -> None:
    for name in statement.names:
        altering.drop_constraint(table, name, if_exists=statement.if_exists)


def _change_states(session: SessionState, table: Table, statement: dd.AlterTable) -> None:
    enable = statement.action == "check constraint"
    change_states(session, table, statement.names, enable=enable, check=statement.check)


def _set_versioning(session: SessionState, table: Table, statement: dd.AlterTable) -> None:
    assert statement.versioning is not None  # noqa: S101 - the parser guarantees it
    temporal.set_versioning(session, table, statement.versioning)


def _drop_period(_: SessionState, table: Table, __: dd.AlterTable) -> None:
    temporal.drop_period(table)


def _mark_column(_: SessionState, table: Table, statement: dd.AlterTable) -> None:
    altering.mark_column(table, *statement.names)


def _switch_triggers(_: SessionState, table: Table, statement: dd.AlterTable) -> None:
    """ENABLE or DISABLE TRIGGER: ALL is none, as no trigger can be created."""
    if statement.names != ("all",):
        raise SqlError(
            4920,
            f"ALTER TABLE failed because trigger '{statement.names[0]}' on table '{table.name}' "
            "does not exist.",
        )


_ACTIONS: Final[dict[str, Callable[[SessionState, Table, dd.AlterTable], None]]] = {
    "add": _add,
    "drop column": _drop_columns,
    "drop constraint": _drop_constraints,
    "alter column": lambda session, table, statement: altering.alter_column(
        session, table, statement.columns[0]
    ),
    "check constraint": _change_states,
    "nocheck constraint": _change_states,
    "set versioning": _set_versioning,
    "drop period": _drop_period,
    "mark column": _mark_column,
    "mask column": lambda session, table, statement: altering.mask_column(
        session, table, statement.columns[0]
    ),
    "trigger": _switch_triggers,
    "enable change tracking": lambda session, table, statement: change_tracking.enable(
        session, table, with_columns=statement.track_columns
    ),
    "disable change tracking": lambda session, table, _: change_tracking.disable(session, table),
}
