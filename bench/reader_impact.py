"""Measures what readers of the target notice of each publishing strategy.

Two readers (``bench.probe``) run during a load. One has a lock timeout of 1 ms and counts how often
it is hit. That separates waiting for a lock from being slow on a busy machine.
"""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from bench.measure import Series, alternate, run_once
from bench.servers import bench_source
from bench.target import target_connection
from bench.workload import Workload
from tableferry_sandbox.sample import BenchTable

STRATEGIES: Final = ("tableferry", "swap", "merge")
"""The contenders compared; ``tableferry`` publishes by truncate."""

CHANGED: Final = 10
"""One row in this many differs from the source in the merge that has rows to update."""


@dataclass(frozen=True, slots=True)
class ReaderStats:
    """Readers' queries, the longest one in seconds, and how many hit the lock timeout."""

    queries: int
    longest: float
    blocked: int

    def combined(self, other: "ReaderStats") -> "ReaderStats":
        """Return the counts of both together, and the longer of their longest queries."""
        return ReaderStats(
            self.queries + other.queries,
            max(self.longest, other.longest),
            self.blocked + other.blocked,
        )


@dataclass(frozen=True, slots=True)
class ReaderImpact:
    """Wall times by strategy without readers, and reader statistics by scenario."""

    series: dict[str, Series]
    stats: dict[str, ReaderStats]


def measure_readers(
    bench: BenchTable,
    target: dict[str, Any],
    rounds: int,
    log: Callable[[str], None],
    idle_seconds: float,
) -> ReaderImpact:
    """Time each strategy without readers, then collect reader statistics during each scenario."""
    log(f"readers: {bench.row_count:,} rows x {len(bench.table.columns)} columns")
    with bench_source(bench) as source:
        work = Workload.of(bench, source, target, "")
        for name in ("tableferry", "swap"):  # fills the replay cache, creates the target table
            run_once(name, work)
        series = alternate(STRATEGIES, work, rounds, log, rounds)
        scenarios: dict[str, Callable[[], object]] = {
            "nothing": lambda: time.sleep(idle_seconds),
            "swap": lambda: run_once("swap", work),
            "merge, nothing changed": lambda: run_once("merge", work),
            f"merge, 1 row in {CHANGED} changed": lambda: run_once("merge", work),
        }
        stats: dict[str, ReaderStats] = {}
        for round_ in range(rounds):
            for name, scenario in scenarios.items():
                if "1 row in" in name:
                    _change_some_rows(work)
                with _probing(work) as found:
                    scenario()
                both = found[0].combined(found[1])
                log(f"  round {round_ + 1}  {name:<28} longest {both.longest * 1000:6.1f} ms")
                stats[name] = both.combined(stats[name]) if name in stats else both
    return ReaderImpact(series, stats)


def _change_some_rows(work: Workload) -> None:
    """Change some target rows in the first column that is not part of the key."""
    table = work.spec.target.sql
    key, value = (name for _, name in work.spec.columns[:2])
    with target_connection(work.target) as connection:
        connection.execute(
            f"UPDATE {table} SET {value} = (SELECT {value} FROM {table} LIMIT 1) "
            f"WHERE {key} % {CHANGED} = 0"
        )


@contextlib.contextmanager
def _probing(work: Workload) -> Iterator[list[ReaderStats]]:
    """Run two readers during the block; the list is filled when it ends."""
    found: list[ReaderStats] = []
    with contextlib.ExitStack() as stack:
        readers = [stack.enter_context(_reader(work, timeout)) for timeout in (0, 1)]
        yield found
        for reader in readers:
            output, _ = reader.communicate()
            found.append(ReaderStats(**json.loads(output)))


def _reader(work: Workload, lock_timeout: int) -> subprocess.Popen[str]:
    reader = subprocess.Popen(
        [sys.executable, "-m", "bench.probe", str(lock_timeout)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdin is not None
    assert reader.stdout is not None
    options = {"target": work.target, "table": work.spec.target.sql, "key": work.spec.columns[0][1]}
    reader.stdin.write(json.dumps(options) + "\n")
    reader.stdin.flush()
    reader.stdout.readline()  # "ready": the reader is connected
    return reader
