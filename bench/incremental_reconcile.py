"""How long it takes to compare the keys of both sides (``deletes: reconcile``), in a process each.

``python -m bench.incremental_reconcile [ROWS [ROUNDS]]`` measures and prints; with the argument
``once`` it reads a workload from stdin, compares once and prints the measurement, both as JSON.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from bench.contenders import measure
from bench.measure import Series, run_once
from bench.servers import bench_source, bench_target
from bench.target import target_connection
from bench.workload import Workload
from tableferry_sandbox.sample import bench_narrow

KEYS: Final = {"bigint": "ID", "uniqueidentifier": "TraceGuid"}
"""A key that both databases sort alike, and one that is joined in PostgreSQL."""

GONE: Final = 1_000
"""One row in so many is only in the target: few, as usual, but enough to be deleted."""


def compare(work: Workload) -> Callable[[], int]:
    """Return what compares the keys once, with the connections that it takes, and counts them."""
    from tableferry import postgres, sqlserver
    from tableferry.runs.make_plan import make_plan
    from tableferry.transfer.readers import no_check
    from tableferry.transfer.reconcile import Reconciliation

    source = work.settings.sources["bench"]
    with (
        sqlserver.connect(source) as from_,
        postgres.connect(work.settings.target) as into,
    ):
        plan = replace(make_plan(work.spec, from_, into), at_one_moment=True)

    def run() -> int:
        staging = postgres.Staging()
        with postgres.connect(work.settings.target) as into:
            found = Reconciliation(
                plan, staging, lambda: sqlserver.connect(source), into, no_check
            ).run()
            postgres.drop_staging(into, staging.name)
        if found.deleted != work.rows // GONE:
            raise SystemExit(f"{found.deleted} keys were found, not {work.rows // GONE}")
        return found.compared

    return run


def measure_reconcile(
    rows: int = 1_000_000, rounds: int = 5, log: Callable[[str], None] = print
) -> dict[str, Series]:
    """Compare the keys of a table of so many rows, by each key of ``KEYS`` in turn."""
    bench = bench_narrow(rows)
    series = {name: Series() for name in KEYS}
    with bench_source(bench) as source, bench_target() as target:
        work = Workload.of(bench, source, target, "")
        run_once("auto", work)
        _prepare(target, work)
        for round_ in range(rounds):
            for name in reversed(KEYS) if round_ % 2 else KEYS:
                measured = _compare_once(replace(work, config=_keyed(work, KEYS[name])))
                series[name].wall.append(measured["wall"])
                series[name].cpu.append(measured["cpu"])
                series[name].peak_mb.append(measured["peak_mb"])
                log(
                    f"  round {round_ + 1}  {name:<17} {measured['wall']:6.2f} s "
                    f"{measured['peak_mb']:5.0f} MB"
                )
    return series


def _keyed(work: Workload, key: str) -> dict[str, Any]:
    changes = {"primary_key": key, "order_by": key, "publish": "merge"}
    return {**work.config, **changes}


def _prepare(target: dict[str, Any], work: Workload) -> None:
    """Add rows that the source does not have, with keys beyond its own."""
    table, columns = work.spec.target.sql, [name for _, name in work.spec.columns]
    key, guid = columns[0], dict(work.spec.columns)["TraceGuid"]
    others = [name for name in columns if name not in {key, guid}]
    into, same = ", ".join([key, guid, *others]), ", ".join(others)
    with target_connection(target) as connection:
        connection.autocommit = True
        connection.execute(
            f"INSERT INTO {table} ({into}) SELECT -{key} - 1, gen_random_uuid(), {same} "
            f"FROM {table} ORDER BY {key} LIMIT {work.rows // GONE}"
        )
        connection.execute(f"VACUUM ANALYZE {table}")


def _compare_once(work: Workload) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.incremental_reconcile", "once"],
        input=work.to_json(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"comparing the keys failed:\n{done.stdout}{done.stderr}")
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def main() -> None:
    """Measure, or compare once."""
    if sys.argv[1:] == ["once"]:
        print(json.dumps(measure(compare(Workload.from_json(sys.stdin.read())))))
        return
    for name, one in measure_reconcile(*map(int, sys.argv[1:])).items():
        print(f"{name}: {one.median_wall:.2f} s, CPU {one.median_cpu:.2f} s, "
              f"{max(one.peak_mb):.0f} MB")  # fmt: skip


if __name__ == "__main__":
    main()
