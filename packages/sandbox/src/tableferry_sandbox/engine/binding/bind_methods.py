"""Binding of CLR members: ``c.ToString()``, ``c.STSrid``, ``geometry::Point(1, 2, 0)``."""

from tableferry_sandbox.engine.binding.bind_expressions import ExpressionBinder
from tableferry_sandbox.engine.binding.scope import Scope, Typed
from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.clr_members import (
    CLASSES,
    FROM_TEXT,
    HIERARCHY_METHODS,
    METHODS,
    PROPERTIES,
    SPATIAL_METHODS,
    TEXT,
)
from tableferry_sandbox.engine.types.duck_types import quote_text
from tableferry_sandbox.events import SqlError


def bind(binder: ExpressionBinder, node: s.Method, scope: Scope) -> Typed:
    """Bind a method of a value, a property, or a static method of a type."""
    if isinstance(node.operand, s.TypeName):
        return _static(binder, node, node.operand.name, scope)
    operand = binder.value(node.operand, scope)
    name = operand.type.name
    if name == "xml":
        raise unsupported("methods of xml")
    if name not in CLASSES:
        raise SqlError(258, f"Cannot call methods on {t.describe(operand.type)}.", severity=15)
    if node.is_property:
        found = PROPERTIES.get(node.name) if name != "hierarchyid" else None
    else:
        found = (HIERARCHY_METHODS if name == "hierarchyid" else SPATIAL_METHODS).get(node.name)
    if found is None or node.arguments:
        raise _no_such(node, name)
    sql, kind = found
    text = sql.replace("{type}", quote_text(name)).replace("{}", operand.sql)
    return Typed(text, kind, operand.nullable)


def _static(binder: ExpressionBinder, node: s.Method, name: str, scope: Scope) -> Typed:
    if name not in CLASSES:
        raise SqlError(243, f"Type {name} is not a defined system type.")
    kind = t.make(name)
    values = [binder.value(argument, scope) for argument in node.arguments]
    spatial = name != "hierarchyid"
    if node.name == "GetRoot" and not spatial and not values:
        return Typed("py_hierarchy('/', FALSE)", kind, nullable=False)
    if node.name == "Parse" and len(values) == 1:
        return Typed(binder.to_type(values[0], kind), kind, values[0].nullable)
    if spatial and node.name in FROM_TEXT and len(values) == 2:
        words, srid = binder.to_type(values[0], TEXT), binder.to_type(values[1], t.INT)
        return Typed(f"py_spatial({words}, {srid}, {quote_text(name)})", kind)
    if spatial and node.name == "Point" and len(values) == 3:
        first, second = (binder.to_type(value, t.FLOAT) for value in values[:2])
        srid = binder.to_type(values[2], t.INT)
        return Typed(f"py_spatial_point({first}, {second}, {srid}, {quote_text(name)})", kind)
    raise _no_such(node, name)


def _no_such(node: s.Method, name: str) -> SqlError:
    what = "property or field" if node.is_property else "method"
    return SqlError(
        6506 if what == "method" else 6592,
        f"Could not find {what} '{node.name}' for type 'Microsoft.SqlServer.Types."
        f"{CLASSES[name]}' in assembly 'Microsoft.SqlServer.Types'"
        + ("" if node.name.lower() in METHODS else ", or the sandbox does not have it"),
    )
