"""String functions that search: REPLACE, CHARINDEX and PATINDEX."""

from dataclasses import replace
from typing import Final

from tableferry_sandbox.engine.binding.bind_predicates import PredicateBinder
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
from tableferry_sandbox.sqltypes import MAX, SqlType


def _insensitive(value: Typed) -> bool:
    words = set((value.type.collation or "ci").lower().split("_"))
    return not words & {"cs", "bin", "bin2"}


def _replace(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    values = [as_text(binder, v, "replace") for v in arguments(binder, node, scope, 3)]
    a, b, c = (v.sql for v in values)
    national = any(t.is_national(v.type) for v in values)
    result = SqlType("nvarchar" if national else "varchar", 4000 if national else 8000)
    if MAX in (values[0].type.length, values[1].type.length, values[2].type.length):
        result = replace(result, length=MAX)
    if _insensitive(values[0]):
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
    a, b = needle.sql, text.sql
    if _insensitive(text):
        a, b = f"lower({a})", f"lower({b})"
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
    a, b = pattern.sql, text.sql
    if _insensitive(text):
        a, b = f"lower({a})", f"lower({b})"
    result = t.BIGINT if text.type.length == MAX else t.INT
    return Typed(f"CAST(py_patindex({a}, {b}) AS {duck_integer(result)})", result)


SEARCH_FUNCTIONS: Final[dict[str, Scalar]] = {
    "replace": _replace,
    "charindex": _charindex,
    "patindex": _patindex,
}
