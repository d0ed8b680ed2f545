"""Property functions of the server, databases, objects and columns."""

from collections.abc import Callable
from typing import Any, Final

from tableferry_sandbox.engine.binding.bind_predicates import PredicateBinder
from tableferry_sandbox.engine.binding.catalog_lookups import (
    NVARCHAR,
    constant,
    current_catalog,
    lookup,
    name_key,
    number,
    text_key,
)
from tableferry_sandbox.engine.binding.function_arguments import Scalar, arguments
from tableferry_sandbox.engine.binding.scope import Scope, Typed
from tableferry_sandbox.engine.database.catalog_objects import Database, Table, View
from tableferry_sandbox.engine.database.principals import Principal
from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.parsing.lexer import split_name
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.convert import convert
from tableferry_sandbox.engine.types.duck_types import quote_text
from tableferry_sandbox.sqltypes import MAX, SqlType

_VARIANT: Final = t.make("sql_variant")
PROPERTIES: Final[dict[str, Any]] = {
    "productversion": "16.0.4135.4",
    "productlevel": "RTM",
    "productmajorversion": "16",
    "productminorversion": "0",
    "productbuild": "4135",
    "edition": "Developer Edition (64-bit)",
    "editionid": -2117995310,
    "engineedition": 3,
    "collation": "SQL_Latin1_General_CP1_CI_AS",
    "isclustered": 0,
    "ishadrenabled": 0,
    "isintegratedsecurityonly": 0,
    "instancename": None,
    "isfulltextinstalled": 0,
    "issingleuser": 0,
    "lcid": 1033,
    "sqlcharsetname": "iso_1",
    "productupdatelevel": None,
    "isxtpsupported": 0,
    "ispolybaseinstalled": 0,
    "isexternalauthenticationonly": 0,
    "buildclrversion": "v4.0.30319",
    "hadrmanagerstatus": 2,
}


def columns_lookup(
    binder: PredicateBinder, node: s.Call, scope: Scope, read: Callable[..., Any]
) -> Typed:
    """Return a lookup by a table's id and a column's name."""
    values = arguments(binder, node, scope, 2, 3)
    binder.context.volatile = True
    catalog = current_catalog(binder)
    entries = {
        f"{x.object_id}|{catalog.key(c.name)}": read(x, c)
        for x in catalog.tables()
        for c in x.columns
    }
    key = f"({number(binder, values[0])} || '|' || {name_key(binder, values[1])})"
    return lookup(key, entries, t.INT)


def _column_length(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    """COL_LENGTH: the bytes of a column, by the table's name and its own."""
    arguments(binder, node, scope, 2)
    binder.context.volatile = True
    table, column = (binder.constant_text(argument) for argument in node.arguments)
    if table is None or column is None:
        raise unsupported("COL_LENGTH of anything but constant names")
    parts = split_name(table)
    found = binder.context.session.find_visible(parts) if parts else None
    known = found.column(column) if isinstance(found, Table) else None
    return constant(t.max_length(known.type) if known else None, t.SMALLINT)


def _column_property(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    wanted = binder.constant_text(node.arguments[2]) if len(node.arguments) == 3 else None
    readers: dict[str, Callable[..., Any]] = {
        "isidentity": lambda _, c: int(c.identity is not None),
        "iscomputed": lambda _, c: int(c.computed is not None),
        "allowsnull": lambda _, c: int(c.nullable),
        "columnid": lambda _, c: c.column_id,
        "precision": lambda _, c: c.type.precision or c.type.length,
        "scale": lambda _, c: c.type.scale,
        "isrowguidcol": lambda _, c: int(c.rowguid),
        "charmaxlen": lambda _, c: (
            c.type.length if t.family(c.type) in ("string", "binary") else None
        ),
        "isprimarykey": lambda x, c: int(
            any(c is k for k, _ in (x.primary_key.columns if x.primary_key else []))
        ),
        "ishidden": lambda _, c: int(c.hidden),
        "issparse": lambda _, c: int(c.sparse),
        "generatedalwaystype": lambda _, c: ("", "start", "end").index(c.generated),
        "isidnotforrepl": lambda _, c: 0 if c.identity else None,
    }
    if wanted is None or wanted.lower() not in readers:
        raise unsupported(f"COLUMNPROPERTY {wanted or ''}")
    return columns_lookup(binder, node, scope, readers[wanted.lower()])


def _variant_like(value: Any) -> Typed:
    """Return a property: a sql_variant that holds an int or an nvarchar."""
    return _as_variant(constant(value, t.INT if isinstance(value, int) else NVARCHAR))


def _as_variant(value: Typed) -> Typed:
    return Typed(convert(value.sql, value.type, _VARIANT), _VARIANT)


def _variant_property(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    value, _ = arguments(binder, node, scope, 2)
    wanted = (binder.constant_text(node.arguments[1]) or "").lower()
    payload = binder.to_type(value, _VARIANT)
    found = f"py_variant_property({payload}, {quote_text(wanted)})"
    if wanted in ("basetype", "collation"):
        return _as_variant(Typed(found, NVARCHAR))
    return _as_variant(Typed(f"CAST({found} AS INTEGER)", t.INT))


def _collation_property(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    name, wanted_name = arguments(binder, node, scope, 2)
    text, wanted = (binder.to_type(x, NVARCHAR, explicit=True) for x in (name, wanted_name))
    return _as_variant(Typed(f"py_collation_property({text}, {wanted})", t.INT))


def _server_property(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    arguments(binder, node, scope, 1)
    wanted = (binder.constant_text(node.arguments[0]) or "").lower()
    name = binder.context.session.server.name
    named = {"servername": name, "machinename": name, "computernamephysicalnetbios": name}
    return _variant_like(named.get(wanted, PROPERTIES.get(wanted)))


def _database_property(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    values = arguments(binder, node, scope, 2)
    wanted = (binder.constant_text(node.arguments[1]) or "").lower()
    readers: dict[str, tuple[SqlType, Callable[[Database], Any]]] = {
        "collation": (NVARCHAR, lambda d: d.collation),
        "status": (NVARCHAR, lambda _: "ONLINE"),
        "updateability": (NVARCHAR, lambda _: "READ_WRITE"),
        "useraccess": (NVARCHAR, lambda _: "MULTI_USER"),
        "recovery": (NVARCHAR, lambda _: "SIMPLE"),
        "version": (t.INT, lambda _: 957),
        "isautoclose": (t.INT, lambda _: 0),
        "isautoshrink": (t.INT, lambda _: 0),
        "isinstandby": (t.INT, lambda _: 0),
        "isfulltextenabled": (t.INT, lambda _: 0),
        "edition": (NVARCHAR, lambda _: None),
        "serviceobjective": (NVARCHAR, lambda _: None),
    }
    if wanted not in readers:
        raise unsupported(f"DATABASEPROPERTYEX {wanted}")
    result, read = readers[wanted]
    binder.context.volatile = True
    entries = {d.name.lower(): read(d) for d in binder.context.session.server.databases()}
    return _as_variant(lookup(text_key(binder, values[0]), entries, result))


def _connection_property(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    arguments(binder, node, scope, 1)
    wanted = (binder.constant_text(node.arguments[0]) or "").lower()
    known = {
        "net_transport": "TCP",
        "protocol_type": "TSQL",
        "auth_scheme": "SQL",
        "client_net_address": "127.0.0.1",
        "local_net_address": "127.0.0.1",
        "physical_net_transport": "TCP",
    }
    if wanted == "local_tcp_port":
        raise unsupported("CONNECTIONPROPERTY local_tcp_port")
    return _as_variant(constant(known.get(wanted), NVARCHAR))


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
    if text is None and kind == "object":
        return _permission_on_any(binder, values[0], permission)
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
        return constant(int(session.may(permission, item.database, item)), t.INT)
    return constant(int(session.may(permission, session.current)), t.INT)


def _permission_on_any(binder: PredicateBinder, name: Typed, permission: str) -> Typed:
    """Return a permission on the object whose name a row has, quoted or plain.

    A name of three parts may be that of any database; what the session does not see has none.
    """
    session = binder.context.session
    folded: dict[str, int] = {}
    exact: dict[str, int] = {}
    for database in session.server.databases():
        if database.security.user_of(session.login, database.name) is None:
            continue
        # Where names have a case that counts, they are found as they are written only.
        entries = folded if database.key("A") == database.key("a") else exact
        for item in session.catalog_of(database).objects.values():
            allowed = int(session.may(permission, database, item))
            for form in _forms(database, item, current=database is session.current):
                entries[form.lower() if entries is folded else form] = allowed
    text = binder.to_type(name, SqlType("nvarchar", MAX), explicit=True)
    found = [lookup(f"lower({text})", folded, t.INT), lookup(text, exact, t.INT)]
    return Typed(f"coalesce({found[0].sql}, {found[1].sql})", t.INT)


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


def _identity_value(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    arguments(binder, node, scope, 1)
    binder.context.volatile = True
    parts = split_name(binder.constant_text(node.arguments[0]) or "")
    found = binder.context.session.find_visible(parts) if parts else None
    result = t.make("numeric", precision=38)
    if not isinstance(found, Table) or found.identity is None or found.identity.identity is None:
        return constant(None, result)
    seed, step = found.identity.identity
    if node.name == "ident_current":
        return constant(seed if found.identity_last is None else found.identity_last, result)
    return constant(seed if node.name == "ident_seed" else step, result)


PROPERTY_FUNCTIONS: Final[dict[str, Scalar]] = {
    "col_length": _column_length, "columnproperty": _column_property,
    "serverproperty": _server_property,
    "databasepropertyex": _database_property, "collationproperty": _collation_property,
    "connectionproperty": _connection_property,
    "has_perms_by_name": _permission, "is_srvrolemember": _membership, "is_member": _membership,
    "is_rolemember": _membership, "sql_variant_property": _variant_property,
    "ident_current": _identity_value, "ident_seed": _identity_value, "ident_incr": _identity_value,
}  # fmt: skip
