"""A watermark as people are shown it: a version, or a column and its value.

The ledger's text is the mode's own document, with what tells the source's database from another.
"""

import json
from typing import Any, Final

from tableferry.config import TableSpec

_OF_THE_DATABASE: Final = frozenset({"full", "change_tracking"})
"""Modes whose watermark is no value of the table: full keeps none, and a version is a count."""


def shown_watermark(text: str) -> str:
    """Return the ledger's text of a watermark in words, empty where nothing is known of its form.

    A time by the source's clock is part of it where the mode keeps one: a value that stays the same
    does not tell two runs apart.
    """
    try:
        found: Any = json.loads(text)
    except ValueError:
        return ""
    match found:
        case {"version": int() as version}:
            return f"version {version}"
        case {"column": str() as column, "value": str() | None as value}:
            reached = f"{column} {value}" if value is not None else f"{column}, without rows"
            utc = found.get("utc")
            return f"{reached}, read at {utc} UTC" if utc else reached
    return ""


def holds_value(spec: TableSpec) -> bool:
    """Whether the watermarks of a table hold values of it, which no log and no ledger shows."""
    return spec.mode not in _OF_THE_DATABASE
