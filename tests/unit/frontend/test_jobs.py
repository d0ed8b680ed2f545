"""How many tables of a request are synced at once, and who says so."""

from typing import Any

import pytest

from tableferry.aws.continuation import next_event
from tableferry.aws.handler import handle_event
from tableferry.errors import ConfigError
from tableferry.frontend.request import parse_event
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome

TABLES = {"a": {}, "b": {}}


def test_an_event_says_how_many_tables_are_synced_at_once() -> None:
    assert parse_event({"jobs": 4}, TABLES).options.jobs == 4
    assert parse_event({}, TABLES).options.jobs == 1


@pytest.mark.parametrize("jobs", [0, 65, "4", 2.0, True, [4]])
def test_what_is_no_number_of_jobs_is_refused(jobs: object) -> None:
    with pytest.raises(ConfigError, match="'jobs'"):
        parse_event({"jobs": jobs}, TABLES)


def test_tables_that_are_published_together_have_one_job() -> None:
    with pytest.raises(ConfigError, match="does not go with publish_together"):
        parse_event({"jobs": 2, "publish_together": True}, TABLES)


@pytest.mark.parametrize("mode", ["plan", "verify", "info", "multi_test", "single_sync"])
def test_only_a_sync_of_many_tables_has_jobs(mode: str) -> None:
    event = {"mode": mode, "jobs": 2}
    if mode == "single_sync":
        event["table_name"] = "a"
    with pytest.raises(ConfigError, match="jobs goes with multi_sync"):
        parse_event(event, TABLES)


def test_a_run_that_is_continued_keeps_its_jobs() -> None:
    left = TableOutcome("a", "a", Status.DEADLINE, resumable=True)
    event = next_event(parse_event({"jobs": 3}, TABLES), RunOutcome((left,), 1.0))
    assert parse_event(event, TABLES).options.jobs == 3


@pytest.mark.parametrize(
    ("event", "jobs"), [({}, 5), ({"jobs": 2}, 2), ({"publish_together": True}, 1)]
)
def test_the_setting_counts_where_the_event_says_nothing(
    monkeypatch: pytest.MonkeyPatch, event: dict[str, Any], jobs: int
) -> None:
    monkeypatch.setenv("JOBS", "5")
    asked = []

    def execute(request: Any, _callbacks: Any) -> dict[str, Any]:
        asked.append(request.options.jobs)
        return {}

    answer = handle_event(
        event,
        None,
        configured=lambda: list(TABLES),
        load_config=lambda _names: None,
        execute=execute,
    )
    assert answer["statusCode"] == 200, answer
    assert asked == [jobs]
