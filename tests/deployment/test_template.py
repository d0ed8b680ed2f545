"""deploy/template.yaml: valid, with least privilege, and about the function that there is."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tableferry.aws.invocation import MARGIN_SECONDS
from tableferry.aws.metrics import NAMESPACE
from tableferry.frontend.request import Operation, parse_event
from tests.deployment.conftest import FOLDER, REPO

TEMPLATE = REPO / "deploy" / "template.yaml"


def lint(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "--include-checks", "I", "--", path],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    from cfnlint.decode import decode  # heavy: only the process that runs these tests needs it

    found, problems = decode(str(TEMPLATE))
    assert problems == []
    assert found is not None
    return found


@pytest.fixture(scope="module")
def resources(template: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"]
    return found


def statements(resources: dict[str, Any], role: str) -> list[dict[str, Any]]:
    """The statements of a role's policies, those under a condition too."""
    (policy,) = resources[role]["Properties"]["Policies"]
    found = policy["PolicyDocument"]["Statement"]
    return [one["Fn::If"][1] if "Fn::If" in one else one for one in found]


def test_cfn_lint_finds_nothing() -> None:
    done = lint(TEMPLATE)
    assert done.returncode == 0, done.stdout


def test_cfn_lint_would_find_a_mistake(tmp_path: Path) -> None:
    broken = tmp_path / "template.yaml"
    broken.write_text(TEMPLATE.read_text().replace("Timeout: !Ref Timeout", "Timeout: soon"))
    assert lint(broken).returncode != 0


def test_every_variable_that_is_set_is_one_that_is_read(resources: dict[str, Any]) -> None:
    variables = resources["SyncFunction"]["Properties"]["Environment"]["Variables"]
    known = re.findall(r"^#?([A-Z0-9_]+)=", (REPO / ".env.example").read_text(), re.MULTILINE)
    assert set(variables) <= set(known)


def test_the_function_is_the_package_that_build_sh_makes(resources: dict[str, Any]) -> None:
    properties = resources["SyncFunction"]["Properties"]
    build = (REPO / FOLDER / "build.sh").read_text()
    zip_ = (TEMPLATE.parent / properties["CodeUri"]).resolve()
    assert zip_.parent == (REPO / FOLDER).resolve()
    assert f"output=$here/{zip_.name}" in build
    assert f"python_version={properties['Runtime'].removeprefix('python')}" in build
    module, _, function = properties["Handler"].partition(".")
    assert f"def {function}(" in (REPO / FOLDER / f"{module}.py").read_text()


@pytest.mark.parametrize("role", ["SyncRole", "ScheduleRole", "FanOutRole"])
def test_no_right_is_wider_than_it_has_to_be(role: str, resources: dict[str, Any]) -> None:
    for statement in statements(resources, role):
        if statement["Effect"] == "Deny":
            continue
        actions = statement["Action"]
        assert "*" not in "".join([actions] if isinstance(actions, str) else actions)
        if statement["Resource"] == "*":
            assert statement["Sid"] in {"Trace", "JoinTheVpc"}


def test_each_secret_that_is_named_may_be_read_and_no_other(resources: dict[str, Any]) -> None:
    variables = resources["SyncFunction"]["Properties"]["Environment"]["Variables"]
    named = {name: value for name, value in variables.items() if "_SECRET" in name}
    sources = {"Ref": "SourceSecrets"}
    target = {"Ref": "TargetSecret"}
    assert named == {"SQL_SERVER_SECRETS": {"Fn::Join": [",", sources]}, "PG_SECRET": target}
    read = [
        one["Resource"]
        for one in statements(resources, "SyncRole")
        if one["Action"] == "secretsmanager:GetSecretValue"
    ]
    assert read == [sources, target]


@pytest.mark.parametrize("machine", ["FanOut", "Verification"])
def test_the_state_machine_is_handed_the_function(machine: str, resources: dict[str, Any]) -> None:
    properties = resources[machine]["Properties"]
    definition = (TEMPLATE.parent / properties["DefinitionUri"]).read_text()
    wanted = set(re.findall(r"\$\{(\w+)\}", definition))
    assert set(properties["DefinitionSubstitutions"]) == wanted


def test_alarms_look_at_metrics_that_there_are(resources: dict[str, Any]) -> None:
    written = (REPO / "src" / "tableferry" / "aws" / "metrics.py").read_text()
    alarms = [r["Properties"] for r in resources.values() if r["Type"] == "AWS::CloudWatch::Alarm"]
    ours = [alarm for alarm in alarms if alarm["Namespace"] == NAMESPACE]
    assert len(ours) == 5
    for alarm in ours:
        assert f'"{alarm["MetricName"]}"' in written
        assert [dimension["Name"] for dimension in alarm["Dimensions"]] == ["service"]
    assert all(alarm["AlarmActions"] == [{"Ref": "Alerts"}] for alarm in alarms)


def test_a_run_has_time_left_when_it_stops(template: dict[str, Any]) -> None:
    assert template["Parameters"]["Timeout"]["MinValue"] > 2 * MARGIN_SECONDS


def test_the_dashboard_shows_every_alarm_and_metrics_that_there_are(
    resources: dict[str, Any],
) -> None:
    written = (REPO / "src" / "tableferry" / "aws" / "metrics.py").read_text()
    text, arns = resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    alarms = {name for name, one in resources.items() if one["Type"] == "AWS::CloudWatch::Alarm"}
    assert {arn["Fn::GetAtt"][0] for arn in arns.values()} == alarms
    body = json.loads(re.sub(r"\$\{[\w:]+\}", "1", text))
    asked = [widget["properties"] for widget in body["widgets"]]
    assert len(asked[0]["alarms"]) == len(alarms)
    shown = {part for one in asked for line in one.get("metrics", ()) for part in line[1:2]}
    ours = {name for name in shown if isinstance(name, str)} - {"Duration", "Errors"}
    searched = set(re.findall(r'MetricName=\\"(\w+)', text))
    assert searched == {"Age", "RowsWritten"}
    assert [name for name in ours | searched if f'"{name}"' not in written] == []


@pytest.mark.parametrize(
    ("schedule", "mode"), [("Hourly", Operation.MULTI_SYNC), ("Measured", Operation.STATUS)]
)
def test_a_schedule_sends_an_event_that_the_function_takes(
    schedule: str, mode: Operation, resources: dict[str, Any]
) -> None:
    event = json.loads(resources[schedule]["Properties"]["Target"]["Input"])
    assert parse_event(event, ["customer"]).mode is mode
