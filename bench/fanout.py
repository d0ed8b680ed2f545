"""Times the steps of a fan-out, for docs/scale.md: ``python -m bench.fanout``.

Each step is timed with one worker and with two, which share the machine's cores with both servers.
"""

import argparse
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar
from uuid import UUID, uuid4

from bench.servers import bench_source, bench_target
from bench.workload import Workload
from tableferry.fanout import assign, begin, load_chunk, publish
from tableferry_sandbox.sample import bench_narrow

CHUNKS = 20
T = TypeVar("T")


def load(work: Workload, fanout_id: UUID, number: int) -> tuple[int, float]:
    """Load one chunk; returns its rows and the seconds taken."""
    started = time.perf_counter()
    spec = work.spec
    stored = load_chunk(spec, work.settings, assign(spec, fanout_id), number)
    return stored.rows, time.perf_counter() - started


def ready(_worker: int) -> None:
    """Wait until every worker has started and imported this module: a chunk does not pay for it."""
    time.sleep(2)


def carry(work: Workload, workers: int) -> dict[str, float]:
    """Carry the table once; returns seconds by step."""
    spec, fanout_id = work.spec, uuid4()
    assignment = assign(spec, fanout_id)
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        list(pool.map(ready, range(workers)))
        found: dict[str, float] = {}
        begun = timed(found, "begin", lambda: begin(spec, work.settings, assignment))
        started = time.perf_counter()
        loads = [pool.submit(load, work, fanout_id, number) for number in begun.pending]
        chunks = [one.result() for one in loads]
        found["load"] = time.perf_counter() - started
    found["chunk"] = sorted(seconds for _, seconds in chunks)[len(chunks) // 2]
    timed(found, "publish", lambda: publish(spec, work.settings, assignment))
    return found


def timed(found: dict[str, float], name: str, work: Callable[[], T]) -> T:
    """Run one step and record its seconds under ``name``."""
    started = time.perf_counter()
    result = work()
    found[name] = time.perf_counter() - started
    return result


def main() -> None:
    """Measure with one and with two workers, each with chunks of one row and with large ones."""
    parser = argparse.ArgumentParser(prog="python -m bench.fanout", description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    rows = parser.parse_args().rows
    with bench_target() as target:
        for count in (CHUNKS, rows):
            bench = bench_narrow(count)
            with bench_source(bench) as source:
                plain = Workload.of(bench, source, target)
                work = plain.with_keys(publish="swap", chunks=CHUNKS, parallel=2)
                for workers in (1, 1, 2, 2):
                    found = carry(work, workers)
                    steps = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in found.items())
                    rate = count / found["load"]
                    print(f"{count:,} rows, {workers} workers: {steps}; {rate:,.0f} rows/s loaded")


if __name__ == "__main__":
    main()
