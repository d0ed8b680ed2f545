"""Formats the measurements as Markdown, with the bars they must meet."""

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from bench.measure import Compared, Series, ratio
from bench.reader_impact import ReaderImpact

TITLES: Final = {
    "tableferry": "(a) **tableferry** with `publish: truncate`",
    "plain": "(b) plain design: pymssql `fetchmany(10000)` + psycopg2 `execute_values`",
    "copy_limit": "(c) the target's limit: COPY BINARY of pre-encoded bytes",
    "drain": "(d) the source's limit: reading the Arrow stream and discarding it",
    "quarantine": "(e) tableferry with `on_invalid: quarantine`, no row refused",
    "auto": "(f) tableferry with `publish: auto`: a swap, whose new table is analyzed",
}

COLD_STEPS: Final = {
    "handler": "`lambda_function` imported: the handler is ready for its first event",
    "info": "mode `info` answered",
    "engine": "the modules that move tables imported, on the first event that needs them",
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
    """One bar: the measured value, the required one, and whether the bar holds."""

    name: str
    measured: str
    required: str
    holds: bool


def table(title: str, rows: int, series: Mapping[str, Series]) -> str:
    """Return the section of one workload's measurements."""
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
    """Return the section with the steps of a cold start."""
    lines = [
        COLD_TITLE,
        "",
        "The deployment's handler in a new process, its bytecode already compiled; medians.",
        "",
        "| step | s |",
        "|---|---:|",
        *(f"| {COLD_STEPS[name]} | {seconds:.2f} |" for name, seconds in steps.items()),
        f"| total | {sum(steps.values()):.2f} |",
    ]
    return "\n".join(lines)


def cold_bar(steps: Mapping[str, float]) -> Bar:
    """Return the bar for the import of the handler."""
    ready = steps["handler"]
    return Bar(
        "cold start: handler ready", f"{ready:.2f} s", f"< {READY_BAR:g} s", ready < READY_BAR
    )


def with_cold_table(page: str, steps: Mapping[str, float]) -> str:
    """Return the page with its cold start section and bar replaced, and nothing else changed."""
    return with_section(page, COLD_TITLE, cold_table(steps), "cold start", [cold_bar(steps)])


def with_readers_table(page: str, readers: ReaderImpact) -> str:
    """Return the page with its readers section and bars replaced, and nothing else changed."""
    bars = readers_bars(readers)
    return with_section(page, READERS_TITLE, readers_table(readers), "readers", bars)


def with_section(page: str, title: str, text: str, bar: str, bars: list[Bar]) -> str:
    """Return the page with one section replaced, and the bars whose names start with ``bar``."""
    rows = bars_table(bars).splitlines()[-len(bars) :]
    sections = ["## " + section for section in page.split("\n## ")]
    sections[0] = sections[0].removeprefix("## ")
    kept = [section.rstrip() for section in sections if not section.startswith(title)]
    lines = [line for line in kept[-1].splitlines() if not line.startswith(f"| {bar}")]
    return "\n\n".join([*kept[:-1], text, "\n".join([*lines, *rows])]) + "\n"


def readers_table(readers: ReaderImpact) -> str:
    """Return the section on readers: their queries by scenario, and loads without readers."""
    lines = [
        READERS_TITLE,
        "",
        "Two readers query one row by its key every millisecond while the table of 9 columns is",
        "loaded; one of them gives up after waiting for a lock for 1 ms. A query can also be slow",
        "because both cores are busy. All rounds together.",
        "",
        "| during | queries | longest, ms | waited for a lock | load without readers, s (median) |",
        "|---|---:|---:|---:|---:|",
    ]
    for scenario, stats in readers.stats.items():
        strategy = scenario.partition(",")[0]
        wall = f"{readers.series[strategy].median_wall:.2f}" if strategy in readers.series else ""
        wall = "" if scenario.endswith(" changed") and "nothing" not in scenario else wall
        longest = f"{stats.longest * 1000:.1f}"
        lines.append(f"| {scenario} | {stats.queries:,} | {longest} | {stats.blocked:,} | {wall} |")
    ours = readers.series["tableferry"].median_wall
    lines.append(f"| (truncate, for comparison) | | | | {ours:.2f} |")
    return "\n".join(lines)


def readers_bars(readers: ReaderImpact) -> list[Bar]:
    """Return the bars for the waits of readers and for the cost of a swap."""
    swap = readers.stats["swap"].longest * 1000
    merges = [stats for name, stats in readers.stats.items() if name.startswith("merge")]
    blocked = sum(stats.blocked for stats in merges)
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
            "readers: wall time of swap / truncate",
            f"{cost:.2f}x",
            f"<= {SWAP_COST_BAR:g}x",
            cost <= SWAP_COST_BAR,
        ),
    ]


def speed_bars(title: str, series: Mapping[str, Series]) -> list[Bar]:
    """Return one workload's bars for wall time and memory."""
    ours = series["tableferry"]
    to_plain = ratio(series["plain"], ours)
    limit = max(series["copy_limit"], series["drain"], key=lambda one: one.median_wall)
    to_limit = ratio(ours, limit)
    peak = max(ours.peak_mb)
    return [
        Bar(f"{title}: (b) / (a)", f"{to_plain:.1f}x", f">= {PLAIN_BAR:g}x", to_plain >= PLAIN_BAR),
        Bar(
            f"{title}: (a) / the slower of (c), (d)",
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


def in_process_table(compared: Mapping[str, Compared]) -> str:
    """Return the section on the work inside the process, without any server."""
    lines = [
        "## Inside the process",
        "",
        "Converting is the work on a batch between the driver and COPY: policies, conversion,",
        "encoding. The policies alone are the search for texts that PostgreSQL cannot store.",
        "",
        "| | COPY BINARY, MB | converting, s | MB/s | policies alone, s | policies / (a) |",
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
    """Return a contender's speed in megabytes of COPY BINARY per second."""
    return one.size / 1e6 / one.series[name].median_wall


def policy_bars(title: str, series: Mapping[str, Series]) -> list[Bar]:
    """Return the bars for the cost of policies that change nothing, as shares of the wall time."""
    ours = series["tableferry"]
    share, more = ratio(series["policies"], ours), ratio(series["quarantine"], ours) - 1
    return [
        Bar(f"{title}: policies / (a)", f"{share:.1%}", f"< {POLICY_BAR:.0%}", share < POLICY_BAR),
        Bar(f"{title}: (e) / (a) - 1", f"{more:.1%}", f"< {POLICY_BAR:.0%}", more < POLICY_BAR),
    ]


def every_type_bars(nine: Compared, every: Compared) -> list[Bar]:
    """Return the bars for the speed of every type, relative to common types."""
    bars = []
    for name, label in (("convert", "converting"), ("tableferry", "(a)")):
        ours, theirs = speed(every, name), speed(nine, name)
        bars.append(
            Bar(
                f"bytes/s of {label}: 40 columns of every type / 9 columns",
                f"{ours:,.0f} MB/s / {theirs:,.0f} MB/s = {ours / theirs:.2f}",
                f">= {EVERY_TYPE_BAR:.2f}",
                ours / theirs >= EVERY_TYPE_BAR,
            )
        )
    return bars


def growth_bar(rows: int, peak: float, more_rows: int, more_peak: float) -> Bar:
    """Return the bar for the peak memory of a larger table, relative to a smaller one."""
    growth = more_peak / peak
    return Bar(
        f"peak memory of (a) at {more_rows:,} rows / at {rows:,} rows",
        f"{more_peak:.0f} MB / {peak:.0f} MB = {growth:.2f}",
        f"<= {GROWTH_BAR:.2f}",
        growth <= GROWTH_BAR,
    )


def bars_table(bars: list[Bar]) -> str:
    """Return the section of the bars."""
    lines = ["## Bars", "", "| bar | measured | required | holds |", "|---|---:|---:|---|"]
    lines += [
        f"| {bar.name} | {bar.measured} | {bar.required} | {'yes' if bar.holds else '**no**'} |"
        for bar in bars
    ]
    return "\n".join(lines)


def machine() -> str:
    """Describe the machine and the versions used."""
    model = "unknown processor"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].split(":", 1)[1].strip() if names else model
    packages = ("mssql-python", "pgpq", "psycopg", "pyarrow", "pymssql", "psycopg2-binary")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return f"{os.cpu_count()} cores, {model}; Python {platform.python_version()}, {versions}"
