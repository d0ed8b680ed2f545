"""JSON as jsonb has it: brought to one form, and compared by value with exact numbers.

jsonb keeps the last of several equal keys, in an order of its own (shorter ones first), and writes
a blank after each comma and colon (PostgreSQL's documentation, "JSON Types"). Numbers are those of
``numeric``, so 1.0 and 1.00 are equal and 1e2 is written as 100.
"""

import json
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Final

from tableferry.verification.nested_json import in_order, rewritten

MOST_DIGITS: Final = 150_000
"""More than a numeric has (131,072 and 16,383), so that 1e999999999 is not written out."""


ESCAPED_NUL: Final = r"\u0000"


def jsonb_text(text: str) -> str:
    """Return a text of JSON as PostgreSQL writes the jsonb; as it is where it cannot be read.

    Values that it writes otherwise after all are equal by ``json_value``.
    """
    if ESCAPED_NUL in text:  # jsonb has no such value
        return text
    try:
        return _WRITE_AS_JSONB(text)
    except ValueError:
        return text


def json_value(text: str) -> str:
    """Return one text for all texts of a value, whatever the scale of its numbers is.

    Raises ValueError where it is no JSON, or a number no numeric.
    """
    return _WRITE_VALUE(text)


def _refuse(name: str) -> None:
    """Refuse NaN and Infinity, which Python reads but JSON does not have."""
    raise ValueError(name)


def _numeric_text(text: str) -> str:
    """Return a number as ``numeric`` writes it: without an exponent, and without -0."""
    if "e" in text or "E" in text:
        number = Decimal(text)
        if abs(number.adjusted()) > MOST_DIGITS:
            raise ValueError("exponent")
        text = f"{number:f}"
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text


def _number_text(text: str) -> str:
    """Return a number without the zeros at the end of its decimal places."""
    text = _numeric_text(text)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _writing(number: Callable[[str], str]) -> Callable[[str], str]:
    """Return what writes a text of JSON anew, and its numbers like this; raises ValueError."""

    def marked(digits: str) -> str:
        """Return a number as a text that no other value is: json would write a float anew."""
        return f"\0{number(digits)}\0"

    decode = json.JSONDecoder(
        object_pairs_hook=in_order, parse_int=marked, parse_float=marked, parse_constant=_refuse
    ).decode
    encode = json.JSONEncoder(
        ensure_ascii=False, separators=(", ", ": "), check_circular=False
    ).encode
    in_depth = partial(rewritten, number=number)

    def write(text: str) -> str:
        if ESCAPED_NUL in text:  # which marks numbers here
            return in_depth(text)
        try:
            written = encode(decode(text))
        except RecursionError:
            return in_depth(text)
        return written.replace(f'"{ESCAPED_NUL}', "").replace(f'{ESCAPED_NUL}"', "")

    return write


_WRITE_AS_JSONB: Final = _writing(_numeric_text)
_WRITE_VALUE: Final = _writing(_number_text)
"""Reading and writing are both C's: 12 us for an object of nine values, 16 where Python writes it.
What is nested too deeply for C (1,000 levels) takes twenty times as long."""
