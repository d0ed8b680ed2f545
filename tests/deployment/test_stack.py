"""The stack of deploy/template.yaml: created, with roles that may do what is needed and no more."""

import json
import re
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from tableferry.aws.step_request import Step
from tableferry.aws.vault import AwsVault
from tableferry.config import load_reporting, load_settings
from tests.support.stack import DEPLOY, NAME, Stack, create, translated

REGION = "eu-central-1"
ACCOUNT = "123456789012"
LATER = {
    "AWS::Scheduler::Schedule", "AWS::CloudWatch::Alarm", "AWS::Lambda::EventInvokeConfig",
}  # fmt: skip
"""What stands for CloudFormation passes these over."""
STATES = f"arn:aws:states:{REGION}:{ACCOUNT}"
USER = f"arn:aws:rds-db:{REGION}:{ACCOUNT}:dbuser:db-ABC/tableferry_writer"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
SOURCES = ("mctm", "voipdb", "erp")
CONNECTION = {"host": "db.example.com", "port": 1433, "username": "u", "password": "p"}


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """An account that has nothing but four secrets; the parameters that name them."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        client = boto3.client("secretsmanager")
        *sources, target = [
            client.create_secret(
                Name=name, SecretString=json.dumps({**CONNECTION, "dbname": name})
            )["ARN"]
            for name in (*SOURCES, "warehouse")
        ]
        yield {
            "SourceNames": ",".join(SOURCES),
            "SourceSecrets": ",".join(sources),
            "TargetSecret": target,
        }


def always(stack: Stack, secrets: dict[str, str]) -> set[tuple[str, str]]:
    """What the function's role may do in every stack."""
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{stack.resources['FailedEvents'].rsplit('/', 1)[-1]}"
    arns = [*secrets["SourceSecrets"].split(","), secrets["TargetSecret"]]
    log = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{stack.resources['SyncLog']}"
    return {
        *(("secretsmanager:GetSecretValue", arn) for arn in arns),
        ("logs:CreateLogStream", log),
        ("logs:PutLogEvents", log),
        ("sns:Publish", stack.resources["Alerts"]),
        ("sqs:SendMessage", queue),
    }


def function_of(stack: Stack) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{stack.resources['SyncFunction']}"


def test_a_stack_of_defaults_has_a_function_that_may_do_what_it_does_and_nothing_else(
    secrets: dict[str, str],
) -> None:
    stack = create(**secrets)
    invoke = ("lambda:InvokeFunction", function_of(stack))
    assert stack.may("SyncRole") == always(stack, secrets) | {invoke}
    queue = {one for one in always(stack, secrets) if one[0] == "sqs:SendMessage"}
    assert stack.may("ScheduleRole") == {invoke} | queue
    assert stack.may("FanOutRole") == {
        invoke,
        *(
            ("states:StartExecution", f"{STATES}:stateMachine:{NAME}-{machine}")
            for machine in ("fan-out", "verification")
        ),
        *(
            (action, f"{STATES}:execution:{NAME}-{machine}{which}")
            for action in ("states:DescribeExecution", "states:StopExecution")
            for machine in ("fan-out", "verification")
            for which in (":*", "/*")
        ),
    }
    assert stack.resources["FanOut"] == f"{STATES}:stateMachine:{NAME}-fan-out"
    assert stack.resources["Verification"] == f"{STATES}:stateMachine:{NAME}-verification"


def test_each_further_right_comes_with_what_needs_it(secrets: dict[str, str]) -> None:
    stack = create(
        **secrets,
        SecretsKey=KEY,
        TargetIamUser=USER,
        SubnetIds="subnet-1,subnet-2",
        SecurityGroupIds="sg-1",
        Tracing="Active",
        Continue="",
        AlertEmail="somebody@example.com",
    )
    network = {
        "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
    }  # fmt: skip
    assert stack.may("SyncRole") == always(stack, secrets) | {
        ("kms:Decrypt", KEY),
        ("rds-db:connect", USER),
        *((action, "*") for action in network),
        ("xray:PutTraceSegments", "*"),
        ("xray:PutTelemetryRecords", "*"),
    }, "and it does not invoke itself"


@pytest.mark.parametrize(
    ("uri", "action", "resource"),
    [
        ("s3://carried/prod/tables.toml", "s3:GetObject", "arn:aws:s3:::carried/prod/tables.toml"),
        (
            "ssm:/carried/tables",
            "ssm:GetParameter",
            "arn:aws:ssm:eu-central-1:123456789012:parameter/carried/tables",
        ),
    ],
)
def test_a_function_whose_tables_are_elsewhere_may_read_them_and_nothing_else(
    secrets: dict[str, str], uri: str, action: str, resource: str
) -> None:
    stack = create(**secrets, TablesUri=uri)
    invoke = ("lambda:InvokeFunction", function_of(stack))
    assert stack.may("SyncRole") == always(stack, secrets) | {invoke, (action, resource)}
    assert stack.environment["TABLES_URI"] == uri


@pytest.mark.parametrize(("user", "auth"), [("", "password"), (USER, "iam")])
def test_the_functions_variables_are_a_whole_configuration(
    secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch, user: str, auth: str
) -> None:
    stack = create(**secrets, TargetIamUser=user)
    for name, value in stack.environment.items():
        monkeypatch.setenv(name, value)
    settings = load_settings(SOURCES, None, AwsVault())
    assert {name: one.db for name, one in settings.sources.items()} == {
        name: name for name in SOURCES
    }
    assert (settings.target.db, settings.target.auth) == ("warehouse", auth)
    reporting = load_reporting()
    assert (reporting.alert_topic, reporting.continues) == (stack.resources["Alerts"], True)


def test_the_state_machines_are_told_the_function_wherever_they_invoke_one(
    secrets: dict[str, str],
) -> None:
    resources = translated(secrets)["Resources"]
    function = {"Fn::GetAtt": ["SyncFunction", "Arn"]}
    told = []
    for name, file in (("FanOut", "statemachine"), ("Verification", "verification")):
        machine = resources[name]["Properties"]
        assert machine["DefinitionSubstitutions"] == {"FunctionArn": function}
        definition = (DEPLOY / f"{file}.asl.json").read_text()
        told += re.findall(r'"FunctionName": "([^"]*)"', definition)
    assert (set(told), len(told)) == ({"${FunctionArn}"}, len(Step))


def test_what_is_passed_over_here_is_there_after_sams_translation(secrets: dict[str, str]) -> None:
    resources = translated(secrets)["Resources"]
    found = [one["Type"] for one in resources.values() if one["Type"] in LATER]
    assert (set(found), found.count("AWS::CloudWatch::Alarm")) == (LATER, 9)
    queue = {"Fn::GetAtt": ["FailedEvents", "Arn"]}
    assert resources["SyncFunction"]["Properties"]["DeadLetterConfig"] == {"TargetArn": queue}
    asked_again = resources["SyncFunctionEventInvokeConfig"]["Properties"]
    assert asked_again["FunctionName"] == {"Ref": "SyncFunction"}
