"""X-Ray, where a function traces: what its daemon is sent."""

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tableferry.aws.tracing import Tracing
from tableferry.config import Reporting, load_reporting
from tableferry.errors import ErrorReport
from tableferry.runs.outcome import Status, TableOutcome
from tests.deployment.test_reporting import Run, run

__all__ = ["run"]

TRACE = "1-5bef4de7-ad49b0e87f6ef6c87fc2e700"
SAMPLED = f"Root={TRACE};Parent=53995c3f42cd8ad8;Sampled=1"


class Daemon:
    """What listens for documents, as X-Ray's daemon does."""

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire
        self.address = "{}:{}".format(*wire.getsockname())

    def documents(self) -> list[dict[str, object]]:
        """Those that are here already."""
        found = []
        self._wire.setblocking(False)
        while True:
            try:
                header, document = self._wire.recv(65_536).decode().split("\n")
            except BlockingIOError:
                return found
            assert json.loads(header) == {"format": "json", "version": 1}
            found.append(json.loads(document))


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind(("127.0.0.1", 0))
        yield Daemon(wire)


def test_each_table_is_a_subsegment_of_the_functions_segment(run: Run, daemon: Daemon) -> None:
    status, lines = run(
        {"tables": ["customer", "voipdb_customer"]},
        SQL_SERVER_MCTM_PASSWORD="wrong",
        _X_AMZN_TRACE_ID=SAMPLED,
        AWS_XRAY_DAEMON_ADDRESS=daemon.address,
    )
    assert status == 207
    bad, good = daemon.documents()
    for document in (bad, good):
        assert (document["type"], document["trace_id"]) == ("subsegment", TRACE)
        assert document["parent_id"] == "53995c3f42cd8ad8"
        assert re.fullmatch("[0-9a-f]{16}", str(document["id"]))
    assert (bad["name"], bad["fault"]) == ("customer", True)
    assert (good["name"], good["fault"]) == ("voipdb_customer", False)
    run_id = lines[0]["run_id"]
    assert bad["annotations"] == {
        "run_id": run_id, "outcome": "failed", "rows_written": 0, "error": "ConfigError"
    }  # fmt: skip
    assert good["annotations"] == {"run_id": run_id, "outcome": "ok", "rows_written": 300}


@pytest.mark.parametrize(
    "header", ["", f"Root={TRACE}", SAMPLED.replace("Sampled=1", "Sampled=0"), "Sampled=1"]
)
def test_a_request_that_is_not_sampled_sends_nothing(run: Run, daemon: Daemon, header: str) -> None:
    variables = {"_X_AMZN_TRACE_ID": header, "AWS_XRAY_DAEMON_ADDRESS": daemon.address}
    assert run({"tables": ["customer"]}, **variables)[0] == 200
    assert daemon.documents() == []


def test_a_daemon_that_cannot_be_reached_is_told_and_changes_nothing(run: Run) -> None:
    status, lines = run(
        {"tables": ["customer"]},
        _X_AMZN_TRACE_ID=SAMPLED,
        AWS_XRAY_DAEMON_ADDRESS="nowhere.invalid:2000",
    )
    assert status == 200
    assert [(line["level"], line["error"]) for line in lines if line["event"] == "not traced"] == [
        ("warn", "gaierror")
    ]


def test_a_subsegment_begins_when_its_table_was_and_has_a_name_that_x_ray_takes(
    daemon: Daemon,
) -> None:
    reporting = Reporting(trace_id=TRACE, trace_parent="1", xray_daemon=daemon.address)
    tracing = Tracing.of(reporting, "r")
    assert tracing is not None
    error = ErrorReport("DataError", "a message that stays here", "")
    outcome = TableOutcome("a?*\u00e9" + "b" * 300, "t", Status.FAILED, seconds=2.5, error=error)
    Tracing(TRACE, "1", tracing.host, tracing.port, "r", clock=lambda: 100.0).table(outcome)
    (document,) = daemon.documents()
    assert (document["start_time"], document["end_time"]) == (97.5, 100.0)
    assert str(document["name"]).startswith("a__\u00e9b")
    assert len(str(document["name"])) == 200
    assert error.message not in json.dumps(document)


def test_no_sdk_of_x_ray_is_loaded_for_it() -> None:
    program = "import tableferry.aws.handler, sys; print([m for m in sys.modules if 'xray' in m])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("ours", "lambdas", "level"),
    [("", "", "INFO"), ("", "TRACE", "DEBUG"), ("", "DEBUG", "DEBUG"), ("", "WARN", "WARNING"),
     ("", "FATAL", "ERROR"), ("", "what?", "INFO"), ("ERROR", "DEBUG", "ERROR")],
)  # fmt: skip
def test_the_level_of_the_log_may_be_the_functions_own_setting(
    monkeypatch: pytest.MonkeyPatch, ours: str, lambdas: str, level: str
) -> None:
    monkeypatch.setenv("LOG_LEVEL", ours)
    monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", lambdas)
    assert load_reporting().log_level == level
