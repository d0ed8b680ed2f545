"""Tests that need system packages: deselected where those are missing, and counted in one line."""

import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = """
from sandbox_support import system_packages
def pytest_configure(config):
    system_packages.register(config)
"""
TESTS = """
import pytest
@pytest.mark.needs_packages("freetds-bin")
def test_with_tsql(): pass
def test_with_python(): pass
"""
SUPPORT = Path(__file__).parents[3] / "packages" / "sandbox" / "tests"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """The only folder on PATH, in a folder with a suite of two tests."""
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_it.py").write_text(TESTS)
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def run_suite(programs: Path, *options: str) -> str:
    """Run the suite; the last two lines that it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options],
        cwd=programs.parent,
        env={"PATH": str(programs), "PYTHONPATH": str(SUPPORT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return "\n".join(done.stdout.splitlines()[-2:])


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["one process", "workers"])
def test_a_test_whose_package_is_missing_is_left_out_and_counted(
    programs: Path, options: tuple[str, ...]
) -> None:
    last = run_suite(programs, *options)
    assert (
        "not run here: 1 test needs freetds-bin (to run it: apt-get install freetds-bin)\n1 passed"
    ) in last


def test_a_test_whose_package_is_installed_runs(programs: Path) -> None:
    (programs / "tsql").touch(mode=0o755)
    last = run_suite(programs)
    assert "2 passed" in last
    assert "not run here" not in last


def test_a_test_that_was_asked_for_by_its_mark_fails_without_its_package(programs: Path) -> None:
    last = run_suite(programs, "-m", "needs_packages")
    assert "1 deselected, 1 error" in last
