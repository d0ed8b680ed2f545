"""Patterns of source tables: ``dbo.*``, ``Sales.Order*``, ``*.Log?``.

Only ``*`` (any characters, or none) and ``?`` (one character) are wildcards, and only outside of
``[...]`` and ``"..."``: everything else is the name itself, whatever it means to T-SQL's LIKE.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from tableferry.errors import ConfigError
from tableferry.model.identifiers import SourceTable, quote_mssql, shown


class Wildcard(Enum):
    """What stands for characters that the pattern does not name."""

    ANY = "*"
    ONE = "?"


Piece = str | Wildcard
"""Literal text, or a wildcard."""

_SIGNS: Final = {one.value: one for one in Wildcard}
_CLOSING: Final = {"[": "]", '"': '"'}
_HINT: Final = (
    "Write [Database.]schema.table; * stands for any characters, ? for one, and neither does in "
    '[...] or "...".'
)


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A pattern of a schema's and a table's name; without wildcards it is one table's name."""

    schema: tuple[Piece, ...]
    name: tuple[Piece, ...]

    @classmethod
    def parse(cls, text: str, database: str) -> "NamePattern":
        """Parse ``[Database.]schema.table``, the schema by default ``dbo``; raises ConfigError.

        ``database`` is the only one that it may name.
        """
        match _split(text):
            case [name]:
                found = cls(("dbo",), name)
            case [schema, name]:
                found = cls(schema, name)
            case [(str(of),), schema, name] if of.lower() == database.lower():
                found = cls(schema, name)
            case [_, _, _]:
                raise ConfigError(
                    f"The pattern {shown(text)} is not in the database {shown(database)}",
                    hint="A pattern finds tables of one database, 'sql_server_db'.",
                )
            case _:
                raise ConfigError(f"{shown(text)} is not a pattern of tables", hint=_HINT)
        for pieces in (found.schema, found.name):
            for piece in pieces:
                if isinstance(piece, str):
                    quote_mssql(piece)  # refuses what no name holds
        return found

    @classmethod
    def of(cls, table: SourceTable) -> "NamePattern":
        """Return the pattern of exactly this name."""
        return cls((table.schema,), (table.name,))

    @property
    def literal_length(self) -> int:
        """How many characters it names: with more of them it is the more specific one."""
        return sum(len(one) for one in (*self.schema, *self.name) if isinstance(one, str))


def has_wildcards(text: str) -> bool:
    """Whether a name holds a wildcard outside of brackets and quotes."""
    try:
        parts = _split(text)
    except ConfigError:
        return False  # no name at all: it is refused as one
    return any(isinstance(piece, Wildcard) for part in parts for piece in part)


def _split(text: str) -> list[tuple[Piece, ...]]:
    """Return the pieces of each part between the dots; raises ConfigError."""
    parts: list[list[tuple[str | Wildcard, bool]]] = [[]]
    position = 0
    while position < len(text):
        sign = text[position]
        if sign == ".":
            parts.append([])
        elif sign in _CLOSING:
            literal, position = _quoted(text, position)
            parts[-1].append((literal, True))
        elif sign in _SIGNS:
            parts[-1].append((_SIGNS[sign], True))
        elif sign == "]":
            raise ConfigError(f"{shown(text)} is not a pattern of tables", hint=_HINT)
        else:
            parts[-1].append((sign, False))
        position += 1
    found = [_joined(part) for part in parts]
    if not all(found):
        raise ConfigError(f"{shown(text)} is not a pattern of tables", hint=_HINT)
    return found


def _quoted(text: str, start: int) -> tuple[str, int]:
    """Return a quoted stretch without its quotes, and where it ends."""
    closing = _CLOSING[text[start]]
    literal, position = "", start + 1
    while position < len(text):
        if text[position] != closing:
            literal += text[position]
        elif text.startswith(closing * 2, position):
            literal += closing
            position += 1
        else:
            return literal, position
        position += 1
    raise ConfigError(f"{shown(text)} does not close a {text[start]}", hint=_HINT)


def _joined(signs: list[tuple[str | Wildcard, bool]]) -> tuple[Piece, ...]:
    """Join the literal characters between wildcards; blanks around a part do not count."""
    first, last = 0, len(signs)
    while first < last and signs[first] == (" ", False):
        first += 1
    while last > first and signs[last - 1] == (" ", False):
        last -= 1
    pieces: list[Piece] = []
    for sign, _ in signs[first:last]:
        if isinstance(sign, str) and pieces and isinstance(pieces[-1], str):
            pieces[-1] += sign
        elif sign:
            pieces.append(sign)
    return tuple(pieces)
