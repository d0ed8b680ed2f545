"""The measurements as a Markdown table, with the bars they are held to."""

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from bench.measure import Compared, Series, ratio
from bench.readers import Readers

TITLES: Final = {
    "tableferry": "(a) **tableferry**",
    "plain": "(b) plain design: pymssql `fetchmany(10000)` + psycopg2 `execute_values`",
    "copy_limit": "(c) the target's limit: COPY BINARY of ready-made bytes",
    "drain": "(d) the source's limit: draining the Arrow reader",
    "quarantine": "(e) tableferry with `on_invalid: quarantine`, nothing refused",
}

COLD_STEPS: Final = {
    "handler": "`lambda_function` imported: the handler is ready for its first event",
    "info": "mode `info` answered",
    "engine": "what moves tables imported, with the first event that needs it",
    "source": "first connection to SQL Server",
    "target": "first connection to PostgreSQL",
}
COLD_TITLE: Final = "## Cold start"

READERS_TITLE: Final = "## Readers"

SWAP_BAR_MS: Final = 100.0
SWAP_COST_BAR: Final = 1.15
READY_BAR: Final = 1.0
PLAIN_BAR: Final = 12.0
LIMIT_BAR: Final = 1.5
MEMORY_BAR_MB: Final = 200.0
GROWTH_BAR: Final = 1.10
POLICY_BAR: Final = 0.05
EVERY_TYPE_BAR: Final = 1 / 3


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what was measured, what was asked for, and whether it holds."""

    name: str
    measured: str
    asked: str
    holds: bool


def table(title: str, rows: int, series: Mapping[str, Series]) -> str:
    """Return one workload's measurements."""
    lines = [
        f"## {title}",
        "",
        "| | wall, s (median) | rows/s | client CPU, s | peak memory, MB | wall / (a) |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, measured in series.items():
        if name not in TITLES:
            continue
        against = ratio(measured, series["tableferry"])
        lines.append(
            f"| {TITLES[name]} | {measured.median_wall:.2f} | {rows / measured.median_wall:,.0f} "
            f"| {measured.median_cpu:.2f} | {max(measured.peak_mb):.0f} | {against:.2f} |"
        )
    return "\n".join(lines)


def cold_table(steps: Mapping[str, float]) -> str:
    """Return the steps of a cold start."""
    lines = [
        COLD_TITLE,
        "",
        "Of the deployment's handler, in a new process with its bytecode there; medians.",
        "",
        "| step | s |",
        "|---|---:|",
        *(f"| {COLD_STEPS[name]} | {seconds:.2f} |" for name, seconds in steps.items()),
        f"| all of it | {sum(steps.values()):.2f} |",
    ]
    return "\n".join(lines)


def cold_bar(steps: Mapping[str, float]) -> Bar:
    """Hold the import of the handler to its bar."""
    ready = steps["handler"]
    return Bar(
        "cold start: handler ready", f"{ready:.2f} s", f"< {READY_BAR:g} s", ready < READY_BAR
    )


def with_cold_table(page: str, steps: Mapping[str, float]) -> str:
    """Return the page with a cold start measured anew, and nothing else changed."""
    return _with_section(page, COLD_TITLE, cold_table(steps), "cold start", [cold_bar(steps)])


def with_readers_table(page: str, readers: Readers) -> str:
    """Return the page with what readers notice measured anew, and nothing else changed."""
    bars = readers_bars(readers)
    return _with_section(page, READERS_TITLE, readers_table(readers), "readers", bars)


def _with_section(page: str, title: str, text: str, bar: str, bars: list[Bar]) -> str:
    """Return the page with one section, and the bars whose names begin like this, anew."""
    rows = bars_table(bars).splitlines()[-len(bars) :]
    sections = ["## " + section for section in page.split("\n## ")]
    sections[0] = sections[0].removeprefix("## ")
    kept = [section.rstrip() for section in sections if not section.startswith(title)]
    lines = [line for line in kept[-1].splitlines() if not line.startswith(f"| {bar}")]
    return "\n\n".join([*kept[:-1], text, "\n".join([*lines, *rows])]) + "\n"


def readers_table(readers: Readers) -> str:
    """Return what readers notice, and what each way takes without them."""
    lines = [
        READERS_TITLE,
        "",
        "Two readers ask for a row by its key every millisecond while the table of 9 columns is",
        "loaded; one of them gives up when it has waited for a lock for a millisecond. A query may",
        "also be slow because both cores are busy. All rounds together.",
        "",
        "| meanwhile | queries | longest, ms | waited for a lock | without readers, s (median) |",
        "|---|---:|---:|---:|---:|",
    ]
    for scene, seen in readers.noticed.items():
        way = scene.partition(",")[0]
        wall = f"{readers.series[way].median_wall:.2f}" if way in readers.series else ""
        wall = "" if scene.endswith(" changed") and "nothing" not in scene else wall
        longest = f"{seen.longest * 1000:.1f}"
        lines.append(f"| {scene} | {seen.queries:,} | {longest} | {seen.blocked:,} | {wall} |")
    ours = readers.series["tableferry"].median_wall
    lines.append(f"| (truncate, for comparison) | | | | {ours:.2f} |")
    return "\n".join(lines)


def readers_bars(readers: Readers) -> list[Bar]:
    """Hold the waits of readers, and the cost of a swap, to their bars."""
    swap = readers.noticed["swap"].longest * 1000
    merges = [seen for scene, seen in readers.noticed.items() if scene.startswith("merge")]
    blocked = sum(seen.blocked for seen in merges)
    cost = ratio(readers.series["swap"], readers.series["tableferry"])
    return [
        Bar(
            "readers: longest query during a swap",
            f"{swap:.1f} ms",
            f"< {SWAP_BAR_MS:g} ms",
            swap < SWAP_BAR_MS,
        ),
        Bar(
            "readers: queries that waited for a lock during merges", f"{blocked}", "0", blocked == 0
        ),
        Bar(
            "readers: wall of swap / truncate",
            f"{cost:.2f}x",
            f"<= {SWAP_COST_BAR:g}x",
            cost <= SWAP_COST_BAR,
        ),
    ]


def speed_bars(title: str, series: Mapping[str, Series]) -> list[Bar]:
    """Hold one workload to the bars of wall time and memory."""
    ours = series["tableferry"]
    to_plain = ratio(series["plain"], ours)
    limit = max(series["copy_limit"], series["drain"], key=lambda one: one.median_wall)
    to_limit = ratio(ours, limit)
    peak = max(ours.peak_mb)
    return [
        Bar(f"{title}: (b) / (a)", f"{to_plain:.1f}x", f">= {PLAIN_BAR:g}x", to_plain >= PLAIN_BAR),
        Bar(
            f"{title}: (a) / the larger of (c), (d)",
            f"{to_limit:.2f}x",
            f"<= {LIMIT_BAR:g}x",
            to_limit <= LIMIT_BAR,
        ),
        Bar(
            f"{title}: peak memory of (a)",
            f"{peak:.0f} MB",
            f"< {MEMORY_BAR_MB:g} MB",
            peak < MEMORY_BAR_MB,
        ),
    ]


def parts_table(compared: Mapping[str, Compared]) -> str:
    """Return what the steps inside the process take, without any server."""
    lines = [
        "## Inside the process",
        "",
        "Converting is what happens to a batch between the driver and COPY: policies, exact forms,",
        "encoding. The policies alone are the search for texts that PostgreSQL cannot hold.",
        "",
        "| | COPY BINARY, MB | converting, s | MB/s | of it policies, s | policies / (a) |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for title, one in compared.items():
        convert, policies = one.series["convert"], one.series["policies"]
        share = ratio(policies, one.series["tableferry"])
        lines.append(
            f"| {title} | {one.size / 1e6:,.0f} | {convert.median_wall:.3f} "
            f"| {speed(one, 'convert'):,.0f} | {policies.median_wall:.3f} | {share:.1%} |"
        )
    return "\n".join(lines)


def speed(one: Compared, name: str) -> float:
    """Return the megabytes of COPY BINARY that a contender does a second."""
    return one.size / 1e6 / one.series[name].median_wall


def policy_bars(title: str, series: Mapping[str, Series]) -> list[Bar]:
    """Hold what policies cost while they touch nothing to a share of the wall time."""
    ours = series["tableferry"]
    share, more = ratio(series["policies"], ours), ratio(series["quarantine"], ours) - 1
    return [
        Bar(f"{title}: policies / (a)", f"{share:.1%}", f"< {POLICY_BAR:.0%}", share < POLICY_BAR),
        Bar(f"{title}: (e) / (a) - 1", f"{more:.1%}", f"< {POLICY_BAR:.0%}", more < POLICY_BAR),
    ]


def every_type_bars(nine: Compared, every: Compared) -> list[Bar]:
    """Hold every type to a share of the speed of the commonest ones."""
    bars = []
    for name, told in (("convert", "converting"), ("tableferry", "(a)")):
        ours, theirs = speed(every, name), speed(nine, name)
        bars.append(
            Bar(
                f"bytes/s of {told}: 40 columns of every type / 9 columns",
                f"{ours:,.0f} MB/s / {theirs:,.0f} MB/s = {ours / theirs:.2f}",
                f">= {EVERY_TYPE_BAR:.2f}",
                ours / theirs >= EVERY_TYPE_BAR,
            )
        )
    return bars


def growth_bar(rows: int, peak: float, more_rows: int, more_peak: float) -> Bar:
    """Hold the memory of a larger table to that of a smaller one."""
    growth = more_peak / peak
    return Bar(
        f"peak memory of (a) at {more_rows:,} rows / at {rows:,} rows",
        f"{more_peak:.0f} MB / {peak:.0f} MB = {growth:.2f}",
        f"<= {GROWTH_BAR:.2f}",
        growth <= GROWTH_BAR,
    )


def bars_table(bars: list[Bar]) -> str:
    """Return the bars, held or not."""
    lines = ["## Bars", "", "| bar | measured | asked | holds |", "|---|---:|---:|---|"]
    lines += [
        f"| {bar.name} | {bar.measured} | {bar.asked} | {'yes' if bar.holds else '**no**'} |"
        for bar in bars
    ]
    return "\n".join(lines)


def machine() -> str:
    """Return what it was measured on and with."""
    model = "unknown processor"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].split(":", 1)[1].strip() if names else model
    packages = ("mssql-python", "pgpq", "psycopg", "pyarrow", "pymssql", "psycopg2-binary")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return f"{os.cpu_count()} cores, {model}; Python {platform.python_version()}, {versions}"
