"""``script/bench``: measures, prints and writes ``docs/benchmarks.md``."""

import argparse
import json
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import report
from bench.measure import Compared, alternate, cold_starts, run_once
from bench.readers import Readers, measure_readers
from bench.servers import bench_source, bench_target
from bench.workload import Workload
from tableferry_sandbox.sample import BenchTable, bench_narrow, bench_wide
from tableferry_sandbox.sample.bench_every_type import bench_every_type

CONTENDERS = ("tableferry", "copy_limit", "drain", "plain", "quarantine")
PARTS = ("convert", "policies")
HOW = """\
Made by `script/bench`: one run, the same source and target for all, repetitions in turn, every
other round backwards; medians; ratios are taken round by round. Each contender is a process of
its own; its imports, and the loading of its driver's library, are over when its clock starts (see
Cold start for what they take). The source is the sandbox answering from memory, so it costs next
to nothing; the target is a PostgreSQL 18, `fsync` on."""
PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the 9-column table")
    parser.add_argument("--wide-rows", type=int, default=100_000, help="of the 40-column table")
    parser.add_argument("--every-type-rows", type=int, default=50_000, help="of all types")
    parser.add_argument("--more-rows", type=int, default=5_000_000, help="for the memory bar")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--wide-rounds", type=int, default=12, help="half a second is a shaky thing"
    )
    parser.add_argument("--plain-rounds", type=int, default=3, help="it takes most of the time")
    parser.add_argument("--cold-rounds", type=int, default=9)
    parser.add_argument("--idle-seconds", type=float, default=3.0, help="readers of a still table")
    parser.add_argument("--readers", action="store_true", help="measure what readers notice only")
    parser.add_argument("--cold", action="store_true", help="measure the cold start only")
    parser.add_argument("--output", type=Path, default=PAGE, help="the page to write")
    return parser.parse_args()


def tell(line: str) -> None:
    """Print at once, also into a pipe."""
    print(line, flush=True)


def compare(
    bench: BenchTable,
    target: dict[str, Any],
    options: argparse.Namespace,
    contenders: Sequence[str] = (*CONTENDERS, *PARTS),
    rounds: int | None = None,
) -> Compared:
    """Measure the contenders on one table."""
    tell(f"{bench.table.name}: {bench.row_count:,} rows x {len(bench.table.columns)} columns")
    with bench_source(bench) as source, tempfile.TemporaryDirectory() as folder:
        work = Workload.of(bench, source, target, f"{folder}/ready.copy")
        for name in ("tableferry", "plain"):  # fills the sandbox's memory, makes the table
            if name in contenders:
                run_once(name, work)
        work.keep_ready_made_bytes()
        series = alternate(contenders, work, rounds or options.rounds, tell, options.plain_rounds)
        return Compared(series, Path(work.copy_file).stat().st_size)


def peak_at(bench: BenchTable, target: dict[str, Any]) -> float:
    """Return tableferry's peak memory for one table, in MB."""
    with bench_source(bench) as source:
        measured = run_once("tableferry", Workload.of(bench, source, target, ""))
    tell(f"  {bench.row_count:,} rows: {measured['wall']:.2f} s, {measured['peak_mb']:.0f} MB")
    return measured["peak_mb"]


def readers(target: dict[str, Any], options: argparse.Namespace) -> Readers:
    """Measure what readers notice."""
    rows, rounds, idle = options.rows, options.rounds, options.idle_seconds
    return measure_readers(bench_narrow(rows), target, rounds, tell, idle)


def cold(target: dict[str, Any], options: argparse.Namespace) -> dict[str, float]:
    """Measure the deployment's cold start, in seconds by step."""
    tell("cold start")
    with bench_source(bench_narrow(1)) as source:
        settings = json.dumps({"source": source, "target": target})
        return cold_starts(settings, options.cold_rounds, tell)


def main() -> None:
    """Measure what was asked for and write the page."""
    options = arguments()
    if options.readers:
        with bench_target() as target:
            found = readers(target, options)
        options.output.write_text(report.with_readers_table(options.output.read_text(), found))
        tell(report.readers_table(found))
        tell(report.bars_table(report.readers_bars(found)))
        if not all(bar.holds for bar in report.readers_bars(found)):
            raise SystemExit("A bar does not hold.")
        return
    if options.cold:
        with bench_target() as target:
            steps = cold(target, options)
        options.output.write_text(report.with_cold_table(options.output.read_text(), steps))
        tell(report.cold_table(steps))
        if not report.cold_bar(steps).holds:
            raise SystemExit("A bar does not hold.")
        return
    everything(options)


def everything(options: argparse.Namespace) -> None:
    """Measure everything and write the page anew."""
    with bench_target() as target:
        narrow = compare(bench_narrow(options.rows), target, options)
        wide = compare(bench_wide(options.wide_rows), target, options, rounds=options.wide_rounds)
        limits = ("tableferry", "copy_limit", "drain", *PARTS)
        every = compare(bench_every_type(options.every_type_rows), target, options, limits)
        found = readers(target, options)
        more = peak_at(bench_narrow(options.more_rows), target)  # the last: it leaves more rows
        steps = cold(target, options)
    bars = [
        *report.speed_bars(f"{options.rows:,} x 9", narrow.series),
        *report.speed_bars(f"{options.wide_rows:,} x 40", wide.series),
        *report.policy_bars(f"{options.rows:,} x 9", narrow.series),
        *report.policy_bars(f"{options.wide_rows:,} x 40", wide.series),
        *report.every_type_bars(narrow, every),
        report.growth_bar(
            options.rows, max(narrow.series["tableferry"].peak_mb), options.more_rows, more
        ),
        *report.readers_bars(found),
        report.cold_bar(steps),
    ]
    nine, forty = f"{options.rows:,} rows x 9 columns", f"{options.wide_rows:,} rows x 40 columns"
    all_types = f"{options.every_type_rows:,} rows x 40 columns, every type"
    page = "\n\n".join(
        [
            f"# Benchmarks\n\n{HOW}",
            f"{datetime.now(UTC):%Y-%m-%d}, {report.machine()}.",
            report.table(nine, options.rows, narrow.series),
            report.table(forty, options.wide_rows, wide.series),
            report.table(all_types, options.every_type_rows, every.series),
            report.parts_table({nine: narrow, forty: wide, all_types: every}),
            report.readers_table(found),
            report.cold_table(steps),
            report.bars_table(bars),
        ]
    )
    options.output.write_text(page + "\n")
    tell(page)
    if not all(bar.holds for bar in bars):
        raise SystemExit("A bar does not hold.")


if __name__ == "__main__":
    main()
