"""Numeric functions, and functions that choose between values."""

import random
from dataclasses import replace
from typing import Final

from tableferry_sandbox.engine.binding.bind_predicates import PredicateBinder
from tableferry_sandbox.engine.binding.function_arguments import Scalar, arguments
from tableferry_sandbox.engine.binding.scope import Scope, Typed
from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.convert import convert
from tableferry_sandbox.engine.types.row_errors import raising
from tableferry_sandbox.events import SqlError


def _isnull(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    """ISNULL has the type of its first argument; the second is cut to it."""
    first, second = arguments(binder, node, scope, 2)
    if first.type.name == "null":
        return replace(second, name="", identity=False)
    other = binder.to_type(second, first.type)
    return Typed(f"coalesce({first.sql}, {other})", first.type, first.nullable and second.nullable)


def _coalesce(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    values = arguments(binder, node, scope, 2, 1000)
    if all(v.type.name == "null" for v in values):
        raise SqlError(
            4127, "At least one of the arguments to COALESCE must be an expression that is not the "
            "NULL constant.",
        )  # fmt: skip
    target = binder.unify(values)
    texts = ", ".join(binder.to_type(v, target) for v in values)
    return Typed(f"coalesce({texts})", target, all(v.nullable for v in values))


def _nullif(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    first, second = arguments(binder, node, scope, 2)
    if first.type.name == "null":
        raise SqlError(4151, "The type of the first argument to NULLIF cannot be the NULL constant "
                       "because the type of the first argument has to be known.")  # fmt: skip
    test = binder.compare("=", first, second)
    return Typed(f"CASE WHEN {test} THEN NULL ELSE {first.sql} END", first.type)


def _choose(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    values = arguments(binder, node, scope, 2, 1000)
    target = binder.unify(values[1:])
    index = binder.to_type(values[0], t.INT)
    arms = " ".join(
        f"WHEN {i} THEN {binder.to_type(v, target)}" for i, v in enumerate(values[1:], 1)
    )
    return Typed(f"CASE {index} {arms} END", target)


def _numeric(value: Typed, name: str) -> Typed:
    """Widen small integers to int, and convert strings to float."""
    kind = t.family(value.type)
    if value.type.name in ("bit", "tinyint", "smallint"):
        return Typed(convert(value.sql, value.type, t.INT), t.INT)
    if value.type.name == "null":
        return Typed("CAST(NULL AS DOUBLE)", t.FLOAT)
    if kind in ("int", "decimal", "money"):
        return value
    if kind in ("float", "string"):
        return Typed(convert(value.sql, value.type, t.FLOAT), t.FLOAT)
    raise SqlError(
        8116, f"Argument data type {value.type.name} is invalid for argument 1 of {name} function."
    )


def _abs(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    (raw,) = arguments(binder, node, scope, 1)
    value = _numeric(raw, "abs")
    return Typed(f"abs({value.sql})", value.type)


def _whole(name: str, sql_name: str) -> Scalar:
    """FLOOR and CEILING keep the type; a decimal's scale becomes 0."""

    def bind(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
        (raw,) = arguments(binder, node, scope, 1)
        value = _numeric(raw, name)
        kind = t.family(value.type)
        if kind == "int":
            return value
        if kind == "decimal":
            result = t.make("numeric", precision=value.type.precision, scale=0)
            return Typed(f"CAST({sql_name}({value.sql}) AS DECIMAL({result.precision},0))", result)
        if kind == "money":
            return Typed(f"CAST({sql_name}({value.sql}) AS DECIMAL(19,4))", t.make("money"))
        return Typed(f"{sql_name}({value.sql})", value.type)

    return bind


def _round(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    values = arguments(binder, node, scope, 2, 3)
    value = _numeric(values[0], "round")
    places = binder.constant_integer(node.arguments[1])
    cut = len(values) == 3 and binder.constant_integer(node.arguments[2]) != 0
    kind = t.family(value.type)
    if kind == "int":
        if places >= 0:
            return value
        unit = 10**-places
        half = "0" if cut else f"sign({value.sql}) * {unit // 2}"
        sql = f"(CAST({value.sql} AS HUGEINT) + {half}) // {unit} * {unit}"
        duck = "BIGINT" if value.type.name == "bigint" else "INTEGER"
        return Typed(f"CAST({sql} AS {duck})", value.type)
    if kind in ("decimal", "money"):
        precision, scale = value.type.precision, value.type.scale
        if places >= scale:
            return value
        if places <= -(precision - scale):
            if places < -(precision - scale):
                return Typed(f"CAST({value.sql} * 0 AS DECIMAL({precision},{scale}))", value.type)
            raise unsupported("ROUND at or beyond the first digit of a decimal")
        function = "trunc" if cut else "round"
        if cut and places < 0:
            raise unsupported("ROUND that truncates left of the decimal point")
        inner = f"{function}({value.sql}, {places})"
        return Typed(f"CAST({inner} AS DECIMAL({precision},{scale}))", value.type)
    factor = f"CAST(1e{places} AS DOUBLE)"
    if cut:
        return Typed(f"trunc({value.sql} * {factor}) / {factor}", value.type)
    return Typed(f"round({value.sql}, {places})", value.type)


def _float_function(sql_name: str, low: str = "", message: str = "") -> Scalar:
    """Functions of floats; outside their domain they raise 3623."""

    def bind(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
        (raw,) = arguments(binder, node, scope, 1)
        x = binder.to_type(raw, t.FLOAT)
        sql = f"ts_finite({sql_name}({x}))"
        if low:
            error = raising(3623, message or "An invalid floating point operation occurred.")
            sql = f"CASE WHEN {x} {low} THEN {error} ELSE {sql} END"
        return Typed(sql, t.FLOAT)

    return bind


def _power(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    base, exponent = arguments(binder, node, scope, 2)
    value = _numeric(base, "power")
    power = binder.to_type(exponent, t.FLOAT)
    sql = f"ts_finite(pow({binder.to_type(value, t.FLOAT)}, {power}))"
    if t.family(value.type) == "float":
        return Typed(sql, value.type)
    if t.family(value.type) == "decimal":
        result = t.make("numeric", precision=38, scale=value.type.scale)
        return Typed(f"CAST({sql} AS DECIMAL(38,{result.scale}))", result)
    return Typed(convert(sql, t.FLOAT, value.type), value.type)


def _log(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    values = arguments(binder, node, scope, 1, 2)
    x = binder.to_type(values[0], t.FLOAT)
    error = raising(3623, "An invalid floating point operation occurred.")
    sql = f"ln({x})"
    if len(values) == 2:
        sql = f"({sql} / ln({binder.to_type(values[1], t.FLOAT)}))"
    return Typed(f"CASE WHEN {x} <= 0 THEN {error} ELSE {sql} END", t.FLOAT)


def _sign(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    (raw,) = arguments(binder, node, scope, 1)
    value = _numeric(raw, "sign")
    return Typed(convert(f"CAST(sign({value.sql}) AS INTEGER)", t.INT, value.type), value.type)


def _pi(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    arguments(binder, node, scope, 0)
    return Typed("pi()", t.FLOAT, nullable=False)


_LONE_SIGNS: Final = "('+', '-', '.', ',', '$')"
"""Strings that ISNUMERIC accepts although they are not numbers (ISNUMERIC, Remarks)."""


def _isnumeric(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    (value,) = arguments(binder, node, scope, 1)
    kind = t.family(value.type)
    if kind in t.NUMERIC_FAMILIES:
        return Typed(f"CASE WHEN {value.sql} IS NULL THEN 0 ELSE 1 END", t.INT)
    if kind != "string":
        return Typed("0", t.INT)
    as_float = convert(value.sql, value.type, t.FLOAT, attempt=True)
    as_money = convert(value.sql, value.type, t.make("money"), attempt=True)
    sql = (
        f"CASE WHEN trim({value.sql}, ' ') <> '' AND ({as_float} IS NOT NULL "
        f"OR {as_money} IS NOT NULL OR trim({value.sql}, ' ') IN {_LONE_SIGNS}) THEN 1 ELSE 0 END"
    )
    return Typed(sql, t.INT)


def _isdate(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    (value,) = arguments(binder, node, scope, 1)
    moment = convert(value.sql, value.type, t.DATETIME, attempt=True)
    return Typed(f"CASE WHEN {moment} IS NOT NULL THEN 1 ELSE 0 END", t.INT)


def _newid(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    arguments(binder, node, scope, 0)
    binder.context.volatile = binder.context.random = True
    return Typed("from_hex(replace(CAST(uuid() AS VARCHAR), '-', ''))", t.GUID, nullable=False)


def _rand(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    """RAND() is one number for the whole query; RAND(CHECKSUM(NEWID())) is one per row."""
    binder.context.volatile = binder.context.random = True
    if not node.arguments:
        return Typed(f"CAST({random.random()!r} AS DOUBLE)", t.FLOAT, nullable=False)  # noqa: S311 - no secret
    arguments(binder, node, scope, 1)
    if not _is_random_seed(node.arguments[0]):
        raise unsupported("RAND with a seed: its numbers would differ from SQL Server's")
    return Typed("random()", t.FLOAT, nullable=False)


def _checksum(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    """CHECKSUM(NEWID()) is a random number; other checksums would have to equal SQL Server's."""
    del scope
    if not _is_random_seed(node):
        raise unsupported("CHECKSUM of anything but NEWID()")
    binder.context.volatile = binder.context.random = True
    sql = "CAST(CAST(floor(random() * 4294967296) AS BIGINT) - 2147483648 AS INTEGER)"
    return Typed(sql, t.INT, nullable=False)


def _is_random_seed(node: s.Node) -> bool:
    return node == s.Call("checksum", (s.Call("newid"),))


def _greatest(name: str, operator: str) -> Scalar:
    """GREATEST and LEAST ignore NULL."""

    def bind(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
        values = arguments(binder, node, scope, 1, 254)
        target = binder.unify(values)
        best = Typed(binder.to_type(values[0], target), target)
        for other in values[1:]:
            item = Typed(binder.to_type(other, target), target)
            test = binder.compare(operator, best, item)
            best = Typed(
                f"CASE WHEN {item.sql} IS NULL OR {test} THEN {best.sql} ELSE {item.sql} END",
                target,
            )
            if len(values) > 4:
                raise unsupported(f"{name} of more than four values")
        return best

    return bind


FUNCTIONS: Final[dict[str, Scalar]] = {
    "isnull": _isnull, "coalesce": _coalesce, "nullif": _nullif, "choose": _choose, "abs": _abs,
    "floor": _whole("floor", "floor"), "ceiling": _whole("ceiling", "ceil"), "round": _round,
    "sqrt": _float_function("sqrt", "< 0"), "exp": _float_function("exp"), "log": _log,
    "log10": _float_function("log10", "<= 0"), "sin": _float_function("sin"),
    "cos": _float_function("cos"), "tan": _float_function("tan"), "atan": _float_function("atan"),
    "asin": _float_function("asin", "NOT BETWEEN -1 AND 1"),
    "acos": _float_function("acos", "NOT BETWEEN -1 AND 1"), "power": _power,
    "square": lambda b, n, sc: b.arithmetic("*", *([_as_float(b, n, sc)] * 2)),
    "sign": _sign, "pi": _pi, "isnumeric": _isnumeric, "isdate": _isdate, "newid": _newid,
    "rand": _rand, "checksum": _checksum,
    "greatest": _greatest("GREATEST", ">="), "least": _greatest("LEAST", "<="),
}  # fmt: skip


def _as_float(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    (value,) = arguments(binder, node, scope, 1)
    return Typed(binder.to_type(value, t.FLOAT), t.FLOAT)
