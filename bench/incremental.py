"""What incremental runs cost: few changes, none, many, idle tables, and comparing all keys.

The source is the sandbox without its replay cache, since its rows change between the runs. Each run
is the work of a process of its own, timed as the other contenders are; between two runs the source
gets the next changes.
"""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import pymssql

from bench.incremental_reconcile import measure_reconcile
from bench.measure import Series, run_once
from bench.servers import bench_source
from bench.stand_in import stand_in_cpu
from bench.workload import KEY, Workload
from tableferry_sandbox.sample import bench_narrow

TRACKED: Final = {"mode": "change_tracking", "publish": "auto", "order_by": []}
FEW: Final = (600, 200, 200)
"""Rows updated, inserted and deleted between two runs."""

MANY: Final = 100_000
"""Rows updated before the run whose rows a second are compared with the complete load's."""

Log = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Incremental:
    """The measurements by kind of run, and how much there was.

    ``stand_in`` is the CPU time, in seconds, that the sandbox spent on each run of a kind.
    """

    rows: int
    tables: int
    series: dict[str, Series]
    statements: int
    stand_in: dict[str, list[float]] = field(default_factory=dict)

    def wall(self, kind: str) -> float:
        """Return the median of one kind of run, in seconds."""
        return self.series[kind].median_wall

    def own(self, kind: str) -> float:
        """Return the median CPU time of the process itself, without the servers, in seconds."""
        return self.series[kind].median_cpu

    def stand_in_cpu(self, kind: str) -> float | None:
        """Return the median CPU time of the sandbox, in seconds, None where it is not measured."""
        spent = self.stand_in.get(kind)
        return statistics.median(spent) if spent else None

    @property
    def peak_mb(self) -> float:
        """The highest peak memory of all runs."""
        return max(max(one.peak_mb) for one in self.series.values())

    @property
    def many_against_complete(self) -> float:
        """The rows a second of ``MANY`` changes, by those of the complete load."""
        return (MANY / self.wall("many")) / (self.rows / self.wall("complete"))


def measure_incremental(
    target: dict[str, Any], rows: int, log: Log, rounds: int, tables: int
) -> Incremental:
    """Measure everything on a table of so many rows, and on so many idle ``tables``."""
    log(f"incremental: {rows:,} rows x 9 columns")
    series: dict[str, Series] = {}
    with bench_source(bench_narrow(rows), replays=False) as source:
        run = _Runs(source, target, rows, series, log)
        run.source("ALTER DATABASE Bench SET ALLOW_SNAPSHOT_ISOLATION ON")
        run.source("ALTER DATABASE Bench SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS)")
        run.source("ALTER TABLE dbo.Narrow ENABLE CHANGE_TRACKING")
        # A load at the very version at which tracking began would be repeated by the next run.
        run.source("UPDATE dbo.Narrow SET Quantity = Quantity + 1 WHERE ID = 1")
        run.measure("complete", rows, TRACKED)
        for number in range(rounds):
            run.change(number)
            run.measure("few", sum(FEW[:2]), TRACKED)
        for _ in range(rounds):
            run.measure("none", 0, TRACKED)
        statements = run.statements()
        for number in range(rounds, 2 * rounds):
            run.change(number)
            run.command()
        for number in range(3):
            run.source(
                f"UPDATE dbo.Narrow SET Quantity = Quantity + 1 "
                f"WHERE ID > {MANY * (number + 1)} AND ID <= {MANY * (number + 2)}"
            )
            run.measure("many", None, TRACKED)
        run.many_tables(tables)
        for _ in range(rounds):
            run.measure("idle", 0, TRACKED, tables=tables)
    for key, measured in measure_reconcile(rows, rounds, log).items():
        series[f"{key} keys"] = measured
    return Incremental(rows, tables, series, statements, run.stand_in)


@dataclass(slots=True)
class _Runs:
    """The runs against one source, and what happens there between them."""

    at: dict[str, Any]
    target: dict[str, Any]
    rows: int
    series: dict[str, Series]
    log: Log
    stand_in: dict[str, list[float]] = field(default_factory=dict)

    def source(self, sql: str) -> None:
        """Run a batch at the source, committed."""
        with (
            pymssql.connect(
                server=self.at["host"],
                port=str(self.at["port"]),
                user=self.at["user"],
                password=self.at["password"],
                database=self.at["db"],
                autocommit=True,
            ) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)

    def change(self, number: int) -> None:
        """Make the changes of ``FEW``, other rows each time, spread over the table."""
        updated, inserted, deleted = FEW
        step, middle = max(1, self.rows // 2000), self.rows // 2 + number * deleted
        self.source(
            f"UPDATE dbo.Narrow SET Quantity = Quantity + 1 "
            f"WHERE ID % {step} = {number % step} AND ID > 0 AND ID <= {updated * step}"
        )
        self.source(f"DELETE FROM dbo.Narrow WHERE ID > {middle} AND ID <= {middle + deleted}")
        columns = "ID, " + ", ".join(self._others())
        self.source(
            f"INSERT INTO dbo.Narrow ({columns}) SELECT TOP ({inserted}) ID + "
            f"{10 * self.rows * (number + 1)}, {', '.join(self._others())} FROM dbo.Narrow "
            f"WHERE ID <= {self.rows} ORDER BY ID"
        )

    def _others(self) -> list[str]:
        return [column.name for column in bench_narrow(1).table.columns if column.name != "ID"]

    def measure(
        self, kind: str, rows: int | None, changes: dict[str, Any], tables: int = 0
    ) -> None:
        """Measure one run; ``rows`` are those it has to write, None for any number."""
        work = self._work(changes)
        before = stand_in_cpu()
        measured = run_once(
            "incremental", replace(work, rows=-1 if rows is None else rows, tables=tables)
        )
        self._note(kind, measured["wall"], measured["cpu"], measured["peak_mb"], before)

    def _note(self, kind: str, wall: float, cpu: float, peak_mb: float, before: float) -> None:
        one = self.series.setdefault(kind, Series())
        one.wall.append(wall)
        one.cpu.append(cpu)
        one.peak_mb.append(peak_mb)
        spent = stand_in_cpu() - before
        self.stand_in.setdefault(kind, []).append(spent)
        self.log(
            f"  {kind:<18} {wall:8.3f} s {peak_mb:6.0f} MB, CPU {cpu:.3f} s, sandbox {spent:.2f} s"
        )

    def statements(self) -> int:
        """Return how many statements a run without changes sends, to both sides."""
        return int(run_once("statements", replace(self._work(TRACKED), rows=-1))["rows"])

    def command(self) -> None:
        """Time ``tableferry sync`` as a whole, from the start of its process to its end."""
        with tempfile.TemporaryDirectory() as folder:
            config = Path(folder) / "table_configs.py"
            config.write_text(f"TABLE_CONFIGS = {{{KEY!r}: {self._work(TRACKED).config!r}}}\n")
            before, started = stand_in_cpu(), time.perf_counter()
            cpu = _cpu_of_children()
            done = subprocess.run(
                [sys.executable, "-m", "tableferry", "sync", "--config", str(config)],
                env=_environment(self.at, self.target),
                capture_output=True,
                text=True,
                check=False,
            )
            seconds = time.perf_counter() - started
        if done.returncode:
            raise SystemExit(f"the command failed:\n{done.stdout}{done.stderr}")
        self._note("command", seconds, _cpu_of_children() - cpu, 0.0, before)

    def many_tables(self, tables: int) -> None:
        """Make tables and carry them, so that they are idle afterwards."""
        for number in range(tables):
            self.source(
                f"CREATE TABLE dbo.Idle{number} (ID int NOT NULL PRIMARY KEY, Name nvarchar(40));"
                f"ALTER TABLE dbo.Idle{number} ENABLE CHANGE_TRACKING;"
                f"INSERT INTO dbo.Idle{number} VALUES (1, N'one'), (2, N'two')"
            )
        self.measure("first of many", None, TRACKED, tables=tables)

    def _work(self, changes: dict[str, Any]) -> Workload:
        work = Workload.of(bench_narrow(self.rows), self.at, self.target, "")
        config = {**work.config, **changes}
        if not config["order_by"]:
            del config["order_by"]
        return replace(work, config=config)


def _cpu_of_children() -> float:
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


def _environment(source: dict[str, Any], target: dict[str, Any]) -> dict[str, str]:
    return {
        **{f"SQL_SERVER_BENCH_{name.upper()}": str(value) for name, value in source.items()},
        **{f"PG_{name.upper()}": str(value) for name, value in target.items()},
    }
