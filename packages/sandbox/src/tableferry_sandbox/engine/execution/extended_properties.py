"""Extended properties: sp_addextendedproperty, sp_updateextendedproperty, sp_dropextendedproperty.

String values only. Those of tables and columns, where comments (MS_Description) are, are kept with
their table, those of everything else with the database.
"""

from typing import Final, NamedTuple

from tableferry_sandbox.engine.binding.system_views_objects import object_rows
from tableferry_sandbox.engine.database.catalog_objects import Database, Table, View
from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.execution import procedure_arguments
from tableferry_sandbox.engine.execution.catalog_changes import on_rollback
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.events import SqlError

PROCEDURES: Final = frozenset(
    {"sp_addextendedproperty", "sp_updateextendedproperty", "sp_dropextendedproperty"}
)
LEVELS: Final = tuple(f"@level{number}{part}" for number in range(3) for part in ("type", "name"))


class _Subject(NamedTuple):
    """What has a property: its class, ids and name as ``sys.extended_properties`` has them."""

    properties: dict[tuple[int, int, int, str], tuple[str, str]]
    of_class: int
    major: int
    minor: int
    shown: str


def change(session: SessionState, procedure: str, statement: st.Execute) -> None:
    """Add, update or drop one property; raises 15233, 15217 or 15135."""
    drops = procedure == "sp_dropextendedproperty"
    names = ("@name", *(() if drops else ("@value",)), *LEVELS)
    given = procedure_arguments.texts(session, statement, names, "extended properties")
    name = given.get("@name")
    if not name:
        raise SqlError(15600, f"An invalid parameter or option was specified for '{procedure}'.")
    subject = _subject(session, given)
    properties, shown = subject.properties, subject.shown
    key = (subject.of_class, subject.major, subject.minor, name.lower())
    known = properties.get(key)
    if known is not None and procedure == "sp_addextendedproperty":
        raise SqlError(
            15233,
            f"Property cannot be added. Property '{name}' already exists for '{shown}'.",
        )
    if known is None and procedure != "sp_addextendedproperty":
        raise SqlError(
            15217,
            "Property cannot be updated or deleted. "
            f"Property '{name}' does not exist for '{shown}'.",
            state=2,
        )
    shown_as = known[0] if known else name
    _put(properties, key, None if drops else (shown_as, given.get("@value") or ""))
    on_rollback(session, lambda: _put(properties, key, known))


def _put(
    properties: dict[tuple[int, int, int, str], tuple[str, str]],
    key: tuple[int, int, int, str],
    value: tuple[str, str] | None,
) -> None:
    if value is None:
        properties.pop(key, None)
    else:
        properties[key] = value


def _subject(session: SessionState, given: dict[str, str | None]) -> _Subject:
    """Return what three levels of types and names stand for; raises 15135 for nothing."""
    kinds = [(given.get(name) or "").upper() for name in LEVELS[::2]]
    names = [given.get(name) or "" for name in LEVELS[1::2]]
    database = session.current
    shown = ".".join(filter(None, names)) or "object specified"
    properties = database.properties
    if not kinds[0]:
        return _Subject(properties, 0, 0, 0, shown)
    if kinds[0] in ("SCHEMA", "USER") and database.key(names[0]) in database.schemas:
        schema = names[0]
        if not kinds[1]:
            return _Subject(properties, 3, database.schema_id(schema), 0, shown)
        found = _in_schema(session, (kinds[1], names[1]), (kinds[2], names[2]), schema)
        if found is not None:
            return _Subject(properties, *found, shown)
    elif kinds[0] in ("PARTITION FUNCTION", "PARTITION SCHEME", "FILEGROUP", "USER"):
        of_class = {"PARTITION FUNCTION": 21, "FILEGROUP": 20, "USER": 4}.get(kinds[0], 20)
        return _Subject(properties, of_class, 1, 0, shown)
    elif kinds[0] not in ("SCHEMA", "USER"):
        raise unsupported(f"extended properties of a {kinds[0]}")
    raise SqlError(
        15135,
        f"Object is invalid. Extended properties are not permitted on '{shown}', "
        "or the object does not exist.",
    )


def _in_schema(
    session: SessionState, first: tuple[str, str], second: tuple[str, str], schema: str
) -> tuple[int, int, int] | None:
    """Return class, major and minor id of an object in a schema, or of a part of one."""
    database = session.current
    kind, name = first
    if kind == "XML SCHEMA COLLECTION":
        collection = database.xml_collections.get(database.path(schema, name))
        return (10, collection.collection_id, 0) if collection else None
    if kind == "TYPE":
        alias = database.types.get(database.path(schema, name))
        return (6, alias.user_type_id, 0) if alias else None
    item = database.find(schema, name)
    wanted = View if kind == "VIEW" else Table
    if kind not in ("TABLE", "VIEW"):
        other = database.others.get(database.path(schema, name))
        return (1, other.object_id, 0) if other is not None else None
    if not isinstance(item, wanted):
        return None
    if not second[0]:
        return (1, item.object_id, 0)
    return _part(session, database, item, second)


def _part(
    session: SessionState, database: Database, item: Table | View, part: tuple[str, str]
) -> tuple[int, int, int] | None:
    """Return class, major and minor id of a column, an index or a constraint of a table."""
    key = database.key
    kind, name = part[0], key(part[1])
    if kind == "COLUMN":
        names = (
            [(c.name, c.column_id) for c in item.columns]
            if isinstance(item, Table)
            else [(shape[0], number) for number, shape in enumerate(item.shape, 1)]
        )
        found = next((number for known, number in names if key(known) == name), None)
        return (1, item.object_id, found) if found is not None else None
    if kind == "INDEX":
        index = next((i for i in item.indexes if key(i.name) == name), None)
        return (7, item.object_id, index.index_id) if index else None
    if kind == "CONSTRAINT":
        for row in object_rows(session, database):
            if key(row[0]) == name and row[4] == item.object_id:
                return (1, row[1], 0)
    return None
