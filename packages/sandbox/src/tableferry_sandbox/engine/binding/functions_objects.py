"""Functions about the objects of a database: OBJECT_ID, OBJECT_NAME, OBJECTPROPERTY."""

from collections.abc import Callable
from typing import Any, Final

from tableferry_sandbox.engine.binding.bind_expressions import ExpressionBinder
from tableferry_sandbox.engine.binding.bind_predicates import PredicateBinder
from tableferry_sandbox.engine.binding.catalog_lookups import (
    constant,
    current_catalog,
    lookup,
    name_key,
    number,
)
from tableferry_sandbox.engine.binding.context import SessionInfo
from tableferry_sandbox.engine.binding.function_arguments import Scalar, arguments
from tableferry_sandbox.engine.binding.scope import Scope, Typed
from tableferry_sandbox.engine.binding.system_views_objects import object_rows
from tableferry_sandbox.engine.database.catalog_objects import Database, Table, View
from tableferry_sandbox.engine.database.other_objects import ScalarFunction
from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.parsing.lexer import split_name
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.events import SqlError


def _object_id(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    """OBJECT_ID of any object in a schema, constraints included; NULL for the wrong kind."""
    values = arguments(binder, node, scope, 1, 2)
    binder.context.volatile = True
    session = binder.context.session
    kind = binder.constant_text(node.arguments[1]) if len(values) == 2 else None
    kind = kind.strip().upper() if kind else None
    if binder.constant_text(node.arguments[0]) is not None:
        return constant(constant_object_id(binder, node), t.INT)
    entries: dict[str, int] = {}
    database = session.catalog_of(session.current)
    for item in database.objects.values():
        if kind and kind != ("V" if isinstance(item, View) else "U"):
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
        entries.update({database.key(form): item.object_id for form in forms})
    return lookup(name_key(binder, values[0]), entries, t.INT)


def constant_object_id(binder: ExpressionBinder, node: s.Node) -> int | None:
    """Return OBJECT_ID of a name that is known before the query runs; None for anything else."""
    if not isinstance(node, s.Call) or node.name != "object_id" or len(node.arguments) > 2:
        return None
    text, *kind = (binder.constant_text(argument) for argument in node.arguments)
    parts = split_name(text) if text is not None else None
    if not parts:
        return None
    wanted = kind[0].strip().upper() if kind and kind[0] else None
    return _find(binder.context.session, parts, wanted)


def _find(session: SessionInfo, parts: tuple[str, ...], kind: str | None) -> int | None:
    """Return the id of an object that the session sees, None in a database it may not enter."""
    try:
        return _find_in_catalog(session, parts, kind)
    except SqlError as error:
        if error.number == 916:
            return None
        raise


def _find_in_catalog(session: SessionInfo, parts: tuple[str, ...], kind: str | None) -> int | None:
    database: Database | None = session.current
    if len(parts) == 3 and parts[0]:
        database = session.server.find_database(parts[0])
    catalog = session.catalog_of(database) if database is not None else None
    other = session.find_other(parts)
    if other is not None:  # a synonym's own id, not its table's
        return other.object_id if kind in (None, other.kind.strip()) else None
    found = session.find_visible(parts)
    if isinstance(found, Table | View):
        own = "V" if isinstance(found, View) else "U"
        return found.object_id if kind in (None, own) else None
    schema = parts[-2] if len(parts) > 1 and parts[-2] else "dbo"
    if catalog is None or catalog.key(schema) not in catalog.schemas:
        return None
    schema_id = catalog.schema_id(schema)
    for row in object_rows(session, catalog):
        if catalog.key(row[0]) == catalog.key(parts[-1]) and row[3] == schema_id:
            return int(row[1]) if kind in (None, row[5].strip()) else None
    return None


def object_names(database: Database) -> dict[Any, Any]:
    """Return the names of all objects of a database by their ids, for OBJECT_NAME."""
    names: dict[Any, Any] = {o.object_id: o.name for o in database.objects.values()}
    names.update({o.object_id: o.name for o in database.others.values()})
    for table in database.tables():
        names.update({i.constraint_id: i.name for i in table.indexes if i.constraint_id})
        names.update({c.default.object_id: c.default.name for c in table.columns if c.default})
        names.update({c.object_id: c.name for c in table.checks})
        names.update({f.object_id: f.name for f in table.foreign_keys})
    return names


def object_schemas(database: Database) -> dict[Any, Any]:
    """Return the schemas of a database's objects by their ids, for OBJECT_SCHEMA_NAME."""
    found: dict[Any, Any] = {o.object_id: o.schema for o in database.objects.values()}
    found.update({o.object_id: o.schema for o in database.others.values()})
    return found


def _temporal_type(table: Table | View) -> int:
    if not isinstance(table, Table):
        return 0
    return 2 if table.history is not None else int(table.database.history_of(table) is not None)


_OF_TABLES: Final[dict[str, Callable[[Table | View], int]]] = {
    "tablehasprimarykey": lambda o: int(isinstance(o, Table) and o.primary_key is not None),
    "tablehasidentity": lambda o: int(isinstance(o, Table) and o.identity is not None),
    "tablehastimestamp": lambda o: int(isinstance(o, Table) and o.rowversion is not None),
    "tablehasclustindex": lambda o: int(isinstance(o, Table) and o.clustered is not None),
    "tablehasindex": lambda o: int(isinstance(o, Table) and bool(o.indexes)),
    "tablehasforeignkey": lambda o: int(isinstance(o, Table) and bool(o.foreign_keys)),
    "tablehascheckcnst": lambda o: int(isinstance(o, Table) and bool(o.checks)),
    "tabletemporaltype": _temporal_type,
    "isschemabound": lambda o: int(isinstance(o, View) and o.schema_bound),
}
_KINDS: Final = {
    "istable": ("U ",), "isusertable": ("U ",), "isview": ("V ",), "isprocedure": ("P ",),
    "isscalarfunction": ("FN",), "istablefunction": ("TF", "IF"), "isinlinefunction": ("IF",),
    "istrigger": ("TR",), "isrule": ("R ",), "isprimarykey": ("PK",), "isuniquecnst": ("UQ",),
    "isforeignkey": ("F ",), "ischeckcnst": ("C ",), "isdefaultcnst": ("D ",), "isdefault": ("D ",),
    "isconstraint": ("PK", "UQ", "F ", "C ", "D "), "issystemtable": ("S ",),
}  # fmt: skip
"""Properties that ask whether an object is of one of these kinds."""


def _object_property(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    """OBJECTPROPERTY: NULL for an unknown object, and for a table's property of another one."""
    values = arguments(binder, node, scope, 2)
    wanted = (binder.constant_text(node.arguments[1]) or "").lower()
    binder.context.volatile = True
    session, catalog = binder.context.session, current_catalog(binder)
    rows = list(object_rows(session, catalog))
    if wanted in _KINDS:
        entries = {row[1]: int(row[5] in _KINDS[wanted]) for row in rows}
    elif wanted in ("ismsshipped", "ownerid"):
        entries = {row[1]: int(wanted == "ownerid") for row in rows}
    elif wanted == "schemaid":
        entries = {row[1]: row[3] for row in rows}
    elif wanted == "cnstisdisabled":
        tables = catalog.tables()
        entries = {c.object_id: int(c.disabled) for table in tables for c in table.checks}
        entries.update(
            {k.object_id: int(k.disabled) for table in tables for k in table.foreign_keys}
        )
    elif wanted in _OF_TABLES:
        read = _OF_TABLES[wanted]
        entries = {o.object_id: read(o) for o in catalog.objects.values()}
        if wanted == "isschemabound":
            functions = [o for o in catalog.others.values() if isinstance(o, ScalarFunction)]
            entries.update({o.object_id: int(o.schema_bound) for o in functions})
    else:
        raise unsupported(f"OBJECTPROPERTY {wanted}")
    return lookup(number(binder, values[0]), entries, t.INT)


OBJECT_FUNCTIONS: Final[dict[str, Scalar]] = {
    "object_id": _object_id,
    "objectproperty": _object_property,
    "objectpropertyex": _object_property,
}
