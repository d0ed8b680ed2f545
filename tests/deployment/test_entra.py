"""Logging in to SQL Server by Microsoft Entra: a token from an identity endpoint, over the wire."""

import json
from collections.abc import Iterator

import pytest

from tableferry.config import Login, SourceSettings
from tableferry.sqlserver.driver_connection import connection_string
from tests.deployment.conftest import Deployment
from tests.support.databases import PgDatabase
from tests.support.identity_endpoint import RESOURCE, IdentityEndpoint
from tests.support.sandbox import SAMPLE_DATABASES, Sandbox

TOKEN = "eyJ0eXAi.canary-token.c2ln"
IDENTITY = "tableferry-identity"


@pytest.fixture
def environment(sample_sandbox: Sandbox, pg_database: PgDatabase) -> dict[str, str]:
    """The sources without users and passwords: who logs in is Entra's to say."""
    sample_sandbox.engine.add_login(IDENTITY, "nobody knows it")
    sample_sandbox.engine.add_token(TOKEN, IDENTITY)
    variables = {**sample_sandbox.environment, **pg_database.environment}
    for name in SAMPLE_DATABASES:
        prefix = f"SQL_SERVER_{name.upper()}_"
        del variables[f"{prefix}USER"], variables[f"{prefix}PASSWORD"]
        variables[f"{prefix}AUTH"] = "entra-managed-identity"
    return variables


@pytest.fixture
def endpoint() -> Iterator[IdentityEndpoint]:
    with IdentityEndpoint(TOKEN) as started:
        yield started


def test_a_managed_identity_logs_in_and_syncs(
    deployment: Deployment, environment: dict[str, str], endpoint: IdentityEndpoint
) -> None:
    variables = environment | endpoint.environment
    done = deployment.run("lambda_function.py", "multi_sync", "--json", env=variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["totals"]["ok"] == 4
    assert {resource.rstrip("/") for resource in endpoint.asked} == {RESOURCE}
    assert TOKEN not in done.stdout + done.stderr


def test_a_token_that_the_server_does_not_know_is_a_refused_login(
    deployment: Deployment, environment: dict[str, str]
) -> None:
    with IdentityEndpoint(f"{TOKEN}-of-somebody-else") as endpoint:
        variables = environment | endpoint.environment
        done = deployment.run("lambda_function.py", "multi_test", "--json", env=variables)
    database = json.loads(done.stdout)["databases"][0]
    assert not database["logged_in"]
    assert database["error"]["code"] == "18456"
    assert TOKEN not in done.stdout + done.stderr


def test_where_there_is_no_identity_the_variable_is_named(
    deployment: Deployment, environment: dict[str, str]
) -> None:
    variables = environment | {"IDENTITY_ENDPOINT": "http://127.0.0.1:9/", "IDENTITY_HEADER": "x"}
    done = deployment.run("lambda_function.py", "multi_test", "--json", env=variables)
    database = json.loads(done.stdout)["databases"][0]
    assert (database["reachable"], database["logged_in"]) == (False, False)
    assert database["error"]["code"] == "ENTRA"
    assert "SQL_SERVER_MCTM_AUTH" in database["error"]["hint"]


@pytest.mark.parametrize(
    ("auth", "login", "told"),
    [
        ("entra-default", {}, "Authentication={ActiveDirectoryDefault}"),
        ("entra-managed-identity", {"user": "id"}, "Authentication={ActiveDirectoryMSI};UID={id}"),
        (
            "entra-service-principal",
            {"user": "client", "password": "s;1"},
            "Authentication={ActiveDirectoryServicePrincipal};UID={client};PWD={s;1}",
        ),
    ],
)
def test_the_driver_is_told_who_logs_in_in_its_own_words(
    auth: str, login: dict[str, str], told: str
) -> None:
    settings = SourceSettings(
        prefix="SQL_SERVER_MCTM_", host="sql.example.com", db="McTM", auth=auth, **login
    )
    text = connection_string(settings, Login(settings.user, settings.password))
    assert f";{told};Encrypt={{yes}}" in text
