"""``status`` on Lambda and by the scripts: the same document, and what to type there."""

import json
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.support.databases import PgDatabase

Handler = Callable[..., tuple[int, dict[str, Any]]]
CONTEXT = SimpleNamespace(aws_request_id="r-1", function_name="carry")


@pytest.fixture
def function(
    environment: dict[str, str],
    pg_database: PgDatabase,
    handler: Handler,
    monkeypatch: pytest.MonkeyPatch,
) -> Handler:
    """The function with a target, and sources that nobody answers for."""
    for name, value in {**environment, **pg_database.environment}.items():
        monkeypatch.setenv(name, value)
    return handler


def test_a_function_answers_how_its_tables_stand_with_the_events_to_send(
    function: Handler,
) -> None:
    status, body = function({"mode": "status", "tables": ["customer"]}, CONTEXT)
    assert (status, body["format"]) == (503, 1)
    (table,) = body["tables"]
    assert table["word"] == "never"
    assert json.loads(table["command"]) == {"mode": "multi_sync", "tables": ["customer"]}


@pytest.mark.usefixtures("function")
@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("lambda_function", ["status", "--tables=customer", "--json"]),
        ("multi_table_manager", ["status", "--tables=customer", "--json"]),
        ("table_sync_processor", ["customer", "status", "--json"]),
    ],
)
def test_each_script_tells_how_tables_stand_with_the_command_to_type(
    module: str,
    arguments: list[str],
    load: Callable[[str], ModuleType],
    capsys: pytest.CaptureFixture[str],
) -> None:
    from tableferry.frontend.scripts import run_script

    script = load(module)
    assert run_script(arguments, script.read_arguments, script.execute) == 5
    (table,) = json.loads(capsys.readouterr().out)["tables"]
    assert table["command"] == "python lambda_function.py multi_sync --tables=customer"


def test_a_key_that_a_status_does_not_use_is_refused(function: Handler) -> None:
    assert function({"mode": "status", "publish_together": True}, CONTEXT)[0] == 400
    assert function({"mode": "status", "sample": 3}, CONTEXT)[0] == 400
