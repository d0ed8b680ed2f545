"""Short values in ``(max)`` columns, against the same rows in bounded ones."""

from typing import Final

from bench.measure import Series, alternate_works, ratio, run_once
from bench.page import table
from bench.results import Section, at_most
from bench.suite import Context
from bench.tables import made
from bench.workload import Workload

TITLE: Final = "Short values in `(max)` columns"
BAR: Final = 1.10

KINDS: Final = {"bounded": "BoundedTexts", "max": "ShortMaxTexts"}


def measure(context: Context) -> Section:
    """Measure both tables in turn: the load, and the reading alone."""
    benches = {kind: made(name, context.sizes.short_rows) for kind, name in KINDS.items()}
    with context.source(list(benches.values())) as source, context.target() as target:
        works = {kind: Workload.of(bench, source, target) for kind, bench in benches.items()}
        for work in works.values():
            run_once("auto", work)
        turns = {
            f"{kind}, {name}": (name, work)
            for kind, work in works.items()
            for name in ("auto", "drain")
        }
        series = alternate_works(turns, context.rounds, context.log)
    share = ratio(series["max, auto"], series["bounded, auto"])
    return Section(
        TITLE,
        _text(context.sizes.short_rows, series),
        (at_most("short values: `(max)` columns / bounded columns", share, BAR),),
    )


def _text(rows: int, series: dict[str, Series]) -> str:
    labels = {
        "bounded": "`nvarchar(200)`, `varchar(200)`, `varbinary(200)`",
        "max": "`nvarchar(max)`, `varchar(max)`, `varbinary(max)`",
    }
    lines = [
        [
            label,
            *(f"{series[f'{kind}, {name}'].median_wall:.2f}" for name in ("auto", "drain")),
            f"{series[f'{kind}, auto'].rate:,.0f}",
            f"{series[f'{kind}, auto'].median_cpu:.2f}",
        ]
        for kind, label in labels.items()
    ]
    head = ("", "`auto`, s", "reading alone, s", "rows/s of `auto`", "client CPU, s")
    return (
        f"{rows:,} rows x 6 columns with the same values of 15 to 50 characters.\n\n"
        f"{table(head, lines)}"
    )
