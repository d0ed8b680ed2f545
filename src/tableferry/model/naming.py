"""Derive PostgreSQL names from SQL Server's: readable, lower case, at most 63 bytes.

The same source name always gives the same result, independent of the other columns, so a table
that gains a column keeps the names of the others.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from tableferry.model.identifiers import PG_NAME_BYTES

HASH_DIGITS: Final = 8
"""Hex digits appended to a shortened name: two names of one table collide once in 4 billion."""

SYSTEM_COLUMNS: Final = frozenset({"cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"})
"""Every PostgreSQL table has these; no other column can have such a name (its manual, 5.6)."""

_UPPER, _LOWER = "[A-ZÀ-ÖØ-ÞΑ-ΫА-ЯЁ]", "[a-zß-öø-ÿα-ώа-яё]"
_BOUNDARIES: Final = re.compile(
    f"(?<={_LOWER})(?={_UPPER})"  # customer|ID
    f"|(?<=[0-9])(?={_UPPER}{_LOWER})"  # Line2|Text
    f"|(?<={_UPPER})(?={_UPPER}{_LOWER})(?!{_UPPER}s(?!{_LOWER}))"  # HTTP|Server, but not I|Ds
)
_SEPARATORS: Final = re.compile(r"[\s\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f\u200b-\u200d\ufeff]+")
"""Blanks and ASCII punctuation, which separate words. Other symbols (m², €) stay."""


def pg_name(name: str) -> str:
    """Return the column's or table's name in PostgreSQL: ``CustomerID`` becomes ``customer_id``.

    A name of punctuation only stays as it is. One longer than 63 bytes is shortened and ends in a
    hash of the whole. The result is empty only where ``name`` is.
    """
    words = _SEPARATORS.sub("_", _BOUNDARIES.sub("_", name)).lower()
    readable = re.sub("_+", "_", words).strip("_") or name
    if readable in SYSTEM_COLUMNS:
        readable += "_"
    return shortened(readable, name)


def shortened(name: str, original: str = "") -> str:
    """Return ``name`` if it fits into 63 bytes, else its beginning and a hash.

    The hash is of ``original`` (``name`` itself where that is empty), so two long names that
    differ only at their ends stay distinct.
    """
    encoded = name.encode("utf-8", "surrogatepass")
    if len(encoded) <= PG_NAME_BYTES:
        return name
    digest = hashlib.sha256((original or name).encode("utf-8", "surrogatepass")).hexdigest()
    room = PG_NAME_BYTES - HASH_DIGITS - 1
    return f"{encoded[:room].decode('utf-8', 'ignore').rstrip('_')}_{digest[:HASH_DIGITS]}"


def clashes(names: Iterable[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    """Return the target names that several (source, target) pairs share, with their sources."""
    sources: dict[str, tuple[str, ...]] = {}
    for source, target in names:
        sources[target] = (*sources.get(target, ()), source)
    return {target: found for target, found in sources.items() if len(found) > 1}


def unique_name(
    name: str, taken: set[str], companions: Callable[[str], Collection[str]] = lambda _name: ()
) -> str:
    """Return ``name``, or the first free of ``name_2``, ``name_3`` ..., and add it to ``taken``.

    ``companions`` returns the names that go with one; they have to be free as well and are added
    too.
    """
    number, found = 1, name
    while not taken.isdisjoint({found, *companions(found)}):
        number += 1
        found = shortened(f"{name}_{number}")
    taken.update((found, *companions(found)))
    return found
