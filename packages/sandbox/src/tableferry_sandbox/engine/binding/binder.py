"""The complete binder: queries, expressions, and calls of the functions in ``functions_*``."""

from dataclasses import replace
from typing import Final

from tableferry_sandbox.engine.binding import (
    bind_methods,
    functions_aggregate,
    functions_changes,
    functions_datetime,
    functions_datetime_construction,
    functions_json,
    functions_metadata,
    functions_numbers,
    functions_objects,
    functions_permissions,
    functions_properties,
    functions_text,
    functions_text_search,
)
from tableferry_sandbox.engine.binding.aggregate_calls import AGGREGATES
from tableferry_sandbox.engine.binding.bind_queries import QueryBinder
from tableferry_sandbox.engine.binding.scalar_functions import inlined
from tableferry_sandbox.engine.binding.scope import Scope, Typed
from tableferry_sandbox.engine.database.other_objects import ScalarFunction
from tableferry_sandbox.engine.errors import unknown_function, unsupported
from tableferry_sandbox.engine.parsing import unsupported_names
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.events import SqlError

_SCALARS: Final = {
    **functions_text.FUNCTIONS,
    **functions_text_search.SEARCH_FUNCTIONS,
    **functions_numbers.FUNCTIONS,
    **functions_datetime.FUNCTIONS,
    **functions_datetime_construction.FUNCTIONS,
    **functions_json.JSON_FUNCTIONS,
    **functions_metadata.FUNCTIONS,
    **functions_changes.FUNCTIONS,
    **functions_objects.OBJECT_FUNCTIONS,
    **functions_permissions.PERMISSION_FUNCTIONS,
    **functions_properties.PROPERTY_FUNCTIONS,
}

MAX_NESTING: Final = 32
"""Levels of nested function calls (Transact-SQL: @@NESTLEVEL)."""


class Binder(QueryBinder):
    """Binds queries, predicates, expressions, calls and CLR members."""

    def method(self, node: s.Method, scope: Scope) -> Typed:
        """Bind a method or a property of a CLR type."""
        return bind_methods.bind(self, node, scope)

    def call(self, node: s.Call, scope: Scope) -> Typed:
        """Bind a function call; raises 195 for an unknown function."""
        if node.name in unsupported_names.AGGREGATES:
            raise unsupported(f"the aggregate {node.name.upper()}")
        if node.name in AGGREGATES or node.over is not None:
            return functions_aggregate.bind(self, node, scope)
        if node.name.startswith("sys."):
            node = s.Call(node.name[4:], node.arguments)
        scalar = _SCALARS.get(node.name)
        if scalar is None:
            if node.name in unsupported_names.VARIABLES:
                raise unsupported(f"the variable {node.name.upper()}")
            if node.name.startswith("@@"):
                raise SqlError(
                    137, f'Must declare the scalar variable "{node.name}".', severity=15, state=2
                )
            function = self._user_function(node)
            if function is not None:
                return self._user_call(function, node, scope)
            if "." in node.name:
                raise SqlError(
                    4121,
                    f'Cannot find either column "{node.name.split(".")[0]}" or the user-defined '
                    f'function or aggregate "{node.name}", or the name is ambiguous.',
                )
            if node.name in unsupported_names.FUNCTIONS:
                raise unsupported(f"the function {node.name.upper()}")
            raise unknown_function(node.name)
        return scalar(self, node, scope)

    def _user_function(self, node: s.Call) -> ScalarFunction | None:
        """Return the function of a call; scalar functions are called with their schema's name."""
        parts = tuple(node.name.split("."))
        found = self.context.session.find_other(parts, self.context.home) if parts[1:] else None
        return found if isinstance(found, ScalarFunction) else None

    def _user_call(self, function: ScalarFunction, node: s.Call, scope: Scope) -> Typed:
        self.context.calls += 1
        if self.context.calls > MAX_NESTING:
            raise unsupported("functions that call themselves")
        try:
            return replace(self.value(inlined(function, node.arguments), scope), nullable=True)
        finally:
            self.context.calls -= 1
