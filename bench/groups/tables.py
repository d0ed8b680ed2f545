"""Whole tables of different shapes: tableferry, the plain design, and the limits of both databases.

The limit of a load under `publish: auto` is the larger of two times: COPY of ready bytes into a new
table, whose indexes are built afterwards, and reading the source without doing anything else.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.measure import Series, alternate, cpu_ratio, rate_ratio, ratio, run_once
from bench.page import table
from bench.results import Bar, Chart, Section, at_least, at_most, below
from bench.suite import Context
from bench.tables import made
from bench.tables.lineitem import generator
from bench.workload import Workload
from tableferry_sandbox.sample import BenchTable

NARROW: Final = "Nine columns"
WIDE: Final = "Forty columns"
TEXTS: Final = "Long texts"
TYPES: Final = "Every type"
LINEITEM: Final = "TPC-H lineitem"

PLAIN_SHARE: Final = 10
"""The plain design reads one row in so many: it takes 20 times as long, and as long for each."""

TITLES: Final = {
    "auto": "**tableferry**, `publish: auto`: a swap, whose new table is analyzed",
    "truncate": "**tableferry**, `publish: truncate`",
    "quarantine": "**tableferry**, `auto` with `on_invalid: quarantine`, no row refused",
    "copy_then_index": "limit: COPY BINARY of ready bytes without an index, then building it",
    "copy": "limit of `truncate`: COPY BINARY of ready bytes into the table with its key",
    "drain": "limit: reading the Arrow stream and discarding it",
    "plain": "plain design: pymssql `fetchmany(10000)`, psycopg2 `execute_values`",
}
SHORT: Final = {
    "auto": "tableferry, auto",
    "truncate": "tableferry, truncate",
    "copy_then_index": "limit: COPY, then index",
    "copy": "limit: COPY into the keyed table",
    "drain": "limit: reading alone",
    "plain": "plain design",
}

AUTO: Final = ("auto", "copy_then_index", "drain")
TRUNCATE: Final = ("truncate", "copy")

LIMIT_BAR: Final = 1.10
WIDE_LIMIT_BAR: Final = 1.25
TRUNCATE_LIMIT_BAR: Final = 1.5
CPU_BAR: Final = 1.2
PLAIN_BAR: Final = 18.0
MEMORY_BAR_MB: Final = 150.0
QUARANTINE_BAR: Final = 1.05


def narrow(context: Context) -> Section:
    """Measure the mixed table of nine columns, against every bar."""
    names = (*AUTO, *TRUNCATE, "quarantine", "plain")
    bench = made("Narrow", context.sizes.rows)
    series = compare(bench, names, context)
    label = f"{bench.row_count:,} x 9"
    bars = [
        *speed_bars(label, series, LIMIT_BAR),
        *_truncate_bars(label, series),
        *_quarantine_bars(label, series),
        below(f"{label}: peak memory", max(series["auto"].peak_mb), MEMORY_BAR_MB, "MB"),
    ]
    return section(NARROW, bench, series, bars, "narrow")


def wide(context: Context) -> Section:
    """Measure the table of forty columns, against every bar."""
    names = (*AUTO, *TRUNCATE, "quarantine", "plain")
    bench = made("Wide", context.sizes.wide_rows)
    series = compare(bench, names, context)
    label = f"{bench.row_count:,} x 40"
    bars = [
        *speed_bars(label, series, WIDE_LIMIT_BAR),
        *_truncate_bars(label, series),
        *_quarantine_bars(label, series),
        below(f"{label}: peak memory", max(series["auto"].peak_mb), MEMORY_BAR_MB, "MB"),
    ]
    return section(WIDE, bench, series, bars, "wide")


def texts(context: Context) -> Section:
    """Measure a table of texts of 30 to 300 characters."""
    bench = made("TextHeavy", context.sizes.text_rows)
    return section(TEXTS, bench, compare(bench, (*AUTO, "plain"), context.fewer), [], "texts")


def types(context: Context) -> Section:
    """Measure a table with every type; the plain design cannot copy all of them."""
    bench = made("EveryType", context.sizes.every_type_rows)
    return section(TYPES, bench, compare(bench, AUTO, context.fewer), [], "types")


def lineitem(context: Context) -> Section:
    """Measure TPC-H's lineitem. Raises NotInstalledError without the program that makes it."""
    generator()
    bench = made("LineItem", context.sizes.line_items)
    series = compare(bench, (*AUTO, "plain"), context.fewer)
    return section(LINEITEM, bench, series, [], "lineitem")


def compare(bench: BenchTable, names: Sequence[str], context: Context) -> dict[str, Series]:
    """Measure the contenders on one table."""
    with (
        context.source(bench) as source,
        context.target() as target,
        tempfile.TemporaryDirectory() as folder,
    ):
        work = replace(
            Workload.of(bench, source, target),
            copy_file=f"{folder}/ready.copy",
            plain_rows=max(1, bench.row_count // PLAIN_SHARE),
        )
        for name in (
            "auto",
            *({"plain"} & set(names)),
        ):  # fills the replay cache, creates the table
            run_once(name, work)
        run_once("auto", work)
        work.write_copy_file()
        series = alternate(names, work, context.rounds, context.log)
        size = Path(work.copy_file).stat().st_size
    context.log(f"  {size / 1e6:,.0f} MB as COPY BINARY, {size / bench.row_count:,.0f} bytes a row")
    return series


def limit_of(series: dict[str, Series], target: str = "copy_then_index") -> Series:
    """Return the slower of the two databases' limits."""
    return max(series[target], series["drain"], key=lambda one: one.median_wall)


def speed_bars(label: str, series: dict[str, Series], limit: float) -> list[Bar]:
    """Return the bars of a load under `auto`: against the limit, the reader, the plain design."""
    ours = series["auto"]
    return [
        at_most(
            f"{label}: `auto` / the larger of (COPY, then building the index; reading)",
            ratio(ours, limit_of(series)),
            limit,
        ),
        at_most(
            f"{label}: client CPU of `auto` / of reading alone",
            cpu_ratio(ours, series["drain"]),
            CPU_BAR,
        ),
        at_least(
            f"{label}: rows/s of `auto` / of the plain design",
            rate_ratio(ours, series["plain"]),
            PLAIN_BAR,
        ),
    ]


def _truncate_bars(label: str, series: dict[str, Series]) -> list[Bar]:
    return [
        at_most(
            f"{label}: `truncate` / the larger of (COPY into the table with its key; reading)",
            ratio(series["truncate"], limit_of(series, "copy")),
            TRUNCATE_LIMIT_BAR,
        )
    ]


def _quarantine_bars(label: str, series: dict[str, Series]) -> list[Bar]:
    more = ratio(series["quarantine"], series["auto"])
    return [at_most(f"{label}: with an empty quarantine / without", more, QUARANTINE_BAR)]


def section(
    title: str, bench: BenchTable, series: dict[str, Series], bars: Sequence[Bar], name: str
) -> Section:
    """Return the section of one table."""
    ours = series["auto"]
    rows = [
        [
            TITLES[contender],
            f"{one.median_wall:.2f}",
            f"{one.rate:,.0f}",
            f"{one.median_cpu:.2f}",
            f"{max(one.peak_mb):.0f}",
            f"{rate_ratio(ours, one):.2f}",
        ]
        for contender, one in series.items()
    ]
    head = ("", "wall, s", "rows/s", "client CPU, s", "peak memory, MB", "wall a row / `auto`")
    text = f"{bench.row_count:,} rows x {len(bench.table.columns)} columns."
    if "plain" in series:
        text += f" The plain design reads the first {series['plain'].rows:,} of them."
    chart = Chart(
        name,
        f"{title}: rows a second",
        "rows/s",
        tuple((SHORT[one], series[one].rate) for one in SHORT if one in series),
        (SHORT["auto"], SHORT["truncate"]),
    )
    return Section(title, f"{text}\n\n{table(head, rows)}", tuple(bars), (chart,))
