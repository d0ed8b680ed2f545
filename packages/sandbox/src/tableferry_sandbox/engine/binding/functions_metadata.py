"""Functions about the server, the session and the catalog.

With constant arguments they are evaluated while binding; over columns they become lookups in a map
of the catalog, which is small.
"""

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
from tableferry_sandbox.engine.binding.context import SessionInfo
from tableferry_sandbox.engine.binding.function_arguments import Scalar, arguments
from tableferry_sandbox.engine.binding.functions_objects import object_names, object_schemas
from tableferry_sandbox.engine.binding.scope import Scope, Typed
from tableferry_sandbox.engine.database.catalog_objects import Database
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.duck_types import duck_type
from tableferry_sandbox.engine.types.languages import language_of
from tableferry_sandbox.engine.types.system_types import SYSTEM_TYPES
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import SqlType

VERSION_TEXT: Final = (
    "Microsoft SQL Server 2022 (tableferry sandbox: not SQL Server) - 16.0.4135.4 (X64) \n\t"
    "In-memory stand-in for demos and tests\n\tDeveloper Edition (64-bit)"
)


def _session_value(sql_type: SqlType, read: Callable[[SessionInfo], Any]) -> Scalar:
    """Make a function without arguments that reads the session."""

    def bind(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
        arguments(binder, node, scope, 0)
        binder.context.volatile = True
        return constant(read(binder.context.session), sql_type)

    return bind


def _database(
    binder: PredicateBinder, node: s.Call, scope: Scope, position: int
) -> Database | None:
    """Return the database whose id is an argument, the current one without it."""
    session = binder.context.session
    if len(node.arguments) <= position:
        return session.catalog_of(session.current)
    del scope
    wanted = binder.constant_integer(node.arguments[position])
    found = next((d for d in session.server.databases() if d.database_id == wanted), None)
    return session.catalog_of(found) if found else None


def _db_name(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    values = arguments(binder, node, scope, 0, 1)
    binder.context.volatile = True
    session = binder.context.session
    if not values:
        return constant(session.current.name, NVARCHAR)
    return lookup(
        number(binder, values[0]),
        {d.database_id: d.name for d in session.server.databases()},
        NVARCHAR,
    )


def _db_id(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    values = arguments(binder, node, scope, 0, 1)
    binder.context.volatile = True
    session = binder.context.session
    if not values:
        return constant(session.current.database_id, t.SMALLINT)
    return lookup(
        text_key(binder, values[0]),
        {d.name.lower(): d.database_id for d in session.server.databases()},
        t.SMALLINT,
    )


def _named(
    read: Callable[[Database], dict[Any, Any]],
    sql_type: SqlType = NVARCHAR,
    *,
    with_database: bool = False,
) -> Scalar:
    """Make a lookup by one number, in the current or a named database."""

    def bind(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
        values = arguments(binder, node, scope, 1, 2 if with_database else 0)
        binder.context.volatile = True
        database = _database(binder, node, scope, 1)
        entries = read(database) if database is not None else {}
        return lookup(number(binder, values[0]), entries, sql_type)

    return bind


def _types(database: Database) -> dict[Any, Any]:
    names: dict[Any, Any] = {x.user_type_id: x.name for x in SYSTEM_TYPES}
    names.update({x.user_type_id: x.name for x in database.types.values()})
    return names


def _schema_id(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    values = arguments(binder, node, scope, 0, 1)
    binder.context.volatile = True
    if not values:
        return constant(1, t.INT)
    entries = {k: v[1] for k, v in binder.context.session.current.schemas.items()}
    return lookup(name_key(binder, values[0]), entries, t.INT)


def _schema_name(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    values = arguments(binder, node, scope, 0, 1)
    binder.context.volatile = True
    if not values:
        return constant("dbo", NVARCHAR)
    entries = {v[1]: v[0] for v in binder.context.session.current.schemas.values()}
    return lookup(number(binder, values[0]), entries, NVARCHAR)


def _type_id(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    values = arguments(binder, node, scope, 1)
    current = binder.context.session.current
    entries = {current.key(name): number for number, name in _types(current).items()}
    return lookup(name_key(binder, values[0]), entries, t.INT)


def _col_name(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    table, column = arguments(binder, node, scope, 2)
    binder.context.volatile = True
    entries = {
        f"{x.object_id}|{c.column_id}": c.name
        for x in current_catalog(binder).tables()
        for c in x.columns
    }
    key = f"({number(binder, table)} || '|' || {number(binder, column)})"
    return lookup(key, entries, NVARCHAR)


def _min_active_rowversion(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    """Return the lowest rowversion an open transaction holds, else the next one to be given."""
    arguments(binder, node, scope, 0)
    binder.context.volatile = True
    session = binder.context.session
    lowest = session.server.lowest_open_rowversion(session.current)
    return constant(lowest.to_bytes(8, "big"), SqlType("binary", 8))


def _db_access(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    (value,) = arguments(binder, node, scope, 1)
    session = binder.context.session
    entries = {
        d.name.lower(): int(d.security.user_of(session.login, d.name) is not None)
        for d in session.server.databases()
    }
    found = lookup(text_key(binder, value), entries, t.INT)
    return Typed(f"coalesce({found.sql}, CAST(NULL AS {duck_type(t.INT)}))", t.INT)


def _error_part(sql_type: SqlType, read: Callable[[SqlError], Any]) -> Scalar:
    def bind(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
        arguments(binder, node, scope, 0)
        caught = binder.context.session.caught
        error = caught[-1] if caught else None
        return constant(read(error) if isinstance(error, SqlError) else None, sql_type)

    return bind


def _row_count(session: SessionInfo) -> int:
    return session.row_count


_OPTION_BITS: Final = {
    "implicit_transactions": 2, "cursor_close_on_commit": 4, "ansi_warnings": 8, "arithabort": 64,
    "arithignore": 128, "quoted_identifier": 256, "nocount": 512, "ansi_null_dflt_on": 1024,
    "ansi_null_dflt_off": 2048, "xact_abort": 16384,
}  # fmt: skip
_ALWAYS_ON: Final = 16 | 32 | 4096
"""ANSI_PADDING, ANSI_NULLS, CONCAT_NULL_YIELDS_NULL."""


def _options(session: SessionInfo) -> int:
    """Return @@OPTIONS ("Configure the user options Server Configuration Option")."""
    return _ALWAYS_ON | sum(
        bit for option, bit in _OPTION_BITS.items() if session.options[option] == "on"
    )


_NUMERIC38: Final = t.make("numeric", precision=38)
FUNCTIONS: Final[dict[str, Scalar]] = {
    "@@version": _session_value(SqlType("nvarchar", 300), lambda _: VERSION_TEXT),
    "@@spid": _session_value(t.SMALLINT, lambda x: x.session_id),
    "@@servername": _session_value(NVARCHAR, lambda x: x.server.name),
    "@@servicename": _session_value(NVARCHAR, lambda _: "MSSQLSERVER"),
    "@@language": _session_value(NVARCHAR, lambda x: x.options["language"]),
    "@@langid": _session_value(t.SMALLINT, lambda x: language_of(x.options).langid),
    "@@datefirst": _session_value(t.TINYINT, lambda x: int(x.options["datefirst"])),
    "@@trancount": _session_value(t.INT, lambda x: x.transaction_count),
    "@@rowcount": _session_value(t.INT, _row_count),
    "rowcount_big": _session_value(t.BIGINT, _row_count),
    "@@error": _session_value(t.INT, lambda x: x.last_error),
    "@@identity": _session_value(_NUMERIC38, lambda x: x.last_identity),
    "scope_identity": _session_value(_NUMERIC38, lambda x: x.last_identity),
    "@@dbts": _session_value(
        SqlType("varbinary", 8), lambda x: x.current.rowversion.to_bytes(8, "big")
    ),
    "@@lock_timeout": _session_value(t.INT, lambda x: int(x.options.get("lock_timeout", "-1"))),
    "@@textsize": _session_value(t.INT, lambda x: int(x.options.get("textsize", "-1"))),
    "@@options": _session_value(t.INT, _options),
    "@@nestlevel": _session_value(t.INT, lambda _: 0),
    "@@max_precision": _session_value(t.TINYINT, lambda _: 38),
    "@@max_connections": _session_value(t.INT, lambda _: 32767),
    "@@microsoftversion": _session_value(t.INT, lambda _: 268439591),
    "@@procid": _session_value(t.INT, lambda _: 0),
    "xact_state": _session_value(t.SMALLINT, lambda x: int(x.transaction_count > 0)),
    "suser_sname": _session_value(NVARCHAR, lambda x: x.login_name),
    "suser_name": _session_value(NVARCHAR, lambda x: x.login_name),
    "system_user": _session_value(NVARCHAR, lambda x: x.login_name),
    "original_login": _session_value(NVARCHAR, lambda x: x.login_name),
    "user_name": _session_value(NVARCHAR, lambda x: x.user.name),
    "user": _session_value(NVARCHAR, lambda x: x.user.name),
    "current_user": _session_value(NVARCHAR, lambda x: x.user.name),
    "session_user": _session_value(NVARCHAR, lambda x: x.user.name),
    "host_name": _session_value(NVARCHAR, lambda x: x.host_name),
    "app_name": _session_value(NVARCHAR, lambda x: x.application),
    "program_name": _session_value(NVARCHAR, lambda x: x.application),
    "db_name": _db_name,
    "db_id": _db_id,
    "object_name": _named(object_names, with_database=True),
    "object_schema_name": _named(object_schemas, with_database=True),
    "type_name": _named(_types),
    "type_id": _type_id,
    "schema_id": _schema_id,
    "schema_name": _schema_name,
    "col_name": _col_name,
    "has_dbaccess": _db_access,
    "min_active_rowversion": _min_active_rowversion,
    "error_number": _error_part(t.INT, lambda e: e.number),
    "error_message": _error_part(SqlType("nvarchar", 4000), lambda e: e.message),
    "error_severity": _error_part(t.INT, lambda e: e.severity),
    "error_state": _error_part(t.INT, lambda e: e.state),
    "error_line": _error_part(t.INT, lambda e: e.line),
    "error_procedure": _error_part(NVARCHAR, lambda _: None),
}
