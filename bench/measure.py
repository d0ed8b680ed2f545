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

from bench.workload import Workload


@dataclass(slots=True)
class Series:
    """One contender's measurements, in the order of the rounds."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak_mb: list[float] = field(default_factory=list)

    @property
    def median_wall(self) -> float:
        """The median wall time, in seconds."""
        return statistics.median(self.wall)

    @property
    def median_cpu(self) -> float:
        """The median CPU time of the contender's process, without the servers, in seconds."""
        return statistics.median(self.cpu)


@dataclass(frozen=True, slots=True)
class Compared:
    """The measurements of one table by contender, and its size as COPY BINARY in bytes."""

    series: dict[str, Series]
    size: int


def run_once(name: str, work: Workload) -> dict[str, float]:
    """Run one contender in a process of its own. Raises SystemExit with its output if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.contenders", name],
        input=work.to_json(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stdout}{done.stderr}")
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def alternate(
    names: Sequence[str],
    work: Workload,
    rounds: int,
    log: Callable[[str], None],
    plain_rounds: int,
) -> dict[str, Series]:
    """Measure the contenders in turn; the slow plain design takes part in ``plain_rounds`` only."""
    series = {name: Series() for name in names}
    for round_ in range(rounds):
        for name in reversed(names) if round_ % 2 else names:
            if name == "plain" and round_ >= plain_rounds:
                continue
            measured = run_once(name, work)
            series[name].wall.append(measured["wall"])
            series[name].cpu.append(measured["cpu"])
            series[name].peak_mb.append(measured["peak_mb"])
            log(f"  round {round_ + 1}  {name:<12} {measured['wall']:8.2f} s")
    return series


def ratio(of: Series, to: Series) -> float:
    """Return the median of the ratios of wall time, paired by round."""
    return statistics.median(a / b for a, b in zip(of.wall, to.wall, strict=False))


def cold_starts(settings: str, rounds: int, log: Callable[[str], None]) -> dict[str, float]:
    """Return the median seconds of each step of a cold start, each in a process of its own."""
    found: dict[str, list[float]] = {}
    for round_ in range(rounds + 1):
        done = subprocess.run(
            [sys.executable, "-m", "bench.cold_start"],
            input=settings,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"the cold start failed:\n{done.stdout}{done.stderr}")
        steps: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        log(f"  round {round_}  cold start  {sum(steps.values()):8.2f} s")
        if round_:  # round 0 warms the file cache and writes the bytecode
            for name, seconds in steps.items():
                found.setdefault(name, []).append(seconds)
    return {name: statistics.median(seconds) for name, seconds in found.items()}
