"""Events: what is refused with 400 before anything is run."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tableferry.errors import ConfigError
from tableferry.frontend.request import parse_event
from tableferry.inspect import check
from tableferry.runs import run as sync_run
from tests.deployment.conftest import CANARY

Handler = Callable[..., tuple[int, dict[str, Any]]]

REFUSED: dict[str, tuple[object, str]] = {
    "null": (None, "not a JSON object but null"),
    "a list": (["multi_sync"], "not a JSON object but a list"),
    "a text": ("multi_sync", "not a JSON object but a text"),
    "a number": (7, "not a JSON object but a number"),
    "an unknown key": ({"mode": "info", "table": "customer"}, "Unknown key in the event: 'table'"),
    "SQL under a key of its own": ({"sql": "DROP TABLE x"}, "Unknown key in the event: 'sql'"),
    "a where": ({"tables": ["customer"], "where": "1=1"}, "Unknown key in the event: 'where'"),
    "a key that is no text": ({7: "x"}, "Unknown key in the event: a number"),
    "an unknown mode": ({"mode": "sync"}, "Unknown mode: 'sync'"),
    "the command that goes on": ({"mode": "watch"}, "'watch' is no mode of an event"),
    "a mode in capitals": ({"mode": "INFO"}, "Unknown mode: 'INFO'"),
    "a mode that is no text": ({"mode": 1}, "'mode' must be a text, not a number"),
    "a null mode": ({"mode": None}, "'mode' must be a text, not null"),
    "tables as a text": ({"tables": "customer"}, "'tables' must be a list"),
    "no tables": ({"tables": []}, "'tables' must be a list"),
    "null tables": ({"tables": None}, "'tables' must be a list"),
    "tables that are no texts": ({"tables": ["customer", 3]}, "'tables' must be a list"),
    "tables in an object": ({"tables": {"customer": 1}}, "'tables' must be a list"),
    "an unknown table": ({"tables": ["customer", "users"]}, "Unknown table: 'users'"),
    "a table's SQL name": ({"tables": ["[McTM].[dbo].[Customer]"]}, "Unknown table: '[McTM]"),
    "a table with SQL in it": ({"tables": ["customer; --"]}, "Unknown table: 'customer; --'"),
    "single_sync without a table": ({"mode": "single_sync"}, "single_sync needs a table's name"),
    "single_sync of an unknown one": (
        {"mode": "single_sync", "table_name": "nope"},
        "Unknown table: 'nope'",
    ),
    "single_sync of a list": (
        {"mode": "single_sync", "table_name": ["customer"]},
        "'table_name' must be a text, not a list",
    ),
    "single_sync with tables": (
        {"mode": "single_sync", "table_name": "customer", "tables": ["customer"]},
        "single_sync takes one table",
    ),
    "multi_sync with one table's name": (
        {"table_name": "customer"},
        "multi_sync takes a list of tables",
    ),
}


@pytest.fixture
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make it an error to sync or to look at any table."""

    def ran(*_: object, **__: object) -> None:
        raise AssertionError("something was run")

    monkeypatch.setattr(sync_run, "sync_tables", ran)
    monkeypatch.setattr(check, "check_tables", ran)


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.usefixtures("nothing_runs")
def test_an_event_is_refused_with_400_a_reason_and_a_hint(
    name: str, handler: Handler, environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    event, reason = REFUSED[name]
    status, body = handler(event)
    assert status == 400
    assert set(body) == {"error"}
    assert body["error"]["type"] == "ConfigError"
    assert reason in body["error"]["message"]
    assert body["error"]["hint"]


@pytest.mark.usefixtures("nothing_runs")
def test_an_event_that_asks_for_a_watch_is_told_what_repeats_a_sync_there(handler: Handler) -> None:
    _, body = handler({"mode": "watch"})
    assert 'a schedule of EventBridge send {"mode": "multi_sync"}' in body["error"]["hint"]
    assert "tableferry watch --every 5m" in body["error"]["hint"]


@pytest.mark.usefixtures("nothing_runs")
def test_everything_that_is_wrong_with_an_event_is_said_at_once(handler: Handler) -> None:
    _, body = handler({"mode": "sync", "tables": ["nope"], "force": True})
    message = body["error"]["message"]
    assert "Unknown mode: 'sync'" in message
    assert "Unknown table: 'nope'" in message
    assert "Unknown key in the event: 'force'" in message


@pytest.mark.usefixtures("nothing_runs")
def test_a_refusal_does_not_repeat_an_endless_name_nor_an_unknown_keys_value(
    handler: Handler,
) -> None:
    tables = [f"table {number}" for number in range(100_000)]
    _, body = handler({"mode": "x" * 1_000_000, "tables": tables, "password": CANARY})
    assert len(json.dumps(body)) < 2_000
    assert CANARY not in json.dumps(body)


@pytest.mark.usefixtures("nothing_runs")
def test_a_missing_environment_is_a_400_that_names_every_variable(handler: Handler) -> None:
    status, body = handler({})
    assert status == 400
    for prefix in ("SQL_SERVER_MCTM_", "SQL_SERVER_VOIPDB_", "PG_"):
        for field in ("HOST", "DB", "USER", "PASSWORD"):
            assert f"{prefix}{field} is missing" in body["error"]["message"]


@pytest.mark.usefixtures("nothing_runs")
def test_a_malformed_environment_is_a_400_that_does_not_repeat_the_values(
    handler: Handler, environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("PG_PORT", CANARY)
    monkeypatch.setenv("SQL_SERVER_MCTM_PORT", "70000")
    monkeypatch.setenv("LOG_LEVEL", "LOUD")
    status, body = handler({})
    assert status == 400
    for variable in ("PG_PORT", "SQL_SERVER_MCTM_PORT", "LOG_LEVEL"):
        assert f"{variable} is not valid" in body["error"]["message"]
    assert CANARY not in json.dumps(body)


CONFIGURED = ("customer", "orders")
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
LIKELY = st.sampled_from(("multi_sync", "single_sync", "info", "customer", "orders", ["orders"]))
EVENTS = ANY_JSON | st.dictionaries(
    st.sampled_from(("mode", "tables", "table_name")) | st.text(), LIKELY | ANY_JSON, max_size=3
)


@given(EVENTS)
@settings(deadline=None)
def test_whatever_comes_is_refused_or_names_configured_tables_only(event: object) -> None:
    request, refusal = None, None
    try:
        request = parse_event(event, CONFIGURED)
    except ConfigError as error:
        refusal = error
    if request is None:
        assert refusal is not None
        assert refusal.message
        assert refusal.hint
    else:
        assert request.tables is None or (request.tables and {*request.tables} <= {*CONFIGURED})
