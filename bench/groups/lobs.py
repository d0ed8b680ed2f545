"""Large values: bytes a second, against COPY of the same bytes."""

from typing import Final

from bench.groups.tables import AUTO, compare
from bench.measure import Series, ratio
from bench.page import table
from bench.results import Bar, Section, at_least
from bench.suite import Context
from bench.tables import made
from tableferry_sandbox.sample import BenchTable

TITLE: Final = "Large values"
BAR: Final = 0.60


def measure(context: Context) -> Section:
    """Measure a table with 10 kB and one with 1 MB in each row."""
    sizes = context.sizes
    lines: list[list[str]] = []
    bars: list[Bar] = []
    for size, each, bench in (
        ("10 kB", 10_000, made("Lob10k", sizes.lobs_10k)),
        ("1 MB", 1_000_000, made("Lob1m", sizes.lobs_1m)),
    ):
        series = compare(bench, AUTO, context)
        lines.append(_line(size, each, bench, series))
        share = ratio(series["copy_then_index"], series["auto"])
        bars.append(at_least(f"values of {size}: bytes/s of `auto` / of COPY", share, BAR))
    head = (
        "",
        "`auto`, MB/s",
        "COPY, MB/s",
        "reading alone, MB/s",
        "client CPU, s",
        "peak memory, MB",
    )
    text = (
        "Each row has an `nvarchar(max)` and a `varbinary(max)`, each half of the size on the "
        "wire.\n\n"
    )
    return Section(TITLE, text + table(head, lines), tuple(bars))


def _line(size: str, each: int, bench: BenchTable, series: dict[str, Series]) -> list[str]:
    megabytes = each * bench.row_count / 1e6
    return [
        f"{bench.row_count:,} rows of {size}",
        *(
            f"{megabytes / series[name].median_wall:,.0f}"
            for name in ("auto", "copy_then_index", "drain")
        ),
        f"{series['auto'].median_cpu:.2f}",
        f"{max(series['auto'].peak_mb):.0f}",
    ]
