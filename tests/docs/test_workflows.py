"""The workflows and the containers agree with what the documents and the probes say."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from live.__main__ import arguments
from live.probe import YEARS
from live.servers import PASSWORD, PG_PASSWORD

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PAGE = (ROOT / "docs" / "live.md").read_text()


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def steps(workflow: Any) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_only_read_and_runs_what_is_there(path: Path) -> None:
    workflow = loaded(path)
    assert workflow["permissions"] == {"contents": "read"}
    commands = [step["run"].split()[0] for step in steps(workflow) if "run" in step]
    assert [one for one in commands if one != "cat" and not (ROOT / one).is_file()] == []
    assert all(job["timeout-minutes"] <= 120 for job in workflow["jobs"].values())


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_expressions_name_what_there_is(path: Path) -> None:
    """The schema that script/lint compares a workflow with does not look into them."""
    for job in loaded(path)["jobs"].values():
        known = {f"matrix.{key}" for key in job["strategy"]["matrix"]} | {"!cancelled()"}
        assert set(re.findall(r"\$\{\{ *(.*?) *\}\}", yaml.safe_dump(job))) <= known


def test_the_schemas_find_a_wrong_key(tmp_path: Path) -> None:
    """What script/lint runs, on a copy with a mistake in it."""
    lines = (ROOT / "script" / "lint").read_text().splitlines()
    [command] = [line for line in lines if "github-workflows" in line]
    program, *options = command.partition(" .github")[0].split()
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(WORKFLOWS[0].read_text().replace("runs-on:", "run-on:"))
    found = [
        subprocess.run([ROOT / program, *options, one], check=False).returncode
        for one in (WORKFLOWS[0], wrong)
    ]
    assert found == [0, 1]


def test_the_suite_of_a_change_is_the_one_of_every_machine() -> None:
    assert [step["run"] for step in steps(loaded(WORKFLOWS[0])) if "run" in step] == [".ci/run"]


def test_live_runs_take_each_version_that_has_a_container() -> None:
    (job,) = loaded(ROOT / ".github" / "workflows" / "live.yml")["jobs"].values()
    matrix = job["strategy"]["matrix"]
    assert matrix["mssql"] == [str(year) for year in YEARS if year > 2016]
    assert f"SQL Server {', '.join(matrix['mssql'][:-1])} and {matrix['mssql'][-1]}" in PAGE
    assert f"PostgreSQL {matrix['postgres'][0]} to {matrix['postgres'][-1]}" in PAGE
    assert {PASSWORD, PG_PASSWORD} == set(job["env"])


def test_each_command_of_the_page_and_of_the_workflow_is_understood() -> None:
    texts = [PAGE, (ROOT / ".github" / "workflows" / "live.yml").read_text()]
    found = [
        line.partition("#")[0].split()
        for text in texts
        for line in re.findall(r"(?<=script/live )(?:\d|HOST).*", text)
    ]
    assert len(found) >= 3
    for words in found:
        assert arguments([word.strip("`*") for word in words]).server


def test_the_page_names_every_option_that_changes_what_is_run() -> None:
    named = set(re.findall(r"`(--[a-z-]+)", PAGE))
    known = {"--postgres", "--yes", "--probes-only", "--area", "--compare", "--wait", "--output"}
    assert known <= named
    assert "--ca-file" in named
