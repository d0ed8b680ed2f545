"""Runs groups of measurements, one after another; what fails in one leaves the others alone."""

import os
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from bench import page
from bench.errors import BenchError
from bench.measure import Log
from bench.results import Results, Section
from bench.servers import bench_source, bench_target


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many rows and tables there are; the whole benchmark takes a quarter of an hour."""

    rows: int = 1_000_000
    wide_rows: int = 100_000
    text_rows: int = 150_000
    every_type_rows: int = 50_000
    line_items: int = 500_000
    short_rows: int = 100_000
    lobs_10k: int = 10_000
    lobs_1m: int = 100
    indexed_rows: int = 200_000
    tables: int = 200
    table_rows: int = 100
    more_rows: int = 20_000_000
    slow_rows: int = 240_000
    verify_rows: int = 2_000_000
    peer_rows: int = 500_000

    def scaled(self, factor: float) -> Self:
        """Return them multiplied, and at least what each measurement needs to run."""
        least = {
            "rows": 2000,
            "tables": 2,
            "lobs_1m": 2,
            "lobs_10k": 4,
            "slow_rows": 800,
            "verify_rows": 2500,
            "table_rows": 100,
        }
        return replace(
            self,
            **{
                one.name: max(least.get(one.name, 200), round(getattr(self, one.name) * factor))
                for one in fields(self)
                if one.name != "table_rows"
            },
        )


FEWER: Final = 3
"""Rounds of the groups that take longest, where more are asked for."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a group of measurements is given.

    ``peers`` is the folder of the environment with the other tools, None where they do not take
    part. ``slow_mb`` is the rate of a limited connection, in MB/s, and ``at_once`` are the
    numbers of them. ``source`` runs a sandbox with
    benchmark tables and ``target`` a PostgreSQL, both as context managers that give settings.
    """

    sizes: Sizes
    rounds: int
    log: Log
    peers: Path | None = None
    idle_seconds: float = 2.0
    slow_mb: float = 8.0
    at_once: tuple[int, ...] = (1, 2, 4, 8)
    source: Callable[..., AbstractContextManager[dict[str, Any]]] = bench_source
    target: Callable[[], AbstractContextManager[dict[str, Any]]] = bench_target

    @property
    def fewer(self) -> Self:
        """The same with no more than ``FEWER`` rounds."""
        return replace(self, rounds=min(self.rounds, FEWER))


@dataclass(frozen=True, slots=True)
class Group:
    """A group of measurements: its name, its heading on the page, and what measures it."""

    name: str
    title: str
    about: str
    measure: Callable[[Context], Section]


def run(groups: Sequence[Group], context: Context, output: Path, order: Sequence[str]) -> bool:
    """Measure the groups and write the page after each; False if one failed or missed a bar.

    ``order`` are the names of all groups. Raises OSError at once if the page cannot be written.
    """
    results = opened(output)
    page.write(output, results, order)
    good = True
    for group in groups:
        context.log(f"{group.name}: {group.about}")
        busy, started = os.getloadavg()[0], time.monotonic()
        try:
            section = group.measure(context)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - told, and the others go on
            told = str(error) if isinstance(error, BenchError) else traceback.format_exc()
            context.log(f"{group.name} failed: {told}")
            results.failed(group.name, group.title, told)
            good = False
        else:
            seconds = time.monotonic() - started
            context.log(f"{group.name}: took {seconds:.0f} s; load before it: {busy:.1f}")
            results.keep(group.name, replace(section, when=_when(busy, context.rounds)))
            good = good and all(bar.met for bar in section.bars)
            context.log(section.body)
            context.log(page.bars_table(section.bars))
        page.write(output, results, order)
    return good


def opened(output: Path) -> Results:
    """Return the results of a page, which need not exist yet, nor its folders."""
    folder = output.parent / output.stem
    folder.mkdir(parents=True, exist_ok=True)
    return Results.at(folder / "results.json")


def _when(busy: float, rounds: int) -> str:
    """Say when and on what; a machine that was busy beforehand is said to be."""
    beside = f", **beside other work (load {busy:.1f})**" if busy > BUSY else ""
    of = f"medians of {rounds} rounds" if rounds > 1 else "one round"
    return f"{datetime.now(UTC):%Y-%m-%d}, {of}, {page.machine()}{beside}"


BUSY: Final = 4.0
"""A load average beyond what the benchmark itself leaves behind: a contender and two servers."""
