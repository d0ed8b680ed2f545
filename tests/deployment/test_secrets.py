"""Secrets kept by AWS: read from a Secrets Manager and a Parameter Store on this machine (moto)."""

import json
import socket
import traceback
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import psycopg
import pytest
from moto import mock_aws

from tableferry import postgres, sqlserver
from tableferry.aws.vault import AwsVault
from tableferry.config import Settings, load_settings, parse_table_configs
from tableferry.errors import ConfigError, TransientError
from tableferry.runs.events import TableFinished
from tableferry.runs.run import sync_tables
from tests.deployment.conftest import Deployment
from tests.support.databases import PgDatabase
from tests.support.pam_postgres import PamPostgres
from tests.support.sandbox import PASSWORD, USER, Sandbox

REGION = "eu-central-1"
ROLE = "rotating"
FIRST, SECOND = "First-canary-1", "Second-canary-2"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty account."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        yield


def keep(name: str, value: object, region: str = REGION) -> str:
    """Keep a secret, a text or an object; returns its ARN."""
    text = value if isinstance(value, str) else json.dumps(value)
    client = boto3.client("secretsmanager", region_name=region)
    return str(client.create_secret(Name=name, SecretString=text)["ARN"])


def change(name: str, value: object) -> None:
    """Rotate a secret."""
    text = value if isinstance(value, str) else json.dumps(value)
    boto3.client("secretsmanager", region_name=REGION).put_secret_value(
        SecretId=name, SecretString=text
    )


Load = Callable[..., Settings]


@pytest.fixture
def load(
    aws: None, sandbox: Sandbox, pg_database: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> Load:
    """Load the settings of the sandbox's McTM and of an empty database, with changes."""

    def load(**changes: str) -> Settings:
        for name, value in (sandbox.environment | pg_database.environment | changes).items():
            monkeypatch.setenv(name, value)
        return load_settings(["mctm"], None, AwsVault())

    return load


def refusal(load: Load, **changes: str) -> str:
    """Return why settings are refused."""
    with pytest.raises(ConfigError) as raised:
        load(**changes)
    return raised.value.message


def test_a_password_may_be_a_secret_by_name_or_arn_or_one_key_of_it_or_a_parameter(
    load: Load,
) -> None:
    keep("plain", PASSWORD)
    arn = keep("object", {"password": PASSWORD, "other": "x"}, "us-west-2")
    boto3.client("ssm", region_name=REGION).put_parameter(
        Name="/tableferry/mctm", Value=PASSWORD, Type="SecureString"
    )
    for reference in (
        "secretsmanager:plain",
        f"secretsmanager:{arn}#password",
        "ssm:/tableferry/mctm",
    ):
        settings = load(SQL_SERVER_MCTM_PASSWORD=reference)
        with sqlserver.connect(settings.sources["mctm"]) as connection:
            assert connection.rows("SELECT 1 AS one", ["one"]) == [(1,)]


def test_a_whole_connection_may_be_a_secret_as_rds_keeps_it(
    load: Load, sandbox: Sandbox, pg_database: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep("mctm", {"engine": "sqlserver", "host": sandbox.host, "port": sandbox.port,
                  "username": USER, "password": PASSWORD, "dbname": "McTM"})  # fmt: skip
    arn = keep("pg", {"host": "overridden.example.com", "port": pg_database.port,
                      "username": pg_database.user, "password": pg_database.password,
                      "database": pg_database.name})  # fmt: skip
    load()
    for name in ("HOST", "PORT", "DB", "USER", "PASSWORD"):
        monkeypatch.delenv(f"SQL_SERVER_MCTM_{name}")
        monkeypatch.delenv(f"PG_{name}")
    monkeypatch.setenv("SQL_SERVER_MCTM_SECRET", "mctm")
    monkeypatch.setenv("PG_SECRET", f"secretsmanager:{arn}")
    monkeypatch.setenv("PG_HOST", pg_database.host)
    settings = load_settings(["mctm"], None, AwsVault())
    with (
        sqlserver.connect(settings.sources["mctm"]) as from_,
        postgres.connect(settings.target) as into,
    ):
        assert from_.rows("SELECT DB_NAME() AS name", ["name"]) == [("McTM",)]
        assert into.rows("SELECT current_database()") == [(pg_database.name,)]


@pytest.mark.parametrize(
    ("kept", "changes", "told"),
    [
        ("x", {"PG_PASSWORD": "secretsmanager:missing"},
         "PG_PASSWORD cannot be read: secretsmanager:missing: AWS says ResourceNotFoundException"),
        ("x", {"PG_PASSWORD": "ssm:missing"},
         "PG_PASSWORD cannot be read: ssm:missing: AWS says ParameterNotFound"),
        ({"password": "x"}, {"PG_PASSWORD": "secretsmanager:kept"}, "Name one of its keys"),
        ({"password": "x"}, {"PG_PASSWORD": "secretsmanager:kept#pw"}, "holds no 'pw'"),
        ("text", {"PG_PASSWORD": "secretsmanager:kept#password"}, "holds no 'password'"),
        ("x", {"PG_PASSWORD": "secretsmanager:"}, "names nothing"),
        ("text", {"PG_SECRET": "kept", "PG_USER": "", "PG_PASSWORD": ""}, "holds no connection"),
        ({"username": "x", "password": "y"}, {"PG_SECRET": "kept"},
         "PG_PASSWORD is set, and PG_SECRET as well"),
    ],
)  # fmt: skip
def test_a_secret_that_cannot_be_used_is_told_by_its_variable(
    load: Load, kept: object, changes: dict[str, str], told: str
) -> None:
    keep("kept", kept)
    assert told in refusal(load, **changes)


def test_every_problem_with_secrets_is_told_at_once(load: Load) -> None:
    message = refusal(
        load,
        SQL_SERVER_MCTM_PASSWORD="ssm:/missing",
        PG_PASSWORD="secretsmanager:missing",
        PG_PORT="x",
    )
    assert "SQL_SERVER_MCTM_PASSWORD cannot be read" in message
    assert "PG_PASSWORD cannot be read" in message


def test_without_credentials_it_is_said_what_boto3_looks_for(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    load()
    with mock_aws(config={"core": {"mock_credentials": False}}):
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        assert "NoCredentialsError" in refusal(load, PG_PASSWORD="secretsmanager:x")


def test_without_a_region_it_is_said_where_it_is_named(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert "NoRegionError. Set AWS_DEFAULT_REGION" in refusal(load, PG_PASSWORD="ssm:x")


@pytest.fixture
def role(pg_database: PgDatabase) -> Iterator[str]:
    """A role whose password is rotated; it may make tables."""
    pg_database.run(
        f"CREATE ROLE {ROLE} LOGIN PASSWORD '{FIRST}'",
        f"GRANT CREATE ON SCHEMA public TO {ROLE}",
        f"GRANT CREATE ON DATABASE {pg_database.name} TO {ROLE}",
    )
    yield ROLE
    pg_database.run(f"DROP OWNED BY {ROLE}", f"DROP ROLE {ROLE}")


def entries() -> dict[str, dict[str, Any]]:
    return {
        name: {"db_type": "mctm", "sql_server_db": "McTM", "sql_table": f"[McTM].[dbo].[{name}]",
               "pg_table": name, "columns": ["ID"], "pg_columns": ["id"], "primary_key": "ID"}
        for name in ("one", "two", "three")
    }  # fmt: skip


def test_a_password_that_is_rotated_while_a_run_goes_on_is_fetched_anew_once(
    load: Load, sandbox: Sandbox, pg_database: PgDatabase, role: str
) -> None:
    for name in entries():
        sandbox.run("McTM", f"CREATE TABLE {name} (ID int PRIMARY KEY)",
                    f"INSERT INTO {name} VALUES (1), (2)")  # fmt: skip
    keep("pg", {"username": role, "password": FIRST})
    settings = load(PG_USER="", PG_PASSWORD="", PG_SECRET="pg")
    ended: list[str] = []

    def rotate_after_the_first(event: Any) -> None:
        if not isinstance(event, TableFinished):
            return
        ended.append(event.table)
        if len(ended) == 1:
            pg_database.run(f"ALTER ROLE {role} PASSWORD '{SECOND}'")
            change("pg", {"username": role, "password": SECOND})

    run = sync_tables(
        list(parse_table_configs(entries()).values()),
        settings,
        on_event=rotate_after_the_first,
    )
    assert run.ok, run.to_dict()
    assert pg_database.rows("SELECT count(*) FROM three") == [(2,)]
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(pg_database.conninfo, user=role, password=FIRST)


def test_a_password_that_was_changed_here_and_not_in_its_secret_is_tried_once(
    load: Load, pg_database: PgDatabase, role: str
) -> None:
    keep("pg", FIRST)
    settings = load(PG_USER=role, PG_PASSWORD="secretsmanager:pg")
    pg_database.run(f"ALTER ROLE {role} PASSWORD '{SECOND}'")
    with pytest.raises(ConfigError) as raised:
        postgres.connect(settings.target)
    assert raised.value.code == "28P01"
    assert "that PG_PASSWORD names was fetched again, and is the same" in raised.value.hint
    change("pg", "Third-canary-3")
    with pytest.raises(ConfigError) as raised:
        postgres.connect(settings.target)
    assert "the newer one is refused too" in raised.value.hint
    assert "canary" not in "".join(traceback.format_exception(raised.value))
    change("pg", SECOND)
    with postgres.connect(settings.target) as connection:
        assert connection.rows("SELECT current_user::text") == [(role,)]


def test_a_source_whose_password_is_rotated_is_logged_in_to_again(
    load: Load, sandbox: Sandbox
) -> None:
    keep("mctm", "outdated")
    settings = load(SQL_SERVER_MCTM_PASSWORD="secretsmanager:mctm")
    change("mctm", PASSWORD)
    with sqlserver.connect(settings.sources["mctm"]) as connection:
        assert connection.rows("SELECT 1 AS one", ["one"]) == [(1,)]


def test_no_secret_is_shown_by_the_configuration(
    load: Load, deployment: Deployment, moto_server: str, sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    client = boto3.client("secretsmanager", region_name=REGION, endpoint_url=moto_server)
    client.create_secret(Name="pg", SecretString=json.dumps({"password": pg_database.password}))
    environment = sandbox.environment | pg_database.environment
    done = deployment.run(
        "config.py",
        env={
            **environment,
            "PG_PASSWORD": "secretsmanager:pg#password",
            "AWS_ENDPOINT_URL": moto_server,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
        },
    )
    assert done.returncode == 0, done.stderr
    assert "PG_PASSWORD=********" in done.stdout
    assert pg_database.password not in done.stdout + done.stderr


def test_an_aws_that_cannot_be_reached_is_told_with_what_a_vpc_needs(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    load()
    with pytest.raises(TransientError, match="EndpointConnectionError") as raised:
        load(PG_PASSWORD="secretsmanager:x")
    assert "PG_PASSWORD cannot be read" in raised.value.message
    assert "AWS cannot be reached" in raised.value.message
    assert "NAT gateway" in raised.value.message
    both = refusal(load, PG_PASSWORD="secretsmanager:x", SQL_SERVER_MCTM_PORT="x")
    assert "SQL_SERVER_MCTM_PORT is not valid" in both
    assert "PG_PASSWORD cannot be read" in both


def test_an_iam_token_is_made_for_each_connection_and_tried_once(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    load()
    with PamPostgres() as server:
        monkeypatch.delenv("PG_PASSWORD")
        for name, value in {"AUTH": "iam", "PORT": str(server.port), "USER": "iam_user"}.items():
            monkeypatch.setenv(f"PG_{name}", value)
        settings = load_settings([], None, AwsVault())
        for made in (1, 2):
            with pytest.raises(ConfigError) as raised:
                postgres.connect(settings.target)
            assert len(server.passwords) == made
    assert raised.value.code == "28000"
    assert "rds_iam" in raised.value.hint
    for token in server.passwords:
        asked = urlsplit(f"https://{token}")
        assert asked.netloc == f"127.0.0.1:{server.port}"
        facts = parse_qs(asked.query)
        assert (facts["Action"], facts["DBUser"]) == (["connect"], ["iam_user"])
        assert facts["X-Amz-Expires"] == ["900"]
        assert f"/{REGION}/rds-db/aws4_request" in facts["X-Amz-Credential"][0]
        assert token not in "".join(traceback.format_exception(raised.value))


def test_a_token_is_signed_for_the_region_in_the_hosts_name(aws: None) -> None:
    token = AwsVault().token("db.abc123.us-gov-west-1.rds.amazonaws.com", 5432, "u")
    assert "%2Fus-gov-west-1%2Frds-db%2F" in token


def test_a_token_is_not_sent_in_the_clear(load: Load) -> None:
    message = refusal(load, PG_AUTH="iam", PG_HOST="db.example.com", PG_SSLMODE="prefer")
    assert "PG_SSLMODE is not valid: PG_AUTH=iam needs TLS" in message
    message = refusal(
        load,
        SQL_SERVER_MCTM_AUTH="entra-default",
        SQL_SERVER_MCTM_HOST="sql.example.com",
        SQL_SERVER_MCTM_ENCRYPT="optional",
    )
    assert (
        "SQL_SERVER_MCTM_ENCRYPT is not valid: SQL_SERVER_MCTM_AUTH=entra-... needs encryption"
        in message
    )
