"""``script/bench``: runs the benchmark, prints the results and writes ``docs/benchmarks.md``."""

import argparse
import json
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import report
from bench.incremental import Incremental, measure_incremental
from bench.incremental_report import (
    incremental_bars,
    incremental_table,
    with_incremental_table,
)
from bench.measure import Compared, alternate, cold_starts, run_once
from bench.reader_impact import ReaderImpact, measure_readers
from bench.servers import bench_source, bench_target
from bench.verify import Verified, measure_verify, verify_bars, verify_table, with_verify_table
from bench.workload import Workload
from tableferry_sandbox.sample import BenchTable, bench_narrow, bench_wide
from tableferry_sandbox.sample.bench_every_type import bench_every_type

CONTENDERS = ("tableferry", "copy_limit", "drain", "plain", "quarantine", "auto")
IN_PROCESS = ("convert", "policies")
METHOD = """\
Made by `script/bench`. All contenders share one source and one target and take turns, in reverse
order every second round. Times are medians; ratios are medians of the ratios of each round. Each
contender runs in a process of its own, timed from after its imports and the loading of its driver's
library (Cold start shows what those take). The source is the sandbox replaying encoded rows from
memory, so it costs almost nothing; the target is PostgreSQL 18 with `fsync` on."""
PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the 9-column table")
    parser.add_argument(
        "--wide-rows", type=int, default=100_000, help="rows of the 40-column table"
    )
    parser.add_argument(
        "--every-type-rows", type=int, default=50_000, help="rows of the table with every type"
    )
    parser.add_argument(
        "--more-rows",
        type=int,
        default=5_000_000,
        help="rows of the larger table of the memory bar",
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--wide-rounds", type=int, default=12, help="more rounds, as half a second varies more"
    )
    parser.add_argument(
        "--plain-rounds", type=int, default=3, help="fewer rounds, as this takes most of the time"
    )
    parser.add_argument("--cold-rounds", type=int, default=9)
    parser.add_argument(
        "--idle-seconds", type=float, default=3.0, help="how long readers query without a load"
    )
    parser.add_argument("--readers", action="store_true", help="measure the impact on readers only")
    parser.add_argument(
        "--idle-tables", type=int, default=200, help="tables of a run in which nothing changed"
    )
    parser.add_argument("--incremental", action="store_true", help="measure incremental runs only")
    parser.add_argument(
        "--verify-rows",
        type=int,
        default=10_000_000,
        help="rows of the larger table that is verified",
    )
    parser.add_argument("--verify", action="store_true", help="measure verifications only")
    parser.add_argument("--cold", action="store_true", help="measure the cold start only")
    parser.add_argument("--output", type=Path, default=PAGE, help="the page to write")
    return parser.parse_args()


def log(line: str) -> None:
    """Print a line and flush it, so that a pipe shows progress too."""
    print(line, flush=True)


def compare(
    bench: BenchTable,
    target: dict[str, Any],
    options: argparse.Namespace,
    contenders: Sequence[str] = (*CONTENDERS, *IN_PROCESS),
    rounds: int | None = None,
) -> Compared:
    """Measure the contenders on one table."""
    log(f"{bench.table.name}: {bench.row_count:,} rows x {len(bench.table.columns)} columns")
    with bench_source(bench) as source, tempfile.TemporaryDirectory() as folder:
        work = Workload.of(bench, source, target, f"{folder}/ready.copy")
        for name in ("tableferry", "plain"):  # fills the replay cache, creates the target table
            if name in contenders:
                run_once(name, work)
        work.write_copy_file()
        series = alternate(contenders, work, rounds or options.rounds, log, options.plain_rounds)
        return Compared(series, Path(work.copy_file).stat().st_size)


def peak_at(bench: BenchTable, target: dict[str, Any]) -> float:
    """Return tableferry's peak memory for one table, in MB."""
    with bench_source(bench) as source:
        measured = run_once("tableferry", Workload.of(bench, source, target, ""))
    log(f"  {bench.row_count:,} rows: {measured['wall']:.2f} s, {measured['peak_mb']:.0f} MB")
    return measured["peak_mb"]


def readers(target: dict[str, Any], options: argparse.Namespace) -> ReaderImpact:
    """Measure the impact of each publishing strategy on readers."""
    rows, rounds, idle = options.rows, options.rounds, options.idle_seconds
    return measure_readers(bench_narrow(rows), target, rounds, log, idle)


def incremental(target: dict[str, Any], options: argparse.Namespace) -> Incremental:
    """Measure incremental runs."""
    return measure_incremental(target, options.rows, log, options.rounds, options.idle_tables)


def verified(target: dict[str, Any], options: argparse.Namespace) -> Verified:
    """Measure verifications."""
    sizes = (options.rows, options.wide_rows, options.verify_rows)
    return measure_verify(target, sizes, options.rounds, log)


def cold(target: dict[str, Any], options: argparse.Namespace) -> dict[str, float]:
    """Measure the deployment's cold start; returns seconds by step."""
    log("cold start")
    with bench_source(bench_narrow(1)) as source:
        settings = json.dumps({"source": source, "target": target})
        return cold_starts(settings, options.cold_rounds, log)


def main() -> None:
    """Measure what the command line asks for and write the page."""
    options = arguments()
    if options.readers:
        with bench_target() as target:
            found = readers(target, options)
        options.output.write_text(report.with_readers_table(options.output.read_text(), found))
        log(report.readers_table(found))
        log(report.bars_table(report.readers_bars(found)))
        if not all(bar.holds for bar in report.readers_bars(found)):
            raise SystemExit("A bar does not hold.")
        return
    if options.incremental:
        with bench_target() as target:
            runs = incremental(target, options)
        options.output.write_text(with_incremental_table(options.output.read_text(), runs))
        log(incremental_table(runs))
        log(report.bars_table(incremental_bars(runs)))
        if not all(bar.holds for bar in incremental_bars(runs)):
            raise SystemExit("A bar does not hold.")
        return
    if options.verify:
        with bench_target() as target:
            compared = verified(target, options)
        options.output.write_text(with_verify_table(options.output.read_text(), compared))
        log(verify_table(compared))
        log(report.bars_table(verify_bars(compared)))
        if not all(bar.holds for bar in verify_bars(compared)):
            raise SystemExit("A bar does not hold.")
        return
    if options.cold:
        with bench_target() as target:
            steps = cold(target, options)
        options.output.write_text(report.with_cold_table(options.output.read_text(), steps))
        log(report.cold_table(steps))
        if not report.cold_bar(steps).holds:
            raise SystemExit("A bar does not hold.")
        return
    measure_everything(options)


def measure_everything(options: argparse.Namespace) -> None:
    """Measure everything and write the whole page."""
    with bench_target() as target:
        narrow = compare(bench_narrow(options.rows), target, options)
        wide = compare(bench_wide(options.wide_rows), target, options, rounds=options.wide_rounds)
        limits = ("tableferry", "copy_limit", "drain", *IN_PROCESS)
        every = compare(bench_every_type(options.every_type_rows), target, options, limits)
        found = readers(target, options)
        # After all other loads: it leaves the target table with more rows.
        more = peak_at(bench_narrow(options.more_rows), target)
        steps = cold(target, options)
    with bench_target() as target:
        runs = incremental(target, options)
    with bench_target() as target:
        compared = verified(target, options)
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
        *incremental_bars(runs),
        *verify_bars(compared),
        report.cold_bar(steps),
    ]
    nine, forty = f"{options.rows:,} rows x 9 columns", f"{options.wide_rows:,} rows x 40 columns"
    all_types = f"{options.every_type_rows:,} rows x 40 columns, every type"
    page = "\n\n".join(
        [
            f"# Benchmarks\n\n{METHOD}",
            f"{datetime.now(UTC):%Y-%m-%d}, {report.machine()}.",
            report.table(nine, options.rows, narrow.series),
            report.table(forty, options.wide_rows, wide.series),
            report.table(all_types, options.every_type_rows, every.series),
            report.in_process_table({nine: narrow, forty: wide, all_types: every}),
            report.readers_table(found),
            incremental_table(runs),
            verify_table(compared),
            report.cold_table(steps),
            report.bars_table(bars),
        ]
    )
    options.output.write_text(page + "\n")
    log(page)
    if not all(bar.holds for bar in bars):
        raise SystemExit("A bar does not hold.")


if __name__ == "__main__":
    main()
