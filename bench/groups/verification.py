"""What a verification costs: against the load, in memory, and where rows differ.

The source is the sandbox replaying encoded rows from memory, as for the loads; each verification is
the work of a process of its own. Rows are damaged in the target by hand.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from bench.measure import Series, alternate, run_once
from bench.page import table
from bench.results import Bar, Section
from bench.suite import Context
from bench.tables import made
from bench.target import target_connection
from bench.workload import ANY, Workload
from tableferry_sandbox.sample import BenchTable

TITLE: Final = "Verification"

LOAD_SHARE: Final = 0.5
"""Rows a second of a verification, of those of the load with `publish: truncate`."""

READ_SHARE: Final = 1.01
"""Rows that may be read for each row of both sides: once, and the rows that differ once more."""

MEMORY_MB: Final = 200.0
REPAIR_SECONDS: Final = 2.0
DAMAGED: Final = 3


@dataclass(frozen=True, slots=True)
class Verified:
    """The measurements of tables of 9 and 40 columns, and of a larger one of 9.

    ``found`` rows of the larger one were found to differ, ``read`` says how many rows were read for
    each row of both sides, ``repaired`` how many were made equal.
    """

    rows: int
    wide_rows: int
    more_rows: int
    narrow: dict[str, Series]
    wide: dict[str, Series]
    more: dict[str, dict[str, float]]
    found: int
    read: float
    repaired: int

    @property
    def repair_seconds(self) -> float:
        """How long it took to repair them and to look again, after the comparison."""
        return self.more["repair"]["wall"]


def measure_verify(context: Context, target: dict[str, Any]) -> Verified:
    """Measure everything."""
    sizes, log = context.sizes, context.log
    rows, wide_rows, more_rows = sizes.rows, sizes.wide_rows, sizes.verify_rows
    narrow = _against_load(made("Narrow", rows), target, context)
    wide = _against_load(made("Wide", wide_rows), target, context)
    log(f"  {more_rows:,} rows x 9 columns, {DAMAGED} of them damaged")
    with context.source(made("Narrow", more_rows)) as source:
        work = Workload.of(made("Narrow", more_rows), source, target)
        run_once("truncate", work)
        more = {"equal": run_once("verify", work)}
        _damage(work, more_rows)
        any_rows = replace(work, rows=ANY)
        more["differs"] = run_once("verify", any_rows)
        read = run_once("rows_read", any_rows)["rows"] / (2 * more_rows)
        more["repair"] = run_once("repair", any_rows)
        for name, measured in more.items():
            log(f"  {name:<12} {measured['wall']:8.2f} s {measured['peak_mb']:6.0f} MB")
        found, repaired = more_rows - more["differs"]["rows"], more["repair"]["rows"]
        run_once("verify", work)  # raises SystemExit unless all rows are equal now
    return Verified(rows, wide_rows, more_rows, narrow, wide, more, int(found), read, int(repaired))


def _against_load(bench: BenchTable, target: dict[str, Any], context: Context) -> dict[str, Series]:
    context.log(f"  {bench.row_count:,} rows x {len(bench.table.columns)} columns")
    with context.source(bench) as source:
        work = Workload.of(bench, source, target)
        run_once("truncate", work)
        return alternate(("truncate", "verify"), work, context.fewer.rounds, context.log)


def _damage(work: Workload, rows: int) -> None:
    """Flip one value in the first row, one in the middle and one in the last."""
    table = work.spec.target.sql
    with target_connection(work.target) as connection:
        for key, damage in (
            (1, "is_open = NOT is_open"),
            (rows // 2, "amount = coalesce(amount, 0) + 0.0001"),
            (rows, "code = code || ' '"),
        ):
            connection.execute(f"UPDATE {table} SET {damage} WHERE id = {key}".encode())


def measure(context: Context) -> Section:
    """Measure verifications of a table of 9 and one of 40 columns, and of a larger one of 9."""
    with context.target() as target:
        return section(measure_verify(context, target))


def section(found: Verified) -> Section:
    """Return the section of the measurements."""
    lines = []
    for label, rows, series in (
        (f"{found.rows:,} rows x 9 columns", found.rows, found.narrow),
        (f"{found.wide_rows:,} rows x 40 columns", found.wide_rows, found.wide),
    ):
        load, verification = (series[name].median_wall for name in ("truncate", "verify"))
        peak = f"{max(series['verify'].peak_mb):.0f}"
        share = f"{_share(series):.2f}"
        lines.append([label, f"{rows / load:,.0f}", f"{rows / verification:,.0f}", share, peak])
    labels = {
        "equal": "all rows are equal",
        "differs": f"{found.found} rows differ, and are read again by their keys",
        "repair": f"{found.repaired} rows are repaired and verified again, after a comparison",
    }
    more = [
        [label, f"{found.more[name]['wall']:.2f}", f"{found.more[name]['peak_mb']:.0f}"]
        for name, label in labels.items()
    ]
    head = (*("", "load, rows/s", "verification, rows/s", "of the load's", "peak memory, MB"),)
    body = [
        (
            "Every value of every row is compared; medians. The load is that with\n"
            "`publish: truncate`, in turns with the verification."
        ),
        table(head, lines),
        f"The table of 9 columns with {found.more_rows:,} rows, of which {DAMAGED} were damaged:",
        table(("", "wall, s", "peak memory, MB"), more),
    ]
    return Section(TITLE, "\n\n".join(body), tuple(verify_bars(found)))


def verify_bars(found: Verified) -> list[Bar]:
    """Return the bars."""
    peak = max(*found.narrow["verify"].peak_mb, *found.wide["verify"].peak_mb)
    more = max(measured["peak_mb"] for measured in found.more.values())
    return [
        *(
            Bar(
                f"verification: rows/s / those of the load, {columns} columns",
                f"{_share(series):.2f}",
                f">= {LOAD_SHARE:g}",
                _share(series) >= LOAD_SHARE,
            )
            for columns, series in ((9, found.narrow), (40, found.wide))
        ),
        *(
            Bar(
                f"verification: peak memory at {rows:,} rows",
                f"{megabytes:.0f} MB",
                f"< {MEMORY_MB:g} MB",
                megabytes < MEMORY_MB,
            )
            for rows, megabytes in ((found.rows, peak), (found.more_rows, more))
        ),
        Bar(
            f"verification: {DAMAGED} damaged values of {found.more_rows:,} rows",
            f"{found.found} found",
            f"{DAMAGED} found",
            found.found == DAMAGED,
        ),
        Bar(
            "verification: rows read / rows of both sides, where rows differ",
            f"{found.read:.4f}",
            f"<= {READ_SHARE:g}",
            found.read <= READ_SHARE,
        ),
        Bar(
            f"verification: {found.repaired} rows repaired, beyond the comparison",
            f"{found.repair_seconds:.2f} s",
            f"< {REPAIR_SECONDS:g} s",
            found.repaired == DAMAGED and found.repair_seconds < REPAIR_SECONDS,
        ),
    ]


def _share(series: dict[str, Series]) -> float:
    """Return the rows a second of the verification by those of the load."""
    return series["truncate"].median_wall / series["verify"].median_wall
