"""Creates the stack of deploy/template.yaml with SAM's translator and moto's CloudFormation.

moto does not support schedules, alarms and event rules; the test of the template checks these, and
the dashboard, which refers to alarms.
"""

import ast
import io
import json
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from tests.support.lambda_runtime import ROOT

DEPLOY = ROOT / "deploy"
NAME = "tableferry"
BUCKET, KEY = "packages", "lambda_function_with_postgresql.zip"


@dataclass(frozen=True, slots=True)
class Stack:
    """A created stack: the physical ids of its resources by logical id."""

    resources: Mapping[str, str]

    def may(self, role: str) -> set[tuple[str, str]]:
        """Return every action that a role may do, with its resource."""
        iam = boto3.client("iam")
        name = self.resources[role]
        found = set()
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            if isinstance(document, str):  # moto keeps a role's inline policies as repr(dict)
                document = ast.literal_eval(document)
            for statement in filter(None, document["Statement"]):
                if statement["Effect"] == "Allow":
                    found |= {
                        (action, resource)
                        for action in listed(statement["Action"])
                        for resource in listed(statement["Resource"])
                    }
        return found

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables of the function."""
        client = boto3.client("lambda")
        found = client.get_function_configuration(FunctionName=self.resources["SyncFunction"])
        # CloudFormation makes texts of numbers, moto does not.
        return {name: str(text) for name, text in found["Environment"]["Variables"].items()}


def listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def translated(parameters: Mapping[str, str]) -> dict[str, Any]:
    """Return the template as SAM translates it after ``sam package`` has uploaded its files."""
    # Imported where they are used: every process of the tests would take three seconds for them.
    from cfnlint.decode import decode
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    template, problems = decode(str(DEPLOY / "template.yaml"))
    assert problems == []
    plain: dict[str, Any] = json.loads(json.dumps(template))
    resources = plain["Resources"]
    resources["SyncFunction"]["Properties"]["CodeUri"] = f"s3://{BUCKET}/{KEY}"
    for name in ("FanOut", "Verification"):
        machine = resources[name]["Properties"]
        machine["Definition"] = json.loads((DEPLOY / machine.pop("DefinitionUri")).read_text())
    made: dict[str, Any] = Translator({}, Parser()).translate(plain, dict(parameters))
    return made


def create(**parameters: str) -> Stack:
    """Create the stack in moto's account."""
    with io.BytesIO() as package:
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("lambda_function.py", "")
        region = boto3.session.Session().region_name
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": region})
        s3.put_object(Bucket=BUCKET, Key=KEY, Body=package.getvalue())
    client = boto3.client("cloudformation")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*not supported by moto", UserWarning)
        template = translated(parameters)
        del template["Resources"]["Dashboard"], template["Outputs"]["DashboardName"]
        client.create_stack(
            StackName=NAME,
            TemplateBody=json.dumps(template),
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[
                {"ParameterKey": name, "ParameterValue": value}
                for name, value in parameters.items()
            ],
        )
        found = client.list_stack_resources(StackName=NAME)["StackResourceSummaries"]
    assert {one["ResourceStatus"] for one in found} == {"CREATE_COMPLETE"}
    return Stack({one["LogicalResourceId"]: one.get("PhysicalResourceId", "") for one in found})
