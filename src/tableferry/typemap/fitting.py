"""The predicates of the type rules: which target types hold every value of a source type exactly.

The facts are from SQL Server's "Data types (Transact-SQL)" and PostgreSQL's chapter "Data Types".
"""

from typing import Final

from tableferry.model.schema import UNLIMITED, PgType, SourceType
from tableferry.typemap.rule import Create, Fits

MICROSECONDS: Final = 6
"""Fractional digits of a second in PostgreSQL's time types."""

INTEGER_DIGITS: Final = {"bit": 1, "tinyint": 3, "smallint": 5, "int": 10, "bigint": 19}
INTEGER_BYTES: Final = {"bit": 1, "tinyint": 2, "smallint": 2, "int": 4, "bigint": 8}
PG_INTEGER_BYTES: Final = {"int2": 2, "int4": 4, "int8": 8}
PG_INTEGER_DIGITS: Final = {"int2": 4, "int4": 9, "int8": 18}
"""Decimal digits of which every combination fits."""


def always(name: str, *modifier: int) -> Create:
    """Return a factory of this type, independent of the source's length or scale."""
    return lambda _source: PgType(name, modifier)


def create_time(name: str) -> Create:
    """Return a factory of a time type with the source's fractional digits, at most six."""
    return lambda source: PgType(name, (min(source.scale, MICROSECONDS),))


def create_float(source: SourceType) -> PgType:
    """Return real or double precision, as wide as the source."""
    return PgType("float4" if is_single(source) else "float8")


def create_decimal(source: SourceType) -> PgType:
    """Return numeric of the same precision and scale."""
    return PgType("numeric", (source.precision, source.scale))


def only(*names: str) -> Fits:
    """Accept these types without a modifier."""
    return lambda _source, target: target.name in names and not target.modifier


def named(*names: str) -> Fits:
    """Accept these types of an extension, which validates every value itself."""
    return lambda _source, target: target.name in names


def text_of_length(length: int) -> Fits:
    """Accept the types that hold any text of this many characters."""

    def fits(_source: SourceType, target: PgType) -> bool:
        if target.name in {"text", "citext"}:
            return True
        return target.name == "varchar" and (target.modifier or (length,))[0] >= length

    return fits


def integer(source: SourceType, target: PgType) -> bool:
    """Accept integers and numeric that are wide enough, and double where 53 bits suffice."""
    if target.name == "numeric":
        return numeric_holds(INTEGER_DIGITS[source.name], 0, target)
    if target.name == "float8":  # 53 bits of mantissa: every int, not every bigint
        return INTEGER_BYTES[source.name] <= 4
    return PG_INTEGER_BYTES.get(target.name, 0) >= INTEGER_BYTES[source.name]


def bit(source: SourceType, target: PgType) -> bool:
    """Accept boolean and any number for a bit."""
    return target.name == "bool" or integer(source, target)


def decimal(source: SourceType, target: PgType) -> bool:
    """Accept numeric with enough digits, and for scale 0 integers with enough digits."""
    if target.name in PG_INTEGER_DIGITS:
        return source.scale == 0 and source.precision <= PG_INTEGER_DIGITS[target.name]
    return target.name == "numeric" and numeric_holds(source.precision, source.scale, target)


def money(precision: int) -> Fits:
    """Accept numeric with room for this precision and scale 4."""
    return lambda _source, target: target.name == "numeric" and numeric_holds(precision, 4, target)


def numeric_holds(precision: int, scale: int, target: PgType) -> bool:
    """Whether a numeric has enough digits before and after the decimal point."""
    if not target.modifier:
        return True
    target_precision, target_scale = target.modifier
    return target_scale >= scale and target_precision - target_scale >= precision - scale


def time_type(name: str, scale: int | None = None) -> Fits:
    """Accept this type with at least the source's fractional digits; a lost seventh is declared."""

    def fits(source: SourceType, target: PgType) -> bool:
        needed = min(source.scale if scale is None else scale, MICROSECONDS)
        return target.name == name and (target.modifier or (MICROSECONDS,))[0] >= needed

    return fits


def date(_source: SourceType, target: PgType) -> bool:
    """Accept date, and timestamp (at midnight)."""
    return target.name in {"date", "timestamp"}


def binary_float(source: SourceType, target: PgType) -> bool:
    """Accept a float type that is as wide."""
    return target.name == "float8" or (target.name == "float4" and is_single(source))


def text(source: SourceType, target: PgType) -> bool:
    """Accept texts; a text never has more characters than UTF-16 code units or bytes."""
    if target.name == "text" or (target.name == "varchar" and not target.modifier):
        return True
    units = source.length // 2 if source.name.startswith("n") else source.length
    bounded = source.length != UNLIMITED and source.name not in {"text", "ntext", "xml"}
    return target.name == "varchar" and bounded and target.modifier[0] >= units


def guid_text(source: SourceType, target: PgType) -> bool:
    """Accept the texts that hold the 36 characters of a uniqueidentifier."""
    return text_of_length(36)(source, target) or target == PgType("bpchar", (36,))


def is_single(source: SourceType) -> bool:
    """Whether a float has single precision: ``real``, or ``float(1)`` to ``float(24)``."""
    return source.name == "real" or (source.name == "float" and 0 < source.precision <= 24)
