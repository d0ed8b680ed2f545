"""Spans of time and moments in words, for people."""

import datetime as dt
from typing import Final

_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def span(seconds: float) -> str:
    """Return seconds in at most two units: ``45 s``, ``12 min``, ``3 h 5 min``, ``5 d 2 h``.

    Below an hour one unit is enough.
    """
    left = max(0, round(seconds))
    for place, (size, unit) in enumerate(_UNITS):
        if left >= size or size == 1:
            whole, rest = divmod(left, size)
            text = f"{whole} {unit}"
            if size > 60 and (smaller := rest // _UNITS[place + 1][0]):
                text += f" {smaller} {_UNITS[place + 1][1]}"
            return text
    return ""


def moment(at: dt.datetime) -> str:
    """Return a moment in UTC, to the minute."""
    return f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"
