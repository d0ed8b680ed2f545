"""The peak memory of the engine as a table grows."""

from typing import Final

from bench.measure import run_once
from bench.page import table
from bench.results import Bar, Section, below
from bench.suite import Context
from bench.tables import made
from bench.workload import Workload

TITLE: Final = "Memory"
MEMORY_BAR_MB: Final = 150.0
GROWTH_BAR: Final = 1.10


def measure(context: Context) -> Section:
    """Measure the first load of the table of nine columns, and of a larger one."""
    lines, peaks, bars = [], [], []
    for rows in (context.sizes.rows, context.sizes.more_rows):
        bench = made("Narrow", rows)
        # Without the replay cache: the rows of the larger table are read once only.
        with context.source(bench, replays=False) as source, context.target() as target:
            measured = run_once("auto", Workload.of(bench, source, target))
        peak = measured["peak_mb"]
        context.log(f"  {rows:,} rows: {measured['wall']:.2f} s, {peak:.0f} MB")
        peaks.append(peak)
        lines.append([f"{rows:,} rows", f"{measured['wall']:.1f}", f"{peak:.0f}"])
        bars.append(below(f"peak memory at {rows:,} x 9", peak, MEMORY_BAR_MB, "MB"))
    growth = peaks[1] / peaks[0]
    bars.append(
        Bar(
            f"peak memory at {context.sizes.more_rows:,} rows / at {context.sizes.rows:,}",
            f"{growth:.2f}",
            f"<= {GROWTH_BAR:.2f}",
            growth <= GROWTH_BAR,
        )
    )
    text = "One load of the table of nine columns into a new table, the source not replaying.\n\n"
    return Section(TITLE, text + table(("", "wall, s", "peak memory, MB"), lines), tuple(bars))
