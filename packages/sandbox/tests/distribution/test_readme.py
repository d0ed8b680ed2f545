"""The README of the distribution: every block of code in it is run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox_support.plugin_run import outcomes_of, run_pytest
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.testing import sql_server

README = (Path(__file__).parents[2] / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
PROGRAMS = [code for kind, code in BLOCKS if kind == "python" and not code.startswith("# test_")]
TESTS = [code for kind, code in BLOCKS if kind == "python" and code.startswith("# test_")]
REFUSED = [line for kind, code in BLOCKS if kind == "sql" for line in code.splitlines()]


def test_every_block_of_code_is_of_a_kind_that_is_run():
    assert README.count("```") == 2 * len(BLOCKS)
    assert len(PROGRAMS) + len(TESTS) + sum(kind == "sql" for kind, _ in BLOCKS) == len(BLOCKS)


@pytest.mark.parametrize("code", PROGRAMS)
def test_a_program_of_the_readme_runs(code: str, tmp_path: Path):
    program = tmp_path / "program.py"
    program.write_text(code)
    run = subprocess.run(
        [sys.executable, program], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert run.returncode == 0, run.stderr


@pytest.fixture(scope="module")
def tests_run(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """One run of all test files, as they would be in one project."""
    folder = tmp_path_factory.mktemp("tests")
    for code in TESTS:
        (folder / code.split()[1]).write_text(code)
    return run_pytest(folder)


@pytest.mark.parametrize("code", TESTS, ids=lambda code: code.split()[1])
def test_a_test_file_of_the_readme_passes(code: str, tests_run: subprocess.CompletedProcess[str]):
    outcomes = outcomes_of(code.split()[1], tests_run)
    assert outcomes == ["PASSED"] * code.count("def test_"), tests_run.stdout


@pytest.mark.parametrize("statement", REFUSED)
def test_a_statement_that_the_readme_calls_refused_is_refused(statement: str):
    with sql_server("Shop") as server:
        server.run("Shop", "CREATE TABLE T (ID int)", "CREATE TABLE U (ID int)")
        with pytest.raises(SqlError, match="The sandbox does not support") as refusal:
            server.run("Shop", statement)
    assert refusal.value.number == 50000
