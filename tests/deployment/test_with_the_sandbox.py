"""The deployment as it is, from the sandbox's two databases into a real PostgreSQL."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from tableferry import postgres, sqlserver
from tableferry.config import load_settings, parse_table_configs
from tableferry.verification.independent import compare_rows
from tableferry_sandbox.local_postgres import LocalPostgres
from tests.deployment.conftest import Deployment
from tests.support.databases import PgDatabase
from tests.support.sandbox import Sandbox


@pytest.fixture
def environment(sample_sandbox: Sandbox, pg_database: PgDatabase) -> dict[str, str]:
    return {**sample_sandbox.environment, **pg_database.environment}


def test_all_four_tables_cross_value_by_value(
    deployment: Deployment,
    environment: dict[str, str],
    load: Callable[[str], ModuleType],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = deployment.run("lambda_function.py", "multi_sync", env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = load_settings(["mctm", "voipdb"])
    for spec in parse_table_configs(load("table_configs").TABLE_CONFIGS).values():
        with (
            sqlserver.connect(settings.sources[spec.db_type]) as from_,
            postgres.connect(settings.target) as into,
        ):
            found = compare_rows(spec, from_, into)
        assert found.equal, (spec.key, found)
        assert found.source_rows > 0


def test_multi_test_shows_both_sources_and_the_target(
    deployment: Deployment, environment: dict[str, str]
) -> None:
    done = deployment.run("lambda_function.py", "multi_test", "--json", env=environment)
    found = json.loads(done.stdout)
    assert [database["database"] for database in found["databases"]] == [
        "mctm",
        "voipdb",
        "postgresql",
    ]
    for database in found["databases"]:
        assert database["reachable"]
        assert database["logged_in"]
        assert database["version"]
        assert database["encryption"]
        assert database["isolation_levels"]
    assert found["totals"]["ok"] == 4


def test_plan_tells_what_would_happen_and_writes_nothing(
    deployment: Deployment, environment: dict[str, str], pg_database: PgDatabase
) -> None:
    done = deployment.run(
        "lambda_function.py", "plan", "--tables=customer", "--json", env=environment
    )
    (plan,) = json.loads(done.stdout)["tables"]
    assert "FROM [McTM].[dbo].[Customer]" in plan["select"]
    assert plan["ddl"]
    assert pg_database.rows("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


def test_a_warm_container_connects_anew(
    sample_sandbox: Sandbox,
    own_postgres: LocalPostgres,
    handler: Callable[..., tuple[int, dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database = PgDatabase(
        own_postgres.host, own_postgres.port, "postgres", own_postgres.user, own_postgres.password
    )
    for name, value in {**sample_sandbox.environment, **database.environment}.items():
        monkeypatch.setenv(name, value)
    event = {"mode": "single_sync", "table_name": "mctm_module"}
    assert handler(event)[0] == 200
    own_postgres.kill()
    own_postgres.start()
    status, body = handler(event)
    assert status == 200
    assert body["tables"][0]["rows_written"] > 0
    assert "attempts" not in body["tables"][0], "nothing of the first invocation was tried first"
