"""Draws horizontal bars as SVG, for a light and for a dark page: the reader's setting decides."""

from html import escape
from typing import Final

from bench.results import Chart

WIDTH: Final = 760
LABEL: Final = 290
"""Pixels for the labels: 45 characters."""
ROW: Final = 26
THICK: Final = 16
TOP: Final = 44
RIGHT: Final = 110
"""Pixels for the values, right of the longest bar."""

_STYLE: Final = """<style>
 text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #24292f; }
 .title { font-weight: 600; font-size: 14px; }
 .value { font-variant-numeric: tabular-nums; }
 .bar { fill: #9aa4b1; }
 .ours { fill: #1f6feb; }
 .axis { stroke: #d0d7de; }
 @media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .bar { fill: #6e7781; }
  .ours { fill: #58a6ff; }
  .axis { stroke: #3d444d; }
 }
</style>"""


def svg(chart: Chart) -> str:
    """Return the picture; its description has every value, for people who do not see it."""
    height = TOP + ROW * len(chart.rows) + 8
    longest = max((value for _, value in chart.rows), default=0.0) or 1.0
    told = "; ".join(f"{label}: {_shown(value)} {chart.unit}" for label, value in chart.rows)
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            f'width="{WIDTH}" height="{height}" role="img" aria-labelledby="title desc">'
        ),
        f'<title id="title">{escape(chart.title)}</title>',
        f'<desc id="desc">{escape(told)}</desc>',
        _STYLE,
        f'<text class="title" x="8" y="22">{escape(chart.title)}, {escape(chart.unit)}</text>',
    ]
    for number, (label, value) in enumerate(chart.rows):
        middle = TOP + ROW * number + ROW // 2
        length = max(1.0, value / longest * (WIDTH - LABEL - RIGHT))
        kind = "ours" if label in chart.ours else "bar"
        top, end, base = middle - THICK // 2, LABEL + length, middle + 4
        bar = f'x="{LABEL}" y="{top}" width="{length:.1f}" height="{THICK}" rx="2"'
        lines += [
            f'<text x="{LABEL - 10}" y="{base}" text-anchor="end">{escape(label)}</text>',
            f'<rect class="{kind}" {bar}/>',
            f'<text class="value" x="{end + 8:.1f}" y="{base}">{_shown(value)}</text>',
        ]
    lines.append(f'<line class="axis" x1="{LABEL}" x2="{LABEL}" y1="{TOP}" y2="{height - 8}"/>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def _shown(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
