"""Methods and properties of the CLR types: ``c.ToString()``, ``c.STSrid``, ``geometry::Point()``.

Their names are case-sensitive, unlike everything else in T-SQL.
"""

from typing import TYPE_CHECKING, Final

from tableferry_sandbox.engine import syntax as s
from tableferry_sandbox.engine import typerules as t
from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.scope import Scope, Typed
from tableferry_sandbox.engine.storage import quote_text
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import MAX, SqlType

if TYPE_CHECKING:
    from tableferry_sandbox.engine.bind_calls import Binder

_TEXT: Final = SqlType("nvarchar", MAX)
_SHORT: Final = SqlType("nvarchar", 4000)
_BYTES: Final = SqlType("varbinary", MAX)
_CLASSES: Final = {
    "hierarchyid": "SqlHierarchyId",
    "geography": "SqlGeography",
    "geometry": "SqlGeometry",
}
_HIERARCHY: Final = {
    "ToString": ("py_hierarchy_text({})", _SHORT),
    "GetLevel": ("CAST(py_hierarchy_level({}) AS SMALLINT)", t.SMALLINT),
}
_SPATIAL: Final = {
    "ToString": ("py_spatial_text({}, {type}, TRUE)", _TEXT),
    "AsTextZM": ("py_spatial_text({}, {type}, TRUE)", _TEXT),
    "STAsText": ("py_spatial_text({}, {type}, FALSE)", _TEXT),
    "AsBinaryZM": ("py_spatial_wkb({}, {type}, TRUE)", _BYTES),
    "STAsBinary": ("py_spatial_wkb({}, {type}, FALSE)", _BYTES),
    "STGeometryType": ("py_spatial_kind({}, {type})", _SHORT),
}
_FROM_TEXT: Final = frozenset(
    {"STGeomFromText", "STPointFromText", "STLineFromText", "STPolyFromText"}
)
PROPERTIES: Final = {"STSrid": ("py_spatial_srid({})", t.INT)}
_XML: Final = ("value", "query", "exist", "nodes", "modify")
METHODS: Final = frozenset(name.lower() for name in (*_HIERARCHY, *_SPATIAL, *_XML))
"""In lower case: what is written so behind a column's name is taken for a method."""


def bind(binder: "Binder", node: s.Method, scope: Scope) -> Typed:
    """Bind a method of a value, a property, or a static method of a type."""
    if isinstance(node.operand, s.TypeName):
        return _static(binder, node, node.operand.name, scope)
    operand = binder.value(node.operand, scope)
    name = operand.type.name
    if name == "xml":
        raise unsupported("methods of xml")
    if name not in _CLASSES:
        raise SqlError(258, f"Cannot call methods on {t.describe(operand.type)}.", severity=15)
    if node.is_property:
        found = PROPERTIES.get(node.name) if name != "hierarchyid" else None
    else:
        found = (_HIERARCHY if name == "hierarchyid" else _SPATIAL).get(node.name)
    if found is None or node.arguments:
        raise _no_such(node, name)
    sql, kind = found
    text = sql.replace("{type}", quote_text(name)).replace("{}", operand.sql)
    return Typed(text, kind, operand.nullable)


def _static(binder: "Binder", node: s.Method, name: str, scope: Scope) -> Typed:
    if name not in _CLASSES:
        raise SqlError(243, f"Type {name} is not a defined system type.")
    kind = t.make(name)
    values = [binder.value(argument, scope) for argument in node.arguments]
    spatial = name != "hierarchyid"
    if node.name == "GetRoot" and not spatial and not values:
        return Typed("py_hierarchy('/', FALSE)", kind, nullable=False)
    if node.name == "Parse" and len(values) == 1:
        return Typed(binder.to_type(values[0], kind), kind, values[0].nullable)
    if spatial and node.name in _FROM_TEXT and len(values) == 2:
        words, srid = binder.to_type(values[0], _TEXT), binder.to_type(values[1], t.INT)
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
        f"{_CLASSES[name]}' in assembly 'Microsoft.SqlServer.Types'"
        + ("" if node.name.lower() in METHODS else ", or the sandbox does not have it"),
    )
