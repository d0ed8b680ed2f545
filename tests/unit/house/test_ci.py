"""``.ci/run`` runs every step, some side by side, and is red where any of them failed."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
USED = ("basename", "cat", "date", "dirname", "id", "mktemp", "rm", "sh", "tee")
"""The programs that .ci/run itself needs; apt-get is not among them."""
STEPS = ("setup", "lint", "tests", "chaos", "fuzz", "wheels", "docs", "examples")
SCRIPTS = {"tests": "test"}

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs ``.ci/run`` in a folder whose scripts only say their names; those named fail."""
    checkout, programs = tmp_path / "checkout", tmp_path / "bin"
    shutil.copytree(ROOT / ".ci", checkout / ".ci")
    (checkout / "script").mkdir()
    programs.mkdir()
    for name in USED:
        (programs / name).symlink_to(str(shutil.which(name)))

    def run(*failing: str) -> "subprocess.CompletedProcess[str]":
        for step in (*STEPS, "aarch64-python"):
            name = SCRIPTS.get(step, step)
            code = 3 if step in failing else 0
            script = checkout / "script" / name
            script.write_text(f"#!/bin/sh\necho output of {name} $*\nexit {code}\n")
            script.chmod(0o755)
        return subprocess.run(
            [checkout / ".ci" / "run"],
            env={"PATH": str(programs), "TMPDIR": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def told(output: str) -> dict[str, str]:
    """Return how each step ended, as the last lines tell."""
    lines = re.findall(r"^ +\d+ s  (\w+) +([\w-]+)$", output, re.MULTILINE)
    return {name: ending for ending, name in lines}


def test_every_step_is_run_and_told_with_its_time_and_its_output(run: Run) -> None:
    done = run("aarch64-python")
    assert done.returncode == 0, done.stdout + done.stderr
    assert told(done.stdout) == dict.fromkeys((*STEPS, "arm64"), "ok")
    for step in STEPS:
        assert f"output of {SCRIPTS.get(step, step)}" in done.stdout
    assert "not run here: the tests that need chromium" in done.stderr
    assert "not run here: the proof of the arm64 package" in done.stdout


@pytest.mark.parametrize("step", STEPS[1:])
def test_a_step_that_fails_makes_it_red_and_the_others_are_run(run: Run, step: str) -> None:
    done = run(step, "aarch64-python")
    assert done.returncode == 1, done.stdout + done.stderr
    assert told(done.stdout) == dict.fromkeys((*STEPS, "arm64"), "ok") | {step: "FAILED"}
    assert f"output of {SCRIPTS.get(step, step)}" in done.stdout


def test_a_package_for_arm64_that_fails_makes_it_red(run: Run) -> None:
    """Its emulated Python is there, and build.sh is not."""
    done = run()
    assert done.returncode == 1
    assert told(done.stdout)["arm64"] == "FAILED"


def test_where_setup_fails_nothing_else_is_run(run: Run) -> None:
    done = run("setup")
    assert done.returncode == 1
    assert told(done.stdout) == {"setup": "FAILED"}
    assert "output of lint" not in done.stdout


def test_nothing_is_left_behind(run: Run, tmp_path: Path) -> None:
    run("wheels", "aarch64-python")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "checkout"]
