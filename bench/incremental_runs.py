"""Incremental runs against one source, and what happens there between them.

The source is the sandbox without its replay cache, since its rows change between the runs. Each run
is the work of a process of its own, timed as the other contenders are; between two runs the source
gets the next changes.
"""

import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

import pymssql

from bench.errors import BenchError
from bench.measure import Log, Series, run_once
from bench.proxy import counted, postgres_meter, tds_meter
from bench.stand_in import stand_in_cpu
from bench.tables import made
from bench.workload import ANY, Workload

TRACKED: Final = {"mode": "change_tracking", "publish": "auto"}


@dataclass(frozen=True, slots=True)
class Changes:
    """How many rows are updated, inserted and deleted between two runs."""

    updated: int
    inserted: int
    deleted: int

    @classmethod
    def of(cls, changes: int) -> Self:
        """Return the mix that all bars mean by so many changes: 6, 2 and 2 of 10."""
        return cls(changes - 2 * (changes // 5), changes // 5, changes // 5)

    @property
    def written(self) -> int:
        """How many rows a run has to write for them."""
        return self.updated + self.inserted

    def __str__(self) -> str:
        return f"{self.updated:,} updates, {self.inserted:,} inserts, {self.deleted:,} deletes"


FEW: Final = Changes.of(1_000)


@dataclass(slots=True)
class Runs:
    """The runs against one source, and what happens there between them.

    ``changed`` counts the times that rows were changed there, ``deleted`` the rows that are gone.
    """

    at: dict[str, Any]
    target: dict[str, Any]
    rows: int
    series: dict[str, Series]
    log: Log
    stand_in: dict[str, list[float]] = field(default_factory=dict)
    changed: int = 0
    deleted: int = 0

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

    def change(self, changes: Changes) -> None:
        """Make such changes, other rows each time: updates spread over the first 3 tenths of keys.

        Rows are deleted from 3 quarters on, and inserted above all others.
        """
        self.changed += 1
        step, first = self.spread // changes.updated, self.rows * 3 // 4 + self.deleted
        self.source(
            f"UPDATE dbo.Narrow SET Quantity = Quantity + 1 WHERE ID % {step} = "
            f"{self.changed % step} AND ID > 0 AND ID <= {changes.updated * step}"
        )
        self.source(
            f"DELETE FROM dbo.Narrow WHERE ID > {first} AND ID <= {first + changes.deleted}"
        )
        self.deleted += changes.deleted
        columns = "ID, " + ", ".join(self._others())
        self.source(
            f"INSERT INTO dbo.Narrow ({columns}) SELECT TOP ({changes.inserted}) ID + "
            f"{10 * self.rows * self.changed}, {', '.join(self._others())} FROM dbo.Narrow "
            f"WHERE ID <= {self.rows} ORDER BY ID"
        )

    @property
    def spread(self) -> int:
        """The keys over which updates are spread; those above are for updates of whole ranges."""
        return self.rows * 3 // 10

    def _others(self) -> list[str]:
        return [column.name for column in made("Narrow", 1).table.columns if column.name != "ID"]

    def measure(self, kind: str, rows: int) -> None:
        """Measure one run; ``rows`` are those that it has to write."""
        self.measure_work(kind, replace(self.work(), rows=rows))

    def measure_work(self, kind: str, work: Workload) -> None:
        """Measure one run over other tables."""
        before = stand_in_cpu()
        measured = run_once("as_configured", work)
        self._note(kind, measured["wall"], measured["cpu"], measured["peak_mb"], before)

    def limits(self, first: int, last: int) -> None:
        """Measure what PostgreSQL alone takes for as many changes, on the rows of these keys."""
        with tempfile.TemporaryDirectory() as folder:
            work = replace(self.work(), copy_file=f"{folder}/changed.copy", rows=last - first)
            work.write_copy_file(f"id > {first} AND id <= {last}")
            for kind in ("update", "merge_limit"):
                measured = run_once(kind, work)
                self._note(kind, measured["wall"], measured["cpu"], 0.0, stand_in_cpu())

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
        """Return how many statements a run without changes sends, to both sides.

        A source at another address is another source, whose rows are read as a whole: so one run
        goes through the proxies before the one that is counted, and one past them afterwards.
        """
        with (
            counted(self.at, tds_meter) as (source, from_),
            counted(self.target, postgres_meter) as (target, into),
        ):
            work = replace(self.work(), source=source, target=target)
            run_once("as_configured", work)
            before = from_.requests.total() + into.requests.total()
            run_once("as_configured", work)
            after = from_.requests.total() + into.requests.total()
        run_once("as_configured", self.work())
        return after - before

    def command(self) -> None:
        """Time ``tableferry sync`` as a whole, from the start of its process to its end."""
        with tempfile.TemporaryDirectory() as folder:
            config = Path(folder) / "table_configs.py"
            config.write_text(f"TABLE_CONFIGS = {self.work().configs!r}\n")
            before, started = stand_in_cpu(), time.perf_counter()
            cpu = _cpu_of_children()
            done = subprocess.run(
                [sys.executable, "-m", "tableferry", "sync", "--config", str(config)],
                env=environment(self.at, self.target),
                capture_output=True,
                text=True,
                check=False,
            )
            seconds = time.perf_counter() - started
        if done.returncode:
            raise BenchError(f"the command failed:\n{done.stdout}{done.stderr}")
        self._note("command", seconds, _cpu_of_children() - cpu, 0.0, before)

    def many_tables(self, tables: int) -> None:
        """Make tables and load them, so that they are idle afterwards."""
        for number in range(tables):
            self.source(
                f"CREATE TABLE dbo.Idle{number} (ID int NOT NULL PRIMARY KEY, Name nvarchar(40));"
                f"ALTER TABLE dbo.Idle{number} ENABLE CHANGE_TRACKING;"
                f"INSERT INTO dbo.Idle{number} VALUES (1, N'one'), (2, N'two')"
            )
        self.measure_work("first of many", replace(self.idle(tables), rows=2 * tables))

    def idle(self, tables: int) -> Workload:
        """Return the workload of these tables, in which nothing has changed."""
        entry = next(iter(self.work().configs.values()))
        small = {"columns": ["ID", "Name"], "pg_columns": ["id", "name"], "primary_key": "ID"}
        configs = {
            f"idle{number}": {
                **entry,
                **small,
                "sql_table": f"dbo.Idle{number}",
                "pg_table": f"idle{number}",
            }
            for number in range(tables)
        }
        return replace(self.work(), configs=configs, rows=0)

    def work(self) -> Workload:
        """Return the workload of the table, read by its changes."""
        work = Workload.of(made("Narrow", self.rows), self.at, self.target)
        return replace(work.with_keys(**TRACKED), rows=ANY)


def _cpu_of_children() -> float:
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


def environment(source: dict[str, Any], target: dict[str, Any]) -> dict[str, str]:
    """Return the variables with which a command finds both sides."""
    return {
        **{f"SQL_SERVER_BENCH_{name.upper()}": str(value) for name, value in source.items()},
        **{f"PG_{name.upper()}": str(value) for name, value in target.items()},
    }
