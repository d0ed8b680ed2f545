"""TABLES_URI: the tables of a function that are kept in S3 or Parameter Store (moto)."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tableferry.aws.clients import Clients
from tableferry.aws.tables_uri import MOST_BYTES, DeployedTables
from tableferry.config import parse_table_set
from tableferry.errors import ConfigError
from tests.deployment.test_template import resources, statements, template
from tests.support.databases import PgDatabase
from tests.support.sandbox import Sandbox
from tests.support.specs import entry

__all__ = ["resources", "template"]

REGION = "eu-central-1"
URI = "s3://carried/prod/tables.toml"


def text(*keys: str, more: str = "") -> str:
    entries = (
        f'[tables.{key}]\ndb_type = "mctm"\nsql_server_db = "McTM"\nsql_table = "{key}"\n'
        for key in keys
    )
    return "".join(entries) + more


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An account with a bucket."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "TABLES_URI": URI,
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        boto3.client("s3").create_bucket(
            Bucket="carried", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        yield


def keep(content: str) -> None:
    boto3.client("s3").put_object(Bucket="carried", Key="prod/tables.toml", Body=content.encode())


@pytest.fixture
def tables() -> DeployedTables:
    return DeployedTables(lambda: parse_table_set({"own": entry()}))


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were parsed."""
    from tableferry.aws import tables_uri

    found: list[str] = []
    real = tables_uri.toml_table_set

    def parse(content: bytes, name: str) -> Any:
        found.append(name)
        return real(content, name)

    monkeypatch.setattr(tables_uri, "toml_table_set", parse)
    return found


def test_the_package_has_the_tables_where_no_uri_is_set(
    tables: DeployedTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TABLES_URI", "")
    assert tables.read().keys == ("own",)


def test_a_warm_function_parses_each_version_of_the_object_once(
    tables: DeployedTables, parsed: list[str]
) -> None:
    keep(text("a"))
    assert tables.read().keys == tables.read().keys == ("a",)
    assert parsed == [URI]
    keep(text("a", "b"))
    assert tables.read().keys == tables.read().keys == ("a", "b")
    assert parsed == [URI, URI]


def test_a_parameter_is_parsed_again_when_it_has_another_version(
    tables: DeployedTables, parsed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TABLES_URI", "ssm:/carried/tables")
    client = boto3.client("ssm")
    client.put_parameter(Name="/carried/tables", Value=text("a"), Type="String")
    assert tables.read().keys == tables.read().keys == ("a",)
    client.put_parameter(Name="/carried/tables", Value=text("b"), Type="String", Overwrite=True)
    assert tables.read().keys == ("b",)
    assert parsed == ["ssm:/carried/tables"] * 2


def test_another_uri_is_another_file(
    tables: DeployedTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(text("a"))
    tables.read()
    monkeypatch.setenv("TABLES_URI", "s3://carried/none.toml")
    with pytest.raises(ConfigError, match=r"s3://carried/none.toml: AWS says 404") as raised:
        tables.read()
    assert "the role needs s3:GetObject" in raised.value.hint


@pytest.mark.parametrize(
    "uri",
    [
        "s3://carried/tables.py",
        "s3://carried",
        "https://x/t.toml",
        "ssm:",
        "t.toml",
        "s3:///t.toml",
    ],
)
def test_what_is_no_table_file_is_refused_without_asking(
    uri: str, tables: DeployedTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TABLES_URI", uri)
    monkeypatch.setattr(Clients, "asking", None)
    with pytest.raises(ConfigError, match="TABLES_URI is not valid"):
        tables.read()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[tables.a\n", f"{URI} is not valid TOML"),
        (text("a", more="surprise = 1\n"), "a: unknown key 'surprise'"),
        ("#" * (MOST_BYTES + 1), "1,000,001 bytes: more than 1,000,000 are not read"),
    ],
)
def test_a_broken_file_is_refused_by_its_name(
    content: str, said: str, tables: DeployedTables
) -> None:
    keep(content)
    with pytest.raises(ConfigError) as raised:
        tables.read()
    assert said in raised.value.message
    assert raised.value.hint


def test_the_handler_takes_the_tables_from_there(
    handler: Callable[..., tuple[int, dict[str, Any]]],
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    keep(text("mine"))
    status, body = handler({"mode": "info"})
    assert (status, list(body["tables"])) == (200, ["mine"])
    status, body = handler({"mode": "info", "tables": ["customer"]})
    assert (status, body["error"]["message"]) == (400, "Unknown table: 'customer'")
    keep("broken")
    status, body = handler({"mode": "multi_sync"})
    assert status == 400
    assert f"{URI} is not valid TOML" in body["error"]["message"]


@pytest.fixture
def source(sample_sandbox: Sandbox) -> Iterator[Sandbox]:
    """The sample, with a table PatternA."""
    sample_sandbox.run("McTM", "CREATE TABLE dbo.PatternA (ID int NOT NULL PRIMARY KEY)")
    yield sample_sandbox
    sample_sandbox.run("McTM", *(f"DROP TABLE IF EXISTS dbo.Pattern{one}" for one in "AB"))


def test_patterns_are_matched_for_each_event_and_step(
    handler: Callable[..., tuple[int, dict[str, Any]]],
    load: Callable[[str], Any],
    source: Sandbox,
    pg_database: PgDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {**source.environment, **pg_database.environment}.items():
        monkeypatch.setenv(name, value)
    keep(text("all").replace('"all"', '"dbo.Pattern*"'))
    status, body = handler({"mode": "multi_sync"})
    assert (status, [one["table"] for one in body["tables"]]) == (200, ["pattern_a"])
    status, body = handler({"mode": "multi_sync", "tables": ["pattern_b"]})
    assert (status, body["error"]["message"]) == (400, "Unknown table: 'pattern_b'")
    source.run("McTM", "CREATE TABLE dbo.PatternB (ID int NOT NULL PRIMARY KEY)")
    step = load("lambda_function").lambda_handler
    planned = step({"mode": "fanout_plan", "input": {"tables": ["pattern_a", "pattern_b"]}}, None)
    assert [one["table"] for one in planned["tables"]] == ["pattern_a", "pattern_b"]
    whole = step(
        {"mode": "load_whole", "fanout_id": planned["fanout_id"], "table_name": "pattern_b"}, None
    )
    assert whole["status"] == "ok"
    assert pg_database.rows("SELECT count(*) FROM mctm_pattern_b") == [(0,)]


@pytest.mark.parametrize(
    ("sid", "action", "resource"),
    [
        ("ReadItsTables", "s3:GetObject", "arn:${AWS::Partition}:s3:::${Object}"),
        (
            "ReadItsTablesParameter",
            "ssm:GetParameter",
            "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/${Name}",
        ),
    ],
)
def test_the_function_may_read_that_file_and_no_other(
    resources: dict[str, Any], sid: str, action: str, resource: str
) -> None:
    (found,) = [one for one in statements(resources, "SyncRole") if one.get("Sid") == sid]
    assert found["Action"] == action
    assert found["Resource"]["Fn::Sub"][0] == resource
