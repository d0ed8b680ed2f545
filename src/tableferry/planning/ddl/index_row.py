"""The size of an index's row in a PostgreSQL btree, computed as PostgreSQL does. Pure.

A btree takes rows of up to a third of a page; a larger one fails ("index row size ... exceeds btree
version 4 maximum 2704") when it is inserted, or when the index is built after the load. The limit
counts headers, alignment and included columns. PostgreSQL compresses values of more than 510 bytes
there, but random bytes and many texts do not shrink, so that is not counted on.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from tableferry.model.schema import SourceColumn, TargetColumn
from tableferry.planning.value_size import FIXED, longest_value

MAX_INDEX_ROW_BYTES: Final = 2704
"""BTMaxItemSize of btree version 4 (nbtree.h), on a page of the default 8 kB."""

_WORD: Final = 8
"""MAXALIGN: the header and the whole row are multiples of it."""

_HEADER: Final = 8
_HEADER_WITH_NULLS: Final = 16
"""IndexTupleData, and with the NULL bitmap of INDEX_MAX_KEYS bits that a row with a NULL has."""

_SHORT: Final = 126
"""Bytes of the longest value with a header of one byte, which needs no alignment (varatt.h)."""

_LONG_HEADER: Final = 4
"""Bytes of the header of a longer value, and its alignment."""

Pair = tuple[SourceColumn, TargetColumn]


def fits_btree(columns: Sequence[Pair], collations: Mapping[str, str]) -> bool:
    """Whether every possible row of an index on these columns fits into a btree.

    ``columns`` are the key's and then the included ones; ``collations`` are those of the source's
    text columns, by name.
    """
    largest = max_index_row_bytes(columns, collations)
    return largest is not None and largest <= MAX_INDEX_ROW_BYTES


def max_index_row_bytes(columns: Sequence[Pair], collations: Mapping[str, str]) -> int | None:
    """Return the bytes of the largest row of an index on these columns; None for no bound."""
    widths = []
    for source, into in columns:
        longest = longest_value(source.type, into.type, collations.get(source.name, ""))
        if longest is None:
            return None
        widths.append((longest, FIXED[into.type.name][1] if into.type.name in FIXED else 0))
    sizes = [_aligned(_HEADER + _data_bytes(widths), _WORD)]
    # One NULL costs a bitmap, which may be more than the value would have been.
    sizes += [
        _aligned(_HEADER_WITH_NULLS + _data_bytes(widths[:place] + widths[place + 1 :]), _WORD)
        for place, (_, into) in enumerate(columns)
        if into.nullable
    ]
    return max(sizes)


def _data_bytes(widths: Sequence[tuple[int, int]]) -> int:
    """Add up (width, alignment) as heap_compute_data_size does; 0 aligns a variable length."""
    size = 0
    for width, alignment in widths:
        if alignment:
            size = _aligned(size, alignment) + width
        elif width <= _SHORT:
            size += 1 + width
        else:
            size = _aligned(size, _LONG_HEADER) + _LONG_HEADER + width
    return size


def _aligned(size: int, alignment: int) -> int:
    return -(-size // alignment) * alignment
