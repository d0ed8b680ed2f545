"""Which values of an entry are not what the model says, and what messages say in their place."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from tableferry.config.entry_model import KNOWN, TableEntry
from tableferry.config.entry_types import Meaning


def wrong_keys(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the keys whose values are not what such values may be.

    The entry may be a part of one: keys that are missing are not looked at, nor are unknown ones.
    """
    try:
        TableEntry.model_validate({key: entry[key] for key in KNOWN if key in entry})
    except ValidationError as error:
        # The errors' own texts are not used: they name pydantic's types.
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return tuple(dict.fromkeys(str(one["loc"][0]) for one in found if one["type"] != "missing"))
    return ()


def must_be(key: str) -> str:
    """Return the message for a key whose value is wrong."""
    return f"{key!r} must be {meaning(key)}"


def meaning(key: str) -> str:
    """Return what the value of a key may be, in words that follow "must be"."""
    return _meaning(TableEntry.model_fields[key])


def _meaning(field: FieldInfo) -> str:
    for one in field.metadata:
        if isinstance(one, Meaning):
            return one.text
    kind = field.annotation
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return f"one of {', '.join(kind)}"
    if kind is bool:
        return "true or false"
    low, high = (
        next(getattr(one, bound) for one in field.metadata if hasattr(one, bound))
        for bound in ("ge", "le")
    )
    return f"a whole number from {low:,} to {high:,}"
