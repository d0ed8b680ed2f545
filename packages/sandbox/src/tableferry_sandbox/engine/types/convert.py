"""CAST and CONVERT: DuckDB SQL that turns one SQL Server type into another."""

from typing import Final

from tableferry_sandbox.engine.errors import (
    no_explicit_conversion,
    no_implicit_conversion,
    operand_clash,
    unsupported,
)
from tableferry_sandbox.engine.types.convert_basics import Rule, fit_bytes, fit_text
from tableferry_sandbox.engine.types.convert_basics import cast as _cast
from tableferry_sandbox.engine.types.convert_basics import flag as _flag
from tableferry_sandbox.engine.types.convert_basics import number as _number
from tableferry_sandbox.engine.types.convert_datetimes import moment_to_moment as _moment_to_moment
from tableferry_sandbox.engine.types.convert_datetimes import moment_to_number as _moment_to_number
from tableferry_sandbox.engine.types.convert_datetimes import moment_to_offset as _moment_to_offset
from tableferry_sandbox.engine.types.convert_datetimes import moment_to_string as _moment_to_string
from tableferry_sandbox.engine.types.convert_datetimes import number_to_moment as _number_to_moment
from tableferry_sandbox.engine.types.convert_datetimes import offset_to_moment as _offset_to_moment
from tableferry_sandbox.engine.types.convert_datetimes import offset_to_offset as _offset_to_offset
from tableferry_sandbox.engine.types.convert_datetimes import round_moment, round_time
from tableferry_sandbox.engine.types.convert_datetimes import string_to_moment as _string_to_moment
from tableferry_sandbox.engine.types.convert_texts import (
    binary_to_string,
    same_characters,
    string_to_string,
    to_binary,
)
from tableferry_sandbox.engine.types.convert_variant import to_variant, variant_text
from tableferry_sandbox.engine.types.duck_types import duck_type, literal, quote_text
from tableferry_sandbox.engine.types.row_errors import raising
from tableferry_sandbox.engine.types.type_rules import describe, family, is_national, make
from tableferry_sandbox.engine.types.xml_values import to_xml
from tableferry_sandbox.sqltypes import MAX, SqlType


def convert(
    sql: str,
    source: SqlType,
    target: SqlType,
    *,
    style: int = 0,
    attempt: bool = False,
    explicit: bool = True,
) -> str:
    """Return SQL of type ``target`` for ``sql`` of type ``source``.

    Character and binary values are truncated and padded to the target's length. Raises 529, 257
    or 206 if SQL Server forbids the conversion, 50000 if the sandbox has no rule for it.
    """
    if source.name == "null":
        return f"CAST(NULL AS {duck_type(target)})"
    if _same(source, target):
        return sql
    left, right = family(source), family(target)
    if left == "variant" and right != "variant":
        if not explicit:
            raise no_implicit_conversion("sql_variant", describe(target))
        return _from_variant(sql, target, style, attempt)
    rule = _RULES.get((left, right))
    if rule is None or ("datetime2" in (source.name, target.name) and {left, right} & _NUMERIC):
        raise _refusal(source, target, explicit=explicit)
    if not explicit and (left, right) in _EXPLICIT_ONLY:
        raise no_implicit_conversion(describe(source), describe(target))
    return rule(sql, source, target, style, attempt)


def _from_variant(sql: str, target: SqlType, style: int, attempt: bool) -> str:
    """Convert a variant by its base type: bytes as bytes, everything else through its text."""
    if family(target) in ("binary", "guid"):
        return convert(f"py_variant_raw({sql})", SqlType("varbinary", MAX), target)
    text, kind = variant_text(sql, target, style)
    if family(target) == "int" and target.name != "bit":
        wide = make("numeric", precision=38, scale=6)
        return convert(convert(text, kind, wide, attempt=attempt), wide, target, attempt=attempt)
    return convert(text, kind, target, style=style, attempt=attempt)


def _same(source: SqlType, target: SqlType) -> bool:
    if source.name != target.name:
        return {source.name, target.name} == {"decimal", "numeric"} and (
            (source.precision, source.scale) == (target.precision, target.scale)
        )
    kind = family(source)
    if kind == "decimal":
        return (source.precision, source.scale) == (target.precision, target.scale)
    if kind == "string" and not same_characters(source, target):
        return False
    if kind in ("string", "binary"):
        if target.length == source.length:
            return True
        return "var" in target.name and (
            target.length == MAX or (source.length != MAX and source.length <= target.length)
        )
    return source.scale == target.scale


def _refusal(source: SqlType, target: SqlType, *, explicit: bool) -> Exception:
    left, right = family(source), family(target)
    calendar = {"date", "time"}
    forbidden = (
        (left in _NUMERIC and right in calendar | {"offset", "guid", "xml"})
        or (left in calendar | {"offset"} and right in _NUMERIC | {"guid", "xml"})
        or (left == "guid" and right in _NUMERIC | calendar | {"datetime", "offset", "xml"})
        or (right == "guid" and left in calendar | {"datetime", "offset", "xml"})
        or {left, right} == calendar
        or ("datetime2" in (source.name, target.name) and {left, right} & _NUMERIC)
    )
    if not forbidden:
        return unsupported(f"converting {source.name} to {target.name}")
    if explicit:
        return no_explicit_conversion(describe(source), describe(target))
    return operand_clash(describe(source), describe(target))


def _string_to_number(sql: str, source: SqlType, target: SqlType, style: int, attempt: bool) -> str:
    del style
    kind, flag = quote_text(source.name), _flag(attempt)
    if target.name == "bit":
        return f"py_bit({sql}, {kind}, {flag})"
    goal = family(target)
    if goal == "int":
        return f"CAST(py_int({sql}, '{target.name}', {kind}, {flag}) AS {duck_type(target)})"
    if goal == "decimal":
        return (
            f"CAST(py_decimal({sql}, {target.precision}, {target.scale}, {kind}, {flag}) "
            f"AS {duck_type(target)})"
        )
    if goal == "money":
        small = "TRUE" if target.name == "smallmoney" else "FALSE"
        return f"CAST(py_money({sql}, {small}, {flag}) AS {duck_type(target)})"
    return f"CAST(py_float({sql}, {kind}, '{target.name}', {flag}) AS {duck_type(target)})"


def _number_to_string(sql: str, source: SqlType, target: SqlType, style: int, attempt: bool) -> str:
    kind = family(source)
    if source.name == "bit":
        text = f"CAST(CAST({sql} AS INTEGER) AS VARCHAR)"
    elif kind == "money":
        text = f"py_money_text(CAST({sql} AS VARCHAR), {style})"
    elif kind == "float":
        text = f"py_float_text({sql}, {style}, {_flag(source.name == 'real')})"
    else:
        text = f"CAST({sql} AS VARCHAR)"
        if kind == "decimal" and source.precision == source.scale:
            # DuckDB writes .5, SQL Server 0.5.
            text = f"regexp_replace({text}, '^(-?)[.]', '\\10.')"
    if target.length == MAX:
        return text
    if kind == "int" and not is_national(target):
        outcome = "'*'"
    elif attempt:
        outcome = "NULL"
    else:
        name = "expression" if kind in ("int", "money", "float") else "numeric"
        outcome = raising(
            8115, f"Arithmetic overflow error converting {name} to data type {target.name}.", 16, 2
        )
    fitted = f"CASE WHEN strlen({text}) > {target.length} THEN {outcome} ELSE {text} END"
    return fit_text(fitted, target) if target.name in ("char", "nchar") else fitted


def _int_to_binary(sql: str, source: SqlType, target: SqlType, style: int, attempt: bool) -> str:
    """Make an integer big-endian bytes, right-justified: padded or cut on the left."""
    del style, attempt
    size = {"bit": 1}.get(source.name, source.length)
    value = f"CAST({sql} AS BIGINT)"
    hexed = f"lpad(to_hex({value}), 16, CASE WHEN {value} < 0 THEN 'F' ELSE '0' END)"
    length = (
        size
        if target.length == MAX or (target.name == "varbinary" and target.length > size)
        else target.length
    )
    if length <= 8:
        return f"from_hex(right({hexed}, {2 * length}))"
    filler = f"repeat(CASE WHEN {value} < 0 THEN 'FF' ELSE '00' END, {length - 8})"
    return f"from_hex({filler} || {hexed})"


def _binary_to_int(sql: str, source: SqlType, target: SqlType, style: int, attempt: bool) -> str:
    del source, style
    size = {"bit": 1}.get(target.name, target.length)
    tail = f"right(repeat('0', 16) || hex({sql}), {2 * size})"
    number = f"CAST(CAST('0x' || {tail} AS UBIGINT) AS HUGEINT)"
    if target.name == "bit":
        return f"({number} <> 0)"
    if target.name == "tinyint":
        return f"CAST({number} AS UTINYINT)"
    bound = 2 ** (8 * size - 1)
    signed = f"CASE WHEN {number} >= {bound} THEN {number} - {2 * bound} ELSE {number} END"
    return _cast(signed, target, attempt)


def _guid_to_string(sql: str, source: SqlType, target: SqlType, style: int, attempt: bool) -> str:
    del source, style, attempt
    if target.length != MAX and target.length < 36:
        return raising(
            8170, "Insufficient result space to convert uniqueidentifier value to char.", 16, 2
        )
    return fit_text(f"py_guid_text({sql})", target)


def _string_to_guid(sql: str, source: SqlType, target: SqlType, style: int, attempt: bool) -> str:
    del source, target, style
    return f"py_guid({sql}, {_flag(attempt)})"


def _binary_to_guid(sql: str, source: SqlType, target: SqlType, style: int, attempt: bool) -> str:
    del source, target, style, attempt
    return f"ts_pad_bytes({sql}, 16)"


def _unchanged(sql: str, source: SqlType, target: SqlType, style: int, attempt: bool) -> str:
    del source, target, style, attempt
    return sql


def _string_to_clr(sql: str, source: SqlType, target: SqlType, style: int, attempt: bool) -> str:
    """Read a CLR type's text as its Parse() does; SRID 4326 of a geography, 0 of a geometry."""
    del source, style
    if target.name == "hierarchyid":
        return f"py_hierarchy({sql}, {_flag(attempt)})"
    if attempt:
        raise unsupported(f"TRY_CAST to {target.name}")
    return f"py_spatial({sql}, {4326 if target.name == 'geography' else 0}, '{target.name}')"


def _clr_to_string(sql: str, source: SqlType, target: SqlType, style: int, attempt: bool) -> str:
    del style, attempt
    if source.name == "hierarchyid":
        return fit_text(f"py_hierarchy_text({sql})", target)
    return fit_text(f"py_spatial_text({sql}, '{source.name}', TRUE)", target)


_NUMBERS: Final = ("int", "decimal", "money", "float")
_NUMERIC: Final = frozenset(_NUMBERS)
_MOMENTS: Final = ("date", "time", "datetime")
_IN_VARIANT: Final = (
    *_NUMBERS, *_MOMENTS, "offset", "string", "binary", "guid", "variant", "xml", "udt",
)  # fmt: skip
_RULES: Final[dict[tuple[str, str], Rule]] = {
    **{(a, b): _number for a in _NUMBERS for b in _NUMBERS},
    **{("string", b): _string_to_number for b in _NUMBERS},
    **{(a, "string"): _number_to_string for a in _NUMBERS},
    **{("string", b): _string_to_moment for b in (*_MOMENTS, "offset")},
    **{(a, "string"): _moment_to_string for a in (*_MOMENTS, "offset")},
    **{(a, b): _moment_to_moment for a in _MOMENTS for b in _MOMENTS if {a, b} != {"date", "time"}},
    **{(a, "offset"): _moment_to_offset for a in _MOMENTS},
    **{("offset", b): _offset_to_moment for b in _MOMENTS},
    **{(a, "datetime"): _number_to_moment for a in _NUMBERS},
    **{("datetime", b): _moment_to_number for b in _NUMBERS},
    **{(a, "variant"): to_variant for a in _IN_VARIANT},
    ("offset", "offset"): _offset_to_offset,
    ("string", "string"): string_to_string,
    ("string", "binary"): to_binary,
    ("binary", "binary"): to_binary,
    ("guid", "binary"): to_binary,
    ("int", "binary"): _int_to_binary,
    ("binary", "int"): _binary_to_int,
    ("binary", "string"): binary_to_string,
    ("guid", "string"): _guid_to_string,
    ("string", "guid"): _string_to_guid,
    ("binary", "guid"): _binary_to_guid,
    ("string", "xml"): to_xml,
    ("xml", "string"): string_to_string,
    ("xml", "xml"): _unchanged,
    ("udt", "binary"): to_binary,
    ("string", "udt"): _string_to_clr,
    ("udt", "string"): _clr_to_string,
    ("binary", "udt"): _unchanged,
}
_EXPLICIT_ONLY: Final = frozenset({
    ("datetime", "int"), ("datetime", "decimal"), ("datetime", "money"), ("datetime", "float"),
    ("string", "binary"), ("xml", "string"), ("binary", "string"), ("guid", "binary"),
    ("udt", "string"),
})  # fmt: skip
"""Conversions that need CAST or CONVERT (CAST and CONVERT, Transact-SQL: the chart)."""

__all__ = ["convert", "fit_bytes", "fit_text", "literal", "round_moment", "round_time"]
