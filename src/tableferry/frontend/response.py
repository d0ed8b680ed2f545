"""The response to a request: its result as JSON, its ending as a status code and an exit code."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from tableferry.errors import DRIFT, ConfigError, ErrorReport
from tableferry.frontend.exit_codes import (
    ALL_OK,
    DIFFERS,
    DRIFTED,
    FAILED,
    HELD,
    LATE,
    REFUSED,
    SOME_FAILED,
    STOPPED_BY,
    Ending,
)
from tableferry.runs.outcome import RunOutcome, Status
from tableferry.runs.rounds import Watched
from tableferry.runs.stop_signal import stop_within
from tableferry.states.report import StatusReport
from tableferry.states.words import Word
from tableferry.verification.result import Verification


class Report(Protocol):
    """What a request about tables returns: a run's outcome, or what was found out about them."""

    @property
    def ok(self) -> bool:
        """Whether every table is ok."""

    @property
    def any_ok(self) -> bool:
        """Whether at least one table is ok; a skipped one neither worked nor failed."""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""


Result = Report | Mapping[str, Any]
"""A report, or facts about the configuration (``info``)."""

MOST_BYTES: Final = 6_000_000
"""Size limit of an answer, in bytes. Lambda discards one of more than 6 MiB: the caller would not
learn that its tables were synced."""

SMALL_BYTES: Final = 100_000
"""Parts of an oversized answer up to this size are kept: the totals, the status, what remains."""


@dataclass(frozen=True, slots=True)
class Response:
    """How a request ended, and the JSON body of the answer.

    ``error`` is set where the request itself failed and there is no result. ``stopped`` is the
    ending of a run that a signal stopped: it decides the exit code.
    """

    ending: Ending
    body: Mapping[str, Any]
    error: ErrorReport | None = None
    stopped: Ending | None = None

    @property
    def status_code(self) -> int:
        """The status code for a caller of the Lambda function."""
        return self.ending.status_code or 500

    @property
    def exit_code(self) -> int:
        """The exit code for a shell."""
        return (self.stopped or self.ending).exit_code

    def to_dict(self) -> dict[str, Any]:
        """Return what a Lambda handler returns; ``body`` is JSON text.

        Of a body over Lambda's limit, the large parts are left out and listed in ``left_out``.
        """
        text = json.dumps(self.body)
        if len(json.dumps(text)) > MOST_BYTES:
            text = json.dumps(self._shortened())
        return {"statusCode": self.status_code, "body": text}

    def _shortened(self) -> dict[str, Any]:
        large = [key for key in self.body if len(json.dumps(self.body[key])) > SMALL_BYTES]
        return {
            **{key: value for key, value in self.body.items() if key not in large},
            "left_out": large,
            "why": "Lambda limits an answer to 6 MB. The log has a line for each table that was "
            "synced; name fewer tables to see more here.",
        }


def respond(work: Callable[[], Result]) -> tuple[Response, Result | None]:
    """Do the work; return the response, and the result where there is one. Raises no Exception.

    A ConfigError is the caller's to correct. Of an error that is not a TableferryError only the
    type and the place are reported: its text may hold a secret or a cell's value.
    """
    try:
        result = work()
        return response_to(result), result
    except Exception as error:  # noqa: BLE001 - the one place where an error becomes an answer
        if stop := stop_within(error):
            raise stop from None
        report = ErrorReport.of(error)
        ending = REFUSED if isinstance(error, ConfigError) else FAILED
        return Response(ending, {"error": report.to_dict()}, report), None


def response_to(result: Result) -> Response:
    """Return the response to a result."""
    if isinstance(result, Mapping):
        return Response(ALL_OK, result)
    ending = _ending_of(result)
    signal = result.stopped_by if isinstance(result, RunOutcome | Watched) else None
    return Response(ending, result.to_dict(), stopped=STOPPED_BY[signal] if signal else None)


def _ending_of(result: Report) -> Ending:
    if result.ok:
        return ALL_OK
    if isinstance(result, RunOutcome | Verification | StatusReport) and result.differs:
        return DIFFERS
    if isinstance(result, StatusReport) and not result.count(Word.FAILING):
        return HELD if result.count(Word.HELD) else LATE
    if result.any_ok:
        return SOME_FAILED
    if isinstance(result, RunOutcome) and result.status is Status.HELD:
        return HELD
    return DRIFTED if _all_drifted(result) else FAILED


def _all_drifted(result: Report) -> bool:
    """Whether each table was refused for its columns; those that were not begun do not count.

    A run, a plan and a check all have ``tables`` with their errors.
    """
    begun = [
        table
        for table in getattr(result, "tables", ())
        if getattr(table, "status", None) is not Status.SKIPPED
    ]
    errors = [getattr(table, "error", None) for table in begun]
    return bool(errors) and all(error is not None and error.code == DRIFT for error in errors)
