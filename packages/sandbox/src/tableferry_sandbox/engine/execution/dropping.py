"""DROP of every kind of object but principals."""

from collections.abc import Iterator
from typing import Any, Final

from tableferry_sandbox.engine.database.catalog_objects import Table, View
from tableferry_sandbox.engine.database.other_objects import (
    DefaultObject,
    InlineFunction,
    RuleObject,
    ScalarFunction,
    SchemaObject,
    Sequence,
    Synonym,
)
from tableferry_sandbox.engine.errors import cannot_drop
from tableferry_sandbox.engine.execution.catalog_changes import (
    lock_exclusively,
    on_commit,
    on_rollback,
    place,
    refuse_read_only,
)
from tableferry_sandbox.engine.execution.object_uses import refuse_if_used
from tableferry_sandbox.engine.execution.policy_statements import drop_policy
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.execution.temporal import refuse_drop_of_temporal
from tableferry_sandbox.engine.tree import definitions as dd
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.events import Event, SqlError, StatementDone


def drop(session: SessionState, statement: dd.Drop) -> Iterator[Event]:
    """DROP of any kind of object; raises 3701 for one that is not there."""
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
    refuse_drop_of_temporal(found)
    for predicate in found.predicates:
        if predicate.policy.schema_bound:
            raise SqlError(
                3729,
                f"Cannot DROP TABLE '{'.'.join(path)}' because it is being referenced by object "
                f"'{predicate.policy.name}'.",
            )
    lock_exclusively(session, found)
    holder: dict[Any, Any] = session.temporary if found.temporary else found.database.objects
    key: object = (
        found.name.lower() if found.temporary else found.database.path(found.schema, found.name)
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
    refuse_read_only(found.database)
    key = found.database.path(found.schema, found.name)
    objects = found.database.objects
    del objects[key]

    def undo() -> None:
        objects[key] = found

    on_rollback(session, undo)
    return True


def _drop_schema(session: SessionState, path: st.Path, statement: dd.Drop) -> bool:
    del statement
    database = session.current
    refuse_read_only(database)
    key = database.key(path[-1])
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
    alias = database.types.get(database.path(schema, name))
    if alias is None:
        return False
    if any(c.alias is alias for t in database.tables() for c in t.columns):
        raise SqlError(
            3732, f"Cannot drop type '{schema}.{name}' because it is being referenced by an object."
        )
    del database.types[database.path(schema, name)]
    return True


def _drop_index(session: SessionState, path: st.Path, statement: dd.Drop) -> bool:
    where = statement.on or path[:-1]
    table = session.find_object(where) if where else None
    if table is None:
        return False
    key = table.database.key
    found = next((i for i in table.indexes if key(i.name) == key(path[-1])), None)
    if found is None:
        return False
    if found.constraint_id:
        raise SqlError(
            3723,
            f"An explicit DROP INDEX is not allowed on index '{table.name}.{found.name}'. It is "
            "being used for PRIMARY KEY constraint enforcement.",
        )
    refuse_read_only(table.database)
    table.indexes.remove(found)
    if isinstance(table, Table):
        session.server.store.versions.note_altered(table)
    on_rollback(session, lambda: table.indexes.append(found))
    return True


_KINDS: Final[dict[str, tuple[type[SchemaObject], ...]]] = {
    "synonym": (Synonym,), "sequence": (Sequence,), "function": (ScalarFunction, InlineFunction),
    "rule": (RuleObject,), "default": (DefaultObject,),
}  # fmt: skip


def _drop_other(session: SessionState, path: st.Path, statement: dd.Drop) -> bool:
    found = session.find_other(path)
    if found is None or not isinstance(found, _KINDS[statement.kind]):
        return False
    refuse_if_used(session, found)
    database, schema, name = place(session, path)
    key = database.path(schema, name)
    del database.others[key]

    def undo() -> None:
        database.others[key] = found

    on_rollback(session, undo)
    if isinstance(found, Sequence):
        on_commit(session, lambda: session.server.store.drop_sequence(found.physical))
    return True


def _drop_xml_collection(session: SessionState, path: st.Path, statement: dd.Drop) -> bool:
    del statement
    database, schema, name = place(session, path)
    key = database.path(schema, name)
    found = database.xml_collections.get(key)
    if found is None:
        return False
    if any(c.xml_collection is found for t in database.tables() for c in t.columns):
        raise SqlError(
            6328,
            f"Specified collection '{name}' cannot be dropped because it is used by object "
            "a column.",
        )
    del database.xml_collections[key]

    def undo() -> None:
        database.xml_collections[key] = found

    on_rollback(session, undo)
    return True


def _drop_partitioning(session: SessionState, path: st.Path, statement: dd.Drop) -> bool:
    key = (statement.kind.split()[1], session.current.key(path[-1]))
    return session.current.partitionings.pop(key, None) is not None


def _never(session: SessionState, path: st.Path, statement: dd.Drop) -> bool:
    """Report an object of a kind that cannot be created here as unknown."""
    del session, path, statement
    return False


_DROPS: Final = {
    "table": _drop_table, "view": _drop_view, "schema": _drop_schema, "database": _drop_database,
    "type": _drop_type, "index": _drop_index, "synonym": _drop_other, "sequence": _drop_other,
    "function": _drop_other, "rule": _drop_other, "default": _drop_other,
    "security policy": lambda session, path, _: drop_policy(session, path),
    "procedure": _never, "trigger": _never, "statistics": _never, "fulltext index": _never,
    "fulltext catalog": _never, "xml schema collection": _drop_xml_collection,
    "partition function": _drop_partitioning, "partition scheme": _drop_partitioning,
}  # fmt: skip
