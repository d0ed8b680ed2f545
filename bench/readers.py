"""What readers of the target notice of each way of publishing.

Two readers (``bench.reader``) are at work meanwhile. One of them gives up after a millisecond of
waiting for a lock, and counts it: a query can also be slow because the machine is busy, but then it
has waited for no lock.
"""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from bench.connection import target_connection
from bench.measure import Series, alternate, run_once
from bench.servers import bench_source
from bench.workload import Workload
from tableferry_sandbox.sample import BenchTable

WAYS: Final = ("tableferry", "swap", "merge")
CHANGED: Final = 10
"""One row in so many differs, in the merge that has something to do."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """What two readers noticed: ``longest`` in seconds, ``blocked`` queries met a lock."""

    queries: int
    longest: float
    blocked: int

    def worse(self, other: "Noticed") -> "Noticed":
        """Join two rounds."""
        return Noticed(
            self.queries + other.queries,
            max(self.longest, other.longest),
            self.blocked + other.blocked,
        )


@dataclass(frozen=True, slots=True)
class Readers:
    """The walls of each way, without readers, and what readers noticed, by scene."""

    series: dict[str, Series]
    noticed: dict[str, Noticed]


def measure_readers(
    bench: BenchTable,
    target: dict[str, Any],
    rounds: int,
    tell: Callable[[str], None],
    idle_seconds: float,
) -> Readers:
    """Measure walls in turn, then each way under the eyes of readers."""
    tell(f"readers: {bench.row_count:,} rows x {len(bench.table.columns)} columns")
    with bench_source(bench) as source:
        work = Workload.of(bench, source, target, "")
        for name in ("tableferry", "swap"):  # fills the sandbox's memory, makes the table
            run_once(name, work)
        series = alternate(WAYS, work, rounds, tell, rounds)
        scenes: dict[str, Callable[[], object]] = {
            "nothing": lambda: time.sleep(idle_seconds),
            "swap": lambda: run_once("swap", work),
            "merge, nothing changed": lambda: run_once("merge", work),
            f"merge, 1 row in {CHANGED} changed": lambda: run_once("merge", work),
        }
        noticed: dict[str, Noticed] = {}
        for round_ in range(rounds):
            for name, scene in scenes.items():
                if "1 row in" in name:
                    _change_some(work)
                with _watching(work) as found:
                    scene()
                seen = found[0].worse(found[1])
                tell(f"  round {round_ + 1}  {name:<28} longest {seen.longest * 1000:6.1f} ms")
                noticed[name] = seen.worse(noticed[name]) if name in noticed else seen
    return Readers(series, noticed)


def _change_some(work: Workload) -> None:
    """Let the target differ from the source, in the first column that is not of the key."""
    table = work.spec.target.sql
    key, value = (name for _, name in work.spec.columns[:2])
    with target_connection(work.target) as connection:
        connection.execute(
            f"UPDATE {table} SET {value} = (SELECT {value} FROM {table} LIMIT 1) "
            f"WHERE {key} % {CHANGED} = 0"
        )


@contextlib.contextmanager
def _watching(work: Workload) -> Iterator[list[Noticed]]:
    """Have two readers at work while the block runs; the list is filled at its end."""
    found: list[Noticed] = []
    with contextlib.ExitStack() as stack:
        readers = [stack.enter_context(_reader(work, timeout)) for timeout in (0, 1)]
        yield found
        for reader in readers:
            said, _ = reader.communicate()
            found.append(Noticed(**json.loads(said)))


def _reader(work: Workload, lock_timeout: int) -> subprocess.Popen[str]:
    reader = subprocess.Popen(
        [sys.executable, "-m", "bench.reader", str(lock_timeout)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdin is not None
    assert reader.stdout is not None
    asked = {"target": work.target, "table": work.spec.target.sql, "key": work.spec.columns[0][1]}
    reader.stdin.write(json.dumps(asked) + "\n")
    reader.stdin.flush()
    reader.stdout.readline()  # It is at work.
    return reader
