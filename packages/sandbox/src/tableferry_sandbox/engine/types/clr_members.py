"""Methods and properties of the CLR types that the sandbox has, with the SQL that computes them.

Member names are case-sensitive, unlike everything else in T-SQL.
"""

from typing import Final

from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.sqltypes import MAX, SqlType

TEXT: Final = SqlType("nvarchar", MAX)
_SHORT: Final = SqlType("nvarchar", 4000)
_BYTES: Final = SqlType("varbinary", MAX)
CLASSES: Final = {
    "hierarchyid": "SqlHierarchyId",
    "geography": "SqlGeography",
    "geometry": "SqlGeometry",
}
"""The .NET class of each CLR type, as error texts name it."""

HIERARCHY_METHODS: Final = {
    "ToString": ("py_hierarchy_text({})", _SHORT),
    "GetLevel": ("CAST(py_hierarchy_level({}) AS SMALLINT)", t.SMALLINT),
}
SPATIAL_METHODS: Final = {
    "ToString": ("py_spatial_text({}, {type}, TRUE)", TEXT),
    "AsTextZM": ("py_spatial_text({}, {type}, TRUE)", TEXT),
    "STAsText": ("py_spatial_text({}, {type}, FALSE)", TEXT),
    "AsBinaryZM": ("py_spatial_wkb({}, {type}, TRUE)", _BYTES),
    "STAsBinary": ("py_spatial_wkb({}, {type}, FALSE)", _BYTES),
    "STGeometryType": ("py_spatial_kind({}, {type})", _SHORT),
}
FROM_TEXT: Final = frozenset(
    {"STGeomFromText", "STPointFromText", "STLineFromText", "STPolyFromText"}
)
PROPERTIES: Final = {"STSrid": ("py_spatial_srid({})", t.INT)}
_XML_METHODS: Final = ("value", "query", "exist", "nodes", "modify")
METHODS: Final = frozenset(
    name.lower() for name in (*HIERARCHY_METHODS, *SPATIAL_METHODS, *_XML_METHODS)
)
"""Lower-case names that the parser reads as a method call when they follow a column's name."""
