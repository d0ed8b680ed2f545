"""One table of exit and status codes: what decides, and what the documents say."""

import datetime as dt
import re
import signal
from pathlib import Path

import pytest

from tableferry.errors import DRIFT, ConfigError, ErrorReport, SchemaError, TransientError
from tableferry.frontend.exit_codes import ENDINGS, table_text
from tableferry.frontend.response import Response, respond
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome
from tableferry.states.report import StatusReport, TableState
from tableferry.states.words import Word
from tableferry.verification.options import Depth
from tableferry.verification.result import TableVerification, Verdict, Verification

ROOT = Path(__file__).parents[3]


def run_of(*statuses: Status, code: str = "") -> RunOutcome:
    error = ErrorReport("Cancelled", "stopped", "run it again", code) if code else None
    return RunOutcome([TableOutcome("t", "t", status, error=error) for status in statuses], 1.0)


def drifted(*statuses: Status, code: str = DRIFT) -> RunOutcome:
    """A run whose failed tables were refused for their columns; others have another error."""
    refused = ErrorReport("SchemaError", "the columns do not fit", "look at the plan", DRIFT)
    other = ErrorReport("DeadlineError", "out of time", "run it again", code)
    errors = [refused if status is Status.FAILED else other for status in statuses]
    tables = [
        TableOutcome("t", "t", status, error=None if status is Status.OK else error)
        for status, error in zip(statuses, errors, strict=True)
    ]
    return RunOutcome(tables, 1.0)


def status_of(*words: Word, late: bool = False) -> StatusReport:
    tables = [
        TableState("t", "s", "t", word, age=100.0, max_age=60 if late else None) for word in words
    ]
    return StatusReport(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "host/db", tuple(tables))


@pytest.mark.parametrize(
    ("report", "exit_code", "status_code"),
    [
        (status_of(Word.FRESH, Word.RUNNING), 0, 200),
        (status_of(Word.FRESH, Word.FAILING), 1, 207),
        (status_of(Word.LATE, Word.FAILING), 1, 500),
        (status_of(Word.FAILING, Word.DIFFERS), 3, 409),
        (status_of(Word.FRESH, Word.LATE), 5, 503),
        (status_of(Word.NEVER, Word.NEVER), 5, 503),
        (status_of(Word.LATE, Word.HELD), 4, 423),
        (status_of(Word.RUNNING, late=True), 5, 503),
    ],
)
def test_a_status_ends_as_its_worst_table(
    report: StatusReport, exit_code: int, status_code: int
) -> None:
    response, _ = respond(lambda: report)
    assert (response.exit_code, response.status_code) == (exit_code, status_code)


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
        (run_of(Status.HELD, Status.HELD), 4, 423),
        (run_of(Status.HELD, Status.FAILED), 1, 500),
        (drifted(Status.FAILED, Status.FAILED), 6, 422),
        (drifted(Status.FAILED, Status.SKIPPED), 6, 422),
        (drifted(Status.FAILED, Status.OK), 1, 207),
        (drifted(Status.FAILED, Status.DEADLINE, code=""), 1, 500),
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
    ("codes", "exit_code", "status_code"),
    [((DRIFT, DRIFT), 6, 422), ((DRIFT, ""), 1, 500)],
)
def test_a_verification_of_which_no_table_fits_its_source_ends_as_a_run_does(
    codes: tuple[str, ...], exit_code: int, status_code: int
) -> None:
    errors = [ErrorReport("SchemaError", "it is so", "look at the plan", code) for code in codes]
    tables = [
        TableVerification("t", "t", Verdict.NOT_VERIFIED, Depth.ROWS, error=error)
        for error in errors
    ]
    response, _ = respond(lambda: Verification(tuple(tables)))
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
