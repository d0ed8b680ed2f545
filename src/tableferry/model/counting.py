"""Counts in sentences: one row, two rows.

Every message that names a number of things takes it from here, so that none says "1 rows".
"""

from typing import Final

_PLURALS: Final = {"index": "indexes", "entry": "entries"}
"""Plurals that an added "s" does not make."""


def counted(count: int, noun: str) -> str:
    """Return the count with its noun: ``1 row``, ``2,000 rows``.

    ``noun`` is the singular; of several words the last one changes (``stored chunk``).
    """
    return f"{count:,} {plural(count, noun)}"


def plural(count: int, noun: str) -> str:
    """Return the noun alone, as it stands behind this count: ``row``, ``rows``."""
    if count == 1:
        return noun
    *before, last = noun.split(" ")
    return " ".join((*before, _PLURALS.get(last, f"{last}s")))


def verb(count: int, one: str, many: str) -> str:
    """Return the verb that agrees with the count: ``verb(rows, "was", "were")``."""
    return one if count == 1 else many
