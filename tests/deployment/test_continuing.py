"""A run that has no more time goes on in the next invocation, which it starts itself."""

import http.server
import itertools
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
from tests.integration.conftest import PASSWORD, USER, empty_source
from tests.integration.conftest import Sandbox as TrackedSandbox
from tests.integration.incremental.conftest import rows, source, source_rows, target
from tests.integration.incremental.test_hand_off import MOVES
from tests.support.databases import PgDatabase
from tests.support.sandbox import Sandbox
from tests.support.specs import entry

__all__ = ["empty_source", "source", "target"]

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


def sandbox_variables(host: str, port: int) -> dict[str, str]:
    """The variables of both source databases, on one server."""
    fields = {"HOST": host, "PORT": str(port), "USER": USER, "PASSWORD": PASSWORD}
    databases = {"MCTM": "McTM", "VOIPDB": "VoipDB"}
    return {
        f"SQL_SERVER_{name}_{field}": value
        for name, database in databases.items()
        for field, value in {**fields, "DB": database}.items()
    }


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


@dataclass(frozen=True)
class Chain:
    """The function with CONTINUE: self, whose invocations have time for three chunks each."""

    target: PgDatabase
    handler: Callable[..., tuple[int, dict[str, Any]]]
    invoked: list[tuple[str, str, dict[str, Any]]]
    configs: dict[str, Any]
    monkeypatch: pytest.MonkeyPatch

    def run(
        self,
        entry: dict[str, Any],
        variables: dict[str, str],
        between: Callable[[int], object] = lambda _n: None,
    ) -> list[dict[str, Any]]:
        """Invoke it for one table, then as often as it invokes itself; returns the bodies."""
        for name, value in {**variables, **self.target.environment, "CONTINUE": "self"}.items():
            self.monkeypatch.setenv(name, value)
        self.monkeypatch.setitem(self.configs, "customer", entry)
        self.monkeypatch.setattr(
            invocation, "deadline_of", lambda _: Deadline(self._stored() + 3, self._stored)
        )
        event: dict[str, Any] = {"mode": "single_sync", "table_name": "customer"}
        bodies = []
        for number in range(6):
            before = len(self.invoked)
            _, body = self.handler(event, CONTEXT)
            bodies.append(body)
            if len(self.invoked) == before:
                break
            event = self.invoked[-1][2]
            # What the chain has read stays its own, even when it takes longer than resume_within.
            self.target.run("UPDATE tableferry.chunks SET read_at = read_at - interval '2 hours'")
            between(number)
        assert [sent["continued"] for _, _, sent in self.invoked] == list(range(1, len(bodies)))
        return bodies

    def _stored(self) -> float:
        """A clock that goes on by one with every chunk that is stored."""
        if self.target.rows("SELECT to_regclass('tableferry.chunks') IS NULL") == [(True,)]:
            return 0.0
        ((count,),) = self.target.rows("SELECT count(done_at)::float8 FROM tableferry.chunks")
        return float(str(count))


@pytest.fixture
def chain(
    pg_database: PgDatabase,
    handler: Callable[..., tuple[int, dict[str, Any]]],
    load: Callable[[str], ModuleType],
    invoked: list[tuple[str, str, dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> Chain:
    configs = load("table_configs").TABLE_CONFIGS
    return Chain(pg_database, handler, invoked, configs, monkeypatch)


def test_ten_chunks_cross_though_each_invocation_has_time_for_three(
    sample_sandbox: Sandbox, pg_database: PgDatabase, chain: Chain
) -> None:
    customer = without_long_columns(chain.configs["customer"])
    bodies = chain.run({**customer, "publish": "merge", "chunks": 10}, sample_sandbox.environment)
    assert [body["status"] for body in bodies] == ["deadline", "deadline", "deadline", "ok"]
    assert bodies[0]["remaining"] == ["customer"]
    rows = pg_database.rows("SELECT count(*), count(DISTINCT customer_id) FROM mctm_customer")
    written = bodies[-1]["tables"][0]["rows_written"]
    assert rows == [(written, written)]
    assert written > 1000


@pytest.mark.parametrize("publish", ["swap", "merge"])
def test_a_first_load_over_several_invocations_is_caught_up_from_the_first_ones_version(
    source: TrackedSandbox, target: PgDatabase, chain: Chain, publish: str
) -> None:
    moves = iter(MOVES)

    def move(_number: int) -> None:
        for statement in itertools.islice(moves, 3):
            source.run(statement)

    configured = entry(
        sql_table="dbo.T", pg_table="t", order_by=None, mode="change_tracking", publish=publish,
        chunks=10, parallel=1,
    )  # fmt: skip
    variables = sandbox_variables(source.server.host, source.server.port)
    bodies = chain.run(configured, variables, move)
    assert [body["status"] for body in bodies] == ["deadline", "deadline", "deadline", "ok"]
    assert next(moves, None) is None
    (table,) = bodies[-1]["tables"]
    assert (table["reload"], table["rows_resumed"] > 0) == ("first_load", True)
    assert rows(target) == source_rows(source)
    assert target.rows(
        "SELECT read_at_one_moment FROM tableferry.table_runs WHERE status = 'ok'"
    ) == [(True,)]
    source.run("UPDATE dbo.T SET Name = N'after' WHERE ID = 7")
    _, body = chain.handler({"mode": "single_sync", "table_name": "customer"}, CONTEXT)
    assert (body["tables"][0]["rows_read"], body["tables"][0].get("reload")) == (1, None)
    assert rows(target) == source_rows(source)


def test_a_continue_that_is_no_word_is_told(
    handler: Callable[..., tuple[int, dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTINUE", "always")
    status, body = handler({"mode": "multi_sync"})
    assert status == 400
    assert "CONTINUE" in body["error"]["message"]
