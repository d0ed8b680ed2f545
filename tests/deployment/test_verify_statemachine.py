"""The state machine of verifications, executed by an interpreter, with the handler behind it."""

import json
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from tableferry.errors import ConfigError
from tableferry_sandbox.faults import CutConnection
from tests.deployment.conftest import REPO, without_long_columns
from tests.support.databases import PgDatabase
from tests.support.sandbox import Sandbox
from tests.support.step_functions import Execution, Handler, States, WorkerEndedError, states

DEFINITION = (REPO / "deploy" / "verification.asl.json").read_text()
IMPATIENT = DEFINITION.replace('"MaxAttempts": 2', '"MaxAttempts": 0')
CHUNKS = 4
INPUT = {"tables": ["mctm_module", "customer"], "settle": 0}
RECORDED = "SELECT table_key, verdict FROM tableferry.verifications ORDER BY 1"


@pytest.fixture
def function(
    load: Callable[[str], ModuleType],
    sample_sandbox: Sandbox,
    pg_database: PgDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Handler]:
    """The function, with customer, in chunks, and mctm_module, whole, loaded."""
    configured: dict[str, Any] = load("table_configs").TABLE_CONFIGS
    for name in INPUT["tables"]:
        more = {"chunks": CHUNKS, "parallel": 2} if name == "customer" else {}
        entry = {**without_long_columns(configured[name]), "publish": "merge", **more}
        monkeypatch.setitem(configured, name, entry)
    aws = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    environment = {**sample_sandbox.environment, **pg_database.environment, **aws}
    for name, value in {**environment, "AWS_DEFAULT_REGION": "eu-central-1"}.items():
        monkeypatch.setenv(name, value)
    handler: Handler = load("lambda_function").lambda_handler
    answer = handler({"mode": "multi_sync", "tables": INPUT["tables"]}, None)
    assert answer["statusCode"] == 200, answer
    yield handler
    sample_sandbox.faults.clear()


class Losing:
    """A handler whose workers are lost at one chunk, as often as they compare it."""

    def __init__(self, handler: Handler, chunk: int) -> None:
        self._handler = handler
        self._chunk = chunk

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:
        if event["mode"] == "verify_chunk" and event["chunk"] == self._chunk:
            raise WorkerEndedError("Runtime.ExitError")
        return self._handler(event, context)


def verdicts(machine: States) -> dict[str, str]:
    (summary,) = machine.called("verify_summary")
    return {one["table"]: one["verdict"] for one in summary["verifications"]}


def run(function: Handler, definition: str = DEFINITION) -> tuple[Execution, States]:
    with states(function) as machine:
        return machine.execute(definition, INPUT), machine


def test_equal_tables_are_verified_in_chunks_and_whole_whatever_fails_meanwhile(
    function: Handler, sample_sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    reads = r"FROM \[McTM\]\.\[dbo\]\.\[Customer\].*ROWCOUNT"
    sample_sandbox.faults.on_statement(reads, CutConnection(after_rows=50))
    ended, machine = run(function)
    assert (ended.status, ended.error) == ("SUCCEEDED", ""), ended.output
    assert verdicts(machine) == dict.fromkeys(INPUT["tables"], "equal")
    compared = [event["chunk"] for event in machine.called("verify_chunk")]
    assert (set(compared), len(compared)) == (set(range(CHUNKS)), CHUNKS + 1)
    assert len(machine.called("verify_whole")) == 1
    assert pg_database.rows(RECORDED) == [("customer", "equal"), ("mctm_module", "equal")]


def test_damaged_rows_end_the_execution_and_no_key_is_in_the_log(
    function: Handler, pg_database: PgDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    pg_database.run(
        "INSERT INTO mctm_customer SELECT (jsonb_populate_record(c, "
        """'{"customer_id": 98765432}')).* FROM mctm_customer c LIMIT 1""",
        "DELETE FROM mctm_customer "
        "WHERE customer_id = (SELECT min(customer_id) FROM mctm_customer)",
    )
    capsys.readouterr()
    ended, machine = run(function)
    assert (ended.status, ended.error) == ("FAILED", "TablesDiffer")
    (summary,) = machine.called("verify_summary")
    found = {one["table"]: one for one in summary["verifications"]}
    assert found["mctm_module"]["verdict"] == "equal"
    assert found["customer"]["counts"] == {"missing": 1, "extra": 1}
    assert "98765432" in json.dumps(found["customer"]["differences"])
    log = capsys.readouterr().out
    assert '"verify_chunk"' in log
    assert "98765432" not in log
    (cut,) = {json.dumps(one["begun"]["chunks"]) for one in machine.called("verify_end")}
    for bound in (one["range"]["high"] for one in json.loads(cut)[:-1]):
        assert f'"high": ["{bound[0]}"]' not in log
    assert pg_database.rows(RECORDED)[0] == ("customer", "differs")


def test_a_chunk_that_is_never_compared_leaves_its_table_unverified(
    function: Handler, pg_database: PgDatabase
) -> None:
    ended, machine = run(Losing(function, 2), IMPATIENT)
    assert (ended.status, ended.error) == ("FAILED", "TablesNotVerified")
    assert verdicts(machine) == {"mctm_module": "equal", "customer": "not verified"}
    (summary,) = machine.called("verify_summary")
    (failed,) = (one for one in summary["verifications"] if one["table"] == "customer")
    assert failed["reason"] == f"1 of {CHUNKS} chunks was not compared"
    assert failed["error"]["type"] == "Runtime.ExitError"
    assert pg_database.rows(RECORDED)[0] == ("customer", "not verified")


def test_a_source_that_refuses_the_login_is_asked_once(
    function: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SQL_SERVER_MCTM_PASSWORD", "another one")
    ended, machine = run(function)
    assert (ended.status, ended.error) == ("FAILED", "TablesNotVerified")
    assert set(verdicts(machine).values()) == {"not verified"}
    assert {event["mode"] for event in machine.events} == {"verify_plan", "verify_summary"}


RANGE = {"key": [["CustomerID", "int", 4, 10, 0, ""]], "low": ["1"], "high": None}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a bound that is no number": ({"range": {**RANGE, "low": ["1 OR 1=1"]}}, "'range' must be"),
    "a range that is SQL": ({"range": "1=1"}, "'range' must be"),
    "a key that is SQL": (
        {"range": {**RANGE, "key": [["a]; --", "xml", 0, 0, 0, "'"]]}},
        "'range'",
    ),
    "a plan that is none": ({"fingerprint": "'"}, "'fingerprint' must be"),
    "values of rows": ({"options": {"show_values": True}}, "'options' must be"),
    "an unknown key": ({"sql": "DROP TABLE x"}, "unknown key 'sql'"),
    "a foreign table": ({"table_name": "users; --"}, "'table_name' must be one of"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_steps_event_is_refused_with_the_reason_before_anything_is_done(
    name: str, load: Callable[[str], ModuleType]
) -> None:
    changes, reason = REFUSED[name]
    event: dict[str, Any] = {
        "mode": "verify_chunk",
        "table_name": "customer",
        "fanout_id": "c56a4180-65aa-42ec-a945-5fd21dec0538",
        "fingerprint": "0123456789abcdef",
        "options": {},
        "chunk": 0,
        "range": RANGE,
        **changes,
    }
    with pytest.raises(ConfigError, match=reason) as refused:
        load("lambda_function").lambda_handler(event, None)
    assert refused.value.hint
