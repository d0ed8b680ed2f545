"""The keys of a table's entry in ``TABLE_CONFIGS``, and the valid values of each."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final

from tableferry.config.setting_types import encoding_problem
from tableferry.config.table_spec import (
    Consistency,
    DriftPolicy,
    LedgerUse,
    OnInvalid,
    Publish,
    ReadMode,
    TrailingBlanks,
)

REQUIRED: Final = ("db_type", "sql_server_db", "sql_table", "pg_table")
OPTIONAL: Final = (
    "columns",
    "pg_columns",
    "primary_key",
    "exclude",
    "order_by",
    "batch_size",
    "description",
    "mode",
    "consistency",
    "where",
    "type_overrides",
    "on_invalid",
    "max_invalid",
    "trailing_blanks",
    "drift",
    "publish",
    "max_shrink",
    "chunks",
    "parallel",
    "ledger",
    "max_rows_per_second",
    "lock_timeout",
    "statement_timeout",
)

CHOICES: Final[dict[str, type[StrEnum]]] = {
    "mode": ReadMode,
    "consistency": Consistency,
    "on_invalid": OnInvalid,
    "trailing_blanks": TrailingBlanks,
    "drift": DriftPolicy,
    "publish": Publish,
    "ledger": LedgerUse,
}
"""The keys whose values are enumerated."""

NUMBERS: Final = {
    "batch_size": (1, 1_000_000),
    "max_invalid": (0, 10_000),
    "max_shrink": (0, 100),
    "chunks": (1, 10_000),
    "parallel": (1, 32),
    "max_rows_per_second": (1, 1_000_000_000),
    "lock_timeout": (1, 3600),
    "statement_timeout": (1, 86_400),
}
"""The keys whose values are integers, with their ranges."""

UNCHANGED: Final = ("description", "where", *NUMBERS)
"""The keys whose values the specification takes unchanged."""


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


def _is_number(low: int, high: int) -> tuple[Callable[[object], bool], str]:
    """Return the rule for integers in this range; ``True`` is not one of them."""

    def is_right(value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high

    return is_right, f"a whole number from {low:,} to {high:,}"


def _one_of(kind: type[StrEnum], note: str = "") -> tuple[Callable[[object], bool], str]:
    """Return the rule for the values of an enumeration; the note follows their names."""
    names = f"one of {', '.join(kind)}"
    return lambda value: value in list(kind), f"{names}: {note}" if note else names


_TEXT = (is_text, "a text that is not empty")
_ANY_TEXT = (
    lambda value: isinstance(value, str) and not encoding_problem(value),
    "a text, without U+0000 and unpaired surrogates",
)
_NAME_LIST = (_is_name_list, "a list of names")
_NAMES = (lambda value: bool(as_names(value)), "a name or a list of names")

_MODE_NOTE: Final = (
    "there is no other. With 'full', all rows are read each time, and 'publish': 'merge' writes "
    "only what differs"
)
"""Added to the names of the modes, for those who look for an incremental one."""

VALUE_RULES: Final[dict[str, tuple[Callable[[object], bool], str]]] = {
    "db_type": _TEXT,
    "sql_server_db": _TEXT,
    "sql_table": _TEXT,
    "pg_table": _TEXT,
    "columns": _NAME_LIST,
    "pg_columns": _NAME_LIST,
    "primary_key": _NAMES,
    "exclude": _NAME_LIST,
    "order_by": _NAMES,
    "description": _ANY_TEXT,
    "where": _ANY_TEXT,
    "type_overrides": (is_text_map, "a dict of column names and PostgreSQL types"),
    **{name: _one_of(kind) for name, kind in CHOICES.items()},
    "mode": _one_of(ReadMode, _MODE_NOTE),
    **{name: _is_number(*limits) for name, limits in NUMBERS.items()},
}
"""For each key, the check of its value, and the description of valid ones for messages."""
