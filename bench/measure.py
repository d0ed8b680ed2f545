"""Runs the contenders in alternating rounds: each once, then all again in reverse order.

Drift then affects all alike, and no contender always follows the same one: a server keeps writing
the previous contender's data to disk for a while.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from bench.errors import BenchError
from bench.workload import Workload

Log = Callable[[str], None]

SECONDS: Final = 600.0
"""A contender that takes longer hangs: 20 million rows take less than two minutes."""


@dataclass(slots=True)
class Series:
    """One contender's measurements, in the order of the rounds, and the rows of each."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak_mb: list[float] = field(default_factory=list)
    rows: int = 0

    def add(self, measured: dict[str, float]) -> None:
        """Add one measurement."""
        self.wall.append(measured["wall"])
        self.cpu.append(measured["cpu"])
        self.peak_mb.append(measured["peak_mb"])
        self.rows = int(measured.get("rows", 0))

    @property
    def median_wall(self) -> float:
        """The median wall time, in seconds."""
        return statistics.median(self.wall)

    @property
    def median_cpu(self) -> float:
        """The median CPU time of the contender's process, without the servers, in seconds."""
        return statistics.median(self.cpu)

    @property
    def rate(self) -> float:
        """Rows a second at the median wall time."""
        return self.rows / self.median_wall


def run_once(name: str, work: Workload) -> dict[str, float]:
    """Run one contender in a process of its own. Raises BenchError with its output if it fails."""
    return run_module("bench.contenders", [name], work.to_json(), name)


def run_module(module: str, arguments: Sequence[str], given: str, what: str) -> dict[str, float]:
    """Run a module in a process of its own; returns the JSON of its last line.

    Raises BenchError with its output if it fails, or if it is not done after ``SECONDS``.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"{what} was not done after {SECONDS:g} s, and was killed") from error
    if done.returncode:
        raise BenchError(f"{what} failed:\n{done.stdout}{done.stderr}")
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def alternate(
    names: Sequence[str], work: Workload, rounds: int, log: Log, only_first: Sequence[str] = ()
) -> dict[str, Series]:
    """Measure the contenders in turn; those ``only_first`` take part in the first round only."""
    return alternate_works({name: (name, work) for name in names}, rounds, log, only_first)


def alternate_works(
    works: dict[str, tuple[str, Workload]], rounds: int, log: Log, only_first: Sequence[str] = ()
) -> dict[str, Series]:
    """Measure contenders with a workload each, in turn; returns their series by label."""
    series = {label: Series() for label in works}
    for round_ in range(rounds):
        for label in reversed(works) if round_ % 2 else works:
            if label in only_first and round_:
                continue
            measured = run_once(*works[label])
            series[label].add(measured)
            log(f"  round {round_ + 1}  {label:<24} {measured['wall']:8.2f} s")
    return series


def ratio(of: Series, to: Series) -> float:
    """Return the median of the ratios of wall time, paired by round."""
    return statistics.median(a / b for a, b in zip(of.wall, to.wall, strict=False))


def cpu_ratio(of: Series, to: Series) -> float:
    """Return the median of the ratios of CPU time, paired by round."""
    return statistics.median(a / b for a, b in zip(of.cpu, to.cpu, strict=False))


def rate_ratio(of: Series, to: Series) -> float:
    """Return the median of the ratios of rows a second, paired by round."""
    return statistics.median(
        (of.rows / a) / (to.rows / b) for a, b in zip(of.wall, to.wall, strict=False)
    )
