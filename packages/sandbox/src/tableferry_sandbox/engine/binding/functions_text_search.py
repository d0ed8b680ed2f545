"""String functions that search or change case: REPLACE, CHARINDEX, PATINDEX, UPPER, LOWER."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from tableferry_sandbox.engine.binding.bind_predicates import PredicateBinder
from tableferry_sandbox.engine.binding.collation_precedence import common_collation
from tableferry_sandbox.engine.binding.function_arguments import (
    Scalar,
    arguments,
    as_integer,
    as_text,
    duck_integer,
)
from tableferry_sandbox.engine.binding.scope import Scope, Typed
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.case_folding import (
    fold_sql,
    is_case_sensitive,
    lower_i_sql,
    upper_i_sql,
)
from tableferry_sandbox.sqltypes import MAX


def _cased(name: str, letters: Callable[[str, str], str]) -> Scalar:
    """Bind UPPER or LOWER; ``letters`` maps those that the collation's alphabet has otherwise."""

    def bind(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
        (value,) = arguments(binder, node, scope, 1)
        text = as_text(binder, value, node.name)
        kind = t.varchar(text.type.length, national=t.is_national(text.type))
        kind = replace(kind, collation=text.type.collation)
        mapped = letters(text.sql, text.type.collation or binder.collation)
        return Typed(f"{name}({mapped})", kind, value.nullable)

    return bind


def _replace(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    values = [as_text(binder, v, "replace") for v in arguments(binder, node, scope, 3)]
    a, b, c = (v.sql for v in values)
    national = any(t.is_national(v.type) for v in values)
    collation, _ = common_collation(values, "replace")
    result = t.varchar(4000 if national else 8000, national=national)
    result = replace(result, collation=collation)
    if MAX in (values[0].type.length, values[1].type.length, values[2].type.length):
        result = replace(result, length=MAX)
    if not is_case_sensitive(collation or binder.collation):
        # The search string as a regular expression, escaped, matched case-insensitively.
        pattern = f"regexp_escape({b})"
        target = f"replace({c}, '\\', '\\\\')"
        sql = f"CASE WHEN {b} = '' THEN {a} ELSE regexp_replace({a}, {pattern}, {target}, 'gi') END"
    else:
        sql = f"CASE WHEN {b} = '' THEN {a} ELSE replace({a}, {b}, {c}) END"
    return Typed(sql, result)


def _charindex(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    values = arguments(binder, node, scope, 2, 3)
    needle, text = (as_text(binder, v, "charindex") for v in values[:2])
    collation = text.type.collation or binder.collation
    a, b = fold_sql(needle.sql, collation), fold_sql(text.sql, collation)
    result = t.BIGINT if text.type.length == MAX else t.INT
    start = f"greatest({as_integer(binder, values[2])}, 1)" if len(values) == 3 else "1"
    rest = f"substr({b}, {start})"
    found = f"instr({rest}, {a})"
    sql = f"CASE WHEN {a} = '' OR {found} = 0 THEN 0 ELSE {found} + {start} - 1 END"
    units = f"ts_units(substr({b}, 1, {sql} - 1)) + ({sql} > 0)::INTEGER"
    sql = f"CASE WHEN ts_wide({b}) THEN {units} ELSE {sql} END"
    return Typed(f"CAST({sql} AS {duck_integer(result)})", result)


def _patindex(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    pattern, text = (as_text(binder, v, "patindex") for v in arguments(binder, node, scope, 2))
    collation = text.type.collation or binder.collation
    a, b = fold_sql(pattern.sql, collation), fold_sql(text.sql, collation)
    result = t.BIGINT if text.type.length == MAX else t.INT
    return Typed(f"CAST(py_patindex({a}, {b}) AS {duck_integer(result)})", result)


SEARCH_FUNCTIONS: Final[dict[str, Scalar]] = {
    "replace": _replace,
    "charindex": _charindex,
    "patindex": _patindex,
    "upper": _cased("upper", upper_i_sql),
    "lower": _cased("lower", lower_i_sql),
}
