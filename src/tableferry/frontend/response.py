"""What is answered: one result, as a status code and JSON for Lambda, as an exit code for a shell.

==========================  ===========  =========
outcome                     statusCode   exit code
==========================  ===========  =========
everything worked           200          0
some tables failed          207          1
every table failed          500          1
the request or the          400          2
configuration is wrong
==========================  ===========  =========
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from tableferry.errors import ConfigError, ErrorReport


class Report(Protocol):
    """What came of tables: a sync's outcome, a test's or a plan's report."""

    @property
    def ok(self) -> bool:
        """Whether everything worked."""

    @property
    def any_ok(self) -> bool:
        """Whether anything did."""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""


Result = Report | Mapping[str, Any]
"""A report, or the facts of ``info``."""

OK: Final = 200
SOME_FAILED: Final = 207
REFUSED: Final = 400
ALL_FAILED: Final = 500

MOST_BYTES: Final = 6_000_000
"""Of an answer. Lambda refuses one of more than 6 MiB, and then nobody hears of what was done."""

SMALL_BYTES: Final = 100_000
"""What a part of such an answer may have to be kept: the totals, the status, what remains."""

_EXIT_CODES: Final = {OK: 0, SOME_FAILED: 1, ALL_FAILED: 1, REFUSED: 2}


@dataclass(frozen=True, slots=True)
class Response:
    """A status code and the facts of the body; ``error`` where nothing else is to be shown."""

    status: int
    body: Mapping[str, Any]
    error: ErrorReport | None = None

    @property
    def exit_code(self) -> int:
        """0: all good, 1: a table failed, 2: wrong use or configuration."""
        return _EXIT_CODES[self.status]

    def to_dict(self) -> dict[str, Any]:
        """Return what a Lambda handler returns: the body is JSON text.

        Of one that is too large the large parts are left out, and named.
        """
        text = json.dumps(self.body)
        if len(json.dumps(text)) > MOST_BYTES:
            text = json.dumps(self._shortened())
        return {"statusCode": self.status, "body": text}

    def _shortened(self) -> dict[str, Any]:
        large = [key for key in self.body if len(json.dumps(self.body[key])) > SMALL_BYTES]
        return {
            **{key: value for key, value in self.body.items() if key not in large},
            "left_out": large,
            "why": "Lambda's answers have 6 MB at most. The log has a line for each table that was "
            "synced; name fewer tables to see more.",
        }


def respond(work: Callable[[], Result]) -> tuple[Response, Result | None]:
    """Do the work and return the response to it, and the result; raises nothing.

    A ConfigError is the caller's to correct: 400. Of an unforeseen error only the type and the
    place are told, its text may hold anything.
    """
    try:
        result = work()
        return Response(status_of(result), _body(result)), result
    except Exception as error:  # noqa: BLE001 - the one place where an error becomes an answer
        report = ErrorReport.of(error)
        status = REFUSED if isinstance(error, ConfigError) else ALL_FAILED
        return Response(status, {"error": report.to_dict()}, report), None


def status_of(result: Result) -> int:
    """Return the status code of a result; a skipped table neither worked nor failed."""
    if isinstance(result, Mapping) or result.ok:
        return OK
    return SOME_FAILED if result.any_ok else ALL_FAILED


def _body(result: Result) -> Mapping[str, Any]:
    return result if isinstance(result, Mapping) else result.to_dict()
