"""The Lambda package: what is in it, and that it is the same each time."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.deployment.conftest import FOLDER, REPO

LAMBDA_LIMIT = 250 * 1024 * 1024
"""Bytes, unpacked (AWS: Lambda quotas, deployment package size)."""


def build(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run build.sh with this Python as ``python3``."""
    programs = cwd / "bin"
    programs.mkdir(exist_ok=True)
    # A script, not a link: a link would lead past the virtual environment to a Python without pip.
    (programs / "python3").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (programs / "python3").chmod(0o755)
    return subprocess.run(
        [str(REPO / FOLDER / "build.sh"), *arguments],
        cwd=cwd,
        env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The package for Lambda's default Python, and what the build said."""
    folder = tmp_path_factory.mktemp("build")
    done = build("--output", "package.zip", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "package.zip", done.stdout


def test_the_package_holds_the_deployment_at_its_root_the_engine_and_lambdas_wheels(
    built: tuple[Path, str],
) -> None:
    with zipfile.ZipFile(built[0]) as archive:
        names = set(archive.namelist())
        wheels = [
            archive.read(name).decode() for name in names if name.endswith(".dist-info/WHEEL")
        ]
    assert {path.name for path in (REPO / FOLDER).glob("*.py")} <= names
    assert "tableferry/sync/run.py" in names
    assert any(name.endswith("mssqlodbc.so") for name in names)
    tags = [line for wheel in wheels for line in wheel.splitlines() if line.startswith("Tag: ")]
    assert any("x86_64" in tag for tag in tags)
    assert not any(other in tag for tag in tags for other in ("aarch64", "cp311-cp311", "macos"))


def test_the_package_leaves_out_what_lambda_never_loads(built: tuple[Path, str]) -> None:
    with zipfile.ZipFile(built[0]) as archive:
        names = archive.namelist()
        size = sum(entry.file_size for entry in archive.infolist())
    for part in ("/sandbox/", "__pycache__", "/tests/", "/.", "libarrow_flight", "rich/", "typer/"):
        assert not [name for name in names if part in f"/{name}"], part
    assert ".env" not in names
    assert size < 0.85 * LAMBDA_LIMIT


def test_the_package_has_sorted_names_and_one_timestamp(built: tuple[Path, str]) -> None:
    with zipfile.ZipFile(built[0]) as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert {entry.date_time for entry in entries} == {(2020, 1, 1, 0, 0, 0)}


def test_the_build_says_sizes_and_how_the_package_was_checked(built: tuple[Path, str]) -> None:
    said = built[1]
    assert "MB zipped" in said
    assert "MB unpacked" in said
    assert "imported and called by Python 3.13" in said or "every wheel fits the platform" in said


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--python", "3.11"], "no Python 3.11 for this"),
        (["--python"], "no Python"),
        (["--arch", "sparc"], "unknown architecture: sparc"),
        (["--fast"], "unknown argument: --fast"),
    ],
)
def test_wrong_use_of_the_build_ends_with_2_a_reason_and_a_hint(
    arguments: list[str], reason: str, tmp_path: Path
) -> None:
    done = build(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert reason in done.stderr
    assert "hint:" in done.stderr
    assert not list(tmp_path.glob("*.zip"))
