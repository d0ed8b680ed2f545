"""The fields of a tuple of COPY BINARY (PostgreSQL's documentation of COPY, "Tuples")."""

import struct
from typing import Final

_LENGTH: Final = struct.Struct(">i")
_COUNT_BYTES: Final = 2

Fields = tuple[bytes | None, ...]
"""The fields of a row in the binary form of their types, None for NULL."""


def fields_of(row: bytes) -> Fields:
    """Return the fields of a tuple."""
    fields: list[bytes | None] = []
    unpack = _LENGTH.unpack_from
    place, end = _COUNT_BYTES, len(row)
    while place < end:
        (length,) = unpack(row, place)
        place += 4
        if length < 0:
            fields.append(None)
        else:
            fields.append(row[place : place + length])
            place += length
    return tuple(fields)
