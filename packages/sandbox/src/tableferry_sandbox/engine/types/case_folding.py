"""Upper and lower case by collation: which ones tell them apart, and the Turkish i.

In the alphabets of Turkish and Azeri, the small letter of I is a dotless one, and that of a
dotted capital is i (Unicode, SpecialCasing.txt); Python and DuckDB know neither.
"""

import functools
from collections.abc import Callable
from typing import Final

_TURKIC: Final = ("turkish_", "azeri_")
_CAPITALS: Final = "I\u0130"
_SMALL: Final = "\u0131i"
_TABLE: Final = str.maketrans(_CAPITALS, _SMALL)


@functools.lru_cache(maxsize=256)
def is_case_sensitive(collation: str) -> bool:
    """Return whether a collation tells upper from lower case; the binary ones do."""
    return not {"cs", "bin", "bin2"}.isdisjoint(collation.lower().split("_"))


@functools.lru_cache(maxsize=256)
def _is_turkic(collation: str) -> bool:
    return collation.lower().startswith(_TURKIC)


def lower_i_sql(sql: str, collation: str) -> str:
    """Return DuckDB SQL of a text whose capital I's are small by a collation; the rest is kept."""
    return f"translate({sql}, '{_CAPITALS}', '{_SMALL}')" if _is_turkic(collation) else sql


def upper_i_sql(sql: str, collation: str) -> str:
    """Return DuckDB SQL of a text whose small i's are capitals by a collation; the rest is kept."""
    return f"translate({sql}, '{_SMALL}', '{_CAPITALS}')" if _is_turkic(collation) else sql


def _fold_turkic(text: str) -> str:
    return text.translate(_TABLE).lower()


@functools.lru_cache(maxsize=256)
def folding(collation: str) -> Callable[[str], str]:
    """Return what maps a text to lower case, or to itself where its collation tells cases apart."""
    if is_case_sensitive(collation):
        return str
    return _fold_turkic if _is_turkic(collation) else str.lower


def fold_sql(sql: str, collation: str) -> str:
    """Return DuckDB SQL of a text that ``folding`` has mapped."""
    if is_case_sensitive(collation):
        return sql
    return f"lower({lower_i_sql(sql, collation)})"
