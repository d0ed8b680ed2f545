"""docs/lambda.md: the way from nothing to a schedule is one that template and function take."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tableferry.config.secret_references import CONNECTION_KEYS
from tableferry.frontend.request import Operation, parse_event

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "lambda.md").read_text()
BLOCKS = re.findall(r"^```(?:json)?\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
COMMANDS = [
    shlex.split(line, comments=True)
    for block in BLOCKS
    for line in block.replace("\\\n", "").splitlines()
]


@pytest.fixture(scope="module")
def parameters() -> dict[str, Any]:
    """The parameters of the template, by name."""
    from cfnlint.decode import decode

    template, problems = decode(str(ROOT / "deploy" / "template.yaml"))
    assert problems == []
    assert template is not None
    found: dict[str, Any] = template["Parameters"]
    return found


def test_the_command_that_deploys_gives_every_parameter_without_a_default_and_no_unknown_one(
    parameters: dict[str, Any],
) -> None:
    (deploy,) = [command for command in COMMANDS if command[:2] == ["sam", "deploy"]]
    given = dict(one.split("=", 1) for one in deploy[deploy.index("--parameter-overrides") + 1 :])
    assert {name for name, one in parameters.items() if "Default" not in one} <= set(given)
    assert set(given) <= set(parameters)
    assert given["SourceNames"].count(",") == given["SourceSecrets"].count(",")
    assert given["ScheduleState"] in parameters["ScheduleState"]["AllowedValues"]
    assert re.search(parameters["TablesUri"]["AllowedPattern"], given["TablesUri"])
    (upload,) = [command for command in COMMANDS if command[:3] == ["aws", "s3", "cp"]]
    assert upload[-1] == given["TablesUri"]


def test_every_parameter_that_the_page_names_is_one(parameters: dict[str, Any]) -> None:
    named = set(re.findall(r"parameter `(\w+)|`([A-Z]\w+)=[^`]", PAGE))
    names = {one for pair in named for one in pair if one and one != one.upper()}
    assert {"ScheduleExpression", "TablesUri", "MaxAge", "ScheduleState"} <= names
    assert names <= set(parameters)


def test_each_event_of_the_page_is_one_that_the_function_takes() -> None:
    payloads = [
        command[command.index("--payload") + 1] for command in COMMANDS if "invoke" in command
    ]
    modes = [parse_event(json.loads(text), ["customer"]).mode for text in payloads]
    assert modes == [
        Operation.MULTI_TEST, Operation.DOCTOR, Operation.MULTI_SYNC, Operation.VERIFY,
    ]  # fmt: skip


def test_the_secret_of_the_page_is_a_whole_connection() -> None:
    (secret,) = [json.loads(block) for block in BLOCKS if block.startswith("{")]
    fields = {CONNECTION_KEYS[key] for key in secret}
    assert fields == {"host", "port", "user", "password", "db"}
