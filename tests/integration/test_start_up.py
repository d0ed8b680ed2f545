"""What a command loads before it does its work: no driver, and no library of a driver's size.

Looks at ``sys.modules`` of a process of its own, not at a clock.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tableferry_sandbox.sample import table_configs

HEAVY = {
    "mssql_python", "pyarrow", "numpy", "pgpq", "psycopg", "boto3", "botocore", "dask",
    "distributed", "duckdb", "aws_lambda_powertools", "cronsim",
}  # fmt: skip

ENGINE = {"tableferry.sqlserver", "tableferry.postgres", "tableferry.runs.run"}
"""Modules of ours that load the above: named here so that a failure says which import to move."""

DEPLOYMENT = Path(__file__).parents[2] / "lambda_deployment_postgresql_updated"

LOADED = """
import atexit, json, os, sys
def tell():
    with open(os.environ["LOADED"], "w") as file:
        json.dump(sorted(sys.modules), file)
atexit.register(tell)
"""

COMMAND = "from tableferry.__main__ import main; main()"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "table_configs.py").write_text(f"TABLE_CONFIGS = {table_configs()!r}\n")
    return tmp_path


def loaded_by(
    program: str, *arguments: str, folder: Path, code: int = 0, **variables: str
) -> tuple[set[str], str]:
    """Run a program; return the names of the modules that it has loaded, and its stdout."""
    found = folder / "loaded.json"
    done = subprocess.run(
        [sys.executable, "-c", LOADED + program, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "LOADED": str(found), **variables},
    )
    assert done.returncode == code, done.stdout + done.stderr
    return set(json.loads(found.read_text())), done.stdout


@pytest.mark.parametrize(
    "module",
    [
        "tableferry",
        "tableferry.cli",
        "tableferry.config",
        "tableferry.errors",
        "tableferry.frontend.command",
        "tableferry.frontend.execute",
        "tableferry.frontend.request",
        "tableferry.planning.plan",
        "tableferry.runs.outcome",
        "tableferry.runs.run_options",
    ],
)
def test_importing_loads_no_driver(module: str, tmp_path: Path) -> None:
    loaded, _ = loaded_by(f"import {module}", folder=tmp_path)
    assert module in loaded
    assert loaded & (HEAVY | ENGINE) == set()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--help"], 0, "Commands"),
        (["--version"], 0, "tableferry 0."),
        (["sync", "--help"], 0, "--publish-together"),
        (["watch", "--help"], 0, "--every"),
        (["watch"], 2, ""),
        (["demo", "--help"], 0, "--scale"),
        (["info"], 0, "mctm_customer"),
        (["info", "--json"], 0, '"mctm_customer"'),
        (["sync", "--nonsense"], 2, ""),
        (["sync", "--config=missing.py"], 2, ""),
        (["sync"], 2, ""),
        (["carry"], 2, ""),
        ([], 2, "Commands"),
    ],
    ids=str,
)
def test_a_command_that_moves_no_row_loads_no_driver(
    arguments: list[str], code: int, said: str, folder: Path
) -> None:
    loaded, out = loaded_by(COMMAND, *arguments, folder=folder, code=code)
    assert said in out
    assert loaded & (HEAVY | ENGINE) == set()


def test_ctrl_c_while_the_command_is_loaded_prints_no_traceback(folder: Path) -> None:
    program = """
import importlib.abc, os, signal, sys
class Interrupt(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "tableferry.cli.entry":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
from tableferry.__main__ import main
main()
"""
    command = [sys.executable, "-c", program, "info"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-2, "", "")


def test_ctrl_c_while_python_shuts_down_prints_no_traceback(folder: Path) -> None:
    program = f"""
import atexit, os, signal
atexit.register(os.kill, os.getpid(), signal.SIGINT)
{COMMAND}
"""
    command = [sys.executable, "-c", program, "info", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    assert (done.returncode, done.stderr) == (-2, "")
    assert "Usage: tableferry info" in done.stdout


def test_help_and_version_load_no_configuration(folder: Path) -> None:
    for argument in ("--help", "--version"):
        loaded, _ = loaded_by(COMMAND, argument, folder=folder)
        assert loaded & {"pydantic", "tableferry.config", "tenacity"} == set()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_the_commands_and_loads_no_driver(shell: str, folder: Path) -> None:
    words = {"COMP_WORDS": "tableferry s", "COMP_CWORD": "1"}
    asked = {"_TYPER_COMPLETE_ARGS": "tableferry s", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    program = f"import sys; sys.argv[0] = 'tableferry'; {COMMAND}"
    variables = {"_TABLEFERRY_COMPLETE": f"complete_{shell}", **words, **asked}
    loaded, out = loaded_by(program, folder=folder, **variables)
    assert "sync" in out
    assert "sandbox" in out
    assert loaded & (HEAVY | ENGINE) == set()


def test_completion_can_be_shown_and_loads_no_driver(folder: Path) -> None:
    program = f"import sys; sys.argv[0] = 'tableferry'; {COMMAND}"
    shown = ("--show-completion", "bash")
    detected = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    loaded, out = loaded_by(program, *shown, folder=folder, **detected)
    assert "_TABLEFERRY_COMPLETE" in out
    assert loaded & (HEAVY | ENGINE) == set()


@pytest.mark.parametrize("event", [{"mode": "info"}, {"mode": "bogus"}, {"mode": "load_chunk"}])
def test_an_event_that_moves_no_row_loads_no_driver(event: dict[str, str], tmp_path: Path) -> None:
    program = (
        f"sys.path.insert(0, {str(DEPLOYMENT)!r})\n"
        "import lambda_function\n"
        f"try: print(lambda_function.lambda_handler({event!r}, None)['statusCode'])\n"
        "except Exception as error: print(type(error).__name__)"
    )
    loaded, out = loaded_by(program, folder=tmp_path)
    expected = {"info": "200", "bogus": "400", "load_chunk": "ConfigError"}[event["mode"]]
    assert out.splitlines()[-1] == expected
    assert loaded & (HEAVY | ENGINE | {"rich", "typer"}) == set()


@pytest.mark.parametrize("arguments", [["info"], ["info", "--json"], ["bogus"], ["--help"]])
def test_a_script_of_the_deployment_that_moves_no_row_loads_no_driver(
    arguments: list[str], tmp_path: Path
) -> None:
    program = (
        f"import runpy; sys.path.insert(0, {str(DEPLOYMENT)!r})\n"
        "runpy.run_module('lambda_function', run_name='__main__')"
    )
    code = 2 if arguments == ["bogus"] else 0
    loaded, _ = loaded_by(program, *arguments, folder=tmp_path, code=code)
    assert loaded & (HEAVY | ENGINE) == set()
