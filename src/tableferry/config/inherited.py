"""What a table gets from the defaults, from patterns that match it and from its own entry.

The more specific layer wins, key by key. A setting that details a choice (``parallel`` details
``chunks``) is left out where the table makes another choice: it was meant for the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tableferry.config.entry_model import OWN_KEYS, PATTERN_KEYS
from tableferry.config.entry_problems import choice_problems

DETAILS: Final = {
    "max_invalid": "on_invalid",
    "parallel": "chunks",
    "resume_within": "chunks",
    "watermark": "mode",
    "overlap": "mode",
    "on_expired": "mode",
    "reconcile_every": "deletes",
    "max_delete_share": "deletes",
    "repair": "verify",
    "exclude": "columns",
    "pg_columns": "columns",
}
"""The keys that detail a choice, and the key of this choice."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Keys and values that a table gets from one place, and what messages call the place."""

    origin: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Merged:
    """An entry and the origins of its keys; ``unfitting`` has those of the keys left out."""

    entry: Mapping[str, Any]
    origins: Mapping[str, str]
    unfitting: Mapping[str, str] = field(default_factory=dict)


def merge(layers: Sequence[Layer]) -> Merged:
    """Merge the layers of one table, the least specific first; the last is its own.

    Values of the last layer stay, whatever they do not fit to: they were meant for this table.
    """
    entry: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for number, layer in enumerate(layers, 1):
        is_own = number == len(layers)
        for key, value in layer.values.items():
            if key in PATTERN_KEYS or (key in OWN_KEYS and not is_own):
                continue
            entry[key] = value
            origins[key] = layer.origin
    own = layers[-1].origin if layers else ""
    left_out = {}
    for key in _unfitting(entry, [key for key, of in origins.items() if of != own]):
        left_out[key] = origins.pop(key)
        del entry[key]
    return Merged(entry, origins, left_out)


def _unfitting(entry: Mapping[str, Any], inherited: Sequence[str]) -> tuple[str, ...]:
    """Return the inherited details of choices that the table does not make."""
    if not any(key in DETAILS for key in inherited):
        return ()
    problems = choice_problems(entry)
    found: list[str] = []
    for key in inherited:
        if not problems:
            break
        rest = {one: value for one, value in entry.items() if one not in (*found, key)}
        if key in DETAILS and len(fewer := choice_problems(rest)) < len(problems):
            found.append(key)
            problems = fewer
    return tuple(found)
