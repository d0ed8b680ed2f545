"""A Lambda event from beginning to end: parse, execute, report, answer."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tableferry.aws.invocation import Invocation
from tableferry.aws.load_config import ConfiguredNames, LoadConfig
from tableferry.aws.step_handler import run_step
from tableferry.aws.step_request import is_step
from tableferry.errors import ErrorReport
from tableferry.frontend.execute import RunCallbacks
from tableferry.frontend.request import Request, parse_event
from tableferry.frontend.response import Result, respond
from tableferry.frontend.signals import stop_on_signals
from tableferry.runs.outcome import RunOutcome
from tableferry.states.words import event_commands
from tableferry.verification.result import Verification

Execute = Callable[[Request, RunCallbacks], Result]


def handle_event(
    event: Any,
    context: Any,
    *,
    configured: ConfiguredNames,
    load_config: LoadConfig,
    execute: Execute,
) -> dict[str, Any]:
    """Do what an event asks for.

    ``configured`` returns the keys of the tables. Returns ``{"statusCode": ...,
    "body": JSON text}`` and raises no Exception; a state machine's step answers with its JSON and
    raises TableferryError.
    """
    with stop_on_signals():
        invocation = Invocation.of(context)
        if is_step(event):
            return run_step(event, invocation, configured, load_config)

        def work() -> Result:
            request = parse_event(event, configured())
            invocation.begun(request)
            mine = replace(
                request,
                deadline=invocation.deadline,
                run_id=invocation.run_id,
                jobs=_jobs(request, invocation),
                commands=event_commands,
            )
            return execute(mine, invocation.callbacks)

        response, result = respond(work)
        try:
            invocation.ended(response, result)
            if isinstance(result, RunOutcome | Verification):
                invocation.write_page(load_config)
        except Exception as error:  # noqa: BLE001 - the runtime would print its text and lose the answer
            invocation.log.error("not reported", error=ErrorReport.of(error).to_dict())  # noqa: TRY400 - not a logging.Logger
        return response.to_dict()


def _jobs(request: Request, invocation: Invocation) -> int | None:
    """Return how many tables are synced at once: as the event says, else as the setting JOBS does.

    Tables that are published together are loaded one after another, whatever the setting.
    """
    if request.jobs is not None or request.publish_together:
        return request.jobs
    return invocation.jobs
