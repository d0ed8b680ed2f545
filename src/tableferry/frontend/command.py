"""A command from beginning to end: work in, progress and a result shown, an exit code out.

The ``tableferry`` command and the deployment's scripts share it, as Lambda shares ``respond``.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tableferry.errors import ErrorReport
from tableferry.frontend.execute import RunCallbacks
from tableferry.frontend.exit_codes import FAILED, STOPPED_BY
from tableferry.frontend.output import shielded_output
from tableferry.frontend.response import Response, Result, respond
from tableferry.frontend.signals import stop_on_signals
from tableferry.runs.stop_signal import signal_of, stop_within

if TYPE_CHECKING:
    from tableferry.frontend.view import View

Work = Callable[[RunCallbacks], Result]
Show = Callable[["View", Result], None]


@dataclass(frozen=True, slots=True)
class Style:
    """How a command shows its result: as one JSON document, or for a person.

    ``quiet``: nothing but failures and the last line. ``prints_itself``: the command writes to
    stdout before there is a result, so no live line may stand there. ``watches``: the work is many
    runs, each of which is a line, in JSON as well.
    """

    as_json: bool = False
    quiet: bool = False
    prints_itself: bool = False
    watches: bool = False


PLAIN = Style()


def show_result(view: "View", result: Result) -> None:
    """Show a result to a person."""
    view.end(result)


def run_command(work: Work, style: Style = PLAIN, *, show: Show = show_result) -> int:
    """Do a command's work, print what came of it, and return the exit code. Raises nothing.

    Results go to stdout, failures and progress to stderr. With ``style.as_json`` stdout gets one
    JSON document, the result or ``{"error": ...}``, and nothing else.
    """
    with shielded_output(), stop_on_signals():
        try:
            response = _shown(work, style, show)
            if response.error is not None:
                _show_error(response.error)
        except KeyboardInterrupt as stop:  # while the result is printed
            return STOPPED_BY[signal_of(stop)].exit_code
        except RuntimeError as error:  # while a module is imported
            hidden = stop_within(error)
            if hidden is None:
                raise
            return STOPPED_BY[signal_of(hidden)].exit_code
        return response.exit_code


def _shown(work: Work, style: Style, show: Show) -> Response:
    from tableferry.frontend.view import View

    with View(style) as view:
        response, result = _respond(lambda: work(RunCallbacks(view.event, view.answer)))
        if result is not None and not style.as_json:
            show(view, result)
    if style.as_json and response.body:
        print(json.dumps(response.body, indent=None if style.watches else 2))
    return response


def _show_error(error: ErrorReport) -> None:
    from tableferry.report.console import show_error

    show_error(error)


def _respond(work: Callable[[], Result]) -> tuple[Response, Result | None]:
    """Return the response, also where a signal stops what is no run: a check, or an import."""
    try:
        return respond(work)
    except KeyboardInterrupt as stop:
        number = signal_of(stop)
        report = ErrorReport(
            "Cancelled",
            f"The command was stopped ({number.name})",
            "Tables not yet published keep their old rows. Run it again.",
            number.name,
        )
        body = {"error": report.to_dict()}
        return Response(FAILED, body, report, stopped=STOPPED_BY[number]), None
