"""The functions of dynamic data masking: read from a column's definition, and applied to values.

As "Dynamic data masking" documents them. NULL stays NULL.
"""

import re
from dataclasses import dataclass
from typing import Final

from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.types.convert import convert
from tableferry_sandbox.engine.types.convert_basics import once
from tableferry_sandbox.engine.types.duck_types import duck_type, literal, quote_text
from tableferry_sandbox.engine.types.text_sizes import cut
from tableferry_sandbox.engine.types.type_rules import NUMERIC_FAMILIES, describe, family
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import MAX, SqlType

DEFAULT_MASK: Final = "default()"
"""The mask of every expression over a masked column."""

_ARGUMENT: Final = re.compile(r'(?:"(?:[^"]|"")*"|[^,"])+')
_COUNTS: Final = {"default": 0, "email": 0, "random": 2, "partial": 3, "datetime": 1}
_FAMILIES: Final = {
    "email": {"string"},
    "partial": {"string"},
    "random": set(NUMERIC_FAMILIES),
    "datetime": {"datetime", "date", "time", "offset"},
}
_NUMBER: Final = re.compile(r"-?(\d+\.?\d*|\.\d+)")


@dataclass(frozen=True)
class Mask:
    """A masking function with its arguments, the strings among them without their quotes."""

    name: str
    arguments: tuple[str, ...] = ()

    def __str__(self) -> str:
        shown = [
            '"' + text.replace('"', '""') + '"' if self.name == "partial" and place == 1 else text
            for place, text in enumerate(self.arguments)
        ]
        return f"{self.name}({', '.join(shown)})"


def read_mask(text: str, column: str, kind: SqlType) -> Mask:
    """Return the masking function of a column's definition. Raises 16002 to 16006."""
    name, opening, rest = text.partition("(")
    inside, closing, after = rest.rpartition(")")
    if not text:
        raise SqlError(16002, f"Invalid data masking function in column '{column}'.", state=0)
    if not opening or not closing:
        raise _wrong(16006, "Invalid data masking format for function '{}' in", name, column)
    if after:
        raise _wrong(16004, _TOO_MANY, name, column)
    function = name.lower()
    if function not in _COUNTS:
        raise SqlError(16002, f"Invalid data masking function in column '{column}'.", state=0)
    if family(kind) not in _FAMILIES.get(function, {family(kind)}):
        raise SqlError(
            16003,
            f"The data type of column '{column}' does not support data masking function "
            f"'{function}'.",
            state=0,
        )
    arguments = tuple(_arguments(inside))
    if len(arguments) != _COUNTS[function]:
        raise _wrong(16004, _TOO_MANY, name, column)
    if not _valid(function, arguments):
        raise _wrong(16005, "Invalid argument for data masking function '{}' for", name, column)
    return Mask(function, tuple(_unquoted(argument) for argument in arguments))


_TOO_MANY: Final = "Incorrect number of parameters for data masking function '{}' for"


def _wrong(number: int, text: str, function: str, column: str) -> SqlError:
    return SqlError(number, f"{text.format(function)} column '{column}'.", state=0)


def _arguments(text: str) -> list[str]:
    """Return the arguments between commas, of which those in quotation marks are none."""
    return [found.strip() for found in _ARGUMENT.findall(text)] if text.strip() else []


def _valid(function: str, arguments: tuple[str, ...]) -> bool:
    if function == "random":
        if not all(_NUMBER.fullmatch(argument) for argument in arguments):
            return False
        low, high = map(float, arguments)
        return low <= high
    if function == "partial":
        prefix, padding, suffix = arguments
        return prefix.isdecimal() and suffix.isdecimal() and padding[:1] == '"' == padding[-1:]
    return True


def _unquoted(argument: str) -> str:
    return argument[1:-1].replace('""', '"') if argument[:1] == '"' else argument


def mask_of(text: str) -> Mask:
    """Return the mask that a column has, from its own text."""
    name, _, rest = text.partition("(")
    return Mask(name, tuple(_unquoted(argument) for argument in _arguments(rest[:-1])))


def masked(sql: str, kind: SqlType, text: str) -> str:
    """Return SQL of a value behind a mask; raises 50000 for a mask of a value not documented."""
    mask = mask_of(text)
    apply = {"email": _email, "partial": _partial, "random": _random}.get(mask.name)
    if mask.name == "datetime":
        raise unsupported("the mask datetime() for a login without UNMASK")
    if apply is None:
        return f"CASE WHEN {sql} IS NOT NULL THEN {_default(kind)} END"
    return once(
        sql, lambda value: f"CASE WHEN {value} IS NOT NULL THEN {apply(value, kind, mask)} END"
    )


def _default(kind: SqlType) -> str:
    """Return the value that ``default()`` shows in place of all others."""
    group = family(kind)
    if group == "string":
        return quote_text(_shortened("xxxx", kind))
    if group in NUMERIC_FAMILIES:
        return literal(0, kind)
    if group == "binary" and kind.name != "timestamp":
        return literal(b"0", kind)
    if group in ("datetime", "date", "time", "offset"):
        text = "00:00:00" if group == "time" else "1900-01-01"
        return convert(quote_text(text), SqlType("varchar", len(text)), kind, style=120)
    raise unsupported(f"the mask of a {describe(kind)} for a login without UNMASK")


def _shortened(text: str, kind: SqlType) -> str:
    return text if kind.length == MAX or kind.length <= 0 else text[: kind.length]


def _fitted(sql: str, kind: SqlType) -> str:
    limited = kind.length != MAX and kind.name not in ("text", "ntext")
    return cut(sql, kind.length, kind) if limited else sql


def _email(sql: str, kind: SqlType, _: Mask) -> str:
    return _fitted(f"(left({sql}, 1) || 'XXX@XXXX.com')", kind)


def _partial(sql: str, kind: SqlType, mask: Mask) -> str:
    """Show both ends of a value; of one that is no longer than these, only the padding."""
    prefix, padding, suffix = int(mask.arguments[0]), mask.arguments[1], int(mask.arguments[2])
    shown = f"left({sql}, {prefix}) || {quote_text(padding)} || right({sql}, {suffix})"
    ends = f"CASE WHEN length({sql}) > {prefix + suffix} THEN {shown} "
    return _fitted(f"({ends}ELSE {quote_text(padding)} END)", kind)


def _random(sql: str, kind: SqlType, mask: Mask) -> str:
    """Return a number between two others, whole where the type has no fractions."""
    low, high = mask.arguments
    # A value of the row, so that DuckDB draws a number for each.
    drawn = f"(random() + 0 * CAST({sql} IS NULL AS INTEGER))"
    if family(kind) == "int":
        number = f"{int(float(low))} + floor({drawn} * {int(float(high)) - int(float(low)) + 1})"
        return f"CAST({number} AS {duck_type(kind)})"
    number = f"{low}::DOUBLE + {drawn} * ({high}::DOUBLE - {low}::DOUBLE)"
    return f"CAST({number} AS {duck_type(kind)})"
