"""The steps of the checked conversions, for values of which the target's type holds only some.

A step raises ArrowInvalid where a value does not pass its check, and does not alter any other way
than its conversion declares (``typemap.checked``). Every step works on whole arrays.
"""

import string
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tableferry.model.schema import PgType
from tableferry.values.steps import Step, milliseconds, truncate, validity, with_nulls_of

_DAY: Final = 86_400_000_000
"""Microseconds."""

_MICROSECONDS: Final = 6
"""Fractional digits of a second in PostgreSQL's time types without a modifier."""

_TEXT: Final = pa.large_string()
_TRUE: Final = ("1", "t", "true", "y", "yes", "on")
_FALSE: Final = ("0", "f", "false", "n", "no", "off")

_HEX: Final = "[0-9A-Fa-f]"
_UUID: Final = rf"{_HEX}{{32}}|{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"
_WHOLE_UUID: Final = rf"^(?:{_UUID}|\{{(?:{_UUID})\}})$"

_NO_DIGIT: Final = 0xFF
_NIBBLES: Final = np.array(
    [int(chr(byte), 16) if chr(byte) in string.hexdigits else _NO_DIGIT for byte in range(256)],
    np.uint8,
)
"""The value of each hexadecimal digit, by its character."""

_CANONICAL: Final = "00000000-0000-0000-0000-000000000000"
_HYPHENS: Final = [place for place, character in enumerate(_CANONICAL) if character == "-"]
_DIGITS: Final = [place for place, character in enumerate(_CANONICAL) if character != "-"]

_DECLARES_ENCODING: Final = r"^\s*<\?xml\s[^>]*encoding\s*="
_DECLARES_UTF8: Final = _DECLARES_ENCODING + r"\s*[\"'](?i:utf-?8)[\"']"
"""PostgreSQL would decode the text by its declaration, though COPY sends UTF-8 (``xml_recv``)."""


def _require(passes: pa.Array) -> None:
    """Raise ArrowInvalid where a value is false; NULL passes."""
    if pc.any(pc.invert(passes)).as_py():
        raise pa.ArrowInvalid("a value does not pass the check of its conversion")


def _texts(array: pa.Array) -> pa.Array:
    """Return texts without the blanks at their ends, which SQL Server does not compare."""
    return pc.utf8_rtrim(array.cast(_TEXT), " ")


def _limited(array: pa.Array, wanted: pa.DataType, target: PgType) -> pa.Array:
    """Check the number of characters: PostgreSQL would cut off blanks beyond it silently."""
    texts = array.cast(wanted)
    counted = _texts(texts) if target.name == "bpchar" else texts
    _require(pc.less_equal(pc.utf8_length(counted), target.modifier[0]))
    return texts


def _label(array: pa.Array, wanted: pa.DataType, _target: PgType) -> pa.Array:
    return _texts(array).cast(wanted)


def _uuid_of_text(array: pa.Array, wanted: pa.DataType, _target: PgType) -> pa.Array:
    """Parse texts; a batch that has the usual form throughout takes less than half the time."""
    texts = array.cast(_TEXT)
    if not len(texts):
        return pa.nulls(0, wanted)
    if pc.all(pc.equal(pc.binary_length(texts), len(_CANONICAL))).as_py() is False:
        texts = _texts(texts)
        _require(pc.match_substring_regex(texts, _WHOLE_UUID))
        digits = _characters(pc.replace_substring_regex(texts, "[{}-]", ""), "0" * len(_DIGITS))
    else:
        characters = _characters(texts, _CANONICAL)
        if (characters[:, _HYPHENS] != ord("-")).any():
            raise pa.ArrowInvalid("a text is not a UUID")
        digits = characters.take(_DIGITS, axis=1)
    nibbles = _NIBBLES[digits]
    if (nibbles == _NO_DIGIT).any():
        raise pa.ArrowInvalid("a text is not a UUID")
    packed = np.ascontiguousarray(nibbles[:, 0::2] << 4 | nibbles[:, 1::2])
    return pa.Array.from_buffers(wanted, len(texts), [validity(texts), pa.py_buffer(packed)])


def _characters(texts: pa.Array, instead: str) -> np.ndarray:
    """Return the bytes of texts of the same length, a row for each, with ``instead`` for NULL."""
    filled = texts.fill_null(instead)
    _, offsets, data = filled.buffers()
    start = int(np.frombuffer(offsets, np.int64, 1, filled.offset * 8)[0])
    found = np.frombuffer(data, np.uint8, len(filled) * len(instead), start)
    return found.reshape(-1, len(instead))


def _boolean_of_text(array: pa.Array, _wanted: pa.DataType, _target: PgType) -> pa.Array:
    texts = pc.utf8_lower(_texts(array))
    known = pc.is_in(texts, pa.array((*_TRUE, *_FALSE), _TEXT))
    _require(pc.or_(known, pc.is_null(texts)))
    return pc.if_else(pc.is_valid(texts), pc.is_in(texts, pa.array(_TRUE, _TEXT)), None)


def _xml_of_text(array: pa.Array, wanted: pa.DataType, _target: PgType) -> pa.Array:
    texts = array.cast(wanted)
    declares = pc.match_substring_regex(texts, _DECLARES_ENCODING)
    _require(pc.or_(pc.invert(declares), pc.match_substring_regex(texts, _DECLARES_UTF8)))
    return texts


def _zero_or_one(array: pa.Array, wanted: pa.DataType, _target: PgType) -> pa.Array:
    numbers = array.cast(pa.int64())
    _require(pc.and_(pc.greater_equal(numbers, 0), pc.less_equal(numbers, 1)))
    return numbers.cast(wanted)


def _decimal(array: pa.Array, wanted: pa.DataType, _target: PgType) -> pa.Array:
    """Cast to the column's own precision and scale, for which Arrow checks every digit."""
    if pa.types.is_integer(array.type):
        array = array.cast(pa.decimal128(19, 0))  # a bigint has 19 digits
    return array.cast(wanted)


def _single(array: pa.Array, wanted: pa.DataType, _target: PgType) -> pa.Array:
    doubles = array.cast(pa.float64())
    singles = doubles.cast(wanted)
    _require(pc.equal(singles.cast(pa.float64()), doubles))
    return singles


def _midnight(array: pa.Array, wanted: pa.DataType, target: PgType) -> pa.Array:
    moments = truncate(array, pa.timestamp("us"), target)
    numbers = moments.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    if (numbers % _DAY).any():
        raise pa.ArrowInvalid("a time is not midnight")
    return with_nulls_of(moments, (numbers // _DAY).astype(np.int32)).cast(wanted)


def _digits(array: pa.Array, wanted: pa.DataType, target: PgType) -> pa.Array:
    """Cut off the digits of the second beyond the column's, towards the past, as for the seventh.

    A time without an offset becomes one of UTC, and the reverse, where ``wanted`` says so.
    """
    return _cut(_microseconds(array, target), wanted, target)


def _datetime_digits(array: pa.Array, wanted: pa.DataType, target: PgType) -> pa.Array:
    return _cut(milliseconds(array, pa.timestamp("us"), target), wanted, target)


def _microseconds(array: pa.Array, target: PgType) -> pa.Array:
    if pa.types.is_time(array.type) or target.name == "time":
        return truncate(array, pa.time64("us"), target)
    return truncate(array, pa.timestamp("us", tz=getattr(array.type, "tz", None)), target)


def _cut(moments: pa.Array, wanted: pa.DataType, target: PgType) -> pa.Array:
    lost = _lost(moments, target)
    if lost.any():
        numbers = moments.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
        moments = with_nulls_of(moments, numbers - lost).cast(moments.type)
    return moments.cast(wanted)


def _lost(moments: pa.Array, target: PgType) -> np.ndarray:
    """Return the microseconds that a column with this type's digits cannot hold."""
    digits = target.modifier[0] if target.modifier else _MICROSECONDS
    numbers = moments.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    lost: np.ndarray = numbers % 10 ** (_MICROSECONDS - digits)
    return lost


CHECKED_STEPS: Final[dict[str, Step]] = {
    "limited": _limited,
    "label": _label,
    "uuid_of_text": _uuid_of_text,
    "boolean_of_text": _boolean_of_text,
    "xml_of_text": _xml_of_text,
    "zero_or_one": _zero_or_one,
    "decimal": _decimal,
    "single": _single,
    "midnight": _midnight,
    "digits": _digits,
    "datetime_digits": _datetime_digits,
}
"""By the name in ``typemap.Conversion.convert``."""


def cut_values(array: pa.Array, convert: str, target: PgType) -> int:
    """Count the values that lose digits which their column does not have, but a microsecond has."""
    if convert == "digits":
        return int(np.count_nonzero(_lost(_microseconds(array, target), target)))
    if convert == "datetime_digits":
        moments = milliseconds(array, pa.timestamp("us"), target)
        return int(np.count_nonzero(_lost(moments, target)))
    return 0
