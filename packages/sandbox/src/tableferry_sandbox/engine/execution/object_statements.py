"""CREATE and ALTER of synonyms, sequences, functions, rules, defaults, XML schemas, partitions."""

from collections.abc import Iterator
from typing import Final

from tableferry_sandbox.engine.binding.scalar_functions import inlined
from tableferry_sandbox.engine.binding.scope import Scope
from tableferry_sandbox.engine.database.catalog_objects import Database
from tableferry_sandbox.engine.database.other_objects import (
    DefaultObject,
    Partitioning,
    RuleObject,
    ScalarFunction,
    SchemaObject,
    Sequence,
    Synonym,
    XmlCollection,
)
from tableferry_sandbox.engine.errors import invalid_object, object_exists, unsupported
from tableferry_sandbox.engine.execution.catalog_changes import (
    on_commit,
    on_rollback,
    place,
    refuse_read_only,
)
from tableferry_sandbox.engine.execution.object_uses import refuse_if_used
from tableferry_sandbox.engine.execution.scalars import evaluate
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.execution.statement_binding import binder_for
from tableferry_sandbox.engine.tree import definitions as dd
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.row_errors import RowError, translate
from tableferry_sandbox.engine.types.xml_schemas import target_namespaces
from tableferry_sandbox.events import Event, SqlError, StatementDone
from tableferry_sandbox.sqltypes import SqlType

_RANGES: Final = {
    "tinyint": (0, 255), "smallint": (-(2**15), 2**15 - 1), "int": (-(2**31), 2**31 - 1),
    "bigint": (-(2**63), 2**63 - 1),
}  # fmt: skip


def add_object(session: SessionState, database: Database, item: SchemaObject) -> None:
    """Put an object into the catalog, in place of one of the same name."""
    key = database.path(item.schema, item.name)
    known = database.others.get(key)
    database.others[key] = item

    def undo() -> None:
        if known is None:
            database.others.pop(key, None)
        else:
            database.others[key] = known

    on_rollback(session, undo)


def _free_place(session: SessionState, path: st.Path) -> tuple[Database, str, str]:
    """Return where a new object goes; raises 2714 where its name is taken."""
    database, schema, name = place(session, path)
    if database.taken(schema, name):
        raise object_exists(name)
    return database, schema, name


def create_synonym(session: SessionState, statement: dd.CreateSynonym) -> Iterator[Event]:
    """CREATE SYNONYM; its base need not exist."""
    database, schema, name = _free_place(session, statement.name)
    synonym = Synonym(
        object_id=database.new_object_id(), schema=schema, name=name, base=statement.base
    )
    add_object(session, database, synonym)
    yield StatementDone(None, "CREATE SYNONYM")


def change_sequence(session: SessionState, statement: dd.SequenceChange) -> Iterator[Event]:
    """CREATE or ALTER SEQUENCE; raises 11700, 11701, 11703 for values that contradict."""
    store = session.server.store
    if statement.create:
        database, schema, name = _free_place(session, statement.name)
        kind = binder_for(session).resolve_type(statement.type) if statement.type else t.BIGINT
        known: Sequence | None = None
    else:
        database, schema, name = place(session, statement.name)
        found = database.others.get(database.path(schema, name))
        if not isinstance(found, Sequence):
            raise invalid_object(".".join(statement.name))
        known, kind = found, found.type
    if kind.name not in _RANGES:
        if t.family(kind) in ("int", "decimal") and kind.scale == 0 and kind.name != "bit":
            raise unsupported(f"sequences of the type {kind.name}")
        raise SqlError(
            11702,
            f"The sequence object '{name}' must be of data type int, bigint, smallint, tinyint, or "
            "decimal or numeric with a scale of 0, or any user-defined data type that is based on "
            "one of the above integer data types.",
        )
    sequence = _sequence(statement, known, kind, (schema, name), database)
    sequence.physical = store.new_name()
    store.create_sequence(sequence)
    old = known.physical if known else None
    add_object(session, database, sequence)
    on_rollback(session, lambda: store.drop_sequence(sequence.physical))
    if old is not None:
        on_commit(session, lambda: store.drop_sequence(old))
    yield StatementDone(None, f"{'CREATE' if statement.create else 'ALTER'} SEQUENCE")


def _sequence(
    statement: dd.SequenceChange,
    known: Sequence | None,
    kind: SqlType,
    place_of: tuple[str, str],
    database: Database,
) -> Sequence:
    """Return the sequence that a statement describes, defaults filled in, its values checked."""
    low, high = _RANGES[kind.name]

    def chosen(given: int | None, old: int | None, default: int) -> int:
        return given if given is not None else default if old is None else old

    increment = chosen(statement.increment, known.increment if known else None, 1)
    minimum = chosen(statement.minimum, known.minimum if known else None, low)
    maximum = chosen(statement.maximum, known.maximum if known else None, high)
    first = minimum if increment > 0 else maximum
    start = chosen(statement.start, known.start if known else None, first)
    name = place_of[1]
    if increment == 0:
        raise SqlError(11700, f"The increment for sequence object '{name}' cannot be zero.")
    if minimum >= maximum:
        raise SqlError(
            11705,
            f"The minimum value for sequence object '{name}' must be less than its maximum value.",
        )
    if not minimum <= start <= maximum:
        raise SqlError(
            11703,
            f"The start value for sequence object '{name}' must be between the minimum and maximum "
            "value of the sequence object.",
        )
    cycle = statement.cycle if statement.cycle is not None else bool(known and known.cycle)
    return Sequence(
        object_id=known.object_id if known else database.new_object_id(),
        schema=place_of[0],
        name=name,
        type=kind,
        start=start,
        increment=increment,
        minimum=minimum,
        maximum=maximum,
        cycle=cycle,
        physical="",
    )


def create_function(session: SessionState, statement: dd.CreateFunction) -> Iterator[Event]:
    """CREATE, ALTER or CREATE OR ALTER of a scalar function, whose body is bound once as a check.

    Raises 455 and 178, 2714, 208, 3729 where a schema-bound computed column uses the old one, and
    50000 for a body that reads tables or has a loop.
    """
    database, schema, name = place(session, statement.name)
    known = database.others.get(database.path(schema, name))
    if known is None and statement.must_exist:
        raise invalid_object(".".join(statement.name))
    replaces = statement.replace and isinstance(known, ScalarFunction)
    if not replaces and database.taken(schema, name):
        raise object_exists(name)
    if known is not None:
        refuse_if_used(session, known, "ALTER")
    function = ScalarFunction(
        object_id=known.object_id if known else database.new_object_id(),
        schema=schema,
        name=name,
        parameters=statement.parameters,
        returns=statement.returns,
        body=statement.body,
        text=statement.text,
        schema_bound=statement.schema_bound,
        called_on_null=statement.called_on_null,
    )
    binder = binder_for(session)
    untyped = tuple(s.Null() for _ in statement.parameters)
    binder.value(inlined(function, untyped), Scope())
    add_object(session, database, function)
    yield StatementDone(None, "CREATE FUNCTION")


def create_bound(session: SessionState, statement: dd.CreateBound) -> Iterator[Event]:
    """CREATE RULE and CREATE DEFAULT, which sp_bindrule and sp_bindefault bind to columns."""
    database, schema, name = _free_place(session, statement.name)
    made = RuleObject if statement.kind == "rule" else DefaultObject
    item = made(
        object_id=database.new_object_id(),
        schema=schema,
        name=name,
        expression=statement.expression,
        text=statement.text,
    )
    add_object(session, database, item)
    yield StatementDone(None, f"CREATE {statement.kind.upper()}")


def change_xml_collection(
    session: SessionState, statement: dd.XmlCollectionChange
) -> Iterator[Event]:
    """CREATE or ALTER XML SCHEMA COLLECTION: kept for the catalog, not used to validate."""
    database, schema, name = place(session, statement.name)
    key = database.path(schema, name)
    known = database.xml_collections.get(key)
    if statement.create == (known is not None):
        raise (
            object_exists(name)
            if statement.create
            else SqlError(
                6314, f"Collection specified does not exist in metadata : '{schema}.{name}'"
            )
        )
    kind, value = evaluate(session, statement.schemas)
    text = str(value or "")
    try:
        found = target_namespaces(text, national=t.is_national(kind))
    except RowError as error:
        raise translate(error) from error
    if known is None:
        number = max([65535, *(c.collection_id for c in database.xml_collections.values())]) + 1
        database.xml_collections[key] = XmlCollection(number, schema, name, [text], found)
        on_rollback(session, lambda: (database.xml_collections.pop(key, None), None)[1])
    else:
        known.documents.append(text)
        known.namespaces += [uri for uri in found if uri not in known.namespaces]
    yield StatementDone(None, "CREATE XML SCHEMA COLLECTION")


def create_partitioning(session: SessionState, statement: dd.CreatePartitioning) -> Iterator[Event]:
    """CREATE PARTITION FUNCTION and SCHEME: catalog entries; every table has one partition."""
    refuse_read_only(session.current)
    known = session.current.partitionings
    key = (statement.kind, session.current.key(statement.name))
    if key in known:
        raise SqlError(
            7721 if statement.kind == "scheme" else 7711,
            f"There is already a partition {statement.kind} named '{statement.name}'.",
        )
    if (
        statement.kind == "scheme"
        and (
            "function",
            session.current.key(statement.function),
        )
        not in known
    ):
        raise SqlError(208, f"Invalid object name '{statement.function}'.", state=58)
    number = max([65535, *(p.number for p in known.values())]) + 1
    known[key] = Partitioning(
        number,
        statement.kind,
        statement.name,
        statement.right,
        len(statement.values),
        statement.function,
    )
    yield StatementDone(None, f"CREATE PARTITION {statement.kind.upper()}")
