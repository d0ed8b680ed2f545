"""The state machine, executed by an interpreter of Step Functions, with the handler behind it."""

import json
import subprocess
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from tableferry import postgres, sqlserver
from tableferry.aws.step_handler import UnforeseenError
from tableferry.aws.step_request import NEEDED, Step
from tableferry.config import TableSpec, load_settings, parse_table_configs
from tableferry.errors import ConfigError, TransientError
from tableferry.verification.independent import compare_rows
from tableferry_sandbox.faults import CutConnection, SendError
from tests.deployment.conftest import CANARY, REPO, without_long_columns
from tests.faults.support import wait_for
from tests.support.build_script import FOLDER
from tests.support.databases import PgDatabase
from tests.support.sandbox import Sandbox
from tests.support.step_functions import Handler, WorkerEndedError, states

DEFINITION = (REPO / "deploy" / "statemachine.asl.json").read_text()
TABLES = ("customer", "mctm_module", "voipdb_customer", "voipdb_useragent")
CHUNKS = 8


@pytest.fixture
def configs(
    load: Callable[[str], ModuleType],
    sample_sandbox: Sandbox,
    pg_database: PgDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[dict[str, Any]]:
    """The deployment's four tables, eight chunks each; a test may change them further."""
    configured: dict[str, Any] = load("table_configs").TABLE_CONFIGS
    for name, entry in configured.items():
        more = {"publish": "merge", "chunks": CHUNKS, "parallel": 4}
        monkeypatch.setitem(configured, name, {**without_long_columns(entry), **more})
    environment = {**sample_sandbox.environment, **pg_database.environment}
    aws = {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }
    for name, value in {**environment, **aws}.items():
        monkeypatch.setenv(name, value)
    yield configured
    sample_sandbox.faults.clear()


@pytest.fixture
def function(load: Callable[[str], ModuleType]) -> Handler:
    handler: Handler = load("lambda_function").lambda_handler
    return handler


def specs(configs: dict[str, Any]) -> list[TableSpec]:
    return list(parse_table_configs(configs).values())


def assert_carried(spec: TableSpec) -> None:
    """See that the target has the source's rows, value by value."""
    settings = load_settings(["mctm", "voipdb"])
    with (
        sqlserver.connect(settings.sources[spec.db_type]) as from_,
        postgres.connect(settings.target) as into,
    ):
        found = compare_rows(spec, from_, into)
    assert found.equal, (spec.key, found)
    assert found.source_rows > 0


def outcomes(database: PgDatabase) -> list[tuple[object, ...]]:
    return database.rows(
        "SELECT t.table_key, r.status, t.status FROM tableferry.table_runs t "
        "JOIN tableferry.runs r USING (run_id) ORDER BY 1"
    )


def left(database: PgDatabase) -> list[tuple[object, ...]]:
    """Staging tables and leases that nobody needs any more."""
    return database.rows(
        "SELECT relname FROM pg_class WHERE relnamespace = 'tableferry'::regnamespace "
        "AND relname LIKE 'staging%' UNION ALL "
        "SELECT target FROM tableferry.leases WHERE run_id IS NOT NULL"
    )


class Failing:
    """A handler whose workers fail now and then: each of ``endings`` at its chunk's first try."""

    def __init__(
        self, handler: Handler, endings: dict[tuple[str, int], Callable[..., Any]]
    ) -> None:
        self._handler = handler
        self._endings = dict(endings)
        self._lock = threading.Lock()

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:
        with self._lock:
            key = (event.get("table_name", ""), event.get("chunk", -1))
            end = self._endings.pop(key, None) if event["mode"] == "load_chunk" else None
        if end is None:
            return self._handler(event, context)
        answer: dict[str, Any] = end(self._handler, event, context)
        return answer


def answer_is_lost(handler: Handler, event: Any, context: Any) -> None:
    """The worker does all of its work, and is gone before it says so."""
    handler(event, context)
    raise WorkerEndedError("Lambda.Unknown")


def throttled(_handler: Handler, _event: Any, _context: Any) -> None:
    raise WorkerEndedError("Lambda.TooManyRequestsException")


def killed_before_its_commit(database: PgDatabase, configs: dict[str, Any]) -> Callable[..., None]:
    """A worker in a process of its own, which is killed when its rows are written, uncommitted."""
    program = (
        "import sys, json; sys.path.insert(0, sys.argv[1]); import table_configs; "
        "table_configs.TABLE_CONFIGS.update(json.loads(sys.argv[2])); "
        "import lambda_function; lambda_function.lambda_handler(json.loads(sys.argv[3]), None)"
    )
    waits = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND query LIKE 'UPDATE tableferry.chunks%' AND wait_event_type = 'Lock'"
    )

    def end(_handler: Handler, event: Any, _context: Any) -> None:
        arguments = [str(REPO / FOLDER), json.dumps(configs), json.dumps(event)]
        with database.connect(autocommit=False) as other:
            row = "SELECT FROM tableferry.chunks WHERE table_key = %s AND number = %s FOR UPDATE"
            other.execute(row, (event["table_name"], event["chunk"]))
            with subprocess.Popen(
                [sys.executable, "-c", program, *arguments], stdout=subprocess.DEVNULL
            ) as worker:
                assert wait_for(lambda: database.rows(waits) == [(1,)], 60)
                worker.kill()
        raise WorkerEndedError("Runtime.ExitError")

    return end


def test_four_tables_of_eight_chunks_end_as_a_plain_run_does_whatever_fails_meanwhile(
    configs: dict[str, Any],
    function: Handler,
    sample_sandbox: Sandbox,
    pg_database: PgDatabase,
) -> None:
    faults = sample_sandbox.faults
    reads = r"FROM \[{}\]\.\[dbo\]\.\[{}\].*ROWCOUNT"
    faults.on_statement(reads.format("McTM", "Customer"), CutConnection(after_rows=50), times=2)
    deadlock = SendError(1205, "Transaction (Process ID 55) was deadlocked on lock", 20)
    faults.on_statement(reads.format("McTM", "Module"), deadlock)
    busy = SendError(40501, "The service is currently busy. Retry the request after 10 seconds.")
    faults.on_statement(r"MIN\(t\.\[CustomerID\]\).*VoipDB", busy)
    handler = Failing(
        function,
        {
            ("customer", 2): answer_is_lost,
            ("mctm_module", 5): throttled,
            ("voipdb_useragent", 3): killed_before_its_commit(pg_database, configs),
        },
    )
    with states(handler) as machine:
        ended = machine.execute(DEFINITION)
    assert (ended.status, ended.error) == ("SUCCEEDED", ""), ended.output
    assert ended.output["statusCode"] == 200
    assert [table["status"] for table in ended.output["tables"]] == ["ok"] * 4
    for spec in specs(configs):
        assert_carried(spec)
    assert outcomes(pg_database) == [(name, "ok", "ok") for name in sorted(TABLES)]
    assert left(pg_database) == []
    tried = Counter((event["table_name"], event["chunk"]) for event in machine.called("load_chunk"))
    assert len(tried) == len(TABLES) * CHUNKS
    assert tried["customer", 2] > 1
    # Two cuts, a deadlock, one throttled, one killed; the lost answer may be one of the cuts.
    assert sum(tried.values()) >= len(tried) + 5
    assert len(machine.called("publish")) == len(TABLES)


def test_one_tables_failure_does_not_stop_the_others(
    configs: dict[str, Any],
    function: Handler,
    sample_sandbox: Sandbox,
    pg_database: PgDatabase,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(configs, "mctm_module", {**configs["mctm_module"], "publish": "truncate"})
    pg_database.run(
        "CREATE TABLE mctm_customer AS SELECT 1 AS customer_id",
        "CREATE TABLE voipdb_useragent (user_agent_id int)",
    )
    wrong = SendError(8134, "Divide by zero error encountered.", 10)
    sample_sandbox.faults.on_statement(r"FROM \[VoipDB\]\.\[dbo\]\.\[Customer\].*ROWCOUNT", wrong)
    with states(function) as machine:
        ended = machine.execute(DEFINITION)
    assert (ended.status, ended.error) == ("FAILED", "TablesFailed")
    summary = machine.called("summary")[0]["outcomes"]
    told = {one["table"]: (one["status"], one.get("error", {}).get("type")) for one in summary}
    assert told == {
        "customer": ("failed", "SchemaError"),
        "mctm_module": ("ok", None),
        "voipdb_customer": ("failed", "DataError"),
        "voipdb_useragent": ("failed", "SchemaError"),
    }
    told_of_chunks = next(one for one in summary if one["table"] == "voipdb_customer")["error"]
    assert "8134" in told_of_chunks["message"] + told_of_chunks.get("code", ""), (
        "a state machine says of a map only that too much failed: the ledger knows what"
    )
    assert pg_database.rows("SELECT * FROM mctm_customer") == [(1,)]
    assert left(pg_database) == []
    [whole] = [spec for spec in specs(configs) if spec.key == "mctm_module"]
    assert_carried(whole)
    assert len(machine.called("load_whole")) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    told_of_wholes = [line["table"] for line in lines if line["event"] == "table ended"]
    assert told_of_wholes.count("mctm_module") == 1, "it is logged and measured once"


def test_an_input_may_name_tables_and_a_chunk_that_never_works_ends_its_table(
    configs: dict[str, Any], function: Handler, pg_database: PgDatabase
) -> None:
    def out_of_memory(handler: Handler, event: Any, context: Any) -> None:
        raise WorkerEndedError("Runtime.ExitError")

    handler = Failing(function, {("customer", 1): out_of_memory})
    definition = DEFINITION.replace('"MaxAttempts": 2', '"MaxAttempts": 0')
    with states(handler) as machine:
        ended = machine.execute(definition, {"tables": ["customer"]})
        assert ended.status == "FAILED"
        [outcome] = machine.called("summary")[0]["outcomes"]
        assert outcome["status"] == "failed"
        assert outcome["error"]["type"] == "TransientError"
        assert pg_database.rows("SELECT to_regclass('mctm_customer')") == [(None,)]
        machine.events.clear()
        again = machine.execute(definition, {"tables": ["customer"]})
        assert again.status == "SUCCEEDED", again.output
        assert 1 in {event["chunk"] for event in machine.called("load_chunk")}
        assert len(machine.called("load_chunk")) < CHUNKS, "what was stored is not read again"
    assert_carried(specs(configs)[0])


def test_a_source_that_refuses_the_login_is_asked_once(
    configs: dict[str, Any],
    function: Handler,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SQL_SERVER_VOIPDB_PASSWORD", "another one")
    with states(function) as machine:
        ended = machine.execute(DEFINITION)
    assert (ended.status, ended.error) == ("FAILED", "TablesFailed")
    assert {event["table_name"] for event in machine.called("begin_table")} == {
        "customer",
        "mctm_module",
    }
    refused = [one for one in machine.called("summary")[0]["outcomes"] if one["status"] != "ok"]
    assert [one["error"]["code"] for one in refused] == ["18456", "18456"]


def each_state(states_of: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in states_of.items():
        yield name, state
        yield from each_state(state.get("ItemProcessor", {}).get("States", {}))


def subclasses(kind: type[Exception]) -> set[str]:
    return {kind.__name__}.union(*(subclasses(one) for one in kind.__subclasses__()))


def test_every_task_tries_again_after_the_errors_that_pass_and_no_other_of_ours() -> None:
    definitions = [DEFINITION, (REPO / "deploy" / "verification.asl.json").read_text()]
    found = [state for one in definitions for _, state in each_state(json.loads(one)["States"])]
    tasks = [state for state in found if state["Type"] == "Task"]
    assert len(tasks) == len(Step)
    for task in tasks:
        tried_again = {name for retry in task["Retry"] for name in retry["ErrorEquals"]}
        assert {name for name in tried_again if "." not in name} == subclasses(TransientError)
        event = task["Parameters"]["Payload"]
        keys = {key.removesuffix(".$") for key in event} - {"mode"}
        assert keys == NEEDED[Step(event["mode"])]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown key": ({"sql": "DROP TABLE x"}, "unknown key 'sql'"),
    "a range": ({"key_range": "1=1"}, "unknown key 'key_range'"),
    "a staging table": ({"staging": "pg_class"}, "unknown key 'staging'"),
    "a table that is not configured": ({"table_name": "users; --"}, "'table_name' must be one of"),
    "a chunk that is a text": ({"chunk": "0 OR 1=1"}, "'chunk' must be a number"),
    "a chunk below all": ({"chunk": -1}, "'chunk' must be a number"),
    "a chunk that is a boolean": ({"chunk": True}, "'chunk' must be a number"),
    "a run that is no UUID": ({"fanout_id": "1' OR '1'='1"}, "'fanout_id' must be a UUID"),
    "no chunk": ({"chunk": None, "without": "chunk"}, "'chunk' is missing"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_steps_event_is_refused_with_the_reason_before_anything_is_done(
    name: str, function: Handler
) -> None:
    changes, reason = REFUSED[name]
    event: dict[str, Any] = {
        "mode": "load_chunk",
        "table_name": "customer",
        "fanout_id": "c56a4180-65aa-42ec-a945-5fd21dec0538",
        "chunk": 0,
        **changes,
    }
    if left_out := event.pop("without", None):
        del event[left_out]
    with pytest.raises(ConfigError, match=reason) as refused:
        function(event, None)
    assert refused.value.hint


def test_an_error_that_nobody_foresaw_leaves_without_its_text(
    configs: dict[str, Any], function: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise KeyError(CANARY)

    monkeypatch.setattr("tableferry.fanout.routes.route_of", break_down)
    with pytest.raises(UnforeseenError) as raised:
        function({"mode": "fanout_plan", "input": {}}, None)
    assert CANARY not in "".join(traceback.format_exception(raised.value))
    assert "KeyError" in raised.value.message
