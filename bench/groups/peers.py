"""Beside other tools: the same tables, whole processes, each with its best documented settings."""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from psycopg import sql

from bench.errors import BenchError, NotInstalledError
from bench.groups.tables_many import small_tables
from bench.measure import Series, ratio, run_once
from bench.page import table
from bench.peers import environment
from bench.peers.tools import CORES, TOOLS, Job, Tool
from bench.results import Bar, Chart, Section, at_most
from bench.suite import Context
from bench.tables import made
from bench.target import target_connection
from bench.workload import Workload
from tableferry_sandbox.sample import BenchTable

TITLE: Final = "Beside other tools"
SLING_BAR: Final = 0.5
WHOLE: Final = (
    "Whole processes, from start to end, with their imports; medians. Peak memory is that of a\n"
    "process and its children together. Each copied every row, which was counted."
)
OURS: Final = f"**tableferry** `sync --jobs {CORES}`"


@dataclass(slots=True)
class Beside:
    """The series of each tool on one job, and what those said that could not do it."""

    series: dict[str, Series] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def measure(context: Context) -> Section:
    """Measure one table and many small ones. Raises NotInstalledError without an environment."""
    if context.peers is None:
        raise NotInstalledError("The other tools need an environment: --peers or --peers-venv.")
    found = environment.versions(context.peers)
    tools = [tool for tool in TOOLS if not tool.package or tool.package in found]
    sizes = context.sizes
    large = (made("Narrow", sizes.peer_rows),)
    small = tuple(small_tables(sizes.tables, sizes.table_rows))
    one = _beside(large, tools, context)
    many = _beside(small, tools, context)
    text = "\n\n".join(
        [
            WHOLE,
            f"{sizes.peer_rows:,} rows x 9 columns:",
            _table(one, sizes.peer_rows),
            f"{sizes.tables} tables of {sizes.table_rows} rows x 6 columns, all in one run:",
            _table(many, sizes.tables * sizes.table_rows),
            _settings(found),
        ]
    )
    chart = Chart(
        "peers",
        f"{sizes.peer_rows:,} rows x 9 columns, whole process",
        "s",
        tuple((_plain(name), series.median_wall) for name, series in one.series.items()),
        tuple(_plain(tool.name) for tool in TOOLS if not tool.package),
    )
    return Section(TITLE, text, tuple(_bars(sizes.tables, many)), (chart,))


def _beside(tables: tuple[BenchTable, ...], tools: list[Tool], context: Context) -> Beside:
    """Run the tools in turn; one that fails is left out from then on."""
    found = Beside()
    rounds = context.fewer.rounds
    assert context.peers is not None
    with context.source(tables) as source, _target_of_all(context) as target, _folder() as folder:
        job = Job(tables, source, target, folder, context.peers)
        context.log(f"  {len(tables)} tables; the first run of each tool does not count")
        run_once("auto", Workload.of(tables, source, target))
        for round_ in range(rounds + 1):
            for tool in reversed(tools) if round_ % 2 else tools:
                if tool.name in found.errors or (job.is_large and tool.name == OURS):
                    continue
                try:
                    measured = tool.run(job)
                    if not round_:
                        _require_rows(job, tool)
                except BenchError as error:
                    context.log(f"  {tool.name}: {error}")
                    found.errors[tool.name] = str(error)
                    continue
                context.log(f"  round {round_}  {tool.name:<32} {measured['wall']:8.2f} s")
                if round_:
                    found.series.setdefault(tool.name, Series()).add(measured)
    return found


def _require_rows(job: Job, tool: Tool) -> None:
    """Count what a tool has copied. Raises BenchError unless it is every row."""
    with target_connection(job.target) as connection:
        names = connection.execute(
            "SELECT format('%%I.%%I', schemaname, tablename) FROM pg_tables WHERE schemaname = %s "
            "AND tablename LIKE ANY (%s)",
            [tool.schema, ["bench_narrow", "bench_small%", "narrow", "small%"]],
        ).fetchall()
        there = sum(
            connection.execute(f"SELECT count(*) FROM {name}".encode()).fetchone()[0]  # type: ignore[index]
            for (name,) in names
        )
    rows = sum(bench.row_count for bench in job.tables)
    if there != rows:
        raise BenchError(f"{tool.name} has copied {there} rows of {rows}")


@contextlib.contextmanager
def _target_of_all(context: Context) -> Iterator[dict[str, Any]]:
    """Run a PostgreSQL whose password sling accepts, too.

    Its driver wants as many rounds of SCRAM as PostgreSQL has by default; the server of the tests
    has one, for speed.
    """
    with context.target() as target:
        with target_connection(target) as connection:
            connection.execute("SET scram_iterations = 4096")
            # The same password, kept with more rounds.
            connection.execute(
                sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                    sql.Identifier(target["user"]), sql.Literal(target["password"])
                )
            )
        yield target


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _table(found: Beside, rows: int) -> str:
    lines = []
    for tool in TOOLS:
        if tool.name in found.errors:
            lines.append([tool.name, "failed", "", "", "", ""])
        elif tool.name in found.series:
            one = found.series[tool.name]
            ours = found.series.get("**tableferry** `sync`", one)
            lines.append(
                [
                    tool.name,
                    f"{one.median_wall:.2f}",
                    f"{rows / one.median_wall:,.0f}",
                    f"{one.median_cpu:.2f}",
                    f"{max(one.peak_mb):.0f}",
                    f"{ratio(one, ours):.2f}",
                ]
            )
    head = ("", "wall, s", "rows/s", "CPU, s", "peak memory, MB", "wall / `sync`")
    said = [
        f"{name} said:\n\n" + "\n".join(f"    {line}" for line in error.splitlines()[-6:])
        for name, error in found.errors.items()
    ]
    return "\n\n".join([table(head, lines), *said])


def _settings(found: dict[str, str]) -> str:
    lines = ["Settings:", ""]
    for tool in TOOLS:
        if tool.package and tool.package not in found:
            lines.append(f"- {tool.name}: not measured, since it is not installed.")
            continue
        version = f" {found[tool.package]}" if tool.package else ""
        lines.append(f"- {tool.name}{version}: {tool.settings}.")
    return "\n".join(lines)


def _bars(tables: int, many: Beside) -> list[Bar]:
    if OURS not in many.series or "sling" not in many.series:
        return []
    share = ratio(many.series[OURS], many.series["sling"])
    return [at_most(f"{tables} small tables: wall time / that of sling", share, SLING_BAR)]


def _plain(name: str) -> str:
    return name.replace("*", "").replace("`", "")
