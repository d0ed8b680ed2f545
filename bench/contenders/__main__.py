"""Measures one contender: ``python -m bench.contenders NAME``.

Reads the workload from stdin and prints the measurement, both as JSON: wall and CPU seconds of the
work itself, without imports and the loading of a driver, and the process's peak memory.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.contenders import CONTENDERS
from bench.workload import ANY, Workload


def measure(run: Callable[[], int]) -> dict[str, Any]:
    """Run once and return rows, wall and CPU seconds, and peak memory in MB."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    started = time.perf_counter()
    rows = run()
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "rows": rows,
        "wall": wall,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "peak_mb": peak_memory_mb(),
    }


def peak_memory_mb() -> float:
    """Return this process's peak memory; ``ru_maxrss`` would start from that of its parent."""
    status = Path("/proc/self/status").read_text()
    (kilobytes,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return int(kilobytes) / 1024


def main() -> None:
    """Measure the contender named on the command line."""
    name, work = sys.argv[1], Workload.from_json(sys.stdin.read())
    measured = measure(CONTENDERS[name](work))
    expected = work.plain_rows if name == "plain" else work.rows
    if expected not in (measured["rows"], ANY):
        raise SystemExit(f"{name} wrote {measured['rows']} rows, not {expected}")
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
