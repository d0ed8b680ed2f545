"""What incremental runs cost: few changes, none, many, idle tables, and comparing all keys."""

import statistics
from dataclasses import dataclass, field
from typing import Final

from bench.incremental_runs import FEW, Changes, Runs
from bench.measure import Series
from bench.page import table
from bench.reconcile import measure_reconcile
from bench.results import Bar, Section, below
from bench.suite import Context
from bench.tables import made

TITLE: Final = "Incremental runs"

MANY: Final = 100_000
"""Changes before the run whose rows a second are compared with the complete load's."""

FEW_SECONDS: Final = 1.0
COMMAND_SECONDS: Final = 1.5
NONE_SECONDS: Final = 0.15
NONE_STATEMENTS: Final = 20
IDLE_SECONDS: Final = 0.5
KEYS_SECONDS: Final = 1.0
MANY_SHARE: Final = 0.5
MEMORY_MB: Final = 200.0

CHANGES: Final = FEW.written + FEW.deleted

_RATED: Final = frozenset({"many", "updates", "update", "merge_limit"})
"""The kinds whose changes a second are shown."""

_KINDS: Final = {
    "complete": "first load of the table, in one stream",
    "few": f"{CHANGES:,} changes: {FEW}",
    "command": "the same number of changes by `tableferry sync`, from start to end of the process",
    "none": "a run in which nothing has changed",
    "many": "{many:,} changes: {mix}",
    "updates": "{many:,} updates of rows that follow one another",
    "update": "limit: PostgreSQL's bare `UPDATE ... FROM` of as many rows, staged beforehand",
    "merge_limit": "limit: the same with the COPY into staging, `ANALYZE` and a comparison",
    "bigint keys": "all keys compared (`deletes: reconcile`): bigint",
    "uniqueidentifier keys": "all keys compared: uniqueidentifier, which the two sort differently",
    "idle": "{tables} tables in which nothing has changed",
}


@dataclass(frozen=True, slots=True)
class Incremental:
    """The measurements by kind of run, and how much there was.

    ``many`` rows were changed before the runs of that kind, and updated before those of the kind
    ``updates``. ``stand_in`` is the CPU time, in seconds, that the sandbox spent on each run of a
    kind.
    """

    rows: int
    many: int
    tables: int
    series: dict[str, Series]
    statements: int
    stand_in: dict[str, list[float]] = field(default_factory=dict)

    def wall(self, kind: str) -> float:
        """Return the median of one kind of run, in seconds."""
        return self.series[kind].median_wall

    def own(self, kind: str) -> float:
        """Return the median CPU time of the process itself, without the servers, in seconds."""
        return self.series[kind].median_cpu

    def stand_in_cpu(self, kind: str) -> float | None:
        """Return the median CPU time of the sandbox, in seconds, None where it is not measured."""
        spent = self.stand_in.get(kind)
        return statistics.median(spent) if spent else None

    @property
    def peak_mb(self) -> float:
        """The highest peak memory of all runs."""
        return max(max(one.peak_mb) for one in self.series.values())

    def changes_a_second(self, kind: str) -> float:
        """Return the rows a second of as many changes as ``many``, by tableferry or a limit."""
        return self.many / self.wall(kind)

    def against_complete(self, kind: str) -> float:
        """Return the changes a second of a kind, by the rows a second of the complete load."""
        return self.changes_a_second(kind) / (self.rows / self.wall("complete"))


def measure(context: Context) -> Section:
    """Measure everything on a table of so many rows, and on so many idle tables."""
    return section(measure_incremental(context))


def measure_incremental(context: Context) -> Incremental:
    """Measure everything; every change is made before the run that has to find it."""
    rows, rounds, tables = context.sizes.rows, context.fewer.rounds, context.sizes.tables
    many = min(MANY, rows // 10)
    series: dict[str, Series] = {}
    with (
        context.target() as target,
        context.source(made("Narrow", rows), replays=False) as source,
    ):
        run = Runs(source, target, rows, series, context.log)
        run.source("ALTER DATABASE Bench SET ALLOW_SNAPSHOT_ISOLATION ON")
        run.source("ALTER DATABASE Bench SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS)")
        run.source("ALTER TABLE dbo.Narrow ENABLE CHANGE_TRACKING")
        # A load at the very version at which tracking began would be repeated by the next run.
        run.source("UPDATE dbo.Narrow SET Quantity = Quantity + 1 WHERE ID = 1")
        run.measure("complete", rows)
        # Many changes first, on rows that no others have touched.
        mix = Changes.of(many)
        for _ in range(rounds):
            run.change(mix)
            run.measure("many", mix.written)
        for number in range(rounds):
            first, last = run.spread + many * number, run.spread + many * (number + 1)
            run.source(
                f"UPDATE dbo.Narrow SET Quantity = Quantity + 1 WHERE ID > {first} AND ID <= {last}"
            )
            run.measure("updates", many)
            run.limits(first, last)
        for _ in range(rounds):
            run.change(FEW)
            run.measure("few", FEW.written)
        for _ in range(rounds):
            run.measure("none", 0)
        statements = run.statements()
        for _ in range(rounds):
            run.change(FEW)
            run.command()
        run.many_tables(tables)
        for _ in range(rounds):
            run.measure_work("idle", run.idle(tables))
    for key, measured in measure_reconcile(context).items():
        series[f"{key} keys"] = measured
    return Incremental(rows, many, tables, series, statements, run.stand_in)


def section(runs: Incremental) -> Section:
    """Return the section of the measurements."""
    lines = []
    for kind, label in _KINDS.items():
        peak, spent = max(runs.series[kind].peak_mb), runs.stand_in_cpu(kind)
        is_limit = kind in {"update", "merge_limit"}
        rate = runs.changes_a_second(kind) if kind in _RATED else 0.0
        if kind == "complete":
            rate = runs.rows / runs.wall(kind)
        lines.append(
            [
                label.format(tables=runs.tables, many=runs.many, mix=Changes.of(runs.many)),
                f"{runs.wall(kind):.3f}",
                f"{rate:,.0f}" if rate else "",
                "" if is_limit else f"{runs.own(kind):.3f}",
                "" if spent is None or is_limit else f"{spent:.2f}",
                f"{peak:.0f}" if peak else "",
            ]
        )
    text = (
        f"A table of {runs.rows:,} rows and 9 columns in `mode: change_tracking`, from the\n"
        "sandbox without its replay cache; medians. The sandbox's CPU time, on the same cores, is\n"
        "not a run's own: a SQL Server has a machine of its own. What is left waits for the two\n"
        "servers."
    )
    head = (*("run", "wall, s", "rows/s", "client CPU, s", "sandbox CPU, s", "peak memory, MB"),)
    return Section(
        TITLE, f"{text}\n\n{table(head, lines)}\n\n{_of_limits(runs)}", tuple(bars(runs))
    )


def _of_limits(runs: Incremental) -> str:
    """Say what share of the load's rate changes reach, and PostgreSQL itself with updates."""
    shares = {
        kind: runs.against_complete(kind) for kind in ("many", "updates", "update", "merge_limit")
    }
    return (
        f"Changes of all kinds are carried at {shares['many']:.2f} of the rate of the first load. "
        "An UPDATE in\nplace writes the row, its index entries and the log of both: PostgreSQL's "
        f"bare UPDATE changes\n{runs.changes_a_second('update'):,.0f} rows a second, "
        f"{shares['update']:.2f} of that rate, and {shares['merge_limit']:.2f} with what any merge "
        f"must do;\ntableferry, which reads the changes as well, {shares['updates']:.2f} "
        "([decision 53](decisions/0053-changes-a-second.md))."
    )


def bars(runs: Incremental) -> list[Bar]:
    """Return the bars."""
    label = "incremental: "
    found = [
        below(label + name, measured, limit, "s", 3)
        for name, measured, limit in (
            (f"{CHANGES:,} changes, end to end", runs.wall("few"), FEW_SECONDS),
            (f"{CHANGES:,} changes, the whole command", runs.wall("command"), COMMAND_SECONDS),
            ("a run without changes, its own CPU time", runs.own("none"), NONE_SECONDS),
            (f"{runs.tables} idle tables", runs.wall("idle"), IDLE_SECONDS),
            (
                f"all bigint keys of {runs.rows:,} rows compared",
                runs.wall("bigint keys"),
                KEYS_SECONDS,
            ),
        )
    ]
    share = runs.against_complete("many")
    return [
        *found,
        Bar(
            f"{label}statements of a run without changes",
            f"{runs.statements}",
            f"<= {NONE_STATEMENTS}",
            runs.statements <= NONE_STATEMENTS,
        ),
        Bar(
            f"{label}rows/s of {runs.many:,} changes / of the first load",
            f"{share:.2f}",
            f">= {MANY_SHARE:g}",
            share >= MANY_SHARE,
        ),
        below(f"{label}peak memory", runs.peak_mb, MEMORY_MB, "MB"),
    ]
