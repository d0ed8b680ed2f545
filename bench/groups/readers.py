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

from bench.measure import Series, alternate, ratio, run_once
from bench.page import table
from bench.results import Bar, Section, at_most, below
from bench.suite import Context
from bench.tables import made
from bench.target import target_connection
from bench.workload import Workload

TITLE: Final = "Readers"
STRATEGIES: Final = ("truncate", "swap", "merge")
SWAP_BAR_MS: Final = 100.0
SWAP_COST_BAR: Final = 1.15

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


def measure_readers(context: Context, target: dict[str, Any]) -> ReaderImpact:
    """Time each strategy without readers, then collect reader statistics during each scenario."""
    bench, rounds, log = made("Narrow", context.sizes.rows), context.fewer.rounds, context.log
    with context.source(bench) as source:
        work = Workload.of(bench, source, target)
        for name in ("truncate", "swap"):  # fills the replay cache, creates the target table
            run_once(name, work)
        series = alternate(STRATEGIES, work, rounds, log)
        scenarios: dict[str, Callable[[], object]] = {
            "nothing": lambda: time.sleep(context.idle_seconds),
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


def measure(context: Context) -> Section:
    """Measure each strategy without readers, and readers during each of them."""
    with context.target() as target:
        return section(context.sizes.rows, measure_readers(context, target))


def section(rows: int, found: ReaderImpact) -> Section:
    """Return the section: queries by scenario, loads without readers, and the bars."""
    lines = []
    for scenario, stats in found.stats.items():
        strategy = scenario.partition(",")[0]
        wall = f"{found.series[strategy].median_wall:.2f}" if strategy in found.series else ""
        wall = "" if scenario.endswith(" changed") and "nothing" not in scenario else wall
        longest = f"{stats.longest * 1000:.1f}"
        lines.append([scenario, f"{stats.queries:,}", longest, f"{stats.blocked:,}", wall])
    ours = found.series["truncate"].median_wall
    lines.append(["(truncate, for comparison)", "", "", "", f"{ours:.2f}"])
    text = (
        f"Two readers query one row by its key every millisecond while the table of 9 columns, "
        f"{rows:,}\nrows, is loaded; one of them gives up after waiting for a lock for 1 ms. A "
        "query can also be slow\nbecause all cores are busy. All rounds together.\n\n"
    )
    head = (
        *("during", "queries", "longest, ms", "waited for a lock"),
        "load without readers, s",
    )
    return Section(TITLE, text + table(head, lines), tuple(bars(found)))


def bars(found: ReaderImpact) -> list[Bar]:
    """Return the bars for the waits of readers and for the cost of a swap."""
    merges = [stats for name, stats in found.stats.items() if name.startswith("merge")]
    blocked = sum(stats.blocked for stats in merges)
    cost = ratio(found.series["swap"], found.series["truncate"])
    longest = found.stats["swap"].longest * 1000
    return [
        below("readers: longest query during a swap", longest, SWAP_BAR_MS, "ms", 1),
        Bar(
            "readers: queries that waited for a lock during merges", f"{blocked}", "0", blocked == 0
        ),
        at_most("readers: wall time of swap / truncate", cost, SWAP_COST_BAR),
    ]
