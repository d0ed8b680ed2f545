"""Results: one outcome, told as a status code, a body, log lines and an exit code."""

import json
from collections.abc import Callable, Mapping
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tableferry.errors import ErrorReport
from tableferry.frontend.scripts import run_script
from tableferry.runs import run as sync_run
from tableferry.runs.events import TableFinished
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome
from tableferry.runs.run_options import RunOptions
from tests.deployment.conftest import CANARY, Deployment

Handler = Callable[..., tuple[int, dict[str, Any]]]

FAILURE = ErrorReport("TransientError", "it broke", "mend it", "1205")


def outcome(name: str, status: Status) -> TableOutcome:
    if status is Status.OK:
        return TableOutcome(name, f"pg_{name}", status, 100, 100, 0.5, "snapshot")
    error = FAILURE if status is Status.FAILED else None
    return TableOutcome(name, f"pg_{name}", status, seconds=0.1, error=error)


@pytest.fixture
def complete(
    environment: Mapping[str, str],
    load: Callable[[str], ModuleType],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The environment is set, and nothing else: ``load`` has emptied it."""
    load("config")
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch, load: Callable[[str], ModuleType]) -> Callable[..., None]:
    """Let every sync end as told, table by table."""

    def arrange(*statuses: Status) -> None:
        def sync(specs: Any, _settings: Any, *, on_event: Any, **_: Any) -> RunOutcome:
            tables = [outcome(s.key, e) for s, e in zip(specs, statuses, strict=True)]
            for table in tables:
                on_event(TableFinished(table))
            return RunOutcome(tables, 2.0)

        monkeypatch.setattr(sync_run, "sync_tables", sync)

    return arrange


OK, FAILED, SKIPPED = Status.OK, Status.FAILED, Status.SKIPPED


@pytest.mark.usefixtures("complete")
@pytest.mark.parametrize(
    ("statuses", "status_code", "exit_code"),
    [
        ((OK, OK, OK, OK), 200, 0),
        ((OK, FAILED, OK, OK), 207, 1),
        ((OK, FAILED, SKIPPED, SKIPPED), 207, 1),
        ((FAILED, FAILED, FAILED, FAILED), 500, 1),
        ((FAILED, SKIPPED, SKIPPED, SKIPPED), 500, 1),
    ],
)
def test_status_code_and_exit_code_come_from_the_same_outcome(
    statuses: tuple[Status, ...],
    status_code: int,
    exit_code: int,
    handler: Handler,
    ends: Callable[..., None],
    load: Callable[[str], ModuleType],
) -> None:
    ends(*statuses)
    found, body = handler({})
    assert found == status_code
    assert [table["status"] for table in body["tables"]] == list(statuses)
    for command, arguments in (("lambda_function", ()), ("multi_table_manager", ("sync",))):
        module = load(command)
        assert run_script(arguments, module.read_arguments, module.execute) == exit_code


@pytest.mark.usefixtures("complete")
def test_the_body_holds_each_tables_numbers_its_error_with_a_hint_and_totals(
    handler: Handler, ends: Callable[..., None]
) -> None:
    ends(OK, FAILED)
    _, body = handler({"tables": ["mctm_module", "customer"]})
    good, bad = body["tables"]
    assert good == {
        "table": "customer",
        "target": "pg_customer",
        "status": "ok",
        "rows_read": 100,
        "rows_written": 100,
        "seconds": 0.5,
        "rows_per_second": 200,
        "consistency": "snapshot",
    }
    assert bad["error"] == {
        "type": "TransientError",
        "message": "it broke",
        "hint": "mend it",
        "code": "1205",
    }
    assert body["totals"]["rows_written"] == 100
    assert (body["totals"]["ok"], body["totals"]["failed"]) == (1, 1)


@pytest.mark.usefixtures("complete")
def test_tables_are_synced_in_the_configured_order_whatever_the_event_says(
    handler: Handler, ends: Callable[..., None]
) -> None:
    ends(OK, OK, OK)
    _, body = handler({"tables": ["voipdb_useragent", "customer", "voipdb_customer", "customer"]})
    assert [table["table"] for table in body["tables"]] == [
        "customer",
        "voipdb_customer",
        "voipdb_useragent",
    ]


@pytest.mark.usefixtures("complete")
def test_single_sync_syncs_its_one_table(handler: Handler, ends: Callable[..., None]) -> None:
    ends(OK)
    status, body = handler({"mode": "single_sync", "table_name": "voipdb_customer"})
    assert status == 200
    assert [table["table"] for table in body["tables"]] == ["voipdb_customer"]


@pytest.mark.usefixtures("complete")
def test_the_log_is_a_json_line_a_table_with_the_request_id(
    handler: Handler, ends: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ends(OK, FAILED, OK, OK)
    handler({}, SimpleNamespace(aws_request_id="r-1"))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines] == [
        "run started",
        *["table ended", "metrics"] * 4,
        "run ended",
        "metrics",
    ]
    assert {line["request_id"] for line in lines} == {"r-1"}
    assert len({line["run_id"] for line in lines}) == 1
    assert [line["level"] for line in lines if line["event"] == "table ended"] == [
        "info",
        "error",
        "info",
        "info",
    ]
    assert lines[-2]["status_code"] == 207


@pytest.mark.usefixtures("complete")
def test_an_unforeseen_error_is_a_500_that_does_not_repeat_its_text(
    handler: Handler,
    load: Callable[[str], ModuleType],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def burst(*_: object, **__: object) -> None:
        raise RuntimeError(f"connection string PWD={CANARY}")

    monkeypatch.setattr(sync_run, "sync_tables", burst)
    status, body = handler({})
    assert status == 500
    assert body["error"]["type"] == "RuntimeError"
    assert body["error"]["hint"]
    assert CANARY not in json.dumps(body)
    assert CANARY not in capsys.readouterr().out


@pytest.mark.usefixtures("complete")
def test_an_unforeseen_error_ends_a_command_with_1_and_without_its_text(
    load: Callable[[str], ModuleType],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def burst(*_: object, **__: object) -> None:
        raise RuntimeError(CANARY)

    module = load("lambda_function")
    monkeypatch.setattr(sync_run, "sync_tables", burst)
    assert run_script(["multi_sync"], module.read_arguments, module.execute) == 1
    shown = capsys.readouterr()
    assert "RuntimeError" in shown.err
    assert CANARY not in shown.out + shown.err


@pytest.mark.usefixtures("complete")
def test_ctrl_c_ends_a_command_with_130_and_no_traceback(
    load: Callable[[str], ModuleType],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    module = load("lambda_function")
    monkeypatch.setattr(sync_run, "sync_tables", interrupt)
    assert run_script([], module.read_arguments, module.execute) == 130
    assert "keep their old rows" in capsys.readouterr().err


@pytest.mark.usefixtures("complete")
@pytest.mark.parametrize("command", ["lambda_function", "multi_table_manager"])
def test_fail_fast_reaches_the_engine(
    command: str, load: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    def sync(*_: Any, options: RunOptions, **__: Any) -> RunOutcome:
        asked.append(options.fail_fast)
        return RunOutcome([outcome("customer", OK)], 1.0)

    monkeypatch.setattr(sync_run, "sync_tables", sync)
    module = load(command)
    action = "multi_sync" if command == "lambda_function" else "sync"
    assert run_script([action, "--fail-fast"], module.read_arguments, module.execute) == 0
    assert run_script([action], module.read_arguments, module.execute) == 0
    assert asked == [True, False]


def test_an_event_is_answered_where_nothing_is_installed_that_only_a_terminal_needs(
    deployment: Deployment, environment: dict[str, str]
) -> None:
    script = (
        "import sys\n"
        "for name in ('rich', 'typer', 'cronsim', 'duckdb', 'sqlglot'): sys.modules[name] = None\n"
        "import lambda_function\n"
        "print(lambda_function.lambda_handler({}, None)['statusCode'])\n"
        "print('tableferry.report' in sys.modules)"
    )
    done = deployment.run_anew("-c", script, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-2:] == ["500", "False"]
