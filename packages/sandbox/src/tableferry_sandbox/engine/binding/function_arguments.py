"""Arguments of function calls: how many, and as which type."""

from collections.abc import Callable

from tableferry_sandbox.engine.binding.bind_predicates import PredicateBinder
from tableferry_sandbox.engine.binding.scope import Scope, Typed
from tableferry_sandbox.engine.errors import wrong_argument_count
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import MAX, SqlType

Scalar = Callable[[PredicateBinder, s.Call, Scope], Typed]
"""Binds a call of one function: (binder, call, scope)."""


def arguments(
    binder: PredicateBinder, node: s.Call, scope: Scope, low: int, high: int = 0
) -> list[Typed]:
    """Bind a call's arguments; raises 174 or 189 if their number is wrong."""
    count = len(node.arguments)
    if not low <= count <= (high or low):
        if high:
            raise SqlError(
                189, f"The {node.name} function requires {low} to {high} arguments.", severity=15
            )
        raise wrong_argument_count(node.name, low)
    return [binder.value(argument, scope) for argument in node.arguments]


def as_text(binder: PredicateBinder, value: Typed, name: str) -> Typed:
    """Return a value as a string; 8116 for types without implicit conversion."""
    kind = t.family(value.type)
    if kind == "string":
        return value
    if kind in ("udt", "variant", "xml") or value.type.name == "image":
        raise SqlError(
            8116,
            f"Argument data type {value.type.name} is invalid for argument 1 of {name} function.",
        )
    target = SqlType("varchar", MAX if kind == "binary" else 8000)
    return Typed(binder.to_type(value, target, explicit=True), target, value.nullable)


def as_integer(binder: PredicateBinder, value: Typed) -> str:
    """Return SQL of a value as BIGINT."""
    return f"CAST({binder.to_type(value, t.BIGINT)} AS BIGINT)"


def duck_integer(sql_type: SqlType) -> str:
    """Return the DuckDB type of an int or bigint result."""
    return {"bigint": "BIGINT", "int": "INTEGER"}[sql_type.name]
