"""``python -m fuzz --seconds 30 --seed 7``: exits with 1 if a case broke a rule."""

import argparse
import itertools
import secrets
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from fuzz.case import Case, make_case
from fuzz.judge import judge, judge_target
from fuzz.launch import Ended, Launcher
from fuzz.world import World, world

WORKERS = 6
"""On two cores: a case waits for a timeout or a signal half of its time."""


@dataclass
class Tally:
    """What the workers found; they share it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    ends: Counter[str] = field(default_factory=Counter)
    findings: list[tuple[int, str]] = field(default_factory=list)
    slowest: tuple[float, int] = (0.0, 0)

    def add(self, case: Case, ended: Ended, found: list[str]) -> None:
        """Count a case, and print at once what is wrong with it."""
        with self.lock:
            self.ends[str(ended.exit_code)] += 1
            self.slowest = max(self.slowest, (ended.seconds, case.number))
            self.findings += [(case.number, text) for text in found]
            for text in found:
                print(f"FOUND {text}")
            if found:
                print(f"  {case}\n  stdout: {ended.out[-1500:]}\n  stderr: {ended.err[-3000:]}")
                sys.stdout.flush()

    def show(self, seed: int) -> None:
        """Print the sums, and how to repeat what was found."""
        ends = ", ".join(f"{times} x {code}" for code, times in self.ends.most_common())
        print(f"  {self.ends.total()} cases, with the exit codes {ends}")
        print(f"  the slowest: {self.slowest[0]:.1f} s, --case {self.slowest[1]}")
        for number, text in self.findings:
            print(f"FOUND {text}; to repeat: script/fuzz --seed {seed} --case {number}")
        print(f"{len(self.findings)} findings; to repeat: script/fuzz --seed {seed}")


class Shared(Iterator[Case]):
    """Cases that several workers take from."""

    def __init__(self, cases: Iterator[Case]) -> None:
        self._cases = cases
        self._lock = threading.Lock()

    def __next__(self) -> Case:
        """Take the next case; a generator cannot run in two threads at once."""
        with self._lock:
            return next(self._cases)


def fuzz(here: World, cases: Iterator[Case], launcher: Launcher, tally: Tally) -> None:
    """Run cases, one after the other, until there are no more."""
    with here.wires() as wires:
        for case in cases:
            ended = launcher.run(case, here, wires)
            found = judge(case, ended) + judge_target(case, ended, here, wires)
            tally.add(case, ended, found)


def cases_until(moment: float, seed: int) -> Iterator[Case]:
    """Make the cases of a seed until this moment (``time.monotonic``)."""
    for number in itertools.count():
        if time.monotonic() > moment:
            return
        yield make_case(seed, number)


def main() -> int:
    """Run cases for some seconds, or one of them; returns the exit code."""
    parser = argparse.ArgumentParser(prog="script/fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--case", type=int, help="only this case of the seed")
    options = parser.parse_args()
    print(f"fuzz of {options.seconds:g} s, --seed {options.seed}", flush=True)
    tally = Tally()
    with world() as here:
        if options.case is not None:
            fuzz(here, iter([make_case(options.seed, options.case)]), Launcher(), tally)
        else:
            _side_by_side(here, time.monotonic() + options.seconds, options.seed, tally)
    tally.show(options.seed)
    return 1 if tally.findings else 0


def _side_by_side(here: World, until: float, seed: int, tally: Tally) -> None:
    cases, launcher = Shared(cases_until(until, seed)), Launcher()
    workers = [
        threading.Thread(target=fuzz, args=(here, cases, launcher, tally), name="fuzz")
        for _ in range(WORKERS)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    sys.exit(main())
