"""The keys of refused rows, in JSON, as the texts that differences have of them."""

import datetime as dt
import struct
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from tableferry.model.schema import PgType
from tableferry.verification.binary_values import text_of


def text_of_json(kind: PgType, value: Any) -> str | None:
    """Return the text that a difference has of a key's JSON value.

    None where the value is none that a target's column of this type holds.
    """
    if value is None:
        return None
    try:
        return _TEXTS.get(kind.name, _same)(_text(value))
    except (ValueError, InvalidOperation, OverflowError):
        return None


def _same(text: str) -> str | None:
    return None if _is_encoded(text) else text


def _integer(text: str) -> str:
    return str(int(text))


def _numeric(text: str) -> str:
    Decimal(text)
    return text


def _single(text: str) -> str | None:
    return text_of(PgType("float4"), struct.pack(">f", float(text)))


def _double(text: str) -> str:
    return repr(float(text))


def _timestamp(text: str) -> str:
    return _moment(dt.datetime.fromisoformat(text)).isoformat(timespec="microseconds")


def _clock(text: str) -> str:
    clock = dt.time.fromisoformat(text).isoformat(timespec="microseconds")
    return clock.rstrip("0").rstrip(".")


def _bytes(text: str) -> str:
    return f"0x{bytes.fromhex(text.removeprefix('0x')).hex().upper()}"


def _padded(text: str) -> str | None:
    return _same(text.rstrip(" "))


_TEXTS: Final[Mapping[str, Callable[[str], str | None]]] = {
    **dict.fromkeys(("bool", "int2", "int4", "int8"), _integer),
    **dict.fromkeys(("timestamp", "timestamptz"), _timestamp),
    "numeric": _numeric,
    "float4": _single,
    "float8": _double,
    "time": _clock,
    "bytea": _bytes,
    "bpchar": _padded,
}
"""By the type's name; of all others both forms are one."""


def _is_encoded(text: str) -> bool:
    """Whether this stands for a text that PostgreSQL cannot store: 0x and its bytes in UTF-16."""
    if not text.startswith("0x"):
        return False
    try:
        return "\0" in bytes.fromhex(text[2:]).decode("utf-16-le")
    except UnicodeDecodeError:
        return True
    except ValueError:
        return False


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _moment(value: dt.datetime) -> dt.datetime:
    return value.astimezone(dt.UTC).replace(tzinfo=None) if value.tzinfo else value
