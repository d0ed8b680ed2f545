"""What a login may do, what it sees in the catalog, and the errors where it may not."""

from dataclasses import replace
from typing import Final

from tableferry_sandbox.engine.database.catalog_objects import Database, Table, View
from tableferry_sandbox.engine.database.other_objects import SchemaObject
from tableferry_sandbox.engine.database.principals import (
    ON_COLUMNS,
    VISIBLE_BY,
    WHOLE,
    Login,
    Principal,
    Securable,
)
from tableferry_sandbox.engine.database.table_columns import AliasType
from tableferry_sandbox.events import SqlError


def user_in(login: Login, database: Database) -> Principal:
    """Return a login's user in a database; raises 916."""
    user = database.security.user_of(login, database.name)
    if user is None:
        raise SqlError(
            916,
            f'The server principal "{login.name}" is not able to access the database '
            f'"{database.name}" under the current security context.',
            severity=14,
        )
    return user


def may(
    login: Login, permission: str, database: Database, item: Table | View | None = None
) -> bool:
    """Return whether a login has a permission in a database, or on a table or view in it."""
    scopes: list[Securable] = [WHOLE]
    if item is not None:
        if isinstance(item, Table) and item.temporary:
            return True
        scopes += [("SCHEMA", item.database.key(item.schema)), ("OBJECT", item.object_id)]
    return database.security.allows(user_in(login, database), permission, *scopes)


def require(login: Login, permission: str, item: Table | View) -> None:
    """Raise 229 if a login lacks a permission on a table or view."""
    if not may(login, permission, item.database, item):
        raise _denied(permission, item, item.database)


def require_on(login: Login, permission: str, database: Database, item: SchemaObject) -> None:
    """Raise 229 if a login lacks a permission on another object of a database."""
    scopes: list[Securable] = [
        WHOLE, ("SCHEMA", database.key(item.schema)), ("OBJECT", item.object_id),
    ]  # fmt: skip
    if not database.security.allows(user_in(login, database), permission, *scopes):
        raise _denied(permission, item, database)


def _denied(permission: str, item: Table | View | SchemaObject, database: Database) -> SqlError:
    return SqlError(
        229,
        f"The {permission} permission was denied on the object '{item.name}', database "
        f"'{database.name}', schema '{item.schema}'.",
        severity=14,
        state=5,
    )


NO_COLUMNS: Final[frozenset[int]] = frozenset()


def refused_columns(login: Login, permission: str, item: Table | View) -> frozenset[int]:
    """Return the ids of the columns on which a login lacks a permission, mostly none.

    Raises 229 where it has the permission on nothing of the table or view.
    """
    if item.object_id not in item.database.security.columns:
        require(login, permission, item)
        return NO_COLUMNS
    decided = _decided(login, permission, item)
    whole = may(login, permission, item.database, item)
    if not whole and True not in decided.values():
        raise _denied(permission, item, item.database)
    if isinstance(item, Table):
        columns = [column.column_id for column in item.columns]
    else:
        columns = list(range(1, len(item.shape) + 1))
    return frozenset(column for column in columns if not decided.get(column, whole))


def _decided(login: Login, permission: str, item: Table | View) -> dict[int, bool]:
    security = item.database.security
    if item.object_id not in security.columns:
        return {}
    user = user_in(login, item.database)
    return security.decided_on_columns(user, permission, item.object_id)


def may_on_column(login: Login, permission: str, item: Table | View, column: int) -> bool:
    """Return whether a login has a permission on one column of a table or view."""
    decided = _decided(login, permission, item).get(column)
    return may(login, permission, item.database, item) if decided is None else decided


def column_denied(permission: str, item: Table | View, column: str) -> SqlError:
    """Return error 230."""
    return SqlError(
        230,
        f"The {permission} permission was denied on the column '{column}' of the object "
        f"'{item.name}', database '{item.database.name}', schema '{item.schema}'.",
        severity=14,
    )


def require_state(login: Login, database: Database, view: str) -> None:
    """Raise 262 or 300 if a login may not read a view of the server's state."""
    if view in _OF_THE_DATABASE and not may(login, "VIEW DATABASE STATE", database):
        raise SqlError(
            262, f"VIEW DATABASE STATE permission denied in database '{database.name}'.",
            severity=14,
        )  # fmt: skip
    if view in _OF_THE_SERVER and not login.sysadmin:
        raise SqlError(
            300,
            "VIEW SERVER STATE permission was denied on object 'server', database 'master'.",
            severity=14,
        )


_OF_THE_DATABASE: Final = frozenset({"dm_db_partition_stats"})
_OF_THE_SERVER: Final = frozenset({"dm_exec_connections"})


def visible_catalog(login: Login, database: Database) -> Database:
    """Return a database with only the objects that a login sees in the catalog."""
    user = user_in(login, database)
    if user.name == "dbo":
        return database
    security = database.security
    own = {key for _, _, (kind, key) in security.rights if kind == "OBJECT"} | set(security.columns)
    schemas: dict[str, bool] = {}
    objects = {}
    for place, item in database.objects.items():
        if item.object_id in own:
            visible = sees(login, item)
        else:  # all objects of a schema alike
            if item.schema not in schemas:
                schemas[item.schema] = sees(login, item)
            visible = schemas[item.schema]
        if visible:
            objects[place] = item
    return replace(database, objects=objects, types=_types_seen(user, database))


def _types_seen(user: Principal, database: Database) -> dict[tuple[str, str], AliasType]:
    """Return the alias types that a user sees; reading a column does not reveal its type."""
    return {
        key: alias
        for key, alias in database.types.items()
        if any(
            database.security.allows(
                user, permission, WHOLE, ("SCHEMA", database.key(alias.schema))
            )
            for permission in ("VIEW DEFINITION", "REFERENCES", "EXECUTE")
        )
    }


def sees(login: Login, item: Table | View) -> bool:
    """Return whether a login sees an object in the catalog: it has some permission on it."""
    return any(may(login, permission, item.database, item) for permission in VISIBLE_BY) or any(
        True in _decided(login, permission, item).values() for permission in ON_COLUMNS - {"UNMASK"}
    )


def require_creation(login: Login, permission: str, database: Database) -> None:
    """Raise 262 if a login may not create such objects in a database."""
    if not may(login, permission, database):
        raise creation_denied(permission, database.name)


def creation_denied(permission: str, database: str) -> SqlError:
    """Return error 262."""
    return SqlError(262, f"{permission} permission denied in database '{database}'.", severity=14)
