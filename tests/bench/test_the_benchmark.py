"""The benchmark runs whole, on tables too small to say anything about speed."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_a_small_run_measures_every_contender_and_writes_the_page(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    sizes = ["--rows=2000", "--wide-rows=300", "--every-type-rows=200", "--more-rows=3000"]
    sizes += ["--rounds=1", "--plain-rounds=1", "--cold-rounds=1", "--idle-seconds=0.1"]
    done = subprocess.run(
        [sys.executable, "-m", "bench", *sizes, f"--output={page}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert page.exists(), done.stdout + done.stderr
    written = page.read_text()
    for told, times in {"(a) **t": 3, "(b) p": 2, "(c) t": 3, "(d) t": 3, "(e) t": 2}.items():
        assert written.count(f"| {told}") == times, done.stdout + done.stderr
    assert written.count("policies / (a)") == 3
    assert "bytes/s of converting: 40 columns of every type / 9 columns" in written
    assert "peak memory of (a) at 3,000 rows" in written
    assert "the handler is ready" in written
    assert "| merge, 1 row in 10 changed |" in written
    assert "readers: longest query during a swap" in written
    # Whether the bars hold is not asked of so small a run; that it says so is.
    assert done.returncode == ("**no**" in written)


def test_the_cold_start_alone_changes_nothing_else_of_the_page(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    written = (ROOT / "docs" / "benchmarks.md").read_text()
    page.write_text(written)
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--cold", "--cold-rounds=1", f"--output={page}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "first connection to SQL Server" in done.stdout, done.stderr
    assert unmeasured(page.read_text()) == unmeasured(written)


def test_what_readers_notice_alone_changes_nothing_else_of_the_page(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    written = (ROOT / "docs" / "benchmarks.md").read_text()
    page.write_text(written)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "bench",
            "--readers",
            "--rows=2000",
            "--rounds=1",
            "--idle-seconds=0.1",
            f"--output={page}",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "| swap |" in done.stdout, done.stderr
    after = page.read_text()
    assert after.count("## Readers") == 1
    assert unmeasured(after, "Readers", "readers") == unmeasured(written, "Readers", "readers")


def unmeasured(page: str, title: str = "Cold start", bar: str = "cold start") -> str:
    """The page without what one part has measured."""
    begin = page.find(f"## {title}")
    section = page[begin : page.index("## ", begin + 1)] if begin >= 0 else ""
    lines = page.replace(section, "").splitlines()
    return "\n".join(line for line in lines if not line.startswith(f"| {bar}"))
