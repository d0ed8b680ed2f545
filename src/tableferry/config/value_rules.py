"""What the value of each key of an entry may be: the check, its description, its JSON Schema.

The three stand side by side because they say the same; a test compares them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from tableferry.config.choices import NewTables
from tableferry.config.deletes import FORMS, DeleteHandling, Deletes
from tableferry.config.entry_keys import CHOICES, FLAGS, NUMBERS
from tableferry.config.setting_types import encoding_problem


@dataclass(frozen=True, slots=True)
class ValueRule:
    """One key's values: whether one ``is_valid``, what valid ones are, and that as JSON Schema."""

    is_valid: Callable[[object], bool]
    meaning: str
    schema: Mapping[str, Any]


def as_names(value: object) -> tuple[str, ...]:
    """Return a name or a list of names as a tuple; empty where it is neither."""
    if isinstance(value, str):
        return (value,) if value else ()
    if isinstance(value, Sequence) and all(isinstance(name, str) and name for name in value):
        return tuple(value)
    return ()


def is_text(value: object) -> bool:
    """Whether this is a text that is not blank."""
    return isinstance(value, str) and bool(value.strip())


def _is_name_list(value: object) -> bool:
    return not isinstance(value, str) and bool(as_names(value))


def is_text_map(value: object) -> bool:
    """Whether this is a dict of texts by name."""
    return isinstance(value, Mapping) and all(
        is_text(name) and is_text(text) for name, text in value.items()
    )


def _number(low: int, high: int) -> ValueRule:
    """Return the rule for integers in this range; ``True`` is not one of them."""

    def is_right(value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high

    return ValueRule(
        is_right,
        f"a whole number from {low:,} to {high:,}",
        {"type": "integer", "minimum": low, "maximum": high},
    )


def _one_of(kind: type[StrEnum]) -> ValueRule:
    """Return the rule for the values of an enumeration."""
    return ValueRule(
        lambda value: value in list(kind),
        f"one of {', '.join(kind)}",
        {"enum": [one.value for one in kind]},
    )


def _is_deletes(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(Deletes.parse(value))
    except ValueError:
        return False


_FLAG: Final = ValueRule(
    lambda value: isinstance(value, bool), "true or false", {"type": "boolean"}
)
_NAME: Final = {"type": "string", "minLength": 1}
_SOME_NAMES: Final = {"type": "array", "items": _NAME, "minItems": 1}
_NOT_BLANK: Final = {"type": "string", "pattern": r"\S"}

_TEXT: Final = ValueRule(is_text, "a text that is not empty", _NOT_BLANK)
_ANY_TEXT: Final = ValueRule(
    lambda value: isinstance(value, str) and not encoding_problem(value),
    "a text, without U+0000 and unpaired surrogates",
    {"type": "string", "pattern": r"^[^\u0000]*$"},
)
_NAME_LIST: Final = ValueRule(_is_name_list, "a list of names", _SOME_NAMES)
_NAMES: Final = ValueRule(
    lambda value: bool(as_names(value)),
    "a name or a list of names",
    {"anyOf": [_NAME, _SOME_NAMES]},
)
_DELETES: Final = ValueRule(
    _is_deletes,
    f"one of {FORMS}",
    {
        "anyOf": [
            {"enum": [one.value for one in DeleteHandling if one is not DeleteHandling.SOFT]},
            {"type": "string", "pattern": r"^soft:[\s\S]"},
        ]
    },
)
_TYPES: Final = ValueRule(
    is_text_map,
    "a dict of column names and PostgreSQL types",
    {"type": "object", "propertyNames": {"pattern": r"\S"}, "additionalProperties": _NOT_BLANK},
)

VALUE_RULES: Final[Mapping[str, ValueRule]] = {
    "db_type": _TEXT,
    "sql_server_db": _TEXT,
    "sql_table": _TEXT,
    "pg_table": _TEXT,
    "columns": _NAME_LIST,
    "pg_columns": _NAME_LIST,
    "primary_key": _NAMES,
    "exclude": _NAME_LIST,
    "exclude_tables": _NAME_LIST,
    "views": _FLAG,
    "new_tables": _one_of(NewTables),
    "order_by": _NAMES,
    "description": _ANY_TEXT,
    "watermark": _TEXT,
    "deletes": _DELETES,
    "where": _ANY_TEXT,
    "type_overrides": _TYPES,
    **{name: _one_of(kind) for name, kind in CHOICES.items()},
    **dict.fromkeys(FLAGS, _FLAG),
    **{name: _number(*limits) for name, limits in NUMBERS.items()},
}
"""The rule of each key."""


def is_valid(key: str, value: object) -> bool:
    """Whether the value is one that a known key may have."""
    return VALUE_RULES[key].is_valid(value)
