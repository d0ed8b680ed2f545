"""A command from beginning to end: work in, progress and a result shown, an exit code out.

The ``tableferry`` command and the deployment's scripts share it, as Lambda shares ``respond``.
"""

import json
from collections.abc import Callable, Mapping

from tableferry.errors import ErrorReport
from tableferry.frontend.execute import RunCallbacks
from tableferry.frontend.exit_codes import FAILED, STOPPED_BY
from tableferry.frontend.output import shielded_output
from tableferry.frontend.response import Response, Result, respond
from tableferry.frontend.signals import stop_on_sigterm
from tableferry.runs.outcome import RunOutcome
from tableferry.runs.stop_signal import signal_of

Work = Callable[[RunCallbacks], Result]
Show = Callable[[Result], None]


def show_result(result: Result) -> None:
    """Show a run, a check, a plan, discovered tables or facts to a person, on stdout."""
    from tableferry.report import console

    if isinstance(result, Mapping):  # needs no engine: "info" shall load none
        console.show_facts(result)
        return
    from tableferry.inspect.check import CheckReport
    from tableferry.inspect.discover import Discovery
    from tableferry.inspect.plan_report import PlanReport
    from tableferry.report import check_view, plan_view, run_view, table_entries

    match result:
        case RunOutcome():
            run_view.show_summary(result)
        case CheckReport():
            check_view.show_check(result)
        case PlanReport():
            plan_view.show_plan(result)
        case Discovery():
            print(table_entries.python_text(result.tables), end="")


def run_command(work: Work, *, as_json: bool = False, show: Show = show_result) -> int:
    """Do a command's work, print what came of it, and return the exit code. Raises nothing.

    With ``as_json`` stdout gets one JSON document, the result or ``{"error": ...}``, and nothing
    else; without, progress and the result for a person. An error goes to stderr in either case.
    """
    with shielded_output(), stop_on_sigterm():
        try:
            response = _as_json(work) if as_json else _as_text(work, show)
            if response.error is not None:
                _show_error(response.error)
        except KeyboardInterrupt as stop:  # while the result is printed
            return STOPPED_BY[signal_of(stop)].exit_code
        return response.exit_code


def _as_json(work: Work) -> Response:
    response, _ = _respond(lambda: work(RunCallbacks()))
    if response.body:
        print(json.dumps(response.body, indent=2))
    return response


def _as_text(work: Work, show: Show) -> Response:
    from tableferry.report import run_view

    with run_view.RunView() as view:
        response, result = _respond(lambda: work(RunCallbacks(view.progress, view.outcome)))
    if result is not None:
        show(result)
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
