"""Functions about the server, the session and the catalog.

With constant arguments they are worked out here; over columns they become lookups in a map of the
catalog, which is small.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from tableferry.sandbox.engine import syntax as s
from tableferry.sandbox.engine import typerules as t
from tableferry.sandbox.engine.catalog import Database, Table, View
from tableferry.sandbox.engine.convert import convert
from tableferry.sandbox.engine.errors import unsupported, wrong_argument_count
from tableferry.sandbox.engine.functions_text import Scalar, arguments
from tableferry.sandbox.engine.names import split_name
from tableferry.sandbox.engine.scope import Facts, Scope, Typed
from tableferry.sandbox.engine.storage import duck_type, literal, quote_text
from tableferry.sandbox.engine.systypes import SYSTEM_TYPES
from tableferry.sandbox.events import SqlError
from tableferry.sandbox.sqltypes import MAX, SqlType

if TYPE_CHECKING:
    from tableferry.sandbox.engine.bind_calls import Binder

VERSION_TEXT: Final = (
    "Microsoft SQL Server 2022 (tableferry sandbox: not SQL Server) - 16.0.4135.4 (X64) \n\t"
    "In-memory stand-in for demos and tests\n\tDeveloper Edition (64-bit)"
)
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
_NVARCHAR: Final = SqlType("nvarchar", 128)
_VARIANT: Final = t.make("sql_variant")


def constant(value: Any, sql_type: SqlType) -> Typed:
    """Return a bound constant."""
    return Typed(literal(value, sql_type), sql_type, nullable=value is None)


def _fact(sql_type: SqlType, read: Callable[[Facts], Any]) -> Scalar:
    """Make a function without arguments that asks the session."""

    def bind(binder: "Binder", node: s.Call, scope: Scope) -> Typed:
        arguments(binder, node, scope, 0)
        binder.context.volatile = True
        return constant(read(binder.context.session), sql_type)

    return bind


def _map(key: str, entries: Mapping[Any, Any], sql_type: SqlType) -> Typed:
    """Return a lookup of a key in a map of constants."""
    if not entries:
        return Typed(literal(None, sql_type), sql_type)
    keys = ", ".join(quote_text(k) if isinstance(k, str) else str(k) for k in entries)
    values = ", ".join(literal(v, sql_type) for v in entries.values())
    return Typed(f"map([{keys}], [{values}])[{key}]", sql_type)


def _number(binder: "Binder", value: Typed) -> str:
    return binder.to_type(value, t.INT)


def _text_key(binder: "Binder", value: Typed) -> str:
    return f"lower({binder.to_type(value, SqlType('nvarchar', MAX), explicit=True)})"


def _database(binder: "Binder", node: s.Call, scope: Scope, position: int) -> Database | None:
    """Return the database whose id is an argument, the current one without it."""
    session = binder.context.session
    if len(node.arguments) <= position:
        return session.current
    del scope
    wanted = binder.constant_integer(node.arguments[position])
    return next((d for d in session.server.databases() if d.database_id == wanted), None)


def _db_name(binder: "Binder", node: s.Call, scope: Scope) -> Typed:
    values = arguments(binder, node, scope, 0, 1)
    binder.context.volatile = True
    session = binder.context.session
    if not values:
        return constant(session.current.name, _NVARCHAR)
    return _map(
        _number(binder, values[0]),
        {d.database_id: d.name for d in session.server.databases()},
        _NVARCHAR,
    )


def _db_id(binder: "Binder", node: s.Call, scope: Scope) -> Typed:
    values = arguments(binder, node, scope, 0, 1)
    binder.context.volatile = True
    session = binder.context.session
    if not values:
        return constant(session.current.database_id, t.SMALLINT)
    return _map(
        _text_key(binder, values[0]),
        {d.name.lower(): d.database_id for d in session.server.databases()},
        t.SMALLINT,
    )


def _object_id(binder: "Binder", node: s.Call, scope: Scope) -> Typed:
    values = arguments(binder, node, scope, 1, 2)
    binder.context.volatile = True
    session = binder.context.session
    kind = binder.constant_text(node.arguments[1]) if len(values) == 2 else None
    text = binder.constant_text(node.arguments[0])
    if text is not None:
        parts = split_name(text)
        found = session.find_object(parts) if parts else None
        if isinstance(found, Table | View) and kind:
            wanted = "V" if isinstance(found, View) else "U"
            found = found if kind.strip().upper() == wanted else None
        return constant(found.object_id if isinstance(found, Table | View) else None, t.INT)
    entries: dict[str, int] = {}
    database = session.current
    for item in database.objects.values():
        wanted = "V" if isinstance(item, View) else "U"
        if kind and kind.strip().upper() != wanted:
            continue
        schema, name = item.schema, item.name
        forms = [
            f"{schema}.{name}",
            f"[{schema}].[{name}]",
            f"[{schema}].{name}",
            f"{schema}.[{name}]",
            f"{database.name}.{schema}.{name}",
            f"[{database.name}].[{schema}].[{name}]",
        ]
        if schema == "dbo":
            forms += [name, f"[{name}]"]
        entries.update({form.lower(): item.object_id for form in forms})
    return _map(_text_key(binder, values[0]), entries, t.INT)


def _named(
    read: Callable[[Database], dict[Any, Any]],
    sql_type: SqlType = _NVARCHAR,
    *,
    with_database: bool = False,
) -> Scalar:
    """Make a lookup by one number, in the current or a named database."""

    def bind(binder: "Binder", node: s.Call, scope: Scope) -> Typed:
        values = arguments(binder, node, scope, 1, 2 if with_database else 0)
        binder.context.volatile = True
        database = _database(binder, node, scope, 1)
        entries = read(database) if database is not None else {}
        return _map(_number(binder, values[0]), entries, sql_type)

    return bind


def _objects(database: Database) -> dict[Any, Any]:
    names: dict[Any, Any] = {o.object_id: o.name for o in database.objects.values()}
    for table in database.tables():
        names.update({i.constraint_id: i.name for i in table.indexes if i.constraint_id})
        names.update({c.default.object_id: c.default.name for c in table.columns if c.default})
        names.update({c.object_id: c.name for c in table.checks})
        names.update({f.object_id: f.name for f in table.foreign_keys})
    return names


def _types(database: Database) -> dict[Any, Any]:
    names: dict[Any, Any] = {x.user_type_id: x.name for x in SYSTEM_TYPES}
    names.update({x.user_type_id: x.name for x in database.types.values()})
    return names


def _schema_id(binder: "Binder", node: s.Call, scope: Scope) -> Typed:
    values = arguments(binder, node, scope, 0, 1)
    binder.context.volatile = True
    if not values:
        return constant(1, t.INT)
    entries = {k: v[1] for k, v in binder.context.session.current.schemas.items()}
    return _map(_text_key(binder, values[0]), entries, t.INT)


def _schema_name(binder: "Binder", node: s.Call, scope: Scope) -> Typed:
    values = arguments(binder, node, scope, 0, 1)
    binder.context.volatile = True
    if not values:
        return constant("dbo", _NVARCHAR)
    entries = {v[1]: v[0] for v in binder.context.session.current.schemas.values()}
    return _map(_number(binder, values[0]), entries, _NVARCHAR)


def _type_id(binder: "Binder", node: s.Call, scope: Scope) -> Typed:
    values = arguments(binder, node, scope, 1)
    entries = {name.lower(): key for key, name in _types(binder.context.session.current).items()}
    return _map(_text_key(binder, values[0]), entries, t.INT)


def _col_name(binder: "Binder", node: s.Call, scope: Scope) -> Typed:
    table, column = arguments(binder, node, scope, 2)
    binder.context.volatile = True
    entries = {
        f"{x.object_id}|{c.column_id}": c.name
        for x in binder.context.session.current.tables()
        for c in x.columns
    }
    key = f"({_number(binder, table)} || '|' || {_number(binder, column)})"
    return _map(key, entries, _NVARCHAR)


def _columns(binder: "Binder", node: s.Call, scope: Scope, read: Callable[..., Any]) -> Typed:
    values = arguments(binder, node, scope, 2, 3)
    binder.context.volatile = True
    entries = {
        f"{x.object_id}|{c.name.lower()}": read(x, c)
        for x in binder.context.session.current.tables()
        for c in x.columns
    }
    key = f"({_number(binder, values[0])} || '|' || {_text_key(binder, values[1])})"
    return _map(key, entries, t.INT)


def _column_property(binder: "Binder", node: s.Call, scope: Scope) -> Typed:
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
        "ishidden": lambda _, __: 0,
        "issparse": lambda _, c: int(c.sparse),
        "generatedalwaystype": lambda _, __: 0,
        "isidnotforrepl": lambda _, c: 0 if c.identity else None,
    }
    if wanted is None or wanted.lower() not in readers:
        raise unsupported(f"COLUMNPROPERTY {wanted or ''}")
    return _columns(binder, node, scope, readers[wanted.lower()])


def _object_property(binder: "Binder", node: s.Call, scope: Scope) -> Typed:
    values = arguments(binder, node, scope, 2)
    wanted = (binder.constant_text(node.arguments[1]) or "").lower()
    readers: dict[str, Callable[[Table | View], int]] = {
        "istable": lambda o: int(isinstance(o, Table)),
        "isusertable": lambda o: int(isinstance(o, Table)),
        "isview": lambda o: int(isinstance(o, View)),
        "ismsshipped": lambda _: 0,
        "tablehasprimarykey": lambda o: int(isinstance(o, Table) and o.primary_key is not None),
        "tablehasidentity": lambda o: int(isinstance(o, Table) and o.identity is not None),
        "tablehastimestamp": lambda o: int(isinstance(o, Table) and o.rowversion is not None),
        "tabletemporaltype": lambda _: 0,
        "schemaid": lambda o: o.database.schema_id(o.schema),
        "ownerid": lambda _: 1,
    }
    if wanted not in readers:
        raise unsupported(f"OBJECTPROPERTY {wanted}")
    binder.context.volatile = True
    read = readers[wanted]
    entries = {o.object_id: read(o) for o in binder.context.session.current.objects.values()}
    return _map(_number(binder, values[0]), entries, t.INT)


def _variant_like(value: Any) -> Typed:
    """Return a property: a sql_variant that holds an int or an nvarchar."""
    return _as_variant(constant(value, t.INT if isinstance(value, int) else _NVARCHAR))


def _as_variant(value: Typed) -> Typed:
    return Typed(convert(value.sql, value.type, _VARIANT), _VARIANT)


def _variant_property(binder: "Binder", node: s.Call, scope: Scope) -> Typed:
    value, _ = arguments(binder, node, scope, 2)
    wanted = (binder.constant_text(node.arguments[1]) or "").lower()
    payload = convert(value.sql, value.type, _VARIANT)
    found = f"py_variant_property({payload}, {quote_text(wanted)})"
    if wanted in ("basetype", "collation"):
        return _as_variant(Typed(found, _NVARCHAR))
    return _as_variant(Typed(f"CAST({found} AS INTEGER)", t.INT))


def _min_active_rowversion(binder: "Binder", node: s.Call, scope: Scope) -> Typed:
    """Return the lowest rowversion an open transaction holds, else the next one to be given."""
    arguments(binder, node, scope, 0)
    binder.context.volatile = True
    session = binder.context.session
    lowest = session.server.lowest_open_rowversion(session.current)
    return constant(lowest.to_bytes(8, "big"), SqlType("binary", 8))


def _server_property(binder: "Binder", node: s.Call, scope: Scope) -> Typed:
    arguments(binder, node, scope, 1)
    wanted = (binder.constant_text(node.arguments[0]) or "").lower()
    name = binder.context.session.server.name
    named = {"servername": name, "machinename": name, "computernamephysicalnetbios": name}
    return _variant_like(named.get(wanted, PROPERTIES.get(wanted)))


def _database_property(binder: "Binder", node: s.Call, scope: Scope) -> Typed:
    values = arguments(binder, node, scope, 2)
    wanted = (binder.constant_text(node.arguments[1]) or "").lower()
    readers: dict[str, tuple[SqlType, Callable[[Database], Any]]] = {
        "collation": (_NVARCHAR, lambda d: d.collation),
        "status": (_NVARCHAR, lambda _: "ONLINE"),
        "updateability": (_NVARCHAR, lambda _: "READ_WRITE"),
        "useraccess": (_NVARCHAR, lambda _: "MULTI_USER"),
        "recovery": (_NVARCHAR, lambda _: "SIMPLE"),
        "version": (t.INT, lambda _: 957),
        "isautoclose": (t.INT, lambda _: 0),
        "isautoshrink": (t.INT, lambda _: 0),
        "isinstandby": (t.INT, lambda _: 0),
        "isfulltextenabled": (t.INT, lambda _: 0),
        "edition": (_NVARCHAR, lambda _: None),
        "serviceobjective": (_NVARCHAR, lambda _: None),
    }
    if wanted not in readers:
        raise unsupported(f"DATABASEPROPERTYEX {wanted}")
    result, read = readers[wanted]
    binder.context.volatile = True
    entries = {d.name.lower(): read(d) for d in binder.context.session.server.databases()}
    return _as_variant(_map(_text_key(binder, values[0]), entries, result))


def _connection_property(binder: "Binder", node: s.Call, scope: Scope) -> Typed:
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
    return _as_variant(constant(known.get(wanted), _NVARCHAR))


def _permission(binder: "Binder", node: s.Call, scope: Scope) -> Typed:
    """HAS_PERMS_BY_NAME: every login may do everything to what exists."""
    values = arguments(binder, node, scope, 3, 5)
    binder.context.volatile = True
    if values[0].type.name == "null":
        return constant(1, t.INT)
    text = binder.constant_text(node.arguments[0])
    if text is None:
        return Typed(f"CASE WHEN {values[0].sql} IS NOT NULL THEN 1 END", t.INT)
    kind = (binder.constant_text(node.arguments[1]) or "").lower()
    session = binder.context.session
    if kind == "database":
        known = session.server.find_database(split_name(text)[-1]) if split_name(text) else None
        return constant(1 if known else None, t.INT)
    if kind == "object":
        return constant(1 if session.find_object(split_name(text)) else None, t.INT)
    return constant(1, t.INT)


def _membership(binder: "Binder", node: s.Call, scope: Scope) -> Typed:
    arguments(binder, node, scope, 1, 2)
    role = (binder.constant_text(node.arguments[0]) or "").lower()
    known = {"sysadmin": 1, "db_owner": 1, "public": 1, "db_datareader": 1, "db_datawriter": 1}
    return constant(known.get(role, 0), t.INT)


def _identity_value(binder: "Binder", node: s.Call, scope: Scope) -> Typed:
    arguments(binder, node, scope, 1)
    binder.context.volatile = True
    parts = split_name(binder.constant_text(node.arguments[0]) or "")
    found = binder.context.session.find_object(parts) if parts else None
    result = t.make("numeric", precision=38)
    if not isinstance(found, Table) or found.identity is None or found.identity.identity is None:
        return constant(None, result)
    seed, step = found.identity.identity
    if node.name == "ident_current":
        return constant(seed if found.identity_last is None else found.identity_last, result)
    return constant(seed if node.name == "ident_seed" else step, result)


def _error_part(sql_type: SqlType, read: Callable[[SqlError], Any]) -> Scalar:
    def bind(binder: "Binder", node: s.Call, scope: Scope) -> Typed:
        arguments(binder, node, scope, 0)
        caught = binder.context.session.caught
        error = caught[-1] if caught else None
        return constant(read(error) if isinstance(error, SqlError) else None, sql_type)

    return bind


def _row_count(session: Facts) -> int:
    return session.row_count


def _variable_argument(binder: "Binder", node: s.Call, scope: Scope) -> Typed:
    raise wrong_argument_count(node.name, len(arguments(binder, node, scope, 0, 9)))


def _options(session: Facts) -> int:
    return 5432 | (512 if session.options.get("nocount") == "on" else 0)


_NUMERIC38: Final = t.make("numeric", precision=38)
FUNCTIONS: Final[dict[str, Scalar]] = {
    "@@version": _fact(SqlType("nvarchar", 300), lambda _: VERSION_TEXT),
    "@@spid": _fact(t.SMALLINT, lambda x: x.session_id),
    "@@servername": _fact(_NVARCHAR, lambda x: x.server.name),
    "@@servicename": _fact(_NVARCHAR, lambda _: "MSSQLSERVER"),
    "@@language": _fact(_NVARCHAR, lambda _: "us_english"),
    "@@langid": _fact(t.SMALLINT, lambda _: 0),
    "@@datefirst": _fact(t.TINYINT, lambda _: 7),
    "@@trancount": _fact(t.INT, lambda x: x.transaction_count),
    "@@rowcount": _fact(t.INT, _row_count),
    "rowcount_big": _fact(t.BIGINT, _row_count),
    "@@error": _fact(t.INT, lambda x: x.last_error),
    "@@identity": _fact(_NUMERIC38, lambda x: x.last_identity),
    "scope_identity": _fact(_NUMERIC38, lambda x: x.last_identity),
    "@@dbts": _fact(SqlType("varbinary", 8), lambda x: x.current.rowversion.to_bytes(8, "big")),
    "@@lock_timeout": _fact(t.INT, lambda x: int(x.options.get("lock_timeout", "-1"))),
    "@@textsize": _fact(t.INT, lambda x: int(x.options.get("textsize", "-1"))),
    "@@options": _fact(t.INT, _options),
    "@@nestlevel": _fact(t.INT, lambda _: 0),
    "@@max_precision": _fact(t.TINYINT, lambda _: 38),
    "@@max_connections": _fact(t.INT, lambda _: 32767),
    "@@microsoftversion": _fact(t.INT, lambda _: 268439591),
    "@@procid": _fact(t.INT, lambda _: 0),
    "xact_state": _fact(t.SMALLINT, lambda x: int(x.transaction_count > 0)),
    "suser_sname": _fact(_NVARCHAR, lambda x: x.login_name),
    "suser_name": _fact(_NVARCHAR, lambda x: x.login_name),
    "system_user": _fact(_NVARCHAR, lambda x: x.login_name),
    "original_login": _fact(_NVARCHAR, lambda x: x.login_name),
    "user_name": _fact(_NVARCHAR, lambda _: "dbo"),
    "user": _fact(_NVARCHAR, lambda _: "dbo"),
    "current_user": _fact(_NVARCHAR, lambda _: "dbo"),
    "session_user": _fact(_NVARCHAR, lambda _: "dbo"),
    "host_name": _fact(_NVARCHAR, lambda x: x.host_name),
    "app_name": _fact(_NVARCHAR, lambda x: x.application),
    "program_name": _fact(_NVARCHAR, lambda x: x.application),
    "db_name": _db_name,
    "db_id": _db_id,
    "object_id": _object_id,
    "object_name": _named(_objects, with_database=True),
    "object_schema_name": _named(
        lambda d: {o.object_id: o.schema for o in d.objects.values()}, with_database=True
    ),
    "type_name": _named(_types),
    "type_id": _type_id,
    "schema_id": _schema_id,
    "schema_name": _schema_name,
    "col_name": _col_name,
    "col_length": lambda b, n, sc: _columns(b, n, sc, lambda _, c: t.max_length(c.type)),
    "columnproperty": _column_property,
    "objectproperty": _object_property,
    "objectpropertyex": _object_property,
    "serverproperty": _server_property,
    "databasepropertyex": _database_property,
    "connectionproperty": _connection_property,
    "has_perms_by_name": _permission,
    "is_srvrolemember": _membership,
    "is_member": _membership,
    "is_rolemember": _membership,
    "has_dbaccess": lambda b, n, sc: _db_access(b, n, sc),  # noqa: PLW0108 - defined below
    "sql_variant_property": _variant_property,
    "min_active_rowversion": _min_active_rowversion,
    "ident_current": _identity_value,
    "ident_seed": _identity_value,
    "ident_incr": _identity_value,
    "error_number": _error_part(t.INT, lambda e: e.number),
    "error_message": _error_part(SqlType("nvarchar", 4000), lambda e: e.message),
    "error_severity": _error_part(t.INT, lambda e: e.severity),
    "error_state": _error_part(t.INT, lambda e: e.state),
    "error_line": _error_part(t.INT, lambda e: e.line),
    "error_procedure": _error_part(_NVARCHAR, lambda _: None),
}


def _db_access(binder: "Binder", node: s.Call, scope: Scope) -> Typed:
    (value,) = arguments(binder, node, scope, 1)
    entries = {d.name.lower(): 1 for d in binder.context.session.server.databases()}
    found = _map(_text_key(binder, value), entries, t.INT)
    return Typed(f"coalesce({found.sql}, CAST(NULL AS {duck_type(t.INT)}))", t.INT)
