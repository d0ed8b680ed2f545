"""``verify`` on Lambda and by the scripts: the answer, the log, metrics and alerts."""

import json
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns import sns_backends

from tableferry.aws.alerts import alert_of
from tableferry.aws.metrics import Metrics
from tableferry.errors import ErrorReport
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome
from tableferry.verification.differences import DifferenceKind
from tableferry.verification.options import Depth
from tableferry.verification.result import TableVerification, Verdict, Verification
from tests.deployment.conftest import Deployment, without_long_columns
from tests.support.databases import PgDatabase
from tests.support.sandbox import Sandbox

Handler = Callable[..., tuple[int, dict[str, Any]]]
CONTEXT = SimpleNamespace(aws_request_id="r-1", function_name="carry")
REGION = "eu-central-1"
EVENT = {"mode": "verify", "tables": ["mctm_module"], "settle": 0}


@pytest.fixture
def topic(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        arn = str(boto3.client("sns", region_name=REGION).create_topic(Name="alerts")["TopicArn"])
        monkeypatch.setenv("ALERT_TOPIC_ARN", arn)
        yield arn


def sent(topic: str) -> list[tuple[str, str]]:
    found = sns_backends[DEFAULT_ACCOUNT_ID][REGION].topics[topic].sent_notifications
    return [(subject, message) for _, message, subject, *_ in found]


@pytest.fixture
def function(
    sample_sandbox: Sandbox,
    pg_database: PgDatabase,
    handler: Handler,
    load: Callable[[str], ModuleType],
    monkeypatch: pytest.MonkeyPatch,
) -> Handler:
    """The function, with the table mctm_module loaded."""
    for name, value in {**sample_sandbox.environment, **pg_database.environment}.items():
        monkeypatch.setenv(name, value)
    configured = load("table_configs").TABLE_CONFIGS
    monkeypatch.setitem(configured, "mctm_module", without_long_columns(configured["mctm_module"]))
    assert handler({"mode": "single_sync", "table_name": "mctm_module"}, CONTEXT)[0] == 200
    return handler


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_equal_tables_are_answered_with_200_and_alert_nobody(
    function: Handler, topic: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    status, body = function(EVENT, CONTEXT)
    assert status == 200, body
    assert [table["verdict"] for table in body["tables"]] == ["equal"]
    assert sent(topic) == []
    log = lines(capsys)
    table, whole = (line for line in log if "_aws" in line)
    rows = body["tables"][0]["source_rows"]
    assert (table["Verified"], table["RowsCompared"]) == ([1.0], [float(rows)])
    assert (table["RowsDiffering"], whole["TablesDiffering"]) == ([0.0], [0.0])
    assert "table verified" in [line["event"] for line in log]


def test_tables_that_differ_are_409_and_people_are_told_without_a_key(
    function: Handler, topic: str, pg_database: PgDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    pg_database.run("UPDATE mctm_module SET module_id = 987654 WHERE module_id = 1")
    capsys.readouterr()
    status, body = function(EVENT, CONTEXT)
    assert status == 409
    assert body["tables"][0]["counts"] == {"missing": 1, "extra": 1}
    assert "987654" in json.dumps(body["tables"][0]["differences"])
    ((subject, text),) = sent(topic)
    assert subject == "tableferry: of 1 table 1 differs"
    assert "mctm_module -> mctm_module: differs (1 missing, 1 extra)" in text.replace("public.", "")
    assert "tableferry verify --repair" in text
    assert "request r-1" in text
    log = lines(capsys)
    assert "987654" not in text + json.dumps(log)
    (whole,) = (line for line in log if "TablesDiffering" in line)
    assert whole["TablesDiffering"] == [1.0]


def test_rows_are_repaired_where_the_event_asks_for_it(
    function: Handler, pg_database: PgDatabase
) -> None:
    pg_database.run("DELETE FROM mctm_module WHERE module_id = 1")
    status, body = function({**EVENT, "repair": True}, CONTEXT)
    assert status == 200, body
    assert body["tables"][0]["repaired"]["inserted"] == 1


def test_values_are_no_answer_of_the_function(function: Handler) -> None:
    status, body = function({**EVENT, "show_values": True}, CONTEXT)
    assert status == 400
    assert "'show_values' is no key of an event" in body["error"]["message"]


def verified(verdict: Verdict, **more: Any) -> TableVerification:
    return TableVerification("a", "pg_a", verdict, Depth.ROWS, **more)


BROKEN = verified(Verdict.NOT_VERIFIED, error=ErrorReport("TransientError", "it broke", "mend it"))
DIFFERS = verified(Verdict.DIFFERS, counts={DifferenceKind.MISSING: 2})


@pytest.mark.parametrize(
    ("tables", "subject"),
    [
        ([verified(Verdict.EQUAL)], None),
        ([verified(Verdict.PARTLY_COMPARED)], None),
        ([verified(Verdict.NOT_VERIFIED, reason="it does not exist yet")], None),
        ([verified(Verdict.EQUAL), DIFFERS], "of 2 tables 1 differs"),
        ([DIFFERS, DIFFERS], "of 2 tables 2 differ"),
        ([BROKEN, DIFFERS], "of 2 tables 1 differs, 1 could not be verified"),
        ([BROKEN], "of 1 table 1 could not be verified"),
    ],
)
def test_what_is_told_of_a_verification_is_what_somebody_should_look_at(
    tables: list[TableVerification], subject: str | None
) -> None:
    alert = alert_of(Verification(tuple(tables)), "about")
    assert (alert and alert.subject) == (subject and f"tableferry: {subject}")


def test_a_run_whose_tables_are_verified_has_the_alarms_metric_and_others_have_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    plain = TableOutcome("a", "pg_a", Status.OK)
    differs = TableOutcome("b", "pg_b", Status.FAILED, verified=DIFFERS)
    Metrics("carry").run(RunOutcome([plain], 1.0))
    Metrics("carry").run(RunOutcome([plain, differs], 1.0))
    none, some = lines(capsys)
    assert "TablesDiffering" not in none
    assert some["TablesDiffering"] == [1.0]


@pytest.mark.parametrize(
    "arguments",
    [
        ("lambda_function.py", "verify", "--tables=mctm_module"),
        ("multi_table_manager.py", "verify", "--tables=mctm_module"),
        ("table_sync_processor.py", "mctm_module", "verify"),
    ],
)
def test_each_script_verifies_and_ends_with_0_or_3(
    arguments: tuple[str, ...],
    deployment: Deployment,
    sample_sandbox: Sandbox,
    pg_database: PgDatabase,
) -> None:
    environment = {**sample_sandbox.environment, **pg_database.environment}
    done = deployment.run("table_sync_processor.py", "mctm_module", "sync", env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    done = deployment.run(*arguments, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every value of" in done.stdout
    pg_database.run("UPDATE mctm_module SET module_name = 'other' WHERE module_id = 1")
    done = deployment.run(*arguments, "--settle=0", "--show-values", env=environment)
    assert done.returncode == 3
    assert "'other' in the target" in done.stderr
