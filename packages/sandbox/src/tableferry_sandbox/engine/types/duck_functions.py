"""The Python functions that queries call inside DuckDB.

They compute, row by row, what DuckDB's own casts compute differently from SQL Server. A NULL
argument gives NULL. Those with an ``attempt`` flag give NULL instead of an error for TRY_CAST.
"""

import functools
import hashlib
import inspect
import re
from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from typing import Any, Final

import duckdb
import pyarrow as pa

from tableferry_sandbox import code_pages
from tableferry_sandbox.engine.types import (
    clr_hierarchy,
    clr_spatial,
    column_sets,
    json_values,
    values_to_text,
    variant,
    xml_values,
)
from tableferry_sandbox.engine.types import text_to_values as read
from tableferry_sandbox.engine.types.collation_keys import collation_property
from tableferry_sandbox.engine.types.duck_macros import MACROS
from tableferry_sandbox.engine.types.row_errors import RowError
from tableferry_sandbox.surrogates import freed, from_utf16

_WIDE: Final = Context(prec=120)

Rowwise = Callable[..., Any]


def to_units(text: str) -> list[int]:
    """Return the UTF-16 code units of a physical string."""
    return memoryview(utf16(text)).cast("H").tolist()


def from_units(units: list[int]) -> str:
    """Return the physical string of UTF-16 code units; lone surrogates are carried."""
    return from_utf16(b"".join(unit.to_bytes(2, "little") for unit in units))


def utf16(text: str) -> bytes:
    """Return a physical string's UTF-16 bytes."""
    return freed(text).encode("utf-16-le", "surrogatepass")


def substring(text: str, start: int, length: int) -> str:
    """Return part of a string, counted in UTF-16 units from 1."""
    units = to_units(text)
    end = start + length
    return from_units(units[max(start, 1) - 1 : max(end - 1, 0)])


def divide(left: str, right: str, scale: int) -> str:
    """Divide two decimals and cut the quotient to ``scale`` digits, as SQL Server does."""
    divisor = Decimal(right)
    if not divisor:
        raise RowError(8134, "Divide by zero error encountered.")
    quotient = _WIDE.divide(Decimal(left), divisor)
    return f"{quotient.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_DOWN, context=_WIDE):f}"


def multiply(left: str, right: str, scale: int) -> str:
    """Multiply two decimals and round the product to ``scale`` digits."""
    product = _WIDE.multiply(Decimal(left), Decimal(right))
    return f"{product.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_UP, context=_WIDE):f}"


@functools.lru_cache(maxsize=256)
def like_pattern(pattern: str, escape: str) -> re.Pattern[str]:
    """Translate a LIKE pattern; ``[a-c]``, ``[^x]``, ``%`` and ``_`` are special."""
    pieces, i = [], 0
    while i < len(pattern):
        c = pattern[i]
        if escape and c == escape and i + 1 < len(pattern):
            pieces.append(re.escape(pattern[i + 1]))
            i += 2
            continue
        if c == "%":
            pieces.append(".*")
        elif c == "_":
            pieces.append(".")
        elif c == "[" and (end := pattern.find("]", i + 2)) > 0:
            inner = pattern[i + 1 : end]
            negated = inner.startswith("^")
            body = inner[negated:].replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^")
            pieces.append(f"[{'^' if negated else ''}{body}]" if body else "(?!)")
            i = end
        else:
            pieces.append(re.escape(c))
        i += 1
    return re.compile("".join(pieces), re.DOTALL)


def like(text: str, pattern: str, escape: str) -> bool:
    """Match LIKE; trailing blanks of the text are ignored, those of the pattern are not."""
    compiled = like_pattern(pattern, escape)
    return compiled.fullmatch(text) is not None or (
        text.endswith(" ") and compiled.fullmatch(text.rstrip(" ")) is not None
    )


def patindex(pattern: str, text: str) -> int:
    """Return where a LIKE pattern first matches, from 1; 0 if nowhere."""
    inner = pattern.removeprefix("%")
    anchored = inner == pattern
    open_end = inner.endswith("%")
    compiled = like_pattern(inner[:-1] if open_end else inner, "")
    for start in range(len(text) + 1):
        found = compiled.match(text, start) if open_end else compiled.fullmatch(text, start)
        if found:
            return start + 1
        if anchored:
            break
    return 0


def hash_bytes(algorithm: str, data: bytes) -> bytes | None:
    """Return HASHBYTES of some bytes; None for an unknown algorithm."""
    name = {"MD5": "md5", "SHA": "sha1", "SHA1": "sha1", "SHA2_256": "sha256", "SHA2_512": "sha512"}
    found = name.get(algorithm.upper())
    return hashlib.new(found, data).digest() if found else None


def _hex_to_bytes(text: str, style: int) -> bytes:
    body = text
    if style == 1:
        if text[:2].lower() != "0x":
            raise RowError(8114, "Error converting data type varchar to varbinary.", state=5)
        body = text[2:]
    try:
        return bytes.fromhex(body) if " " not in body else bytes.fromhex("x")
    except ValueError:
        raise RowError(8114, "Error converting data type varchar to varbinary.", state=5) from None


def _date_ticks(text: str, type_name: str, style: int, order: str, source: str) -> int:
    ticks, zone = read.moment(text, type_name, style, order, source)
    del zone  # a local type keeps the wall-clock part only
    return ticks


def _offset(text: str, style: int, order: str, source: str) -> dict[str, int]:
    ticks, zone = read.moment(text, "datetimeoffset", style, order, source)
    return {"utc": read.in_utc(ticks, zone or 0), "offset": zone or 0}


_I, _L, _S, _B, _D, _T = "INTEGER", "BIGINT", "VARCHAR", "BLOB", "DOUBLE", "BOOLEAN"
_STRUCT: Final = 'STRUCT(utc BIGINT, "offset" SMALLINT)'

FUNCTIONS: Final[dict[str, tuple[Rowwise, list[str], str, bool]]] = {
    "py_int": (read.integer, [_S, _S, _S], _L, True),
    "py_bit": (read.bit, [_S, _S], _T, True),
    "py_decimal": (read.decimal, [_S, _I, _I, _S], _S, True),
    "py_float": (read.floating, [_S, _S, _S], _D, True),
    "py_money": (read.money, [_S, _T], _S, True),
    "py_guid": (read.guid, [_S], _B, True),
    "py_ticks": (_date_ticks, [_S, _S, _I, _S, _S], _L, True),
    "py_offset": (_offset, [_S, _I, _S, _S], _STRUCT, True),
    "py_hex": (_hex_to_bytes, [_S, _I], _B, True),
    "py_float_text": (
        lambda v, s, r: values_to_text.float_text(v, s, single=r),
        [_D, _I, _T],
        _S,
        False,
    ),
    "py_money_text": (lambda v, s: values_to_text.money_text(Decimal(v), s), [_S, _I], _S, False),
    "py_moment_text": (values_to_text.moment_text, [_L, _S, _I, _I], _S, False),
    "py_offset_text": (values_to_text.offset_text, [_L, _I, _I, _I], _S, False),
    "py_guid_text": (values_to_text.guid_text, [_B], _S, False),
    "py_encode": (code_pages.encode, [_S, _S], _B, False),
    "py_decode": (code_pages.decode, [_B, _S], _S, False),
    "py_to_varchar": (code_pages.through, [_S, _S], _S, False),
    "py_byte_length": (lambda t, c: len(code_pages.encode(t, c)), [_S, _S], _L, False),
    "py_cut_bytes": (code_pages.cut, [_S, _L, _S], _S, False),
    "py_char": (code_pages.character, [_L, _S], _S, False),
    "py_utf16": (utf16, [_S], _B, False),
    "py_from_utf16": (
        lambda b: from_units([b[i] | b[i + 1] << 8 for i in range(0, len(b) - 1, 2)]),
        [_B],
        _S,
        False,
    ),
    "py_substring": (substring, [_S, _L, _L], _S, False),
    "py_divide": (divide, [_S, _S, _I], _S, False),
    "py_multiply": (multiply, [_S, _S, _I], _S, False),
    "py_like": (like, [_S, _S, _S], _T, False),
    "py_patindex": (patindex, [_S, _S], _L, False),
    "py_hash": (hash_bytes, [_S, _B], _B, False),
    "py_variant_number": (variant.encode_number, [_L, _S, _I], _B, False),
    "py_variant_float": (variant.encode_float, [_D, _S], _B, False),
    "py_variant_offset": (variant.encode_offset, [_L, _I, _I], _B, False),
    "py_variant_decimal": (variant.encode_decimal, [_S, _S, _I, _I], _B, False),
    "py_variant_bytes": (variant.encode_bytes, [_B, _S, _I, _S], _B, False),
    "py_variant_text": (variant.text, [_B, _I], _S, False),
    "py_variant_raw": (variant.raw, [_B], _B, False),
    "py_variant_family": (variant.family, [_B], _S, False),
    "py_variant_property": (variant.prop, [_B, _S], _S, False),
    "py_hierarchy": (clr_hierarchy.parse, [_S], _B, True),
    "py_collation_property": (collation_property, [_S, _S], _I, False),
    "py_hierarchy_text": (clr_hierarchy.path, [_B], _S, False),
    "py_hierarchy_level": (clr_hierarchy.level, [_B], _I, False),
    "py_spatial": (clr_spatial.parse, [_S, _I, _S], _B, False),
    "py_spatial_point": (clr_spatial.point, [_D, _D, _I, _S], _B, False),
    "py_spatial_text": (clr_spatial.text, [_B, _S, _T], _S, False),
    "py_spatial_wkb": (clr_spatial.wkb, [_B, _S, _T], _B, False),
    "py_spatial_kind": (clr_spatial.kind_name, [_B, _S], _S, False),
    "py_spatial_srid": (clr_spatial.srid, [_B], _I, False),
    "py_json_value": (json_values.value, [_S, _S], _S, False),
    "py_json_query": (json_values.query, [_S, _S], _S, False),
    "py_json_member": (json_values.member, [_S, _S], _S, False),
    "py_column_set": (column_sets.value, [_S, _S, _S, _S], _S, False),
    "py_xml": (xml_values.parse, [_S, _T, _T], _S, True),
    "py_reverse": (lambda t: from_units(to_units(t)[::-1]), [_S], _S, False),
}
"""Name -> function, argument types, return type, whether ``attempt`` is its last argument."""


def _arrow(duck: str) -> pa.DataType:
    if duck == _STRUCT:
        return pa.struct([("utc", pa.int64()), ("offset", pa.int16())])
    return {
        _I: pa.int32(),
        _L: pa.int64(),
        _S: pa.large_string(),
        _B: pa.large_binary(),
        _D: pa.float64(),
        _T: pa.bool_(),
    }[duck]


def _vectorized(function: Rowwise, arity: int, returns: str, attempts: bool) -> Callable[..., Any]:
    target = _arrow(returns)

    def run(*columns: Any) -> Any:
        results: list[Any] = []
        for row in zip(*(column.to_pylist() for column in columns), strict=True):
            if None in row:
                results.append(None)
            elif attempts:
                try:
                    results.append(function(*row[:-1]))
                except RowError:
                    if not row[-1]:
                        raise
                    results.append(None)
            else:
                results.append(function(*row))
        return pa.array(results, target)

    # DuckDB reads the number of arguments from the signature, which ``*columns`` hides.
    names = [inspect.Parameter(f"a{i}", inspect.Parameter.POSITIONAL_ONLY) for i in range(arity)]
    run.__signature__ = inspect.Signature(names)  # type: ignore[attr-defined]
    return run


def install(connection: duckdb.DuckDBPyConnection) -> None:
    """Register the functions and macros in a database."""
    for name, (function, arguments, returns, attempts) in FUNCTIONS.items():
        types = [*arguments, _T] if attempts else arguments
        connection.create_function(
            name,
            _vectorized(function, len(types), returns, attempts),
            types,
            returns,
            type="arrow",
            null_handling="special",
        )
    for macro in MACROS:
        connection.execute(f"CREATE MACRO {macro}")
