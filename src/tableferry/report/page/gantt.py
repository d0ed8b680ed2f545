"""The last run as a Gantt chart: a line for each table, a bar for each phase.

The bars of a phase are one path, so that 200 tables stay small. The picture is stretched to the
width of the page; what must not be stretched (names, the times of the axis) stands outside of it.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from tableferry.report.page.last_run import UNKNOWN, TableBars
from tableferry.report.page.markup import MINUTE, duration, text

WIDTH: Final = 1000
"""Units of the stretched picture: fine enough for a screen, and three digits a number."""

LINE: Final = 20
"""Units and CSS pixels from one line to the next; ``style.css`` has the same height for a name."""

NARROWEST: Final = 3
"""Units of the narrowest bar: a phase of milliseconds must be seen."""

LEGEND: Final = {
    "plan": "connect, plan",
    "load": "load: read and write",
    "prepare": "prepare: keys, indexes",
    "publish": "publish",
    "verify": "verify",
    "repair": "repair",
    UNKNOWN: "phases not recorded",
}
"""The phases by the classes of their bars, in the order of the legend."""

_CLASSES: Final = {"connect": "plan"}
_STEPS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
"""Seconds between two marks of the axis; beyond these, whole hours."""

_MARKS: Final = 6


def gantt(tables: Sequence[TableBars]) -> str:
    """Return the chart of a run's tables, those that were not begun left out; "" for none."""
    shown = [table for table in tables if table.bars]
    if not shown:
        return ""
    end = max(bar.end for table in shown for bar in table.bars) or 1.0
    names = "".join(map(_name, shown))
    present = {_class(bar.phase) for table in shown for bar in table.bars}
    legend = "".join(
        f"<li><i class={name}></i>{said}" for name, said in LEGEND.items() if name in present
    )
    if any(table.has_failed for table in shown):
        legend += "<li><i class=x></i>did not publish"
    height = LINE * len(shown)
    return (
        f"<ul class=l>{legend}</ul>"
        f"<div class=g><ol>{names}</ol><div>"
        f'<svg viewBox="0 0 {WIDTH} {height}" height={height} preserveAspectRatio=none '
        f'role=img aria-label="Phases of each table over time">{_paths(shown, end)}</svg>'
        f"<svg class=a height=18 aria-hidden=true>{_axis(end)}</svg></div></div>"
    )


def _name(table: TableBars) -> str:
    return f"<li>{text(table.table)}<i>{duration(table.seconds)}</i>"


def _paths(tables: Sequence[TableBars], end: float) -> str:
    """Return the lines of the axis, one path for each phase, and the ends that are failures."""
    drawn: dict[str, list[str]] = {"m": list(_lines(end, LINE * len(tables)))}
    for place, table in enumerate(tables):
        middle = place * LINE + LINE // 2
        for bar in table.bars:
            begin = min(WIDTH - NARROWEST, round(WIDTH * bar.begin / end))
            width = max(NARROWEST, round(WIDTH * bar.end / end) - begin)
            drawn.setdefault(_class(bar.phase), []).append(f"M{begin} {middle}h{width}")
        if table.has_failed:
            at = min(WIDTH - 1, round(WIDTH * table.bars[-1].end / end))
            drawn.setdefault("x", []).append(f"M{at} {middle - 7}v14")
    order = ["m", *LEGEND, "x"]
    return "".join(
        f'<path class={name} d="{"".join(drawn[name])}"/>' for name in order if name in drawn
    )


def _lines(end: float, height: int) -> Iterator[str]:
    for second in _marks(end):
        yield f"M{round(WIDTH * second / end)} 0v{height}"


def _axis(end: float) -> str:
    marks = [*_marks(end)]
    return "".join(
        f'<text x="{100 * second / end:.1f}%" y=13>{_mark(second)}</text>'
        for second in marks
        if second < 0.93 * end or second == 0  # a label at the edge would be cut off
    )


def _mark(second: float) -> str:
    return f"{second:g} s" if second < MINUTE else duration(second)


def _marks(end: float) -> Iterable[float]:
    """Return the seconds at which the axis has a line: round ones, at most ``_MARKS`` and 0."""
    least = end / _MARKS
    if least <= 1:
        power = 10.0 ** math.floor(math.log10(least))
        step = next(power * step for step in (1, 2, 5, 10) if power * step >= least)
    else:
        step = next((step for step in _STEPS if step >= least), 3600 * math.ceil(least / 3600))
    return [step * mark for mark in range(int(end / step) + 1)]


def _class(phase: str) -> str:
    return _CLASSES.get(phase, phase)
