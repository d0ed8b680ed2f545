"""The bytes that PostgreSQL needs for the longest value of a column. Pure.

Widths and alignments are those of PostgreSQL's ``pg_type.dat``; a text's bytes are counted in
UTF-8, which takes as many as any other encoding of a server.
"""

from collections.abc import Mapping
from typing import Final

from tableferry.model.schema import CHARACTER_TYPES, PgType, SourceType

FIXED: Final[Mapping[str, tuple[int, int]]] = {
    **dict.fromkeys(("int8", "float8", "time", "timestamp", "timestamptz"), (8, 8)),
    **dict.fromkeys(("int4", "float4", "date"), (4, 4)),
    "int2": (2, 2),
    "bool": (1, 1),
    "uuid": (16, 1),
    "enum": (4, 4),
}
"""Bytes and alignment by PostgreSQL type; every other type is of variable length."""

_BINARY: Final = frozenset({"binary", "varbinary", "timestamp", "rowversion"})

_MAX_BYTES_PER_CHARACTER: Final = 4
"""Of UTF-8."""

_GUID_CHARACTERS: Final = 36

_HIERARCHY_CHARACTERS_PER_BYTE: Final = 3.5
"""Most characters of ``ToString()`` from one byte of a hierarchyid: a level from 10 to 15 is three
characters (``12/``) in seven bits."""


def longest_value(source: SourceType, into: PgType, collation: str = "") -> int | None:
    """Return the bytes of the longest value, without its header; None where there is no bound.

    ``collation`` is that of the source column, where it is known: under one of the ``_UTF8``
    collations a char is as many bytes in the source as in PostgreSQL.
    """
    longest = _longest_of_any(source, into, collation)
    if into.name not in {"varchar", "bpchar"} or not into.modifier:
        return longest
    (characters,) = into.modifier
    most = characters * _MAX_BYTES_PER_CHARACTER
    if longest is None:
        return most
    padding = characters if into.name == "bpchar" else 0
    return min(most, longest + padding)


def _longest_of_any(source: SourceType, into: PgType, collation: str) -> int | None:
    """Return the bytes of the longest value, whatever length the target column's type has."""
    if into.name in FIXED:
        return FIXED[into.name][0]
    if into.name == "numeric":
        return numeric_bytes(source)
    if source.is_unbounded:
        return None
    if source.name in CHARACTER_TYPES:
        return _text_bytes(source, collation)
    if source.name in _BINARY and into.name == "bytea":
        return source.length
    if source.name == "uniqueidentifier":
        return _GUID_CHARACTERS
    if source.name == "hierarchyid":
        return int(source.length * _HIERARCHY_CHARACTERS_PER_BYTE)
    return None


def numeric_bytes(source: SourceType) -> int:
    """Return 2 bytes of header, plus 2 for every four digits before and after the point."""
    precision = source.precision or 38
    before, behind = precision - source.scale, source.scale
    return 2 + 2 * (-(-before // 4) + -(-behind // 4))


def _text_bytes(source: SourceType, collation: str) -> int:
    """Count three bytes for each UTF-16 code unit, or byte of a code page.

    A character outside the BMP is two code units and four bytes. The euro sign and many Asian
    letters are one or two bytes of a code page and three in UTF-8.
    """
    if source.name.startswith("n"):
        return source.length // 2 * 3
    return source.length if collation.upper().endswith("_UTF8") else source.length * 3
