"""What a function tells: the run's id, metrics that CloudWatch finds, a message where it failed."""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import ModuleType, SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns import sns_backends

from tableferry.aws import invocation as invocation_module
from tableferry.aws.alerts import Alert, SnsTopic, alert_of
from tableferry.aws.clients import Clients
from tableferry.aws.event_facts import facts_of
from tableferry.aws.metrics import Metrics
from tableferry.errors import ErrorReport
from tableferry.runs.events import (
    Event,
    Phase,
    PhaseStarted,
    Progress,
    Retrying,
    TableFinished,
    TableStarted,
    TableVerified,
    WaitingForLease,
    WaitingForSessions,
)
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome
from tableferry.verification.options import Depth
from tableferry.verification.result import TableVerification, Verdict
from tests.deployment.conftest import CANARY
from tests.support.databases import PgDatabase

Handler = Callable[..., tuple[int, dict[str, Any]]]
REGION = "eu-central-1"
CONTEXT = SimpleNamespace(aws_request_id="r-1", function_name="carry")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
def topic(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An SNS topic, in a region that is not the environment's."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield str(boto3.client("sns", region_name=REGION).create_topic(Name="alerts")["TopicArn"])


def sent(topic: str) -> list[tuple[str, str]]:
    """Subject and text of every message that the topic has had."""
    found = sns_backends[DEFAULT_ACCOUNT_ID][REGION].topics[topic].sent_notifications
    return [(subject, message) for _, message, subject, *_ in found]


@pytest.fixture
def run(
    handler: Handler,
    databases: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., tuple[int, list[dict[str, Any]]]]:
    """Invoke the function with an event and changed variables; returns the status and the log."""

    def run(event: Mapping[str, Any], **changes: str) -> tuple[int, list[dict[str, Any]]]:
        for name, value in (databases | changes).items():
            monkeypatch.setenv(name, value)
        status, _ = handler(event, CONTEXT)
        shown = capsys.readouterr().out
        assert CANARY not in shown
        return status, [json.loads(line) for line in shown.splitlines()]

    return run


Run = Callable[..., tuple[int, list[dict[str, Any]]]]


def metrics_of(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if "_aws" in line]


def test_every_line_has_the_ids_of_run_request_and_trace_and_the_ledger_the_same_run(
    run: Run, pg_database: PgDatabase
) -> None:
    status, lines = run({"tables": ["customer"]}, _X_AMZN_TRACE_ID="Root=1-5bef4de7-ad49;Sampled=1")
    assert status == 200
    (run_id,) = {line["run_id"] for line in lines}
    assert UUID.fullmatch(run_id)
    assert {line["request_id"] for line in lines} == {"r-1"}
    assert {line["trace_id"] for line in lines} == {"1-5bef4de7-ad49"}
    assert pg_database.rows("SELECT run_id::text FROM tableferry.runs") == [(run_id,)]


def test_a_tables_metrics_stand_in_the_log_as_cloudwatch_reads_them(run: Run) -> None:
    """The embedded metric format: every metric named in _aws has its value at the root."""
    _, lines = run({"tables": ["customer"]})
    table, whole = metrics_of(lines)
    (told,) = table["_aws"]["CloudWatchMetrics"]
    assert told["Namespace"] == "Tableferry"
    assert {*told["Dimensions"][0]} == {"service", "table"}
    assert (table["service"], table["table"], table["outcome"]) == ("carry", "customer", "ok")
    units = {metric["Name"]: metric["Unit"] for metric in told["Metrics"]}
    assert units == {
        "RowsRead": "Count", "RowsWritten": "Count", "BytesRead": "Bytes", "RefusedRows": "Count",
        "Seconds": "Seconds", "Lag": "Seconds",
        "Succeeded": "Count", "Failed": "Count",
    }  # fmt: skip
    assert table["RowsRead"] == table["RowsWritten"] == [300.0]
    assert table["BytesRead"][0] > 300 * 8
    assert table["Seconds"][0] >= table["Lag"][0] > 0
    assert (table["Succeeded"], table["Failed"]) == ([1.0], [0.0])
    assert abs(table["_aws"]["Timestamp"] / 1000 - time.time()) < 60
    assert whole["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]
    assert (whole["Tables"], whole["TablesFailed"]) == ([1.0], [0.0])


def test_a_failed_table_counts_as_failed_and_one_that_was_not_begun_not_at_all(
    run: Run, load: Callable[[str], ModuleType]
) -> None:
    status, lines = run(
        {"tables": ["customer", "voipdb_customer"]}, SQL_SERVER_MCTM_PASSWORD="wrong"
    )
    assert status == 207
    bad, good, whole = metrics_of(lines)
    assert (bad["Failed"], good["Succeeded"], whole["TablesFailed"]) == ([1.0], [1.0], [1.0])
    assert ("Lag" in bad, "Lag" in good) == (False, True)


def test_modes_that_sync_nothing_have_no_metrics(run: Run) -> None:
    for mode in ("info", "multi_test", "plan"):
        status, lines = run({"mode": mode})
        assert status == 200
        assert metrics_of(lines) == []


def test_a_status_of_all_tables_measures_how_old_their_rows_are(run: Run) -> None:
    assert run({"tables": ["customer"]})[0] == 200
    status, lines = run({"mode": "status"})
    assert status == 503
    table, whole = metrics_of(lines)
    assert (table["table"], table["outcome"]) == ("customer", "fresh")
    assert table["Age"] == whole["OldestAge"]
    assert table["Age"][0] > 0
    (told,) = whole["_aws"]["CloudWatchMetrics"]
    assert told["Dimensions"] == [["service"]]
    assert (whole["TablesLate"], whole["TablesNotFresh"]) == ([3.0], [3.0]), "never loaded"


def test_a_status_of_some_tables_has_no_metrics(run: Run) -> None:
    """It would end the alarm that goes off for the others."""
    _, lines = run({"mode": "status", "tables": ["customer"]})
    assert metrics_of(lines) == []


def test_a_failed_table_is_told_by_sns_with_reason_hint_and_ids(run: Run, topic: str) -> None:
    status, lines = run(
        {"tables": ["customer", "voipdb_customer"]},
        SQL_SERVER_MCTM_PASSWORD="wrong",
        ALERT_TOPIC_ARN=topic,
    )
    assert status == 207
    ((subject, text),) = sent(topic)
    assert subject == "tableferry: 1 of 2 tables failed"
    assert "customer -> mctm_customer: failed" in text
    assert "Login failed" in text
    assert "Check SQL_SERVER_MCTM_USER" in text
    assert lines[0]["run_id"] in text
    assert "request r-1" in text
    assert "function carry" in text
    assert CANARY not in text


def test_a_run_that_cannot_begin_is_told_too(run: Run, topic: str) -> None:
    assert run({}, ALERT_TOPIC_ARN=topic, PG_PORT="x")[0] == 400
    assert run({"mode": "sync_all"}, ALERT_TOPIC_ARN=topic)[0] == 400
    assert [subject for subject, _ in sent(topic)] == ["tableferry: nothing was synced"] * 2
    assert "PG_PORT is not valid" in sent(topic)[0][1]


def test_what_went_well_and_what_syncs_nothing_is_not_told(run: Run, topic: str) -> None:
    assert run({"tables": ["customer"]}, ALERT_TOPIC_ARN=topic)[0] == 200
    assert run({"mode": "multi_test"}, ALERT_TOPIC_ARN=topic, PG_PASSWORD="x")[0] == 500
    assert sent(topic) == []


def test_a_message_that_cannot_be_sent_is_logged_and_changes_nothing(run: Run, topic: str) -> None:
    missing = topic.replace("alerts", "missing")
    status, lines = run({}, ALERT_TOPIC_ARN=missing, SQL_SERVER_MCTM_PASSWORD="wrong")
    assert status == 207
    assert lines[-1]["event"] == "alert not sent"
    assert "AWS says NotFound" in lines[-1]["message"]
    assert "sns:Publish" in lines[-1]["hint"]


def test_a_topic_that_is_none_and_a_level_that_is_none_are_refused_together(run: Run) -> None:
    status, lines = run({}, ALERT_TOPIC_ARN="alerts", LOG_LEVEL="LOUD")
    assert status == 400
    message = lines[-1]["error"]["message"]
    assert "ALERT_TOPIC_ARN is not valid" in message
    assert "LOG_LEVEL is not valid" in message


def table(name: str, status: Status, kind: str = "TransientError") -> TableOutcome:
    error = None if status is Status.OK else ErrorReport(kind, "it broke", "mend it")
    return TableOutcome(name, f"pg_{name}", status, error=error)


def resumable(outcome: TableOutcome) -> TableOutcome:
    return replace(outcome, resumable=True)


@pytest.mark.parametrize(
    ("tables", "subject"),
    [
        ([table("a", Status.OK)], None),
        ([table("a", Status.OK), table("b", Status.HELD)], None),
        ([resumable(table("a", Status.DEADLINE)), table("b", Status.SKIPPED)], None),
        ([table("a", Status.OK), table("b", Status.FAILED)], "1 of 2 tables failed"),
        ([table("a", Status.DEADLINE), table("b", Status.SKIPPED)], "1 of 2 tables failed"),
        ([table("a", Status.CANCELLED)], "1 of 1 table failed"),
        (
            [table("a", Status.FAILED, "VerificationError"), table("b", Status.OK)],
            "1 of 2 tables failed, 1 by verification",
        ),
    ],
)
def test_what_is_told_is_what_somebody_should_look_at(
    tables: list[TableOutcome], subject: str | None
) -> None:
    alert = alert_of(RunOutcome(tables, 1.0), "about")
    assert (alert and alert.subject) == (subject and f"tableferry: {subject}")


def test_rows_that_were_quarantined_are_a_metric(capsys: pytest.CaptureFixture[str]) -> None:
    refused = {"Name": {"nul": 3, "half a pair": 1}, "Born": {"range": 2}}
    Metrics("carry").table(TableOutcome("t", "pg_t", Status.OK, quarantined=refused))
    assert json.loads(capsys.readouterr().out)["RefusedRows"] == [6.0]


def test_a_message_is_what_sns_takes(topic: str) -> None:
    SnsTopic(topic, Clients()).publish(Alert("Привет\n" * 40, "ж" * 200_000))
    ((subject, text),) = sent(topic)
    assert len(subject) < 100
    assert subject.isascii()
    assert "\n" not in subject
    assert len(text.encode()) < 262_144


def test_while_a_table_is_loaded_the_log_has_a_line_every_10_seconds(
    load: Callable[[str], ModuleType],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    load("config")
    now = [100.0]
    monkeypatch.setattr(invocation_module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    invocation = invocation_module.Invocation.of(None)
    invocation.event(TableStarted("a", "public.a"))
    for batch in range(1, 9):
        now[0] += 2.5
        invocation.event(Progress("a", 100 * batch, 2.5 * batch, 1_000))
    now[0] += 10
    invocation.event(WaitingForSessions("a", (4711,), 3.0))
    invocation.event(TableFinished(TableOutcome("a", "public.a", Status.OK)))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    told = [line for line in lines if line["event"] != "metrics"]
    assert [line["event"] for line in told] == [
        "rows written",
        "rows written",
        "waiting for sessions",
        "table ended",
    ]
    assert [line["rows"] for line in told[:2]] == [400, 800]
    assert told[0]["share"] == 0.4
    assert told[2]["pids"] == [4711]


EVERY_EVENT: list[Event] = [
    TableStarted("a", "public.a"),
    PhaseStarted("a", Phase.PLAN),
    WaitingForLease("a", "host pid 1", "run", 3.0),
    WaitingForSessions("a", (1,), 3.0),
    Progress("a", 1, 1.0, None),
    Retrying("a", ErrorReport("TransientError", "x", ""), 1.0),
    TableVerified(TableVerification("a", "public.a", Verdict.EQUAL, Depth.ROWS)),
    TableFinished(TableOutcome("a", "public.a", Status.OK)),
]


def test_every_event_is_a_line_of_json_with_a_name_of_its_own() -> None:
    assert {type(event) for event in EVERY_EVENT} == set(Event.__args__)
    lines = [facts_of(event) for event in EVERY_EVENT]
    assert len({line for line, _ in lines}) == len(EVERY_EVENT)
    for _, facts in lines:
        assert json.loads(json.dumps(facts)) == facts
