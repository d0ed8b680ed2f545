"""When two values of a column are the same, though their bytes are not: by what they stand for.

Only rows whose bytes differ come here. A type without a rule is *not compared* where its bytes
differ: neither equal nor different is said without a reason.
"""

from collections.abc import Callable, Hashable
from typing import Final

from tableferry.model.schema import PgType
from tableferry.verification.binary_values import float_array, numeric
from tableferry.verification.json_values import json_value
from tableferry.verification.wkb import shape_of

ValueOf = Callable[[bytes], Hashable]
"""Returns of a binary form what is equal for all forms of one value."""


def value_of(kind: PgType) -> ValueOf | None:
    """Return the rule of the target's type; None where there is none."""
    return _VALUES.get(kind.name)


def as_sent(sent: bytes) -> bytes:
    """Return the bytes themselves: other bytes are another value."""
    return sent


def _padded(sent: bytes) -> bytes:
    """Leave out the blanks at the end, which are no part of a char(n)'s value."""
    return sent.rstrip(b" ")


def _json(sent: bytes) -> Hashable:
    """Return JSON by its value, after jsonb's version byte; what is none, by its bytes."""
    try:
        return sent[0], json_value(sent[1:].decode())
    except (ValueError, IndexError):
        return sent


_EXACT: Final = (
    *("bool", "int2", "int4", "int8", "float4", "float8"),
    *("date", "time", "timestamp", "timestamptz", "uuid", "bytea", "vector"),
    # Spelling counts: citext holds two texts for equal that are not what the source has.
    *("text", "varchar", "citext", "enum", "json", "xml"),
)
"""The types of which a value has one binary form. -0.0 and 0.0 are two, as for a merge."""

_VALUES: Final[dict[str, ValueOf]] = {
    **dict.fromkeys(_EXACT, as_sent),
    "numeric": numeric,
    "bpchar": _padded,
    "jsonb": _json,
    "_float4": float_array,
    **dict.fromkeys(("geometry", "geography"), shape_of),
}
"""By the type's name."""
