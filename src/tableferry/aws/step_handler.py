"""The steps of a fan-out, run for a state machine: small answers, failures as exceptions.

A state machine decides by the exception's class name: it retries a TransientError and gives the
table up for any other. So every exception raised here is a TableferryError, without cell values.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from tableferry.aws.invocation import Invocation
from tableferry.aws.load_config import Config, ConfiguredNames, LoadConfig
from tableferry.aws.step_request import OUTCOME_KEYS, Step, StepRequest, parse_step
from tableferry.aws.verify_steps import (
    STEPS,
    answer_verification,
    without_keys,
)
from tableferry.errors import ErrorReport, TableferryError
from tableferry.frontend.response import respond
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome
from tableferry.verification.result import Verification

if TYPE_CHECKING:
    from tableferry.config import Settings, TableSpec

NAMELESS: Final = frozenset({"States.ExceedToleratedFailureThreshold", "States.TaskFailed"})
"""Error names by which a state machine says only that a step failed; the ledger has the reason."""

SUMMARIES: Final = frozenset({Step.SUMMARY, Step.VERIFY_SUMMARY})
"""The last steps, which report; a status page is written after them."""

ERROR_CHARACTERS: Final = 150
"""Length limit of an error's message and of its hint: the outcomes of 200 failed tables then fit
into what a state machine passes on (256 KB)."""


class UnforeseenError(TableferryError):
    """Any other error. Its own text is left out: it may hold a cell's value."""


def run_step(
    event: Mapping[str, Any],
    invocation: Invocation,
    configured: ConfiguredNames,
    load_config: LoadConfig,
) -> dict[str, Any]:
    """Run the step that an event asks for; raises TableferryError.

    ``configured`` returns the tables' names; ``load_config`` reads their configuration.
    """
    log = invocation.log
    try:
        request = parse_step(event, configured())
        log = log.bind(**request.facts)
        answer = _answer(request, invocation, load_config)
    except Exception as error:
        report = ErrorReport.of(error)
        log.error("step failed", error=report.to_dict())  # noqa: TRY400 - not a logging.Logger
        if isinstance(error, TableferryError):
            raise
        raise UnforeseenError(report.message, hint=report.hint) from None
    log.info("step ended", answer=without_keys(answer) if request.step in STEPS else answer)
    if request.step in SUMMARIES:
        invocation.write_page(load_config)
    return answer


def _answer(
    request: StepRequest, invocation: Invocation, load_config: LoadConfig
) -> dict[str, Any]:
    if request.step in STEPS:
        return answer_verification(request, invocation, load_config)
    match request.step:
        case Step.FANOUT_PLAN:
            return _plan(load_config(request.tables), invocation)
        case Step.SUMMARY:
            return _summary(request, invocation)
    from tableferry import fanout

    config = load_config([request.table])
    (spec,), settings = config.tables, config.settings
    assignment = fanout.assign(spec, request.fanout_id or UUID(int=0))
    deadline = invocation.deadline
    match request.step:
        case Step.BEGIN_TABLE:
            return fanout.begin(spec, settings, assignment).to_dict()
        case Step.LOAD_CHUNK:
            stored = fanout.load_chunk(spec, settings, assignment, request.chunk, deadline=deadline)
            invocation.metrics.chunk(request.table, stored.bytes)
            return stored.to_dict()
        case Step.PUBLISH:
            outcome = fanout.publish(spec, settings, assignment, deadline=deadline)
        case Step.GIVE_UP:
            outcome = fanout.give_up(spec, settings, assignment, _error_of(request.error))
        case _:
            outcome = _whole(spec, settings, invocation)
    _report_outcome(request.step, invocation, outcome)
    return _small(outcome)


def _report_outcome(step: Step, invocation: Invocation, outcome: TableOutcome) -> None:
    """Log and measure a table's outcome; a run of its own has done so for the table by events."""
    if step is not Step.LOAD_WHOLE:
        invocation.table_ended(outcome)
    if outcome.verified is None:
        return
    if step is not Step.LOAD_WHOLE:
        invocation.table_verified(outcome.verified)
    invocation.metrics.verification(Verification((outcome.verified,)))


def _plan(config: Config, invocation: Invocation) -> dict[str, Any]:
    from tableferry.fanout import plan_fanout

    for warning in config.warnings:
        invocation.log.warning(warning)
    tables = []
    for planned in plan_fanout(config.tables, config.settings):
        table = planned.to_dict()
        if planned.outcome:
            del table["error"]  # the outcome has it
            table["outcome"] = _small(planned.outcome)
        tables.append(table)
    return {"fanout_id": str(uuid4()), "tables": tables}


def _whole(spec: "TableSpec", settings: "Settings", invocation: Invocation) -> TableOutcome:
    from tableferry.runs.run import sync_table
    from tableferry.runs.run_options import RunOptions

    options = RunOptions(deadline=invocation.deadline, run_id=invocation.run_id)
    return sync_table(spec, settings, on_event=invocation.event, options=options)


def _error_of(name: str) -> ErrorReport | None:
    """Return a report for an error's name; None: the failed step has left one in the ledger."""
    if name in NAMELESS:
        return None
    ours = name.endswith("Error") and "." not in name
    return ErrorReport(
        name if ours else "TransientError",
        f"A step of the fan-out ended as {name}",
        "The old rows stay. If the function timed out or ran out of memory, configure more "
        "'chunks'; run it again.",
    )


def _summary(request: StepRequest, invocation: Invocation) -> dict[str, Any]:
    """Report all tables as one run: log, metrics, and an alert if tables failed."""
    outcomes = [_outcome(one) for one in request.outcomes]
    seconds = max((one.seconds for one in outcomes), default=0.0)  # tables are loaded in parallel
    run = RunOutcome(outcomes, seconds, str(request.fanout_id))
    response, result = respond(lambda: run)
    invocation.ended(response, result)
    return {"statusCode": response.status_code, **run.to_dict()}


def _small(outcome: TableOutcome) -> dict[str, Any]:
    """Return what the summary step needs of an outcome, small enough to pass on with 200 others."""
    small = {key: value for key, value in outcome.to_dict().items() if key in OUTCOME_KEYS}
    if error := small.get("error"):
        small["error"] = {key: _short(text) for key, text in error.items()}
    return small


def _short(text: str) -> str:
    """Return the beginning of a text; the step's own log line has all of it."""
    return text if len(text) <= ERROR_CHARACTERS else f"{text[:ERROR_CHARACTERS]}..."


def _outcome(small: Mapping[str, Any]) -> TableOutcome:
    error = small.get("error")
    return TableOutcome(
        table=small["table"],
        target=small.get("target", ""),
        status=Status(small["status"]),
        rows_read=int(small.get("rows_read", 0)),
        rows_written=int(small.get("rows_written", 0)),
        seconds=float(small.get("seconds", 0)),
        error=error
        and ErrorReport(
            error.get("type", ""),
            error.get("message", ""),
            error.get("hint", ""),
            error.get("code", ""),
        ),
    )
