"""``status`` on Lambda and by the scripts: the same document, and what to type there."""

import json
import os
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


def without_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SQL_SERVER_")]:
        monkeypatch.delenv(name)


def test_a_status_needs_no_settings_of_sources(
    function: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor their secrets: whoever is on call is answered while a source's are being changed."""
    without_sources(monkeypatch)
    status, body = function({"mode": "status"}, CONTEXT)
    assert (status, body["totals"]["tables"], body["complete"]) == (503, 4, True)
    assert function({"mode": "multi_sync"}, CONTEXT)[0] == 400


def test_a_status_answers_while_a_source_cannot_be_asked_for_a_patterns_tables(
    function: Handler, load: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_sources(monkeypatch)
    tables = load("table_configs")
    every = {"db_type": "mctm", "sql_server_db": "McTM", "sql_table": "dbo.Log*"}
    monkeypatch.setitem(tables.TABLE_CONFIGS, "every", every)
    tables.DEFAULT_SYNC_ORDER.append("every")
    status, body = function({"mode": "status"}, CONTEXT)
    assert (status, body["totals"]["tables"], body["complete"]) == (503, 4, False)
    assert "Which tables the patterns match is not known" in body["notes"][0]
