"""A run that has no more time goes on in the next invocation, which it starts itself."""

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tableferry.aws import invocation
from tableferry.aws.clients import Clients
from tableferry.aws.continuation import MOST, Continuation, next_event
from tableferry.frontend.request import Operation, Request
from tableferry.runs.deadline import Deadline
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome
from tests.deployment.conftest import without_long_columns
from tests.support.databases import PgDatabase
from tests.support.sandbox import Sandbox

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:tableferry"
CONTEXT = SimpleNamespace(invoked_function_arn=ARN, aws_request_id="1", function_name="tableferry")


@pytest.fixture
def invoked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, str, dict[str, Any]]]]:
    """What Lambda's own endpoint was asked: path, kind of invocation, event."""
    found: list[tuple[str, str, dict[str, Any]]] = []

    class Endpoint(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kind = self.headers["X-Amz-Invocation-Type"]
            found.append((self.path, kind, json.loads(body)))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Endpoint) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        where = f"http://127.0.0.1:{server.server_address[1]}"
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", where)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()


def outcome(status: Status, stored: int = 0) -> TableOutcome:
    return TableOutcome(
        "customer", "mctm_customer", status, rows_stored=stored, resumable=stored > 0
    )


def stopped_in_time(stored: int) -> RunOutcome:
    return RunOutcome([outcome(Status.DEADLINE, stored)], 1.0)


def follow(request: Request, run: RunOutcome) -> str:
    return Continuation(ARN, Clients()).follow(request, run)


def test_the_function_is_invoked_for_what_is_left_over(
    invoked: list[tuple[str, str, dict[str, Any]]],
) -> None:
    assert (
        follow(Request(Operation.MULTI_SYNC, continued=3), stopped_in_time(100))
        == "continued: customer"
    )
    ((path, kind, event),) = invoked
    assert "tableferry/invocations" in path
    assert kind == "Event"
    assert event == {"mode": "multi_sync", "tables": ["customer"], "continued": 4}


@pytest.mark.parametrize(
    ("continued", "run", "told"),
    [
        (0, RunOutcome([outcome(Status.OK)], 1.0), ""),
        (0, RunOutcome([outcome(Status.FAILED)], 1.0), ""),
        (0, RunOutcome([outcome(Status.CANCELLED)], 1.0), ""),
        (0, RunOutcome([outcome(Status.DEADLINE)], 1.0), "no time for a single chunk"),
        (MOST, stopped_in_time(100), "have followed each other"),
    ],
)
def test_a_chain_ends(
    invoked: list[tuple[str, str, dict[str, Any]]], continued: int, run: RunOutcome, told: str
) -> None:
    said = follow(Request(Operation.MULTI_SYNC, continued=continued), run)
    assert told in said
    assert bool(said) == bool(told)
    assert invoked == []


def test_tables_that_go_together_go_on_together() -> None:
    event = next_event(Request(Operation.MULTI_SYNC, publish_together=True), stopped_in_time(1))
    assert event["publish_together"] is True


def test_ten_chunks_cross_though_each_invocation_has_time_for_three(
    sample_sandbox: Sandbox,
    pg_database: PgDatabase,
    handler: Callable[..., tuple[int, dict[str, Any]]],
    load: Callable[[str], ModuleType],
    invoked: list[tuple[str, str, dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {**sample_sandbox.environment, **pg_database.environment}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CONTINUE", "self")
    configs = load("table_configs").TABLE_CONFIGS
    entry = {**without_long_columns(configs["customer"]), "publish": "merge", "chunks": 10}
    monkeypatch.setitem(configs, "customer", entry)

    def stored() -> float:
        """A clock that goes on by one with every chunk that is stored."""
        if pg_database.rows("SELECT to_regclass('tableferry.chunks') IS NULL") == [(True,)]:
            return 0.0
        ((count,),) = pg_database.rows("SELECT count(done_at)::float8 FROM tableferry.chunks")
        return float(str(count))

    monkeypatch.setattr(invocation, "deadline_of", lambda _: Deadline(stored() + 3, stored))
    event: dict[str, Any] = {"mode": "single_sync", "table_name": "customer"}
    bodies = []
    for _ in range(5):
        before = len(invoked)
        bodies.append(handler(event, CONTEXT))
        if len(invoked) == before:
            break
        event = invoked[-1][2]
    assert [body["status"] for _, body in bodies] == ["deadline", "deadline", "deadline", "ok"]
    assert bodies[0][1]["remaining"] == ["customer"]
    assert bodies[-1][0] == 200
    assert [sent["continued"] for _, _, sent in invoked] == list(range(1, len(bodies)))
    rows = pg_database.rows("SELECT count(*), count(DISTINCT customer_id) FROM mctm_customer")
    written = bodies[-1][1]["tables"][0]["rows_written"]
    assert rows == [(written, written)]
    assert written > 1000


def test_a_continue_that_is_no_word_is_told(
    handler: Callable[..., tuple[int, dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTINUE", "always")
    status, body = handler({"mode": "multi_sync"})
    assert status == 400
    assert "CONTINUE" in body["error"]["message"]
