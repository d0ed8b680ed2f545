"""Several connections at once, where each has a limit: chunks of one table, and tables at once."""

from dataclasses import replace
from typing import Final

from bench.measure import Series, alternate_works, ratio, run_once
from bench.page import table
from bench.proxy import slowed
from bench.results import Chart, Section
from bench.suite import Context
from bench.tables import made, numbered
from bench.workload import Workload

TITLE: Final = "Several connections"


def measure(context: Context) -> Section:
    """Measure 1, 2, 4 and 8 connections, for one table and for eight."""
    rows, most = context.sizes.slow_rows, max(context.at_once)
    whole = made("Narrow", rows)
    parts = [numbered(made("Narrow", rows // most), number) for number in range(most)]
    with (
        context.source([whole, *parts]) as source,
        context.target() as target,
        slowed(source, context.slow_mb * 1e6) as slow,
    ):
        turns: dict[str, tuple[str, Workload]] = {}
        for number in context.at_once:
            work = Workload.of(whole, slow, target)
            if number > 1:
                work = work.with_keys(chunks=number, parallel=number)
            turns[f"{number} chunks"] = ("as_configured", work)
            tables = replace(Workload.of(parts, slow, target), jobs=number)
            turns[f"{number} jobs"] = ("as_configured", tables)
        for name, work in turns.values():  # fills the replay cache, creates the tables
            run_once(name, replace(work, source=source))
        series = alternate_works(turns, context.fewer.rounds, context.log)
    return Section(TITLE, _text(context, series), (), (_chart(context, series),))


def _text(context: Context, series: dict[str, Series]) -> str:
    rows, slow_mb, most = context.sizes.slow_rows, context.slow_mb, max(context.at_once)
    lines = []
    for number in context.at_once:
        line = [f"{number}"]
        for kind in ("chunks", "jobs"):
            one, alone = series[f"{number} {kind}"], series[f"1 {kind}"]
            line += [f"{one.median_wall:.2f}", f"{one.rate:,.0f}", f"{ratio(alone, one):.2f}"]
        lines.append(line)
    head = (
        "at once",
        *("`chunks` and `parallel`, s", "rows/s", "times as fast"),
        *("`--jobs`, s", "rows/s", "times as fast"),
    )
    return (
        f"The table of nine columns with {rows:,} rows, and as many rows in {most} tables. "
        f"Each connection\nto the source gives {slow_mb:g} MB/s at most, as a network or a "
        "server's disks may: a proxy sees to it.\nMore connections help until the machine's "
        "cores, on which everything runs here, are busy.\n\n" + table(head, lines)
    )


def _chart(context: Context, series: dict[str, Series]) -> Chart:
    rows = tuple(
        (label.format(number), series[f"{number} {kind}"].rate)
        for kind, label in (("chunks", "{} chunks of one table"), ("jobs", "{} tables at once"))
        for number in context.at_once
    )
    ours = tuple(label for label, _ in rows if not label.startswith("1 "))
    return Chart(
        "scaling", "Connections at once, each limited: rows a second", "rows/s", rows, ours
    )
