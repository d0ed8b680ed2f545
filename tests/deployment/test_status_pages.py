"""Status pages in S3: written after runs, linked in alerts, and never worth a run."""

import datetime as dt
import json
import re
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any
from uuid import UUID

import boto3
import pytest

from tableferry.aws.clients import Clients
from tableferry.aws.invocation import Invocation
from tableferry.aws.report_page import PageFolder
from tableferry.runs.deadline import Deadline
from tests.deployment.conftest import CANARY
from tests.deployment.test_reporting import Run, run, sent
from tests.deployment.test_reporting import topic as alerts

__all__ = ["alerts", "run"]

BUCKET = "status-pages"
FOLDER = f"s3://{BUCKET}/tableferry/prod"
RUN = UUID("3f2c91aa-0c1b-4a53-9d5d-2c1a6d1f0b7e")


@pytest.fixture
def topic(alerts: str) -> str:
    """The topic of alerts, in an account that has a bucket."""
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    return alerts


def pages() -> dict[str, Any]:
    """Return the objects of the bucket, by key."""
    s3 = boto3.client("s3")
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET).get("Contents", ())]
    return {key: s3.get_object(Bucket=BUCKET, Key=key) for key in keys}


def logged(lines: list[dict[str, Any]], event: str) -> list[dict[str, Any]]:
    return [line for line in lines if line.get("event") == event]


def test_a_run_writes_its_page_and_the_latest_one(run: Run, topic: str) -> None:
    status, lines = run({"tables": ["customer"]}, REPORT_S3=f"{FOLDER}/")
    assert status == 200
    own, latest = sorted(pages())
    assert latest == "tableferry/prod/latest.html"
    run_id = lines[0]["run_id"]
    assert re.fullmatch(rf"tableferry/prod/\d{{4}}-\d\d-\d\d/\d{{6}}-{run_id}\.html", own)
    found = pages()
    assert {one["ContentType"] for one in found.values()} == {"text/html; charset=utf-8"}
    texts = {one["Body"].read().decode() for one in found.values()}
    (page,) = texts
    assert "<tbody class=fresh><tr><th>customer<" in page
    assert "<tbody class=never><tr><th>voipdb_customer<" in page  # every table, not the run's alone
    assert "multi_sync" in page  # what is typed here is an event
    assert CANARY not in page
    (line,) = logged(lines, "status page written")
    assert (line["bucket"], line["key"]) == (BUCKET, own)


def test_an_alert_links_to_the_page_of_its_run(run: Run, topic: str) -> None:
    wrong = {"SQL_SERVER_MCTM_PASSWORD": "wrong"}
    run({"tables": ["customer"]}, ALERT_TOPIC_ARN=topic, REPORT_S3=FOLDER, **wrong)
    ((_, text),) = sent(topic)
    own = next(key for key in pages() if "latest" not in key)
    assert f"status page: s3://{BUCKET}/{own}" in text
    assert f"https://console.aws.amazon.com/s3/object/{BUCKET}?prefix=tableferry%2Fprod%2F" in text


def test_a_bucket_that_is_missing_changes_nothing_and_is_logged(run: Run, topic: str) -> None:
    missing = "s3://nobodys-bucket"
    status, lines = run({"tables": ["customer"]}, ALERT_TOPIC_ARN=topic, REPORT_S3=missing)
    assert status == 200
    (line,) = logged(lines, "status page not written")
    assert "AWS says NoSuchBucket" in line["error"]["message"]
    assert "s3:PutObject" in line["error"]["hint"]


def test_an_invocation_that_is_about_to_end_writes_no_page(
    load: Callable[[str], ModuleType],
    topic: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    load("config")
    monkeypatch.setenv("REPORT_S3", FOLDER)
    late = replace(Invocation.of(None), deadline=Deadline(100.0, lambda: 105.0))
    late.write_page(lambda _names: pytest.fail("the configuration was read"))
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert line["event"] == "status page not written"
    assert line["reason"] == "the invocation is about to end"
    assert pages() == {}


def test_what_changes_nothing_writes_no_page(run: Run, topic: str) -> None:
    for mode in ("info", "multi_test", "plan", "status"):
        run({"mode": mode}, REPORT_S3=FOLDER)
    assert run({"mode": "sync_all"}, ALERT_TOPIC_ARN=topic, REPORT_S3=FOLDER)[0] == 400
    assert pages() == {}
    assert "status page" not in sent(topic)[0][1]


def test_a_verification_writes_a_page(run: Run, topic: str) -> None:
    run({"tables": ["customer"]})
    assert run({"mode": "verify", "tables": ["customer"]}, REPORT_S3=FOLDER)[0] == 200
    page = pages()["tableferry/prod/latest.html"]["Body"].read().decode()
    assert "<td class=o>equal" in page


def test_a_folder_that_is_none_is_refused(run: Run) -> None:
    for wrong in ("status-pages", "s3://", "s3://UPPER/x", "s3://a/x", "s3://bucket//x"):
        status, lines = run({}, REPORT_S3=wrong)
        assert status == 400, wrong
        assert "REPORT_S3 is not valid" in json.dumps(lines[-1]), wrong


@pytest.mark.parametrize(
    ("folder", "key"),
    [
        ("s3://pages", "2026-03-01/110509-"),
        ("s3://pages/a b/\u00e4&?", "a b/\u00e4&?/2026-03-01/110509-"),
    ],
)
def test_a_page_is_named_by_its_day_and_moment_and_a_link_has_no_odd_character(
    folder: str, key: str
) -> None:
    began = dt.datetime(2026, 3, 1, 11, 5, 9, tzinfo=dt.UTC)
    place = PageFolder(folder, RUN, Clients(), began)
    assert place.bucket == "pages"
    assert place.key == f"{key}{RUN}.html"
    assert place.link.isascii()
    assert " " not in place.link


def test_the_last_step_of_a_state_machine_writes_a_page(
    load: Callable[[str], ModuleType],
    databases: dict[str, str],
    topic: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = load("lambda_function")
    for name, value in (databases | {"REPORT_S3": FOLDER}).items():
        monkeypatch.setenv(name, value)
    ended = {"table": "customer", "target": "mctm_customer", "status": "ok"}
    event = {"mode": "summary", "fanout_id": str(RUN), "outcomes": [ended]}
    assert module.lambda_handler(event, None)["statusCode"] == 200
    assert len(pages()) == 2
