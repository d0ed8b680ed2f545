"""CREATE, ALTER and DROP of tables, indexes, views, schemas, databases and types."""

from collections.abc import Iterator
from typing import Any, Final

from tableferry_sandbox.engine.binding.binder import Binder
from tableferry_sandbox.engine.binding.scope import BoundQuery
from tableferry_sandbox.engine.database.catalog_objects import AliasType, Table, View
from tableferry_sandbox.engine.errors import (
    cannot_drop,
    invalid_object,
    object_exists,
    unsupported,
)
from tableferry_sandbox.engine.execution import altering
from tableferry_sandbox.engine.execution.catalog_changes import (
    add_table,
    lock_exclusively,
    on_commit,
    on_rollback,
    place,
)
from tableferry_sandbox.engine.execution.indexing import add_index
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.execution.statement_binding import (
    SHAPE_ONLY,
    binder_for,
    binding_context,
)
from tableferry_sandbox.engine.execution.table_builder import TableBuilder
from tableferry_sandbox.engine.tree import definitions as dd
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.types.collation_keys import check_collation
from tableferry_sandbox.events import Event, SqlError, StatementDone


def create_table(session: SessionState, statement: dd.CreateTable) -> Iterator[Event]:
    """CREATE TABLE."""
    database, schema, name = place(session, statement.table)
    taken = session.temporary.get(name.lower()) if name[0] in "#@" else database.find(schema, name)
    if taken is not None:
        raise object_exists(name)
    table = Table(database, database.new_object_id(), schema, name, session.server.store.new_name())
    table.temporary = name.startswith(("#", "@"))
    builder = TableBuilder(session, table)
    for column in statement.columns:
        builder.add_column(column)
    builder.add_computed()
    for constraint in builder.pending + list(statement.constraints):
        builder.add_constraint(constraint)
    for index in statement.indexes:
        add_index(session, table, index)
    add_table(session, table)
    yield StatementDone(None, "CREATE TABLE")


def create_index(session: SessionState, statement: dd.CreateIndex) -> Iterator[Event]:
    """CREATE INDEX: recorded in the catalog; uniqueness is enforced."""
    table = session.find_object(statement.table)
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
    if known is not None and (not statement.replace or isinstance(known, Table)):
        raise object_exists(name)
    if known is None and statement.must_exist:
        raise invalid_object(name)
    object_id = known.object_id if known else database.new_object_id()
    view = View(
        database, object_id, schema, name, statement.query, statement.columns, statement.text
    )
    bound = _shape(session, view)
    names = statement.columns or tuple(c.name for c in bound.columns)
    if "" in names:
        raise SqlError(
            4511,
            f"Create View or Function failed because no column name was specified for column "
            f"{names.index('') + 1}.",
        )
    view.shape = [(n, c.type, c.nullable) for n, c in zip(names, bound.columns, strict=True)]
    key = (schema.lower(), name.lower())
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
            collation = check_collation(collation, national=False)
        if session.transaction is not None:
            raise SqlError(
                226, "CREATE DATABASE statement not allowed within multi-statement transaction.",
                state=6,
            )  # fmt: skip
        session.server.add_database(statement.name, collation)
    else:
        schemas = session.current.schemas
        key = statement.name.lower()
        if key in schemas:
            raise object_exists(statement.name)
        schemas[key] = (statement.name, max(4, *(i for _, i in schemas.values())) + 1)
        on_rollback(session, lambda: (schemas.pop(key, None), None)[1])
    yield StatementDone(None, f"CREATE {statement.kind.upper()}")


def create_type(session: SessionState, statement: dd.CreateType) -> Iterator[Event]:
    """CREATE TYPE ... FROM."""
    database, schema, name = place(session, statement.name)
    key = (schema.lower(), name.lower())
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


def drop(session: SessionState, statement: dd.Drop) -> Iterator[Event]:
    """DROP of any kind of object."""
    handler = _DROPS[statement.kind]
    for path in statement.names:
        if not handler(session, path, statement) and not statement.if_exists:
            raise cannot_drop(statement.kind, ".".join(path))
    yield StatementDone(None, f"DROP {statement.kind.upper()}")


def _drop_table(session: SessionState, path: st.Path, statement: dd.Drop) -> bool:
    found = session.find_object(path)
    if not isinstance(found, Table):
        return False
    for other in found.database.tables():
        if other is not found and any(k.table is found for k in other.foreign_keys):
            raise SqlError(
                3726,
                f"Could not drop object '{'.'.join(path)}' because it is referenced by a "
                f"FOREIGN KEY "
                "constraint.",
            )
    del statement
    lock_exclusively(session, found)
    holder: dict[Any, Any] = session.temporary if found.temporary else found.database.objects
    key: object = (
        found.name.lower() if found.temporary else (found.schema.lower(), found.name.lower())
    )
    del holder[key]

    def undo() -> None:
        holder[key] = found

    on_rollback(session, undo)
    on_commit(session, lambda: session.server.store.drop(found))
    return True


def _drop_view(session: SessionState, path: st.Path, statement: dd.Drop) -> bool:
    del statement
    found = session.find_object(path)
    if not isinstance(found, View):
        return False
    key = (found.schema.lower(), found.name.lower())
    objects = found.database.objects
    del objects[key]

    def undo() -> None:
        objects[key] = found

    on_rollback(session, undo)
    return True


def _drop_schema(session: SessionState, path: st.Path, statement: dd.Drop) -> bool:
    del statement
    key = path[-1].lower()
    database = session.current
    if key not in database.schemas or database.schemas[key][1] <= 4:
        return False
    if any(schema == key for schema, _ in database.objects):
        raise SqlError(
            3729, f"Cannot drop schema '{path[-1]}' because it is being referenced by an object."
        )
    del database.schemas[key]
    return True


def _drop_database(session: SessionState, path: st.Path, statement: dd.Drop) -> bool:
    if session.server.find_database(path[-1]) is None and statement.if_exists:
        return True
    session.server.drop_database(path[-1])
    return True


def _drop_type(session: SessionState, path: st.Path, statement: dd.Drop) -> bool:
    del statement
    database, schema, name = place(session, path)
    alias = database.types.get((schema.lower(), name.lower()))
    if alias is None:
        return False
    if any(c.alias is alias for t in database.tables() for c in t.columns):
        raise SqlError(
            3732, f"Cannot drop type '{schema}.{name}' because it is being referenced by an object."
        )
    del database.types[schema.lower(), name.lower()]
    return True


def _drop_index(session: SessionState, path: st.Path, statement: dd.Drop) -> bool:
    where = statement.on or path[:-1]
    table = session.find_object(where) if where else None
    if not isinstance(table, Table):
        return False
    found = next((i for i in table.indexes if i.name.lower() == path[-1].lower()), None)
    if found is None:
        return False
    if found.constraint_id:
        raise SqlError(
            3723,
            f"An explicit DROP INDEX is not allowed on index '{table.name}.{found.name}'. It is "
            "being used for PRIMARY KEY constraint enforcement.",
        )
    table.indexes.remove(found)
    session.server.store.versions.note_altered(table)
    on_rollback(session, lambda: table.indexes.append(found))
    return True


_DROPS: Final = {
    "table": _drop_table, "view": _drop_view, "schema": _drop_schema, "database": _drop_database,
    "type": _drop_type, "index": _drop_index,
}  # fmt: skip


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
    if session.transaction is not None and statement.action != "add":
        raise unsupported("ALTER TABLE other than ADD inside a transaction")
    lock_exclusively(session, table)
    if statement.action == "add":
        altering.add_columns(session, table, statement.columns, statement.constraints)
    elif statement.action == "drop column":
        for name in statement.names:
            altering.drop_column(session, table, name, if_exists=statement.if_exists)
    elif statement.action == "drop constraint":
        for name in statement.names:
            altering.drop_constraint(table, name, if_exists=statement.if_exists)
    else:
        altering.alter_column(session, table, statement.columns[0])
    table.version += 1
    session.server.store.versions.note_altered(table)
    yield StatementDone(None, "ALTER TABLE")
