"""Which target types hold every value of a source type, exactly: the predicates of the rules.

Sources of the facts: SQL Server's "Data types (Transact-SQL)", PostgreSQL's chapter "Data Types".
"""

from typing import Final

from tableferry.model.schema import UNLIMITED, PgType, SourceType
from tableferry.typemap.rule import Create, Fits

MICROSECONDS: Final = 6
"""Digits of a second that PostgreSQL's time types keep."""

INTEGER_DIGITS: Final = {"bit": 1, "tinyint": 3, "smallint": 5, "int": 10, "bigint": 19}
INTEGER_BYTES: Final = {"bit": 1, "tinyint": 2, "smallint": 2, "int": 4, "bigint": 8}
PG_INTEGER_BYTES: Final = {"int2": 2, "int4": 4, "int8": 8}
PG_INTEGER_DIGITS: Final = {"int2": 4, "int4": 9, "int8": 18}
"""Decimal digits that fit whatever they are."""


def always(name: str, *modifier: int) -> Create:
    """Create this type, whatever the source's length or scale."""
    return lambda _source: PgType(name, modifier)


def digits(name: str) -> Create:
    """Create a time type with the source's digits of a second, six at the most."""
    return lambda source: PgType(name, (min(source.scale, MICROSECONDS),))


def create_float(source: SourceType) -> PgType:
    """Single or double precision, as the source is."""
    return PgType("float4" if is_single(source) else "float8")


def create_decimal(source: SourceType) -> PgType:
    """Return numeric of the same precision and scale."""
    return PgType("numeric", (source.precision, source.scale))


def only(*names: str) -> Fits:
    """Fit these types, without a modifier."""
    return lambda _source, target: target.name in names and not target.modifier


def named(*names: str) -> Fits:
    """Fit these types of an extension, which looks at every value itself."""
    return lambda _source, target: target.name in names


def text_of(length: int) -> Fits:
    """Fit the types that hold any text of so many characters."""

    def fits(_source: SourceType, target: PgType) -> bool:
        if target.name == "text":
            return True
        return target.name == "varchar" and (target.modifier or (length,))[0] >= length

    return fits


def whole(source: SourceType, target: PgType) -> bool:
    """Fit whole numbers into whole numbers, numeric, and where 53 bits suffice, double."""
    if target.name == "numeric":
        return numeric_holds(INTEGER_DIGITS[source.name], 0, target)
    if target.name == "float8":  # 53 bits of mantissa: every int, not every bigint
        return INTEGER_BYTES[source.name] <= 4
    return PG_INTEGER_BYTES.get(target.name, 0) >= INTEGER_BYTES[source.name]


def bit(source: SourceType, target: PgType) -> bool:
    """Fit a bit into boolean or any number."""
    return target.name == "bool" or whole(source, target)


def decimal(source: SourceType, target: PgType) -> bool:
    """Fit decimals into numeric with room, or without a scale into integers with room."""
    if target.name in PG_INTEGER_DIGITS:
        return source.scale == 0 and source.precision <= PG_INTEGER_DIGITS[target.name]
    return target.name == "numeric" and numeric_holds(source.precision, source.scale, target)


def money(precision: int) -> Fits:
    """Fit four digits behind the point and the rest before it."""
    return lambda _source, target: target.name == "numeric" and numeric_holds(precision, 4, target)


def numeric_holds(precision: int, scale: int, target: PgType) -> bool:
    """Whether numeric has the digits before and behind the point."""
    if not target.modifier:
        return True
    target_precision, target_scale = target.modifier
    return target_scale >= scale and target_precision - target_scale >= precision - scale


def moment(name: str, scale: int | None = None) -> Fits:
    """Fit where as many digits are kept as the source has (six of seven: a declared loss)."""

    def fits(source: SourceType, target: PgType) -> bool:
        needed = min(source.scale if scale is None else scale, MICROSECONDS)
        return target.name == name and (target.modifier or (MICROSECONDS,))[0] >= needed

    return fits


def date(_source: SourceType, target: PgType) -> bool:
    """Fit a date into date, or into timestamp at midnight."""
    return target.name in {"date", "timestamp"}


def binary_float(source: SourceType, target: PgType) -> bool:
    """Fit a float into one that is as wide."""
    return target.name == "float8" or (target.name == "float4" and is_single(source))


def text(source: SourceType, target: PgType) -> bool:
    """varchar(m) counts characters: no text has more of them than UTF-16 units, or bytes."""
    if target.name == "text" or (target.name == "varchar" and not target.modifier):
        return True
    units = source.length // 2 if source.name.startswith("n") else source.length
    bounded = source.length != UNLIMITED and source.name not in {"text", "ntext", "xml"}
    return target.name == "varchar" and bounded and target.modifier[0] >= units


def guid_text(source: SourceType, target: PgType) -> bool:
    """Fit the 36 characters of a uniqueidentifier."""
    return text_of(36)(source, target) or target == PgType("bpchar", (36,))


def is_single(source: SourceType) -> bool:
    """Whether a float is single precision: ``real``, or ``float(1)`` to ``float(24)``."""
    return source.name == "real" or (source.name == "float" and 0 < source.precision <= 24)
