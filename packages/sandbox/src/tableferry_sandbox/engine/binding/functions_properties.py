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
from tableferry_sandbox.engine.database.catalog_objects import Database, Table
from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.parsing.lexer import split_name
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.convert import convert
from tableferry_sandbox.engine.types.duck_types import quote_text
from tableferry_sandbox.sqltypes import SqlType

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
        "iscomputed": lambda _, c: int(c.is_computed),
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
        "iscolumnset": lambda _, c: int(c.column_set),
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
        "updateability": (NVARCHAR, lambda d: "READ_ONLY" if d.read_only else "READ_WRITE"),
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
    "sql_variant_property": _variant_property,
    "ident_current": _identity_value, "ident_seed": _identity_value, "ident_incr": _identity_value,
}  # fmt: skip
