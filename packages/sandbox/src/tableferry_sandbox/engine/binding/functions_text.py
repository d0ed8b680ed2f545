"""String and binary functions. Lengths count UTF-16 units, as SQL Server's do."""

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
from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import text_sizes
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.convert_basics import once
from tableferry_sandbox.engine.types.duck_types import quote_text
from tableferry_sandbox.engine.types.row_errors import mark
from tableferry_sandbox.sqltypes import MAX, SqlType


def _same_kind(value: Typed, length: int | None = None) -> SqlType:
    """Return varchar or nvarchar as the value is, with its collation."""
    name = "nvarchar" if t.is_national(value.type) else "varchar"
    return SqlType(
        name, value.type.length if length is None else length, collation=value.type.collation
    )


def _length(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    (value,) = arguments(binder, node, scope, 1)
    result = t.BIGINT if value.type.length == MAX else t.INT
    if t.family(value.type) == "binary":
        return Typed(f"CAST(octet_length({value.sql}) AS {duck_integer(result)})", result)
    text = as_text(binder, value, "len")
    units = once(text.sql, lambda sql: f"ts_units(rtrim({sql}, ' '))")
    return Typed(f"CAST({units} AS {duck_integer(result)})", result)


_CHAR: Final = SqlType("char", 1)
_FIXED_BYTES: Final = {
    "bit": 1, "tinyint": 1, "smallint": 2, "int": 4, "bigint": 8, "real": 4, "float": 8, "money": 8,
    "smallmoney": 4, "date": 3, "smalldatetime": 4, "datetime": 8, "uniqueidentifier": 16,
}  # fmt: skip


def _data_length(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    (value,) = arguments(binder, node, scope, 1)
    family, name = t.family(value.type), value.type.name
    result = t.BIGINT if value.type.length == MAX else t.INT
    if name in _FIXED_BYTES or family in ("time", "datetime", "offset"):
        size = _FIXED_BYTES.get(name, value.type.length)
        sql = f"CASE WHEN {value.sql} IS NOT NULL THEN {size} END"
    elif family == "decimal":
        # SQL Server stores a decimal in 4-byte groups behind a sign byte.
        sql = f"CASE WHEN {value.sql} IS NOT NULL THEN {value.type.length} END"
    elif family == "string":
        kind = binder.located(value.type)
        sql = once(value.sql, lambda sql: text_sizes.size(sql, kind))
        sql += " * 2" if t.is_national(kind) else ""
    elif family in ("binary", "variant", "udt"):
        sql = f"octet_length({value.sql})"
    elif family == "null":
        sql = "NULL"
    else:
        raise unsupported(f"DATALENGTH of {name}")
    return Typed(f"CAST({sql} AS {duck_integer(result)})", result)


def _checked_length(count: str, name: str, number: int) -> str:
    message = quote_text(
        mark(number, f"Invalid length parameter passed to the {name} function.", 16, 3)
    )
    return f"ts_within({count}, 0, 9223372036854775807, {message})"


def _substring(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    value, start, count = arguments(binder, node, scope, 3)
    a = as_integer(binder, start)
    n = _checked_length(as_integer(binder, count), "LEFT or SUBSTRING", 537)
    if t.family(value.type) == "binary":
        sql = f"{value.sql}[greatest({a}, 1):({a} + {n} - 1)]"
        return Typed(sql, SqlType("varbinary", value.type.length))
    text = as_text(binder, value, "substring")
    return Typed(f"ts_substring({text.sql}, {a}, {n})", _same_kind(text))


def _left(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    value, count = arguments(binder, node, scope, 2)
    text = as_text(binder, value, "left")
    n = _checked_length(as_integer(binder, count), "LEFT or SUBSTRING", 537)
    return Typed(f"ts_substring({text.sql}, 1, {n})", _same_kind(text))


def _right(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    value, count = arguments(binder, node, scope, 2)
    text = as_text(binder, value, "right")
    n = _checked_length(as_integer(binder, count), "RIGHT", 536)
    start = f"greatest(ts_units({text.sql}) - {n}, 0) + 1"
    return Typed(f"ts_substring({text.sql}, {start}, ts_units({text.sql}))", _same_kind(text))


def _trim(template: str) -> Scalar:
    def bind(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
        values = arguments(binder, node, scope, 1, 2)
        text = as_text(binder, values[0], node.name)
        characters = "' '"
        if len(values) == 2:
            characters = as_text(binder, values[1], node.name).sql
        return Typed(template.format(text.sql, characters), _same_kind(text), text.nullable)

    return bind


def _concat(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    values = arguments(binder, node, scope, 2, 254)
    return _joined(binder, values, "''")


def _concat_ws(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    values = arguments(binder, node, scope, 3, 254)
    texts = [_to_text(binder, v) for v in values]
    national = any(t.is_national(x.type) for x in texts)
    lengths = [x.type.length for x in texts]
    length = MAX if MAX in lengths else sum(lengths[1:]) + lengths[0] * (len(lengths) - 2)
    sql = f"concat_ws({', '.join(x.sql for x in texts)})"
    return Typed(sql, t.varchar(length, national=national), nullable=False)


def _to_text(binder: PredicateBinder, value: Typed) -> Typed:
    if t.family(value.type) == "string":
        return value
    if value.type.name == "null":
        return Typed("CAST(NULL AS VARCHAR)", SqlType("varchar", 1))
    width = {"bit": 1, "tinyint": 4, "smallint": 6, "int": 12, "bigint": 20}.get(value.type.name)
    if width is None:
        width = value.type.precision + 2 if t.family(value.type) == "decimal" else 50
    if t.family(value.type) == "binary":
        raise unsupported("CONCAT of binary values; CONVERT them first")
    target = SqlType("varchar", width)
    return Typed(binder.to_type(value, target, explicit=True), target)


def _joined(binder: PredicateBinder, values: list[Typed], empty: str) -> Typed:
    texts = [_to_text(binder, v) for v in values]
    national = any(t.is_national(x.type) for x in texts)
    lengths = [x.type.length for x in texts]
    length = MAX if MAX in lengths else min(sum(lengths), 4000 if national else 8000)
    collation, explicit = common_collation(texts, "concat")
    kind = replace(t.varchar(length, national=national), collation=collation)
    parts = " || ".join(
        f"coalesce({binder.to_type(x, replace(kind, length=MAX))}, {empty})" for x in texts
    )
    return Typed(f"({parts})", kind, nullable=False, explicit_collation=explicit)


def _char(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    (value,) = arguments(binder, node, scope, 1)
    n = as_integer(binder, value)
    codec = text_sizes.codec_of(binder.located(_CHAR))
    sql = (
        f"CASE WHEN {n} BETWEEN 0 AND 127 THEN chr(CAST({n} AS INTEGER)) "
        f"ELSE py_char({n}, '{codec}') END"
    )
    return Typed(sql, _CHAR)


def _nchar(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    (value,) = arguments(binder, node, scope, 1)
    n = as_integer(binder, value)
    escaped = f"chr(CAST({n} + 1048576 AS INTEGER))"
    sql = (
        f"CASE WHEN {n} BETWEEN 55296 AND 57343 THEN {escaped} "
        f"WHEN {n} BETWEEN 0 AND 65535 THEN chr(CAST({n} AS INTEGER)) END"
    )
    return Typed(sql, SqlType("nchar", 1))


def _unicode(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    (value,) = arguments(binder, node, scope, 1)
    text = as_text(binder, value, "unicode")
    first = f"unicode(ts_substring({text.sql}, 1, 1))"
    sql = (
        f"CASE WHEN {text.sql} = '' THEN NULL WHEN {first} > 65535 THEN {first} - 1048576 "
        f"ELSE {first} END"
    )
    return Typed(f"CAST({sql} AS INTEGER)", t.INT)


def _ascii(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    (value,) = arguments(binder, node, scope, 1)
    text = as_text(binder, value, "ascii")
    kind = replace(binder.located(text.type), name="varchar")
    sql = (
        f"CASE WHEN {text.sql} <> '' THEN CAST('0x' || "
        f"hex({text_sizes.encoded(text.sql, kind)}[1:1]) AS INTEGER) END"
    )
    return Typed(sql, t.INT)


def _replicate(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    value, count = arguments(binder, node, scope, 2)
    text = as_text(binder, value, "replicate")
    n = as_integer(binder, count)
    limit = 4000 if t.is_national(text.type) else 8000
    result = _same_kind(text, MAX if text.type.length == MAX else limit)
    # DuckDB's repeat() reads the count of NULL rows too, whatever is in its place, and can run on.
    sql = once(n, lambda c: f"CASE WHEN {c} >= 0 THEN repeat({text.sql}, coalesce({c}, 0)) END")
    if result.length != MAX:
        kind = binder.located(result)
        sql = once(sql, lambda text: text_sizes.cut(text, limit, kind))
    return Typed(sql, result)


def _space(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    (count,) = arguments(binder, node, scope, 1)
    n = as_integer(binder, count)
    return Typed(
        f"CASE WHEN {n} >= 0 THEN repeat(' ', least({n}, 8000)) END", SqlType("varchar", 8000)
    )


def _stuff(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    value, start, count, other = arguments(binder, node, scope, 4)
    text, new = as_text(binder, value, "stuff"), as_text(binder, other, "stuff")
    a, n = as_integer(binder, start), as_integer(binder, count)
    units = f"ts_units({text.sql})"
    sql = (
        f"CASE WHEN {a} BETWEEN 1 AND {units} AND {n} >= 0 THEN "
        f"ts_substring({text.sql}, 1, {a} - 1) || coalesce({new.sql}, '') || "
        f"ts_substring({text.sql}, {a} + {n}, {units}) END"
    )
    national = t.is_national(text.type) or t.is_national(new.type)
    collation, _ = common_collation((text, new), "stuff")
    kind = replace(t.varchar(4000 if national else 8000, national=national), collation=collation)
    return Typed(sql, kind)


def _quotename(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    values = arguments(binder, node, scope, 1, 2)
    text = as_text(binder, values[0], "quotename").sql
    quote = binder.constant_text(node.arguments[1]) if len(values) == 2 else "["
    pairs = {"[": "[]", "]": "[]", "'": "''", '"': '""', "(": "()", ")": "()", "{": "{}", "}": "{}",
             "<": "<>", ">": "<>", "`": "``"}  # fmt: skip
    if quote not in pairs:
        raise unsupported("QUOTENAME with this quote character")
    opening, closing = (quote_text(c) for c in pairs[quote])
    sql = (
        f"CASE WHEN ts_units({text}) <= 128 THEN {opening} || "
        f"replace({text}, {closing}, {closing} || {closing}) || {closing} END"
    )
    return Typed(sql, SqlType("nvarchar", 258))


def _hashbytes(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    algorithm, value = arguments(binder, node, scope, 2)
    data = binder.to_type(value, SqlType("varbinary", MAX), explicit=True)
    name = as_text(binder, algorithm, "hashbytes")
    return Typed(f"py_hash({name.sql}, {data})", SqlType("varbinary", 8000))


def _reverse(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    (value,) = arguments(binder, node, scope, 1)
    text = as_text(binder, value, "reverse")
    return Typed(f"py_reverse({text.sql})", _same_kind(text))


FUNCTIONS: Final[dict[str, Scalar]] = {
    "len": _length, "datalength": _data_length, "substring": _substring, "left": _left,
    "right": _right, "ltrim": _trim("ltrim({0}, {1})"), "rtrim": _trim("rtrim({0}, {1})"),
    "trim": _trim("trim({0}, {1})"), "concat": _concat, "concat_ws": _concat_ws, "char": _char,
    "nchar": _nchar, "unicode": _unicode, "ascii": _ascii, "replicate": _replicate,
    "space": _space, "stuff": _stuff, "quotename": _quotename, "hashbytes": _hashbytes,
    "reverse": _reverse,
}  # fmt: skip
