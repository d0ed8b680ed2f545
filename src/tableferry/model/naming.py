"""Derive PostgreSQL names from SQL Server's: readable, lower case, at most 63 bytes.

The same source name always gives the same result, independent of the other columns, so a table
that gains a column keeps the names of the others.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
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

_DOTTED_I: Final = "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}"
"""The upper case of a Turkish i."""

_DOTLESS_I: Final = "\N{LATIN SMALL LETTER DOTLESS I}"
"""The lower case of a Turkish I, which Unicode does not decompose."""


def pg_name(name: str) -> str:
    """Return the column's or table's name in PostgreSQL: ``CustomerID`` becomes ``customer_id``.

    A name of punctuation only stays as it is. One longer than 63 bytes is shortened and ends in a
    hash of the whole. The result is empty only where ``name`` is.
    """
    words = lowered(_SEPARATORS.sub("_", _BOUNDARIES.sub("_", name)))
    readable = re.sub("_+", "_", words).strip("_") or name
    if readable in SYSTEM_COLUMNS:
        readable += "_"
    return shortened(readable, name)


def lowered(text: str) -> str:
    """Return a text in lower case, with i for the dotted capital of Turkish.

    Unicode's own lower case of that letter is two characters, the second of them a combining dot.
    """
    return text.replace(_DOTTED_I, "i").lower()


def caseless(name: str) -> str:
    """Return what names that differ by case only have in common, in any alphabet of a database.

    A Turkish collation pairs I with a dotless i, others with i: here, all four are one letter.
    """
    return lowered(name).replace(_DOTLESS_I, "i")


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


def find_name(name: str, names: Iterable[str]) -> str | None:
    """Return the name itself if it is among ``names``, else the only one in another case.

    A database with a case-sensitive collation may have names that differ only in case: None then.
    """
    alike = {other for other in names if caseless(other) == caseless(name)}
    if name in alike:
        return name
    return alike.pop() if len(alike) == 1 else None


_TRUNCATED_BYTES: Final = PG_NAME_BYTES - 3
"""PostgreSQL truncates names before a character that does not fit, of up to four bytes."""

_ACCENTS: Final = re.compile("[\u0300-\u036f]")
"""Unicode's combining diacritical marks."""


def spelled_alike(name: str, other: str) -> bool:
    """Whether a column named ``other`` in PostgreSQL may be the one named ``name`` elsewhere.

    The names have the same letters and digits; case, accents, punctuation and blanks do not count,
    except between digits: ``line1_1`` is not ``line11``. ``other`` may be truncated.
    """
    whole, part = folded(name), folded(other)
    if whole == part:
        return True
    is_full = len(other.encode("utf-8", "surrogatepass")) >= _TRUNCATED_BYTES
    return is_full and bool(part) and whole.startswith(part)


@lru_cache(maxsize=4096)  # a table's columns are compared in pairs
def folded(name: str) -> str:
    """Return the letters and digits of a name without case and accents; all of it if it has none.

    Any dotted or dotless i counts as the same letter, as Turkish spellings mix them.
    """
    decomposed = unicodedata.normalize("NFKD", name.replace(_DOTLESS_I, "i"))
    words = re.split(r"[\W_]+", _ACCENTS.sub("", decomposed).casefold())
    joined = ""
    for word in filter(None, words):
        between_digits = joined[-1:].isdigit() and word[0].isdigit()
        joined += f"_{word}" if between_digits else word
    return joined or name


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
