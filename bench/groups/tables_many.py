"""Many small tables in one run: what a table costs beside its rows."""

import contextlib
from dataclasses import dataclass
from typing import Any, Final

from bench.measure import Series, alternate_works, run_once
from bench.page import table
from bench.proxy import Proxy, counted, postgres_meter, tds_meter
from bench.results import Bar, Section
from bench.suite import Context
from bench.tables import made, numbered
from bench.workload import Workload
from tableferry_sandbox.sample import BenchTable

TITLE: Final = "Many small tables"
CPU_BAR_MS: Final = 15.0
STATEMENTS_BAR: Final = 12
KINDS: Final = {
    "auto": "`publish: auto`",
    "truncate": "`publish: truncate`",
    "merge": "`publish: merge`, nothing changed",
}


@dataclass(frozen=True, slots=True)
class Counted:
    """What a run sent: statements and connections to each side."""

    source: int
    target: int
    source_connections: int
    target_connections: int

    @property
    def statements(self) -> int:
        """Statements to both sides."""
        return self.source + self.target


def small_tables(tables: int, rows: int) -> list[BenchTable]:
    """Return so many tables of so many rows."""
    return [numbered(made("Small", rows), number) for number in range(tables)]


def measure(context: Context) -> Section:
    """Measure runs over all tables, and count what one of each kind sends."""
    sizes = context.sizes
    benches = small_tables(sizes.tables, sizes.table_rows)
    with context.source(benches) as source, context.target() as target:
        work = Workload.of(benches, source, target)
        context.log("  first loads, which create the tables")
        first = run_once("auto", work)
        turns = {kind: (kind, work) for kind in KINDS}
        series = alternate_works(turns, context.fewer.rounds, context.log)
        sent = {kind: count(kind, work) for kind in KINDS}
    return Section(
        TITLE,
        _text(sizes.tables, sizes.table_rows, first, series, sent),
        _bars(sizes.tables, series["auto"], sent["auto"]),
    )


def count(kind: str, work: Workload) -> Counted:
    """Run once behind proxies that count statements and connections. Raises BenchError."""
    with contextlib.ExitStack() as stack:
        source, from_ = stack.enter_context(counted(work.source, tds_meter))
        target, into = stack.enter_context(counted(work.target, postgres_meter))
        run_once(kind, _through(work, source, target))
    return _counted(from_, into)


def _through(work: Workload, source: dict[str, Any], target: dict[str, Any]) -> Workload:
    return Workload(work.configs, source, target, work.rows, jobs=work.jobs)


def _counted(from_: Proxy, into: Proxy) -> Counted:
    return Counted(
        from_.requests.total() - from_.requests["unreadable"],
        into.requests.total(),
        from_.connections,
        into.connections,
    )


def _text(
    tables: int,
    rows: int,
    first: dict[str, float],
    series: dict[str, Series],
    sent: dict[str, Counted],
) -> str:
    lines = [
        [
            "first load, which creates them",
            f"{first['wall']:.2f}",
            _ms(first["wall"], tables),
            _ms(first["cpu"], tables),
            "",
            "",
            "",
        ]
    ]
    for kind, label in KINDS.items():
        one, by = series[kind], sent[kind]
        lines.append(
            [
                label,
                f"{one.median_wall:.2f}",
                _ms(one.median_wall, tables),
                _ms(one.median_cpu, tables),
                f"{by.source / tables:.1f}",
                f"{by.target / tables:.1f}",
                f"{by.source_connections} + {by.target_connections}",
            ]
        )
    head = (
        "",
        "wall, s",
        "ms a table",
        "client CPU, ms a table",
        "statements to the source, a table",
        "to the target, a table",
        "connections of the run",
    )
    return (
        f"{tables} tables of {rows} rows and 6 columns, all in one run. Statements and connections "
        "are\ncounted on the wire: a statement is one request that a server executes, and several "
        "may share a\nround trip.\n\n" + table(head, lines)
    )


def _ms(seconds: float, tables: int) -> str:
    return f"{seconds * 1000 / tables:.1f}"


def _bars(tables: int, auto: Series, sent: Counted) -> tuple[Bar, ...]:
    cpu, each = auto.median_cpu * 1000 / tables, sent.statements / tables
    return (
        Bar(
            f"{tables} small tables: client CPU of each",
            f"{cpu:.1f} ms",
            f"<= {CPU_BAR_MS:g} ms",
            cpu <= CPU_BAR_MS,
        ),
        Bar(
            f"{tables} small tables: statements of each, to both sides",
            f"{each:.1f}",
            f"<= {STATEMENTS_BAR}",
            each <= STATEMENTS_BAR,
        ),
    )
