"""CREATE, ALTER and DROP of logins, users and roles; GRANT, DENY and REVOKE."""

from collections.abc import Iterator
from typing import Final

from tableferry_sandbox.engine.database.catalog_objects import Table, View
from tableferry_sandbox.engine.database.principals import (
    FIXED_ROLES,
    ON_COLUMNS,
    WHOLE,
    Principal,
    Securable,
    Security,
)
from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.execution.catalog_changes import refuse_read_only
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.tree import security as sec
from tableferry_sandbox.events import Event, SqlError, StatementDone

_ALL: Final = ("SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES")
"""What GRANT ALL means on a table."""

_NARROW: Final = frozenset({"VIEW CHANGE TRACKING"})
"""Permissions that no database has: only its schemas and tables (GRANT Database Permissions)."""

_FIXED_PRINCIPALS: Final = frozenset({"public", "dbo", "guest", "information_schema", "sys"})


def change_principal(session: SessionState, statement: sec.PrincipalChange) -> Iterator[Event]:
    """CREATE, ALTER and DROP of a login, a user or a role."""
    if statement.kind != "login":
        refuse_read_only(session.current)
    {"login": _login, "user": _user, "role": _role}[statement.kind](session, statement)
    word = "ALTER" if "member" in statement.action else statement.action.upper()
    yield StatementDone(None, f"{word} {statement.kind.upper()}")


def _login(session: SessionState, statement: sec.PrincipalChange) -> None:
    server, options = session.server, dict(statement.options)
    found = server.find_login(statement.name)
    if statement.action == "create":
        if found is not None:
            raise SqlError(15025, f"The server principal '{statement.name}' already exists.")
        if "password" not in options:
            raise SqlError(102, f"Incorrect syntax near '{statement.name}'.", severity=15)
        database = options.get("default_database", "master")
        server.add_login(statement.name, options["password"], database, sysadmin=False)
        return
    if found is None:
        if statement.if_exists:
            return
        raise _unknown("login", statement.name)
    if statement.action == "drop":
        server.remove_login(statement.name)
    elif statement.action in ("enable", "disable"):
        found.disabled = statement.action == "disable"
    else:
        found.password = options.get("password", found.password)
        found.default_database = options.get("default_database", found.default_database)


def _user(session: SessionState, statement: sec.PrincipalChange) -> None:
    security = session.current.security
    if statement.action == "create":
        _require_free(security, statement.name)
        login = statement.of
        if login and session.server.find_login(login) is None:
            raise SqlError(15007, f"'{login}' is not a valid login or you do not have permission.")
        if login and any(p.login == login.lower() for p in security.principals.values()):
            raise SqlError(15063, "The login already has an account under a different user name.")
        security.add(statement.name, "S", login)
        return
    user = security.principals.get(statement.name.lower())
    if user is None or user.kind != "S":
        if statement.if_exists:
            return
        raise _unknown("user", statement.name)
    if statement.action == "drop":
        _drop(security, user)
    else:
        raise unsupported("ALTER USER")


def _role(session: SessionState, statement: sec.PrincipalChange) -> None:
    security = session.current.security
    if statement.action == "create":
        _require_free(security, statement.name)
        security.add(statement.name, "R")
        return
    role = security.principals.get(statement.name.lower())
    if role is None or role.kind != "R":
        if statement.if_exists:
            return
        raise _unknown("role", statement.name)
    if statement.action == "drop":
        _drop(security, role)
    elif statement.action == "alter":
        raise unsupported("ALTER ROLE ... WITH NAME")
    else:
        member = _principal(security, statement.of)
        change = member.roles.add if statement.action == "add member" else member.roles.discard
        change(role.name.lower())


def _drop(security: Security, principal: Principal) -> None:
    if principal.name.lower() in _FIXED_PRINCIPALS or principal.name in FIXED_ROLES:
        raise SqlError(15150, f"Cannot drop the principal '{principal.name}'.")
    security.remove(principal)


def grant(session: SessionState, statement: sec.Grant) -> Iterator[Event]:
    """GRANT, DENY and REVOKE, in the current database. Raises 102, 1020, 1911, 15151."""
    refuse_read_only(session.current)
    security = session.current.security
    securable = _securable(session, statement)
    wrong = _NARROW & {permission.name for permission in statement.permissions}
    if securable == WHOLE and wrong:
        raise SqlError(102, f"Incorrect syntax near '{min(wrong)}'.", severity=15)
    given = {"grant": True, "deny": False}.get(statement.action)
    principals = [_principal(security, name) for name in statement.principals]
    for permission in statement.permissions:
        columns = _columns(session, statement, permission)
        for name in _names(permission):
            for principal in principals:
                if permission.columns:
                    security.decide_on_columns(principal, name, int(securable[1]), columns, given)
                else:
                    security.decide(principal, name, securable, given)
    yield StatementDone(None, statement.action.upper())


def _names(permission: sec.Permission) -> tuple[str, ...]:
    """Return the permissions that a name stands for."""
    if permission.name not in ("ALL", "ALL PRIVILEGES"):
        return (permission.name,)
    return tuple(name for name in _ALL if not permission.columns or name in ON_COLUMNS)


def _columns(session: SessionState, statement: sec.Grant, permission: sec.Permission) -> list[int]:
    """Return the ids of a permission's columns; raises 1020, 1911."""
    if not permission.columns:
        return []
    item = session.find_object(statement.securable) if statement.securable else None
    if not isinstance(item, Table | View) or not set(_names(permission)) <= ON_COLUMNS:
        raise SqlError(
            1020,
            "Sub-entity lists (such as column or security expressions) cannot be specified for "
            "entity-level permissions.",
            severity=15,
        )
    key = item.database.key
    if isinstance(item, Table):
        known = {key(column.name): column.column_id for column in item.columns}
    else:
        known = {key(name): number for number, (name, _, _) in enumerate(item.shape, 1)}
    for name in permission.columns:
        if key(name) not in known:
            raise SqlError(
                1911, f"Column name '{name}' does not exist in the target table or view."
            )
    return [known[key(name)] for name in permission.columns]


def _securable(session: SessionState, statement: sec.Grant) -> Securable:
    """Return the securable of a permission; raises 15151."""
    kind, path = statement.securable_class, statement.securable
    shown = ".".join(path)
    if kind == "DATABASE":
        if path and path[-1].lower() != session.database.lower():
            raise _unknown("database", shown)
        return WHOLE
    if kind == "SCHEMA":
        schema = session.current.key(path[-1])
        if schema not in session.current.schemas:
            raise _unknown("schema", shown)
        return ("SCHEMA", schema)
    if kind != "OBJECT":
        raise unsupported(f"permissions on a {kind}")
    item = session.find_object(path)
    if item is not None and item.database is session.current:
        return ("OBJECT", item.object_id)
    other = session.find_other(path, session.current)
    if other is None:
        raise _unknown("object", shown)
    return ("OBJECT", other.object_id)


def _principal(security: Security, name: str) -> Principal:
    found = security.principals.get(name.lower())
    if found is None:
        raise _unknown("user", name)
    return found


def _require_free(security: Security, name: str) -> None:
    if name.lower() in security.principals:
        raise SqlError(
            15023, f"User, group, or role '{name}' already exists in the current database."
        )


def _unknown(kind: str, name: str) -> SqlError:
    return SqlError(
        15151,
        f"Cannot find the {kind} '{name}', because it does not exist or you do not have "
        "permission.",
    )
