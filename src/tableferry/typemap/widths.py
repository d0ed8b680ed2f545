"""Compare types: which holds every value of another, and which keeps different values distinct."""

from typing import Final

from tableferry.model.schema import PgType, SourceType
from tableferry.typemap.checked import checked_conversions
from tableferry.typemap.fitting import MICROSECONDS, PG_INTEGER_DIGITS, numeric_holds
from tableferry.typemap.rules import RULES

_INTEGERS: Final = ("int2", "int4", "int8")
_MAX_DIGITS: Final = {"int2": 5, "int4": 10, "int8": 19}
"""Decimal digits of the largest value; of PG_INTEGER_DIGITS, every combination fits."""

_FLOATS: Final = ("float4", "float8")
_MOMENTS: Final = frozenset({"time", "timestamp", "timestamptz"})


def pg_type_holds(wide: PgType, narrow: PgType) -> bool:
    """Whether ``wide`` holds every value of ``narrow``; False for unrelated types.

    The ranges are from PostgreSQL's chapter "Data Types".
    """
    if wide == narrow:
        return True
    match wide.name, narrow.name:
        case (one, other) if one in _INTEGERS and other in _INTEGERS:
            return _INTEGERS.index(one) >= _INTEGERS.index(other)
        case (one, other) if one in _FLOATS and other in _FLOATS:
            return one == "float8"
        case ("numeric", other) if other in _INTEGERS:
            return numeric_holds(_MAX_DIGITS[other], 0, wide)
        case ("numeric", "numeric"):
            if not narrow.modifier:
                return not wide.modifier
            return numeric_holds(*_precision_and_scale(narrow), wide)
        case (one, "numeric") if one in _INTEGERS and narrow.modifier:
            digits, scale = _precision_and_scale(narrow)
            return scale <= 0 and digits - scale <= PG_INTEGER_DIGITS[one]
        case ("text" | "varchar", "text" | "varchar"):
            return _length(narrow) <= _length(wide)
        case (one, other) if one == other and one in _MOMENTS:
            return _digits(narrow) <= _digits(wide)
    return False


def stays_distinct(source: SourceType, into: PgType) -> bool:
    """Whether two values that differ in the source always differ in the target."""
    loses_digit = source.name in {"time", "datetime2", "datetimeoffset"} and source.scale == 7
    if source.name == "sql_variant" or (loses_digit and into.name in _MOMENTS | {"date"}):
        return False
    conversion = RULES[source.name].possible(source, into)
    return conversion is None or not conversion.merges


def may_alter(source: SourceType, into: PgType) -> bool:
    """Whether the target holds only some values of the source, or not as they are."""
    rule = RULES[source.name]
    conversion = rule.possible(source, into)
    return conversion in checked_conversions(source.name) and not rule.fits(source, into)


_ANY_LENGTH: Final = 2**31


def _length(kind: PgType) -> int:
    return kind.modifier[0] if kind.modifier else _ANY_LENGTH


def _digits(kind: PgType) -> int:
    return kind.modifier[0] if kind.modifier else MICROSECONDS


def _precision_and_scale(kind: PgType) -> tuple[int, int]:
    precision, scale = kind.modifier
    return precision, scale
