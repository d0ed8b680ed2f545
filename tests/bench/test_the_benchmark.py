"""The benchmark runs whole, on tables too small to say anything about speed."""

import contextlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench import __main__ as program
from bench import report
from bench.incremental import Incremental
from bench.measure import Series
from bench.reader_impact import STRATEGIES, ReaderImpact, ReaderStats
from bench.verify import Verified

ROOT = Path(__file__).parent.parent.parent


def test_a_small_run_measures_every_contender_and_writes_the_page(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    sizes = ["--rows=2000", "--wide-rows=300", "--every-type-rows=200", "--more-rows=3000"]
    sizes += [
        "--rounds=1",
        "--wide-rounds=1",
        "--plain-rounds=1",
        "--cold-rounds=1",
        "--idle-seconds=0.1",
        "--idle-tables=2",
        "--verify-rows=2500",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "bench", *sizes, f"--output={page}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert page.exists(), done.stdout + done.stderr
    written = page.read_text()
    for label, times in {"(a) **t": 3, "(b) p": 2, "(c) t": 3, "(d) t": 3, "(e) t": 2}.items():
        assert written.count(f"| {label}") == times, done.stdout + done.stderr
    assert written.count("policies / (a)") == 3
    assert "bytes/s of converting: 40 columns of every type / 9 columns" in written
    assert "peak memory of (a) at 3,000 rows" in written
    assert "the handler is ready" in written
    assert "| merge, 1 row in 10 changed |" in written
    assert "readers: longest query during a swap" in written
    assert "| incremental: 1,000 changes, end to end |" in written
    assert "| 2 tables in which nothing has changed |" in written
    assert "| verification: 3 damaged values of 2,500 rows | 3 found | 3 found | yes |" in written
    assert "| 3 rows are repaired and verified again, after a comparison |" in written
    # So small a run need not meet the bars, but its exit code must say whether it did.
    assert done.returncode == ("**no**" in written)


@pytest.fixture
def measure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[str, str, str]]:
    """Run the benchmark with one option; returns its output, the page before and after.

    The measurements are faked: the whole run is tested above.
    """
    steps = dict.fromkeys(report.COLD_STEPS, 0.1)
    series = {name: Series([0.2], [0.1], [80.0]) for name in STRATEGIES}
    stats = dict.fromkeys(("nothing", "swap", "merge, nothing changed"), ReaderStats(900, 0.001, 0))
    kinds = ("complete", "few", "command", "none", "many", "idle", "first of many")
    kinds += ("bigint keys", "uniqueidentifier keys")
    runs = Incremental(
        1000,
        200,
        {kind: Series([0.1], [0.1], [90.0]) for kind in kinds},
        19,
        {"none": [0.2]},
    )
    both = {"tableferry": Series([0.2], [0.1], [80.0]), "verify": Series([0.3], [0.2], [90.0])}
    more = {
        name: {"wall": wall, "peak_mb": 95.0}
        for name, wall in (("equal", 3.0), ("differs", 3.1), ("repair", 0.5))
    }
    verified = Verified(1000, 100, 9000, both, both, more, found=3, read=1.0002, repaired=3)
    monkeypatch.setattr(program, "verified", lambda *_: verified)
    monkeypatch.setattr(program, "incremental", lambda *_: runs)
    monkeypatch.setattr(program, "cold", lambda *_: steps)
    monkeypatch.setattr(program, "readers", lambda *_: ReaderImpact(series, stats))
    monkeypatch.setattr(program, "bench_target", contextlib.nullcontext)

    def measure(option: str) -> tuple[str, str, str]:
        page = tmp_path / "benchmarks.md"
        written = program.PAGE.read_text()
        page.write_text(written)
        monkeypatch.setattr(sys, "argv", ["bench", option, f"--output={page}"])
        program.main()
        return capsys.readouterr().out, written, page.read_text()

    return measure


def test_measuring_the_cold_start_alone_changes_nothing_else_on_the_page(
    measure: Callable[..., tuple[str, str, str]],
) -> None:
    printed, before, after = measure("--cold")
    assert "first connection to SQL Server" in printed
    assert after != before
    assert unmeasured(after) == unmeasured(before)


def test_measuring_readers_alone_changes_nothing_else_on_the_page(
    measure: Callable[..., tuple[str, str, str]],
) -> None:
    printed, before, after = measure("--readers")
    assert "| swap | 900 | 1.0 | 0 | 0.20 |" in printed
    assert after.count("## Readers") == 1
    assert after != before
    assert unmeasured(after, "Readers", "readers") == unmeasured(before, "Readers", "readers")


def test_measuring_incremental_runs_alone_changes_nothing_else_on_the_page(
    measure: Callable[..., tuple[str, str, str]],
) -> None:
    printed, before, after = measure("--incremental")
    assert "| incremental: statements of a run without changes | 19 | <= 20 | yes |" in printed
    assert (
        "| incremental: a run without changes, its own CPU time | 0.100 s | < 0.15 s | yes |"
        in printed
    )
    assert "| a run in which nothing has changed | 0.100 | 0.100 | 0.20 | 90 |" in printed
    assert after.count("## Incremental runs") == 1
    of = ("Incremental runs", "incremental")
    assert unmeasured(after, *of) == unmeasured(before, *of)


def test_measuring_verifications_alone_changes_nothing_else_on_the_page(
    measure: Callable[..., tuple[str, str, str]],
) -> None:
    printed, before, after = measure("--verify")
    shares = "| verification: rows/s / those of the load, 9 columns | 0.67 | >= 0.5 | yes |"
    assert shares in printed
    assert (
        "| verification: 3 rows repaired, beyond the comparison | 0.50 s | < 2 s | yes |" in after
    )
    assert after.count("## Verification") == 1
    of = ("Verification", "verification")
    assert unmeasured(after, *of) == unmeasured(before, *of)


def unmeasured(page: str, title: str = "Cold start", bar: str = "cold start") -> str:
    """Return the page without one section and its bars."""
    begin = page.find(f"## {title}")
    section = page[begin : page.index("## ", begin + 1)] if begin >= 0 else ""
    lines = page.replace(section, "").splitlines()
    return "\n".join(line for line in lines if not line.startswith(f"| {bar}"))
