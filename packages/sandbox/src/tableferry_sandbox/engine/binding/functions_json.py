"""JSON_VALUE, JSON_QUERY and ISJSON."""

from typing import Final

from tableferry_sandbox.engine.binding.bind_predicates import PredicateBinder
from tableferry_sandbox.engine.binding.function_arguments import Scalar, arguments
from tableferry_sandbox.engine.binding.scope import Scope, Typed
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.duck_types import quote_text
from tableferry_sandbox.sqltypes import MAX, SqlType

_TEXT: Final = SqlType("nvarchar", MAX)


def _json_value(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    """JSON_VALUE: a scalar as nvarchar(4000)."""
    values = arguments(binder, node, scope, 2)
    text, path = (binder.to_type(value, _TEXT) for value in values)
    return Typed(f"py_json_value({text}, {path})", SqlType("nvarchar", 4000))


def _json_query(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    """JSON_QUERY: an object or an array, the whole text by default."""
    values = arguments(binder, node, scope, 1, 2)
    path = binder.to_type(values[1], _TEXT) if len(values) == 2 else quote_text("$")
    return Typed(f"py_json_query({binder.to_type(values[0], _TEXT)}, {path})", _TEXT)


def _is_json(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    """ISJSON: whether a text is an object or an array."""
    (value,) = arguments(binder, node, scope, 1)
    found = f"py_json_query({binder.to_type(value, _TEXT)}, '$')"
    known = f"{binder.to_type(value, _TEXT)} IS NOT NULL"
    return Typed(f"CASE WHEN {known} THEN CAST(TRY({found}) IS NOT NULL AS INTEGER) END", t.INT)


JSON_FUNCTIONS: Final[dict[str, Scalar]] = {
    "json_value": _json_value,
    "json_query": _json_query,
    "isjson": _is_json,
}
