"""Exit codes and status codes: the one table of how a request can end.

A shell gets the exit code, a caller of the Lambda function the status code. ``docs/exit-codes.md``
holds this table for readers; a test compares the two.
"""

import signal
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Ending:
    """One end of a request, as programs see it.

    ``status_code`` is None where only a command can end so: Lambda sends a run no signal.
    """

    exit_code: int
    status_code: int | None
    meaning: str


ALL_OK: Final = Ending(0, 200, "Everything that was asked for is done; every table is ok.")
SOME_FAILED: Final = Ending(
    1, 207, "Some tables are ok, others are not; the result says which and why."
)
FAILED: Final = Ending(
    1, 500, "No table is ok, or an error ended the request; the result says why."
)
DIFFERS: Final = Ending(
    3,
    409,
    "A verification found rows of a target that differ from its source's; the result says which.",
)
HELD: Final = Ending(
    4,
    423,
    "Another run holds every table that was asked for, so that nothing was done; of a status: a "
    "run that shows no life holds a table.",
)
LATE: Final = Ending(
    5, 503, "A status found tables that are late or were never loaded; the result says which."
)
DRIFTED: Final = Ending(
    6,
    422,
    "Every table is refused, as its source and target no longer have the same columns; the result "
    "says which.",
)
REFUSED: Final = Ending(
    2, 400, "The arguments, the event or the configuration is wrong; nothing was begun."
)
INTERRUPTED: Final = Ending(
    130, None, "Ctrl-C (SIGINT) stopped the command; tables not yet published keep their old rows."
)
TERMINATED: Final = Ending(
    143, None, "SIGTERM stopped the command; tables not yet published keep their old rows."
)

HUNG_UP: Final = Ending(
    129,
    None,
    "The terminal was closed (SIGHUP), which stops the command; tables not yet published keep "
    "their old rows.",
)

ENDINGS: Final = (
    ALL_OK, SOME_FAILED, FAILED, REFUSED, DIFFERS, HELD, LATE, DRIFTED, HUNG_UP, INTERRUPTED,
    TERMINATED,
)  # fmt: skip

_BY_NAME: Final = {"SIGHUP": HUNG_UP, "SIGINT": INTERRUPTED, "SIGTERM": TERMINATED}

STOPPED_BY: Final = {
    number: _BY_NAME[number.name] for number in signal.Signals if number.name in _BY_NAME
}
"""128 and the signal's number, as shells report a command that a signal ended."""


def table_text() -> str:
    """Return the table in Markdown, one ending a row."""
    rows = [f"| {end.exit_code} | {end.status_code or '-'} | {end.meaning} |" for end in ENDINGS]
    return "\n".join(["| exit code | statusCode | meaning |", "|---|---|---|", *rows])
