"""Functions about permissions and roles: HAS_PERMS_BY_NAME, IS_MEMBER and their like."""

from typing import Final

from tableferry_sandbox.engine.binding.bind_predicates import PredicateBinder
from tableferry_sandbox.engine.binding.catalog_lookups import (
    constant,
    lookup,
    name_key,
)
from tableferry_sandbox.engine.binding.function_arguments import Scalar, arguments
from tableferry_sandbox.engine.binding.scope import Scope, Typed
from tableferry_sandbox.engine.database.catalog_objects import Database, Table, View
from tableferry_sandbox.engine.database.principals import ON_COLUMNS, Principal
from tableferry_sandbox.engine.database.rights import may_on_column
from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.parsing.lexer import split_name
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.sqltypes import MAX, SqlType

_OF_OBJECTS: Final = frozenset({
    "ALTER", "CONTROL", "DELETE", "EXECUTE", "INSERT", "RECEIVE", "REFERENCES", "SELECT",
    "TAKE OWNERSHIP", "UNMASK", "UPDATE", "VIEW CHANGE TRACKING", "VIEW DEFINITION",
})  # fmt: skip
"""The permissions that an object may have (Permissions, Database Engine)."""


def _permission(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    """HAS_PERMS_BY_NAME: 1 or 0, NULL for an unknown securable."""
    values = arguments(binder, node, scope, 3, 5)
    binder.context.volatile = True
    session = binder.context.session
    kind = (binder.constant_text(node.arguments[1]) or "").lower()
    permission = (binder.constant_text(node.arguments[2]) or "").upper()
    if values[0].type.name == "null":
        whole = session.login.sysadmin if not kind else session.may(permission, session.current)
        return constant(int(whole), t.INT)
    text = binder.constant_text(node.arguments[0])
    column = values[3] if len(values) == 5 and values[3].type.name != "null" else None
    if text is None and kind == "object":
        return _permission_on_any(binder, values[0], permission, column)
    if text is None:
        raise unsupported("HAS_PERMS_BY_NAME of anything but a constant name of a database")
    parts = split_name(text)
    if kind == "database":
        database = session.server.find_database(parts[-1]) if parts else None
        known = database is not None and database.security.user_of(session.login, database.name)
        if database is None or not known:
            return constant(None, t.INT)
        return constant(int(session.may(permission, database)), t.INT)
    if kind == "object":
        item = session.find_visible(parts) if parts else None
        if item is None or permission not in _OF_OBJECTS:
            return constant(None, t.INT)
        if column is not None:
            return _permission_on_column(binder, item, permission, column)
        return constant(int(session.may(permission, item.database, item)), t.INT)
    return constant(int(session.may(permission, session.current)), t.INT)


def _permission_on_column(
    binder: PredicateBinder, item: Table | View, permission: str, column: Typed
) -> Typed:
    """Return a permission on the column whose name a row has; NULL for an unknown column."""
    allowed = _on_columns(binder, item, permission)
    return lookup(name_key(binder, column), allowed, t.INT)


def _on_columns(binder: PredicateBinder, item: Table | View, permission: str) -> dict[str, int]:
    """Return a permission on each column of a table or view, by the key of its name."""
    if permission not in ON_COLUMNS:
        return {}
    login, key = binder.context.session.login, item.database.key
    if isinstance(item, Table):
        columns = {key(column.name): column.column_id for column in item.columns}
    else:
        columns = {key(name): number for number, (name, _, _) in enumerate(item.shape, 1)}
    return {
        name: int(may_on_column(login, permission, item, number))
        for name, number in columns.items()
    }


def _permission_on_any(
    binder: PredicateBinder, name: Typed, permission: str, column: Typed | None
) -> Typed:
    """Return a permission on the object whose name a row has, quoted or plain, or on a column.

    A name of three parts may be that of any database; what the session does not see has none.
    """
    session = binder.context.session
    folded: dict[str, int] = {}
    exact: dict[str, int] = {}
    text = binder.to_type(name, SqlType("nvarchar", MAX), explicit=True)
    single = column is not None and any(
        database.security.columns for database in session.server.databases()
    )
    for database in session.server.databases():
        if database.security.user_of(session.login, database.name) is None:
            continue
        # Where names have a case that counts, they are found as they are written only.
        entries = folded if database.key("A") == database.key("a") else exact
        for item in session.catalog_of(database).objects.values():
            allowed = {"": int(session.may(permission, database, item))}
            if single:
                found = _on_columns(binder, item, permission)
                allowed = {f"|{name}": given for name, given in found.items()}
            for form in _forms(database, item, current=database is session.current):
                shown = form.lower() if entries is folded else form
                entries.update({shown + end: given for end, given in allowed.items()})
    ends = ""
    if single and column is not None:
        ends = f" || '|' || {name_key(binder, column)}"
    answers = [
        lookup(f"(lower({text}){ends})", folded, t.INT), lookup(f"({text}{ends})", exact, t.INT)
    ]  # fmt: skip
    return Typed(f"coalesce({answers[0].sql}, {answers[1].sql})", t.INT)


def _forms(database: Database, item: Table | View, *, current: bool) -> list[str]:
    """Return the names of an object as they are mostly written."""
    parts = (database.name, item.schema, item.name)
    quoted = ["[" + part.replace("]", "]]") + "]" for part in parts]
    forms = [".".join(quoted), ".".join(parts)]
    if current:
        forms += [".".join(quoted[1:]), ".".join(parts[1:])]
        forms += [quoted[-1], parts[-1]] if item.schema == "dbo" else []
    return forms


def _membership(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    """IS_SRVROLEMEMBER, IS_MEMBER and IS_ROLEMEMBER; NULL for an unknown role."""
    arguments(binder, node, scope, 1, 2)
    binder.context.volatile = True
    session = binder.context.session
    role = (binder.constant_text(node.arguments[0]) or "").lower()
    if node.name == "is_srvrolemember":
        return constant(int(role == "public" or session.login.sysadmin), t.INT)
    security = session.current.security
    found = security.principals.get(role)
    user: Principal | None = session.user
    if len(node.arguments) == 2:
        name = binder.constant_text(node.arguments[1]) or ""
        user = security.principals.get(name.lower())
    if found is None or found.kind != "R" or user is None:
        return constant(None, t.INT)
    member = user.name == "dbo" or found in security.acting(user)
    return constant(int(member), t.INT)


PERMISSION_FUNCTIONS: Final[dict[str, Scalar]] = {
    "has_perms_by_name": _permission, "is_srvrolemember": _membership, "is_member": _membership,
    "is_rolemember": _membership,
}  # fmt: skip
