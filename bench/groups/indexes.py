"""A target with five secondary indexes: maintained row by row, or built after the rows."""

import tempfile
from dataclasses import replace
from typing import Final

from bench.measure import alternate, ratio, run_once
from bench.page import table
from bench.results import Section, at_least
from bench.suite import Context
from bench.tables import made
from bench.target import target_connection
from bench.workload import Workload

TITLE: Final = "Five secondary indexes"
BAR: Final = 2.0
INDEXED: Final = ("quantity", "code", "booked_at", "trace_guid", "amount")

TITLES: Final = {
    "auto": "**tableferry**, `publish: auto`: a swap, which builds them after the rows",
    "truncate": "**tableferry**, `publish: truncate`, which has them maintained row by row",
    "copy_then_index": "limit: COPY BINARY of ready bytes without an index, then building all",
    "copy": "COPY BINARY of ready bytes into the table with all of them",
}


def measure(context: Context) -> Section:
    """Measure both strategies and COPY on a table with a key and five more indexes."""
    bench = made("Narrow", context.sizes.indexed_rows)
    with (
        context.source(bench) as source,
        context.target() as target,
        tempfile.TemporaryDirectory() as folder,
    ):
        work = replace(Workload.of(bench, source, target), copy_file=f"{folder}/ready.copy")
        run_once("auto", work)
        with target_connection(target) as connection:
            for column in INDEXED:
                connection.execute(f"CREATE INDEX ON {work.spec.target.sql} ({column})".encode())
        work.write_copy_file()
        series = alternate(list(TITLES), work, context.fewer.rounds, context.log)
    gain = ratio(series["truncate"], series["auto"])
    lines = [
        [
            label,
            f"{series[name].median_wall:.2f}",
            f"{series[name].rate:,.0f}",
            f"{ratio(series[name], series['auto']):.2f}",
        ]
        for name, label in TITLES.items()
    ]
    text = f"{bench.row_count:,} rows x 9 columns, a primary key and {len(INDEXED)} indexes.\n\n"
    return Section(
        TITLE,
        text + table(("", "wall, s", "rows/s", "wall / `auto`"), lines),
        (at_least("five secondary indexes: wall time of `truncate` / of `auto`", gain, BAR),),
    )
