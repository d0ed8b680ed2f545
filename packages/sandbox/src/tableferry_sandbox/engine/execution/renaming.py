"""sp_rename of columns, indexes, constraints, tables and views.

The old name is parsed; the new one is taken literally, brackets included.
"""

from collections.abc import Callable, Iterator
from typing import Final

from tableferry_sandbox.engine.database.catalog_objects import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Table,
)
from tableferry_sandbox.engine.database.table_columns import DefaultConstraint
from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.execution import procedure_arguments
from tableferry_sandbox.engine.execution.altering import mentions
from tableferry_sandbox.engine.execution.catalog_changes import lock_exclusively, on_rollback
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.parsing.lexer import split_name
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.events import Event, Message, SqlError

ARGUMENTS: Final = ("@objname", "@newname", "@objtype")


def rename(session: SessionState, statement: st.Execute) -> Iterator[Event]:
    """EXEC sp_rename; raises 15225, 15248, 15335, 15336."""
    given = procedure_arguments.texts(session, statement, ARGUMENTS, "names")
    written, new = given.get("@objname") or "", given.get("@newname") or ""
    kind = (given.get("@objtype") or "OBJECT").upper()
    if not new:
        raise SqlError(15223, "Error: The input parameter '@newname' is not allowed to be null.")
    path = _path(written)
    if kind == "COLUMN":
        _rename_column(session, path, new)
    elif kind == "INDEX":
        _rename_index(session, path, new)
    elif kind == "OBJECT":
        _rename_object(session, path, new)
    else:
        raise unsupported(f"sp_rename of a {kind}")
    yield Message(
        15477,
        "Caution: Changing any part of an object name could break scripts and stored procedures.",
        0,
        1,
        statement.line,
    )


def _path(written: str) -> st.Path:
    """Return the parts of a name; as PARSENAME does, it takes spaces outside brackets too."""
    return split_name(written) or tuple(part.strip("[]") for part in written.split("."))


def _rename_column(session: SessionState, path: st.Path, new: str) -> None:
    table = session.find_object(path[:-1]) if len(path) > 1 else None
    column = table.column(path[-1]) if isinstance(table, Table) else None
    if not isinstance(table, Table) or column is None:
        raise _ambiguous("COLUMN")
    if table.column(new) not in (None, column):
        raise _taken(new, "COLUMN")
    expressions = [*(c.condition for c in table.checks), *(c.computed for c in table.columns)]
    if any(mentions(expression, column, table.database) for expression in expressions):
        raise _enforced(path)
    lock_exclusively(session, table)
    old = column.name

    def name(text: str) -> None:
        column.name = text
        _note_change(session, table)

    name(new)
    on_rollback(session, lambda: name(old))


def _rename_index(session: SessionState, path: st.Path, new: str) -> None:
    table = session.find_object(path[:-1]) if len(path) > 1 else None
    indexes = table.indexes if isinstance(table, Table) else []
    key = session.current.key
    index = next((i for i in indexes if key(i.name) == key(path[-1])), None)
    if not isinstance(table, Table) or index is None:
        raise _ambiguous("INDEX")
    if any(key(i.name) == key(new) and i is not index for i in indexes):
        raise _taken(new, "INDEX")
    lock_exclusively(session, table)
    old = index.name

    def name(text: str) -> None:
        index.name = text
        _note_change(session, table)

    name(new)
    on_rollback(session, lambda: name(old))


def _rename_object(session: SessionState, path: st.Path, new: str) -> None:
    found = session.find_object(path)
    if found is None:
        _rename_constraint(session, path, new)
        return
    objects = found.database.objects
    if found.database.find(found.schema, new) not in (None, found):
        raise _taken(new, "OBJECT")
    if isinstance(found, Table):
        lock_exclusively(session, found)

    def name(text: str) -> None:
        del objects[found.database.path(found.schema, found.name)]
        found.name = text
        objects[found.database.path(found.schema, text)] = found
        if isinstance(found, Table):
            _note_change(session, found)

    old = found.name
    name(new)
    on_rollback(session, lambda: name(old))


def _rename_constraint(session: SessionState, path: st.Path, new: str) -> None:
    """Rename a key, CHECK, DEFAULT or FOREIGN KEY; they share one namespace per schema."""
    key = session.current.key
    schema = key(path[-2]) if len(path) > 1 and path[-2] else "dbo"
    wanted = key(path[-1])
    for table in session.current.tables():
        if key(table.schema) != schema:
            continue
        named: list[Index | CheckConstraint | ForeignKeyConstraint | DefaultConstraint] = [
            *(i for i in table.indexes if i.constraint_id),
            *table.checks,
            *table.foreign_keys,
            *(c.default for c in table.columns if c.default),
        ]
        for item in named:
            if key(item.name) == wanted:
                old = item.name
                item.name = new
                on_rollback(session, _restoring(item, old))
                return
    raise SqlError(
        15225,
        f"No item by the name of '{'.'.join(path)}' could be found in the current database "
        f"'{session.database}', given that @itemtype was input as '(null)'.",
        severity=11,
    )


def _restoring(item: object, name: str) -> Callable[[], None]:
    return lambda: setattr(item, "name", name)


def _note_change(session: SessionState, table: Table) -> None:
    table.version += 1
    session.server.store.versions.note_altered(table)


def _ambiguous(kind: str) -> SqlError:
    return SqlError(
        15248,
        f"Either the parameter @objname is ambiguous or the claimed @objtype ({kind}) is wrong.",
        severity=11,
    )


def _taken(name: str, kind: str) -> SqlError:
    return SqlError(
        15335,
        f"Error: The new name '{name}' is already in use as a {kind} name and would cause a "
        "duplicate that is not permitted.",
        severity=11,
    )


def _enforced(path: st.Path) -> SqlError:
    return SqlError(
        15336,
        f"Object '{'.'.join(path)}' cannot be renamed because the object participates in enforced "
        "dependencies.",
    )
