"""The options of a verification as an event, a command or a call names them: checked, and built."""

from collections.abc import Mapping
from typing import Any, Final

from tableferry.errors import ConfigError
from tableferry.model.depth import Depth
from tableferry.verification.differences import MOST_KEPT
from tableferry.verification.options import (
    DEFAULT_LIMIT,
    DEFAULT_RANGES,
    DEFAULT_SETTLE,
    VerifyOptions,
)

VERIFY_KEYS: Final = ("sample", "count", "independent", "repair", "settle", "limit")

SHOW_VALUES: Final = "show_values"
"""What only a command can ask for: an answer of Lambda may be stored, and read by others."""

MOST_RANGES: Final = 10_000
"""As many key ranges as a table can be cut into."""

LONGEST_SETTLE: Final = 3600
"""In seconds; whoever waits for longer verifies again."""

_FLAGS: Final = ("count", "independent", "repair")

_NUMBERS: Final = {
    "sample": (1, MOST_RANGES, "a whole number"),
    "settle": (0, LONGEST_SETTLE, "a number of seconds"),
    "limit": (0, MOST_KEPT, "a whole number"),
}

_SHOW_VALUES_HINT: Final = "Run: tableferry verify --show-values."


def verify_problems(event: Mapping[Any, Any]) -> dict[str, str]:
    """Return what is wrong with an event's keys for ``verify``, each with its hint."""
    found = {
        f"{key!r} must be true or false": "Leave it out for false."
        for key in _FLAGS
        if key in event and not isinstance(event[key], bool)
    }
    for key, (low, high, what) in _NUMBERS.items():
        if key in event and not _is_number(event[key], low, high, whole=key != "settle"):
            found[f"{key!r} must be {what} from {low:,} to {high:,}"] = "Leave it out."
    if event.get("count") is True:
        found |= {
            f"{key!r} does not fit 'count', which compares no rows": "Leave one of them out."
            for key in ("sample", "independent", "repair")
            if event.get(key)
        }
    if SHOW_VALUES in event:
        found[f"{SHOW_VALUES!r} is no key of an event: an answer may be stored on its way"] = (
            _SHOW_VALUES_HINT
        )
    return found


def verify_options(event: Mapping[str, Any], *, show_values: bool = False) -> VerifyOptions:
    """Return the options that an event without problems asks for."""
    depth = Depth.COUNT if event.get("count") else Depth.ROWS
    return VerifyOptions(
        depth=Depth.SAMPLE if "sample" in event else depth,
        ranges=event.get("sample", DEFAULT_RANGES),
        independent=event.get("independent", False),
        settle=float(event.get("settle", DEFAULT_SETTLE)),
        limit=event.get("limit", DEFAULT_LIMIT),
        show_values=show_values,
        repair=event.get("repair", False),
    )


def checked_options(given: Mapping[str, Any], *, show_values: bool = False) -> VerifyOptions:
    """Return the options for a command's or a call's arguments; None stands for none given.

    Raises one ConfigError that names every problem.
    """
    asked = {key: value for key, value in given.items() if value is not None}
    if problems := verify_problems(asked):
        raise ConfigError("; ".join(problems), hint=" ".join(dict.fromkeys(problems.values())))
    return verify_options(asked, show_values=show_values)


def _is_number(value: object, low: int, high: int, *, whole: bool) -> bool:
    kinds = int if whole else (int, float)
    return isinstance(value, kinds) and not isinstance(value, bool) and low <= value <= high
