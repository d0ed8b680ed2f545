"""What a session may do, and what it gets to see; the errors where it may not."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from tableferry_sandbox.engine import statements as st
from tableferry_sandbox.engine.catalog import AliasType, Database, Table, View
from tableferry_sandbox.engine.errors import cannot_drop
from tableferry_sandbox.engine.principals import VISIBLE_BY, WHOLE, Principal, Scope
from tableferry_sandbox.events import SqlError

if TYPE_CHECKING:
    from tableferry_sandbox.engine.session import Session


def user_in(session: "Session", database: Database) -> Principal:
    """Return the user that a session is in a database; raises 916."""
    user = database.security.user_of(session.login, database.name)
    if user is None:
        raise SqlError(
            916,
            f'The server principal "{session.login.name}" is not able to access the database '
            f'"{database.name}" under the current security context.',
            severity=14,
        )
    return user


def may(
    session: "Session", permission: str, database: Database, item: Table | View | None = None
) -> bool:
    """Tell whether a session has a permission in a database, or on a table or view in it."""
    scopes: list[Scope] = [WHOLE]
    if item is not None:
        if isinstance(item, Table) and item.temporary:
            return True
        scopes += [("SCHEMA", item.schema.lower()), ("OBJECT", item.object_id)]
    return database.security.allows(user_in(session, database), permission, *scopes)


def require(session: "Session", permission: str, item: Table | View) -> None:
    """Raise 229 where a session lacks a permission on a table or view."""
    if not may(session, permission, item.database, item):
        raise SqlError(
            229,
            f"The {permission} permission was denied on the object '{item.name}', database "
            f"'{item.database.name}', schema '{item.schema}'.",
            severity=14,
            state=5,
        )


def require_state(session: "Session", view: str) -> None:
    """Raise 262 or 300 where a view of the server's state is not for this session."""
    if view in _OF_THE_DATABASE and not may(session, "VIEW DATABASE STATE", session.current):
        raise SqlError(
            262, f"VIEW DATABASE STATE permission denied in database '{session.database}'.",
            severity=14,
        )  # fmt: skip
    if view in _OF_THE_SERVER and not session.login.sysadmin:
        raise SqlError(
            300,
            "VIEW SERVER STATE permission was denied on object 'server', database 'master'.",
            severity=14,
        )


_OF_THE_DATABASE: Final = frozenset({"dm_db_partition_stats"})
_OF_THE_SERVER: Final = frozenset({"dm_exec_connections"})


def seen(session: "Session", database: Database) -> Database:
    """Return a database with only those objects that a session sees in the catalog."""
    user = user_in(session, database)
    if user.name == "dbo":
        return database
    objects = {key: item for key, item in database.objects.items() if sees(session, item)}
    return replace(database, objects=objects, types=_types_seen(user, database))


def _types_seen(user: Principal, database: Database) -> dict[tuple[str, str], AliasType]:
    """Return the alias types that a user sees: to read a column of one is no right to the type."""
    return {
        key: alias
        for key, alias in database.types.items()
        if any(
            database.security.allows(user, permission, WHOLE, ("SCHEMA", alias.schema.lower()))
            for permission in ("VIEW DEFINITION", "REFERENCES", "EXECUTE")
        )
    }


def sees(session: "Session", item: Table | View) -> bool:
    """Tell whether a session sees an object in the catalog: it has some permission on it."""
    return any(may(session, permission, item.database, item) for permission in VISIBLE_BY)


def check_statement(session: "Session", statement: st.Statement) -> None:
    """Raise what SQL Server says to a session that may not run a statement of definition."""
    if not session.login.sysadmin:
        check = _CHECKS.get(type(statement))
        if check is not None:
            check(session, statement)


def _create_table(session: "Session", statement: st.CreateTable) -> None:
    if statement.table[-1][0] not in "#@":
        require_creation(session, "CREATE TABLE")


def _create_named(session: "Session", statement: st.CreateNamed) -> None:
    if statement.kind == "database":
        raise _no_creation("CREATE DATABASE", "master")
    require_creation(session, "CREATE SCHEMA")


def _drop(session: "Session", statement: st.Drop) -> None:
    if statement.kind == "database":
        raise cannot_drop("database", statement.names[0][-1])
    for path in statement.names:
        on = (statement.on or path[:-1]) if statement.kind == "index" else path
        item = session.find_object(on) if on else None
        if item is not None and not may(session, "ALTER", item.database, item):
            raise cannot_drop(statement.kind, ".".join(path))


def _alter_database(session: "Session", statement: st.AlterDatabase) -> None:
    name = statement.name or session.database
    raise SqlError(
        5011,
        f"User does not have permission to alter database '{name}', the database does not exist, "
        "or the database is not in a state that allows access checks.",
        severity=14,
    )


def _change_principals(session: "Session", statement: st.PrincipalChange | st.Grant) -> None:
    of_the_server = isinstance(statement, st.PrincipalChange) and statement.kind == "login"
    if of_the_server or not may(session, "CONTROL", session.current):
        raise SqlError(15247, "User does not have permission to perform this action.")


_CHECKS: Final[dict[type, Callable[["Session", Any], None]]] = {
    st.CreateTable: _create_table,
    st.CreateView: lambda session, _: require_creation(session, "CREATE VIEW"),
    st.CreateType: lambda session, _: require_creation(session, "CREATE TYPE"),
    st.CreateNamed: _create_named,
    st.AlterTable: lambda session, alter: _require_alter(session, alter.table, 4902),
    st.CreateIndex: lambda session, create: _require_alter(session, create.table, 1088),
    st.Truncate: lambda session, truncate: _require_alter(session, truncate.table, 4701),
    st.Drop: _drop,
    st.AlterDatabase: _alter_database,
    st.PrincipalChange: _change_principals,
    st.Grant: _change_principals,
}


def require_creation(session: "Session", permission: str) -> None:
    """Raise 262 where a session may not create such things in its database."""
    if not may(session, permission, session.current):
        raise _no_creation(permission, session.database)


def _no_creation(permission: str, database: str) -> SqlError:
    return SqlError(262, f"{permission} permission denied in database '{database}'.", severity=14)


def _require_alter(session: "Session", path: st.Path, number: int) -> None:
    item = session.find_object(path)
    if item is not None and not may(session, "ALTER", item.database, item):
        raise SqlError(
            number,
            f'Cannot find the object "{".".join(path)}" because it does not exist or you do not '
            "have permissions.",
        )
