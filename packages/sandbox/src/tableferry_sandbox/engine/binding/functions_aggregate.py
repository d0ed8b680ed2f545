"""Aggregates and window functions, with T-SQL's result types."""

from dataclasses import replace
from typing import Final

from tableferry_sandbox.engine.binding.bind_predicates import (
    PredicateBinder,
    group_key,
    key_of,
    ordering,
)
from tableferry_sandbox.engine.binding.scope import Scope, Typed
from tableferry_sandbox.engine.errors import unsupported, wrong_argument_count
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.duck_types import duck_type
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import MAX, SqlType

_RANKING: Final = {"row_number", "rank", "dense_rank", "ntile", "percent_rank", "cume_dist"}
_OFFSETS: Final = {"lag", "lead", "first_value", "last_value"}


def bind(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    """Bind an aggregate or a function with OVER."""
    over = "" if node.over is None else _over(binder, node, node.over, scope)
    if node.name in _RANKING:
        return _ranking(binder, node, scope, over)
    if node.name in _OFFSETS:
        return _offset(binder, node, scope, over)
    inner = scope
    if node.over is None:
        if scope.groups is None:
            raise SqlError(
                147,
                "An aggregate may not appear in the WHERE clause unless it is in a subquery "
                "contained in a HAVING clause or a select list, and the column being aggregated is "
                "an outer reference.",
                severity=15,
            )
        inner = Scope(scope.sources, scope.parent)
    return _aggregate(binder, node, inner, over)


def _over(binder: PredicateBinder, node: s.Call, over: s.Over, scope: Scope) -> str:
    pieces = []
    if over.partition:
        keys = ", ".join(group_key(binder.value(x, scope)) for x in over.partition)
        pieces.append(f"PARTITION BY {keys}")
    if over.order:
        items = []
        for item in over.order:
            # A constant subquery, (SELECT NULL), is the usual way to ask for no order.
            if isinstance(item.expression, s.Literal):
                raise SqlError(
                    5308,
                    "Windowed functions, aggregates and NEXT VALUE FOR functions do "
                    "not support integer indices as ORDER BY clause expressions.",
                )
            typed = binder.value(item.expression, scope)
            items.append(ordering(typed, descending=item.descending))
        pieces.append(f"ORDER BY {', '.join(items)}")
    elif node.name in _RANKING | {"lag", "lead", "first_value", "last_value"}:
        raise SqlError(
            4112, f"The function '{node.name}' must have an OVER clause with ORDER BY.", severity=15
        )
    if over.frame is not None:
        pieces.append(over.frame.text)
    return f" OVER ({' '.join(pieces)})"


def _ranking(binder: PredicateBinder, node: s.Call, scope: Scope, over: str) -> Typed:
    if not over:
        raise SqlError(10753, f"The function '{node.name}' must have an OVER clause.", severity=15)
    if node.name in ("percent_rank", "cume_dist"):
        return Typed(f"{node.name}(){over}", t.FLOAT)
    argument = ""
    if node.name == "ntile":
        if len(node.arguments) != 1:
            raise wrong_argument_count("ntile", 1)
        argument = binder.to_type(binder.value(node.arguments[0], scope), t.BIGINT)
    return Typed(f"CAST({node.name}({argument}){over} AS BIGINT)", t.BIGINT)


def _offset(binder: PredicateBinder, node: s.Call, scope: Scope, over: str) -> Typed:
    values = [binder.value(x, scope) for x in node.arguments]
    if not values or not over:
        raise wrong_argument_count(node.name, 1)
    first = values[0]
    parts = [first.sql]
    if len(values) > 1:
        parts.append(binder.to_type(values[1], t.BIGINT))
    if len(values) > 2:
        parts.append(binder.to_type(values[2], first.type))
    return Typed(f"{node.name}({', '.join(parts)}){over}", replace(first.type))


def _aggregate(binder: PredicateBinder, node: s.Call, scope: Scope, over: str) -> Typed:
    name = node.name
    if name in ("count", "count_big"):
        return _count(binder, node, scope, over)
    if name == "string_agg":
        return _string_agg(binder, node, scope, over)
    if name in ("checksum_agg", "approx_count_distinct", "grouping"):
        raise unsupported(f"the aggregate {name.upper()}")
    if len(node.arguments) != 1 or node.star:
        raise wrong_argument_count(name, 1)
    value = binder.value(node.arguments[0], scope)
    if name in ("min", "max"):
        return _extreme(name, value, over)
    if name in ("sum", "avg"):
        return _sum(name, value, over, distinct=node.distinct)
    function = {
        "stdev": "stddev_samp",
        "stdevp": "stddev_pop",
        "var": "var_samp",
        "varp": "var_pop",
    }
    word = "DISTINCT " if node.distinct else ""
    return Typed(f"{function[name]}({word}{binder.to_type(value, t.FLOAT)}){over}", t.FLOAT)


def _count(binder: PredicateBinder, node: s.Call, scope: Scope, over: str) -> Typed:
    result = t.INT if node.name == "count" else t.BIGINT
    if node.star:
        inner = "count(*)"
    elif len(node.arguments) != 1:
        raise wrong_argument_count(node.name, 1)
    else:
        value = binder.value(node.arguments[0], scope)
        inner = f"count(DISTINCT {group_key(value)})" if node.distinct else f"count({value.sql})"
    return Typed(f"CAST({inner}{over} AS {duck_type(result)})", result)


def _extreme(name: str, value: Typed, over: str) -> Typed:
    kind = t.family(value.type)
    if value.type.name == "bit" or kind in ("xml", "udt"):
        raise SqlError(8117, f"Operand data type {value.type.name} is invalid for {name} operator.")
    result = replace(value, name="", identity=False, nullable=True, digits=0)
    key = key_of(value.sql, value.type, ordering=True)
    if key == value.sql:
        return replace(result, sql=f"{name}({value.sql}){over}")
    return replace(result, sql=f"arg_{name}({value.sql}, {key}){over}")


def _sum(name: str, value: Typed, over: str, *, distinct: bool) -> Typed:
    kind = t.family(value.type)
    word = "DISTINCT " if distinct else ""
    if kind not in t.NUMERIC_FAMILIES or value.type.name == "bit":
        raise SqlError(8117, f"Operand data type {value.type.name} is invalid for {name} operator.")
    if kind == "float":
        return Typed(f"ts_finite({name}({word}CAST({value.sql} AS DOUBLE)){over})", t.FLOAT)
    total, count = f"sum({word}{value.sql}){over}", f"count({word}{value.sql}){over}"
    if kind == "int":
        result = t.BIGINT if value.type.name == "bigint" else t.INT
        sql = total if name == "sum" else f"({total} // nullif({count}, 0))"
        return Typed(f"CAST({sql} AS {duck_type(result)})", result)
    if kind == "money":
        result = t.make("money")
        if name == "avg":
            total = f"py_divide(CAST({total} AS VARCHAR), CAST(nullif({count}, 0) AS VARCHAR), 4)"
        return Typed(f"CAST({total} AS DECIMAL(19,4))", result)
    scale = value.type.scale if name == "sum" else max(6, value.type.scale)
    result = t.make("numeric", precision=38, scale=scale)
    if name == "avg":
        total = f"py_divide(CAST({total} AS VARCHAR), CAST(nullif({count}, 0) AS VARCHAR), {scale})"
    return Typed(f"CAST({total} AS DECIMAL(38,{scale}))", result)


def _string_agg(binder: PredicateBinder, node: s.Call, scope: Scope, over: str) -> Typed:
    if len(node.arguments) != 2 or over or node.distinct:
        raise wrong_argument_count("string_agg", 2)
    value, separator = (binder.value(x, scope) for x in node.arguments)
    national = t.is_national(value.type)
    length = 4000 if national else 8000
    if value.type.length == MAX and t.family(value.type) == "string":
        length = MAX
    result = SqlType("nvarchar" if national else "varchar", length, collation=value.type.collation)
    text = binder.to_type(value, replace(result, length=MAX), explicit=True)
    order = ""
    if node.within:
        items = []
        for item in node.within:
            typed = binder.value(item.expression, scope)
            items.append(ordering(typed, descending=item.descending))
        order = f" ORDER BY {', '.join(items)}"
    return Typed(f"string_agg({text}, {separator.sql}{order})", result)
