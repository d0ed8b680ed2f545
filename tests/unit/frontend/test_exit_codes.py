"""One table of exit and status codes: what decides, and what the documents say."""

import re
import signal
from pathlib import Path

import pytest

from tableferry.errors import ConfigError, ErrorReport, SchemaError, TransientError
from tableferry.frontend.exit_codes import ENDINGS, table_text
from tableferry.frontend.response import Response, respond
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome

ROOT = Path(__file__).parents[3]


def run_of(*statuses: Status, code: str = "") -> RunOutcome:
    error = ErrorReport("Cancelled", "stopped", "run it again", code) if code else None
    return RunOutcome([TableOutcome("t", "t", status, error=error) for status in statuses], 1.0)


def response_of(error: Exception) -> Response:
    def work() -> RunOutcome:
        raise error

    return respond(work)[0]


def test_the_page_has_the_table_of_the_code() -> None:
    page = (ROOT / "docs" / "exit-codes.md").read_text()
    (table,) = re.findall(r"<!-- endings -->\n(.*)\n<!-- /endings -->", page, re.DOTALL)
    assert table == table_text()


def test_every_ending_has_codes_of_its_own_and_a_sentence() -> None:
    assert len({(end.exit_code, end.status_code) for end in ENDINGS}) == len(ENDINGS)
    assert all(re.fullmatch(r"[A-Z][^|\n]+\.", end.meaning) for end in ENDINGS)


@pytest.mark.parametrize(
    ("run", "exit_code", "status_code"),
    [
        (run_of(Status.OK, Status.OK), 0, 200),
        (run_of(Status.OK, Status.FAILED), 1, 207),
        (run_of(Status.OK, Status.HELD), 1, 207),
        (run_of(Status.FAILED, Status.SKIPPED), 1, 500),
        (run_of(Status.DEADLINE), 1, 500),
        (run_of(Status.CANCELLED, code="SIGINT"), 130, 500),
        (run_of(Status.CANCELLED, code="SIGTERM"), 143, 500),
        (run_of(Status.OK, Status.CANCELLED, code="SIGTERM"), 143, 207),
    ],
)
def test_a_run_ends_as_its_tables_do(run: RunOutcome, exit_code: int, status_code: int) -> None:
    response, _ = respond(lambda: run)
    assert (response.exit_code, response.status_code) == (exit_code, status_code)


@pytest.mark.parametrize(
    ("error", "exit_code", "status_code"),
    [
        (ConfigError("wrong"), 2, 400),
        (TransientError("gone"), 1, 500),
        (SchemaError("no such table"), 1, 500),
        (RuntimeError("secret"), 1, 500),
    ],
)
def test_only_what_the_caller_can_correct_is_refused(
    error: Exception, exit_code: int, status_code: int
) -> None:
    response = response_of(error)
    assert (response.exit_code, response.status_code) == (exit_code, status_code)
    assert "secret" not in str(response.body)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signals_exit_code_is_the_shells(number: signal.Signals) -> None:
    response, _ = respond(lambda: run_of(Status.CANCELLED, code=number.name))
    assert response.exit_code == 128 + number
