"""What Lambda and Step Functions take is limited; what is told of very many tables is not lost."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from tableferry import fanout
from tableferry.aws.invocation import Invocation
from tableferry.aws.step_handler import run_step
from tableferry.config import Settings, SourceSettings, TargetSettings, parse_table_configs
from tableferry.errors import DataError, ErrorReport, TransientError
from tableferry.fanout import Begun, Route, RoutedTable, Stored, assign
from tableferry.frontend.response import MOST_BYTES, respond
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome
from tests.support.specs import entry

LAMBDAS = 6 * 1024 * 1024
STATES = 256 * 1024
"""Bytes of an answer, and of what a state hands on (AWS: quotas of Lambda, of Step Functions)."""
LONG = ErrorReport("DataError", '\u00e9"' * 2_000, "h" * 2_000)


def answered(tables: int) -> dict[str, Any]:
    outcomes = [TableOutcome(f"t{n}", f"t{n}", Status.FAILED, error=LONG) for n in range(tables)]
    response, _ = respond(lambda: RunOutcome(outcomes, 1.0, "r"))
    answer = response.to_dict()
    assert len(json.dumps(answer)) < LAMBDAS
    assert answer["statusCode"] == 500
    body: dict[str, Any] = json.loads(answer["body"])
    return body


def test_an_answer_that_is_small_enough_is_whole() -> None:
    assert len(answered(100)["tables"]) == 100


def test_an_answer_that_lambda_would_refuse_names_what_it_leaves_out() -> None:
    body = answered(1_000)
    assert body["left_out"] == ["tables"]
    assert (body["status"], body["totals"]["failed"]) == ("failed", 1_000)
    assert "The log has a line for each table" in body["why"]


def test_the_measure_of_an_answer_is_its_text_within_a_text() -> None:
    """Every quotation mark of the body takes two bytes more on its way."""
    quoted = {"facts": '"' * (MOST_BYTES // 3)}
    response, _ = respond(lambda: quoted)
    assert json.loads(response.to_dict()["body"])["left_out"] == ["facts"]


NAMES = [f"table_with_a_long_name_{number:03}" for number in range(200)]
ONE_TABLE = {"table_name": NAMES[0], "fanout_id": "12345678-1234-1234-1234-123456789012"}
TABLES = {name: entry(pg_table=name, publish="merge", chunks=10_000) for name in NAMES}


def step(event: dict[str, Any]) -> dict[str, Any]:
    """Do a step with these tables configured."""
    where = {"prefix": "", "host": "127.0.0.1", "db": "x", "user": "x", "password": "x"}
    settings = Settings({"mctm": SourceSettings(**where)}, TargetSettings(**where))

    def load(names: Any) -> Any:
        specs = parse_table_configs(TABLES)
        tables = [specs[name] for name in names or NAMES]
        return SimpleNamespace(tables=tables, settings=settings, warnings=())

    return run_step(event, Invocation.of(None), lambda: TABLES, load)


def test_two_hundred_tables_that_all_fail_can_be_handed_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused = ErrorReport("ConfigError", "m" * 1_000, "h" * 1_000, "18456")

    def plan(specs: Any, _settings: Any) -> list[RoutedTable]:
        return [RoutedTable(spec, Route.NONE, error=refused) for spec in specs]

    monkeypatch.setattr(fanout, "plan_fanout", plan)
    planned = step({"mode": "fanout_plan", "input": {}})
    outcomes = [table["outcome"] for table in planned["tables"]]
    assert {len(one["error"]["message"]) for one in outcomes} == {153}
    summary = {"mode": "summary", "fanout_id": planned["fanout_id"], "outcomes": outcomes}
    # As the state machine has it between its last two states.
    assert len(json.dumps({**planned, "outcomes": outcomes})) < STATES
    assert step(summary)["totals"]["failed"] == 200


def test_ten_thousand_chunks_are_handed_on_as_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    def begin(spec: Any, _settings: Any, assignment: Any) -> Begun:
        return Begun(assign(spec, assignment.run_id), tuple(range(10_000)), 10_000, 8)

    monkeypatch.setattr(fanout, "begin", begin)
    begun = step({"mode": "begin_table", **ONE_TABLE})
    assert len(json.dumps(begun)) < STATES / 4


def test_a_chunk_tells_its_bytes_as_a_metric_of_its_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fanout, "load_chunk", lambda *_, **__: Stored(3, 10, bytes=77))
    assert step({"mode": "load_chunk", **ONE_TABLE, "chunk": 3}) == {"chunk": 3, "rows": 10}
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (metrics,) = [line for line in lines if line["event"] == "metrics"]
    (told,) = metrics["_aws"]["CloudWatchMetrics"]
    assert {*told["Dimensions"][0]} == {"service", "table"}
    assert (metrics["table"], metrics["outcome"]) == (NAMES[0], "stored")
    assert metrics["BytesRead"] == [77.0]


@pytest.mark.parametrize("error", [TransientError("x"), DataError("x"), ValueError("secret")])
def test_a_step_fails_by_a_name_that_the_state_machine_can_tell(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(fanout, "plan_fanout", fail)
    known = type(error) if not isinstance(error, ValueError) else Exception
    with pytest.raises(known) as raised:
        step({"mode": "fanout_plan", "input": {}})
    expected = "UnforeseenError" if isinstance(error, ValueError) else type(error).__name__
    assert type(raised.value).__name__ == expected
    assert "secret" not in str(raised.value)
