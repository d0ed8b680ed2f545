"""Alternating repetitions: every contender once, then again the other way round.

So drift hits all alike, and none of them always comes behind the same other: a server still writes
to its disk for a while what the one before has left.
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
        """Seconds."""
        return statistics.median(self.wall)

    @property
    def median_cpu(self) -> float:
        """Seconds of this process, not of the servers."""
        return statistics.median(self.cpu)


@dataclass(frozen=True, slots=True)
class Compared:
    """One table's contenders, and how many bytes its rows are as COPY BINARY."""

    series: dict[str, Series]
    size: int


def run_once(name: str, work: Workload) -> dict[str, float]:
    """Run one contender in a process of its own; raises CalledProcessError when it fails."""
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
    tell: Callable[[str], None],
    plain_rounds: int,
) -> dict[str, Series]:
    """Measure the contenders in turn, forth and back; the slow plain design in the first rounds."""
    series = {name: Series() for name in names}
    for round_ in range(rounds):
        for name in reversed(names) if round_ % 2 else names:
            if name == "plain" and round_ >= plain_rounds:
                continue
            measured = run_once(name, work)
            series[name].wall.append(measured["wall"])
            series[name].cpu.append(measured["cpu"])
            series[name].peak_mb.append(measured["peak_mb"])
            tell(f"  round {round_ + 1}  {name:<12} {measured['wall']:8.2f} s")
    return series


def ratio(of: Series, to: Series) -> float:
    """Return the median of the rounds' ratios of wall time, rounds paired."""
    return statistics.median(a / b for a, b in zip(of.wall, to.wall, strict=False))


def cold_starts(settings: str, rounds: int, tell: Callable[[str], None]) -> dict[str, float]:
    """Return the seconds of each step of a cold start, medians of processes of their own."""
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
        tell(f"  round {round_}  cold start  {sum(steps.values()):8.2f} s")
        if round_:  # the first one reads the files from the disk, and writes the bytecode
            for name, seconds in steps.items():
                found.setdefault(name, []).append(seconds)
    return {name: statistics.median(seconds) for name, seconds in found.items()}
