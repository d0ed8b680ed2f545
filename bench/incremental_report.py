"""The section of ``docs/benchmarks.md`` on incremental runs, with its bars."""

from typing import Final

from bench.incremental import FEW, MANY, Incremental
from bench.report import Bar, with_section

TITLE: Final = "## Incremental runs"

FEW_SECONDS: Final = 1.0
COMMAND_SECONDS: Final = 1.5
NONE_SECONDS: Final = 0.15
NONE_STATEMENTS: Final = 20
IDLE_SECONDS: Final = 0.5
KEYS_SECONDS: Final = 1.0
MANY_SHARE: Final = 0.5
MEMORY_MB: Final = 200.0

_KINDS: Final = {
    "complete": "first load of the table, in one stream",
    "few": f"{sum(FEW):,} changes: {FEW[0]} updates, {FEW[1]} inserts, {FEW[2]} deletes",
    "command": "the same number of changes by `tableferry sync`, from start to end of the process",
    "none": "a run in which nothing has changed",
    "many": f"{MANY:,} updates",
    "bigint keys": "all keys compared (`deletes: reconcile`): bigint",
    "uniqueidentifier keys": "all keys compared: uniqueidentifier, which the two sort differently",
    "idle": "{tables} tables in which nothing has changed",
}


def incremental_table(runs: Incremental) -> str:
    """Return the section of the measurements."""
    lines = [
        TITLE,
        "",
        f"A table of {runs.rows:,} rows and 9 columns in `mode: change_tracking`, from the sandbox",
        "without its replay cache; medians. The sandbox's CPU time, on the same cores, is not a",
        "run's own: a SQL Server has a machine of its own. What is left waits for the two servers.",
        "",
        "| run | wall, s | client CPU, s | sandbox CPU, s | peak memory, MB |",
        "|---|---:|---:|---:|---:|",
    ]
    for kind, label in _KINDS.items():
        peak = max(runs.series[kind].peak_mb)
        shown = f"{peak:.0f}" if peak else ""
        spent = runs.stand_in_cpu(kind)
        sandbox = "" if spent is None else f"{spent:.2f}"
        lines.append(
            f"| {label.format(tables=runs.tables)} | {runs.wall(kind):.3f} "
            f"| {runs.own(kind):.3f} | {sandbox} | {shown} |"
        )
    return "\n".join(lines)


def incremental_bars(runs: Incremental) -> list[Bar]:
    """Return the bars."""
    bars = [
        _at_most(label, measured, limit)
        for label, measured, limit in (
            (f"{sum(FEW):,} changes, end to end", runs.wall("few"), FEW_SECONDS),
            (f"{sum(FEW):,} changes, the whole command", runs.wall("command"), COMMAND_SECONDS),
            ("a run without changes, its own CPU time", runs.own("none"), NONE_SECONDS),
            (f"{runs.tables} idle tables", runs.wall("idle"), IDLE_SECONDS),
            (
                f"all bigint keys of {runs.rows:,} rows compared",
                runs.wall("bigint keys"),
                KEYS_SECONDS,
            ),
        )
    ]
    share = runs.many_against_complete
    return [
        *bars,
        Bar(
            "incremental: statements of a run without changes",
            f"{runs.statements}",
            f"<= {NONE_STATEMENTS}",
            runs.statements <= NONE_STATEMENTS,
        ),
        Bar(
            f"incremental: rows/s of {MANY:,} changes / of the first load",
            f"{share:.2f}",
            f">= {MANY_SHARE:g}",
            share >= MANY_SHARE,
        ),
        Bar(
            "incremental: peak memory",
            f"{runs.peak_mb:.0f} MB",
            f"< {MEMORY_MB:g} MB",
            runs.peak_mb < MEMORY_MB,
        ),
    ]


def with_incremental_table(page: str, runs: Incremental) -> str:
    """Return the page with this section and its bars replaced, and nothing else changed."""
    return with_section(page, TITLE, incremental_table(runs), "incremental", incremental_bars(runs))


def _at_most(label: str, seconds: float, limit: float) -> Bar:
    return Bar(f"incremental: {label}", f"{seconds:.3f} s", f"< {limit:g} s", seconds < limit)
