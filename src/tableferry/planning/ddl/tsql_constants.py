"""Parse constants as SQL Server's catalog writes them.

``sys.default_constraints`` and filtered indexes show ``((1))``, ``(N'it''s')``, ``((-1.50))``,
``($1.5)``, ``(0x00)``, ``('20240131')``. What a column makes of one is in ``stored_values``.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from tableferry.model.schema import CHARACTER_TYPES

INTEGER_RANGES: Final = {
    "tinyint": (0, 255),
    "smallint": (-(2**15), 2**15 - 1),
    "int": (-(2**31), 2**31 - 1),
    "bigint": (-(2**63), 2**63 - 1),
}
TEXT_TYPES: Final = CHARACTER_TYPES | {"text", "ntext"}

MONEY_DIGITS: Final = 4
"""Digits after the point of money and smallmoney, and of constants such as ``$1.5``."""

EXACT: Final = Context(prec=100)
"""Rounds nothing: the numbers of SQL Server have 38 digits at most."""

_NUMBER = re.compile(r"(?P<money>\$?)(?P<digits>\d+\.?\d*|\.\d+)(?P<exponent>[eE][-+]?\d+)?")
_STRING = re.compile(r"([Nn]?)'((?:[^']|'')*)'")
_HEX = re.compile(r"0[xX]([0-9A-Fa-f]*)")
_CONVERTED = re.compile(
    r"CONVERT\(\s*\[?(bit|tinyint|smallint|int|bigint)\]?\s*,(.*)\)", re.IGNORECASE | re.DOTALL
)
"""How the catalog shows ``DEFAULT CAST(0 AS bit)``."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A T-SQL constant: a number, a text, bytes, or None for NULL.

    ``is_money``: a number of type money, rounded to four digits after the point. ``is_national``: a
    text such as N'...'; every other is of the database's code page.
    """

    value: Decimal | str | bytes | None
    is_float: bool = False
    is_money: bool = False
    is_national: bool = False


def without_parentheses(text: str) -> str:
    """Return ``text`` without the parentheses that enclose all of it."""
    text = text.strip()
    while text.startswith("(") and _closing(text) == len(text) - 1:
        text = text[1:-1].strip()
    return text


def parse_constant(text: str) -> Constant | None:
    """Parse a constant, with or without parentheses; None for any other expression."""
    text = without_parentheses(text)
    if text.upper() == "NULL":
        return Constant(None)
    if match := _STRING.fullmatch(text):
        return Constant(match[2].replace("''", "'"), is_national=bool(match[1]))
    if match := _HEX.fullmatch(text):
        return Constant(bytes.fromhex(match[1].zfill(len(match[1]) + len(match[1]) % 2)))
    if match := _CONVERTED.fullmatch(text):
        return _converted(match[1].lower(), parse_constant(match[2]))
    sign, rest = (
        ("-", without_parentheses(text[1:])) if text.startswith("-") else ("", text.lstrip("+"))
    )
    if match := _NUMBER.fullmatch(rest):
        number = Decimal(f"{sign}{match['digits']}{match['exponent'] or ''}")
        if not number:
            number = abs(number)  # SQL Server's numbers have no negative zero
        constant = Constant(number, is_float=bool(match["exponent"]))
        return _as_money(constant) if match["money"] else constant
    return None


def rounded(number: Decimal, digits: int) -> Decimal | None:
    """Round half up to this many digits after the point; None halfway between two numbers.

    SQL Server documents that it rounds, not in which direction from halfway.
    """
    step = Decimal(1).scaleb(-digits)
    result = number.quantize(step, ROUND_HALF_UP, EXACT)
    return None if abs(EXACT.subtract(number, result)) * 2 == step else result


def _as_money(constant: Constant) -> Constant | None:
    """Return a constant of type money; None for an exponent or where its rounding is uncertain."""
    number = constant.value
    if not isinstance(number, Decimal) or constant.is_float:
        return None
    value = rounded(number, MONEY_DIGITS)
    if value is None:
        return None
    return Constant(number if value == number else value, is_money=True)


def _converted(kind: str, constant: Constant | None) -> Constant | None:
    """Return a whole number converted to this type; None where it does not fit."""
    number = constant.value if constant else None
    if not isinstance(number, Decimal) or number != number.to_integral_value():
        return None
    if kind == "bit":
        return Constant(Decimal(number != 0))
    low, high = INTEGER_RANGES[kind]
    return Constant(number) if low <= number <= high else None


def _closing(text: str) -> int:
    """Return the position that closes the parenthesis at the start of ``text``, or -1."""
    depth, quoted = 0, False
    for position, character in enumerate(text):
        if character == "'":
            quoted = not quoted
        elif not quoted:
            depth += (character == "(") - (character == ")")
            if depth == 0:
                return position
    return -1
