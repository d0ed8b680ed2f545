"""The work inside the process, without any server: converting, encoding, policies."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.measure import Series, alternate, ratio, run_once
from bench.page import table
from bench.results import Bar, Section
from bench.suite import Context
from bench.tables import made
from bench.workload import Workload

TITLE: Final = "Inside the process"
POLICY_BAR: Final = 0.05
EVERY_TYPE_BAR: Final = 1 / 3


def measure(context: Context) -> Section:
    """Measure three tables."""
    sizes = context.sizes
    lines, bars = [], []
    speeds: dict[str, dict[str, float]] = {"convert": {}, "auto": {}}
    for name, rows, label in (
        ("Narrow", sizes.rows // 4, "9 columns"),
        ("Wide", sizes.wide_rows, "40 columns"),
        ("EveryType", sizes.every_type_rows, "40 columns, every type"),
    ):
        series, megabytes = _measured(name, rows, context)
        share = ratio(series["policies"], series["auto"])
        for kind, of in speeds.items():
            of[name] = megabytes / series[kind].median_wall
        lines.append(
            [
                f"{rows:,} rows x {label}",
                f"{megabytes:,.0f}",
                f"{series['convert'].median_wall:.3f}",
                f"{speeds['convert'][name]:,.0f}",
                f"{series['policies'].median_wall:.3f}",
                f"{share:.1%}",
            ]
        )
        bars.append(
            Bar(
                f"{label}: policies / `auto`",
                f"{share:.1%}",
                f"< {POLICY_BAR:.0%}",
                share < POLICY_BAR,
            )
        )
    for kind, label in (("convert", "converting"), ("auto", "`auto`")):
        share = speeds[kind]["EveryType"] / speeds[kind]["Narrow"]
        bars.append(
            Bar(
                f"bytes/s of {label}: 40 columns of every type / 9 columns",
                f"{share:.2f}",
                f">= {EVERY_TYPE_BAR:.2f}",
                share >= EVERY_TYPE_BAR,
            )
        )
    text = (
        "Converting is the work on a batch between the driver and COPY: policies, conversion,\n"
        "encoding. The policies alone are the search for texts that PostgreSQL cannot store.\n\n"
    )
    head = (
        "",
        "COPY BINARY, MB",
        "converting, s",
        "MB/s",
        "policies alone, s",
        "policies / `auto`",
    )
    return Section(TITLE, text + table(head, lines), tuple(bars))


def _measured(name: str, rows: int, context: Context) -> tuple[dict[str, Series], float]:
    bench = made(name, rows)
    with (
        context.source(bench) as source,
        context.target() as target,
        tempfile.TemporaryDirectory() as folder,
    ):
        work = replace(Workload.of(bench, source, target), copy_file=f"{folder}/ready.copy")
        run_once("auto", work)
        work.write_copy_file()
        size = Path(work.copy_file).stat().st_size
        names = ("auto", "convert", "policies")
        return alternate(names, work, context.fewer.rounds, context.log), size / 1e6
