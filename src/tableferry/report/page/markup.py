"""Text, numbers and durations as HTML: everything that the page shows goes through here.

Names come from databases and error messages from servers, so that any text may be in them.
"""

import datetime as dt
from html import escape
from typing import Final

_CONTROLS: Final = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    0x7F: "\u2421",
    **dict.fromkeys(range(0x80, 0xA0), "\ufffd"),
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
    **dict.fromkeys(range(0xFFFE, 0x110000, 0x10000), "\ufffd"),
    **dict.fromkeys(range(0xFFFF, 0x110000, 0x10000), "\ufffd"),
}
"""What HTML forbids as a character, or shows as nothing, and the sign shown in its place."""

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

_UNITS: Final = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"))


def text(value: object) -> str:
    """Return a text on one line, escaped as the content of an element."""
    return escape(" ".join(str(value).splitlines()).translate(_CONTROLS), quote=False)


def attribute(value: object) -> str:
    """Return a text as an attribute in double quotes."""
    return '"' + text(value).replace('"', "&quot;") + '"'


def isolated(value: object) -> str:
    """Return a name whose direction of writing does not reach what stands beside it."""
    return f"<bdi>{text(value)}</bdi>"


def count(number: float) -> str:
    """Return a number of rows, or of rows per second: ``1,234,567``."""
    return f"{round(number):,}"


def duration(seconds: float) -> str:
    """Return how long something took or how old it is, in one or two units: ``3 h 12 min``."""
    if seconds < 10:
        return f"{max(0.0, seconds):.1f} s"
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    for (size, unit), (smaller, name) in zip(_UNITS, (*_UNITS[1:], (1, "s")), strict=True):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {unit} {rest} {name}" if rest else f"{whole // size} {unit}"
    raise AssertionError(seconds)


def age(seconds: float) -> str:
    """Return an age, as ``duration``, without fractions of a second."""
    return duration(seconds) if seconds >= 10 else f"{max(0, int(seconds))} s"


def briefly(seconds: float) -> str:
    """Return an age in one unit: ``3 h``."""
    return " ".join(age(seconds).split(" ")[:2])


def moment(at: dt.datetime) -> str:
    """Return a moment as a ``<time>``, which the script shows in words of the reader's clock."""
    utc = at.astimezone(dt.UTC)
    return f"<time datetime={utc:%Y-%m-%dT%H:%M:%SZ}>{utc:%Y-%m-%d %H:%M:%S} UTC</time>"
