"""A table's last runs as a row of bars: as high as they took long, and marked where they failed."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from tableferry.report.page.markup import attribute
from tableferry.states.records import NOT_BEGUN, OK, TableRecord

RUNS: Final = 15
HEIGHT: Final = 9
"""Of the longest run's bar: one digit. ``style.css`` scales and turns over what is drawn here."""


def sparkline(runs: Sequence[TableRecord]) -> str:
    """Return an SVG of the runs that are over, the last one at the right edge; "" for none.

    ``runs`` have the newest first.
    """
    shown = [run for run in runs if run.seconds is not None][:RUNS]
    if not shown:
        return ""
    longest = max(run.seconds or 0.0 for run in shown) or 1.0
    bars: dict[str, list[tuple[int, int]]] = {"": [], " class=n": [], " class=x": []}
    for place, run in enumerate(reversed(shown), RUNS - len(shown)):
        # A bar that took no time is seen, too.
        height = max(1, round(HEIGHT * (run.seconds or 0.0) / longest))
        bars[_look(run)].append((place, height))
    paths = "".join(_path(look, found) for look, found in bars.items())
    return f"<svg role=img aria-label={attribute(_spoken(shown))}>{paths}</svg>"


def _look(run: TableRecord) -> str:
    if run.status == OK:
        return ""
    return " class=n" if run.status in NOT_BEGUN else " class=x"


def _path(look: str, bars: Sequence[tuple[int, int]]) -> str:
    """Return upright lines from left to right, each by its distance from the one before."""
    if not bars:
        return ""
    (at, before), *others = bars
    line = f"M{at} 0v{before}"
    for place, height in others:
        line += f"m{place - at}-{before}v{height}"
        at, before = place, height
    return f'<path{look} d="{line}"/>'


def _spoken(runs: Sequence[TableRecord]) -> str:
    """Return the picture in words: how the runs ended."""
    ended = Counter(run.status for run in runs)
    return ", ".join(f"{times} {status}" for status, times in ended.most_common())
