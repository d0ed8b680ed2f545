"""Values as probes write them, and as an answer's are shown: one text for one value."""

import datetime as dt
import re
import uuid
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

ANY: Final = "*"
"""Written for a value that does not matter."""

_TEXT: Final = r"'(?:[^']|'')*'"
_WORD: Final = r"[^'|\s](?:[^'|]*[^'|\s])?"
"""A number, a date, 0x and digits, NULL: anything without apostrophes."""

_VALUE: Final = re.compile(f"{_TEXT}|{_WORD}")
_SPLIT: Final = re.compile(rf"\s*({_TEXT}|[^|']*)\s*(?:\||$)")


def is_written(text: str) -> bool:
    """Tell whether a text is one value."""
    return _VALUE.fullmatch(text) is not None


def split_row(text: str) -> tuple[str, ...]:
    """Return the values of a row, between vertical bars; a bar in a text is part of it."""
    found: list[str] = []
    at = 0
    while True:
        match = _SPLIT.match(text, at)
        if match is None:
            return (*found, text[at:].strip())
        found.append(match[1].strip())
        at = match.end()
        if not match[0].endswith("|"):
            return tuple(found)


def written(value: Any) -> str:
    """Return how a value that the driver returns is written."""
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, bytes | bytearray):
        return f"0x{value.hex().upper()}"
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dt.datetime):
        return value.isoformat(" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value).upper() if isinstance(value, uuid.UUID) else str(value)


def written_column(column: pa.Array) -> list[str]:
    """Return the values of an Arrow column; those of time with all digits that they have."""
    if pa.types.is_temporal(column.type):
        return ["NULL" if one is None else one for one in column.cast(pa.string()).to_pylist()]
    return [written(one) for one in column.to_pylist()]


def like(pattern: str, text: str) -> bool:
    """Tell whether a text is that of a pattern, in which % stands for any characters."""
    expression = ".*".join(re.escape(part) for part in pattern.split("%"))
    return re.fullmatch(expression, text, re.DOTALL) is not None
