"""The steps of a fan-out, done for a state machine: answers are small, failures are exceptions.

A state machine sorts failures by the exception's class name: TransientError is tried again, every
other gives the table up. So what leaves here is one of our errors, and its text holds no value.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import UUID, uuid4

from tableferry.aws.fanout_request import OUTCOME_KEYS, Called, Step, parse_step
from tableferry.aws.invocation import Invocation
from tableferry.errors import ErrorReport, TableferryError
from tableferry.frontend.response import respond
from tableferry.sync.outcome import RunOutcome, Status, TableOutcome

if TYPE_CHECKING:
    from tableferry.config import Settings, TableSpec

NAMELESS: Final = frozenset({"States.ExceedToleratedFailureThreshold", "States.TaskFailed"})
"""By these a state machine says that something failed, not what: the ledger knows."""

TOLD_CHARACTERS: Final = 150
"""Of an error's message and hint: so that the plan and the outcomes of 200 tables can be handed on
together, though every one has failed."""


class UnforeseenError(TableferryError):
    """An error that tableferry did not foresee; its own text may hold a value and is left out."""


class Config(Protocol):
    """What a deployment makes of its tables' names."""

    @property
    def tables(self) -> Sequence["TableSpec"]: ...  # noqa: D102 - in the order of a sync

    @property
    def settings(self) -> "Settings": ...  # noqa: D102 - where their databases are


LoadConfig = Callable[[Sequence[str] | None], Config]


def run_step(
    event: Mapping[str, Any],
    invocation: Invocation,
    configured: Mapping[str, Any],
    load_config: LoadConfig,
) -> dict[str, Any]:
    """Do the step that an event asks for; raises TableferryError.

    ``configured`` has the tables' names; ``load_config`` reads their configuration.
    """
    log = invocation.log
    try:
        called = parse_step(event, configured)
        log = log.bind(**called.facts)
        answer = _answer(called, invocation, load_config)
    except Exception as error:
        report = ErrorReport.of(error)
        log.error("step failed", error=report.to_dict())  # noqa: TRY400 - not a logging.Logger
        if isinstance(error, TableferryError):
            raise
        raise UnforeseenError(report.message, hint=report.hint) from None
    log.info("step ended", answer=answer)
    return answer


def _answer(called: Called, invocation: Invocation, load_config: LoadConfig) -> dict[str, Any]:
    match called.step:
        case Step.FANOUT_PLAN:
            return _plan(load_config(called.tables))
        case Step.SUMMARY:
            return _summary(called, invocation)
    from tableferry import fanout  # noqa: PLC0415 - not needed for a refusal

    config = load_config([called.table])
    (spec,), settings = config.tables, config.settings
    assignment = fanout.assign(spec, called.fanout_id or UUID(int=0))
    deadline = invocation.deadline
    match called.step:
        case Step.BEGIN_TABLE:
            return fanout.begin(spec, settings, assignment).to_dict()
        case Step.LOAD_CHUNK:
            stored = fanout.load_chunk(spec, settings, assignment, called.chunk, deadline=deadline)
            invocation.metrics.chunk(called.table, stored.bytes)
            return stored.to_dict()
        case Step.PUBLISH:
            outcome = fanout.publish(spec, settings, assignment, deadline=deadline)
        case Step.GIVE_UP:
            outcome = fanout.give_up(spec, settings, assignment, _report(called.error))
        case _:
            outcome = _whole(spec, settings, invocation)
    invocation.watch.outcome(outcome)
    return _small(outcome)


def _plan(config: Config) -> dict[str, Any]:
    from tableferry.fanout import plan_fanout  # noqa: PLC0415

    tables = []
    for planned in plan_fanout(config.tables, config.settings):
        table = planned.to_dict()
        if planned.outcome:
            del table["error"]  # the outcome has it
            table["outcome"] = _small(planned.outcome)
        tables.append(table)
    return {"fanout_id": str(uuid4()), "tables": tables}


def _whole(spec: "TableSpec", settings: "Settings", invocation: Invocation) -> TableOutcome:
    from tableferry.sync.run import sync_table  # noqa: PLC0415
    from tableferry.sync.run_options import RunOptions  # noqa: PLC0415

    options = RunOptions(deadline=invocation.deadline, run_id=invocation.run_id)
    return sync_table(spec, settings, invocation.watch.progress, options=options)


def _report(name: str) -> ErrorReport | None:
    """Return what an error's name says; None: whatever the failed step has noted."""
    if name in NAMELESS:
        return None
    ours = name.endswith("Error") and "." not in name
    return ErrorReport(
        name if ours else "TransientError",
        f"A step of the fan-out ended as {name}",
        "The old rows stay. Of Lambda's own ends (a time-out, no memory) more 'chunks' are the "
        "cure; run it again.",
    )


def _summary(called: Called, invocation: Invocation) -> dict[str, Any]:
    """Tell everybody what came of all tables: the log, the metrics, people if something failed."""
    outcomes = [_outcome(one) for one in called.outcomes]
    seconds = max((one.seconds for one in outcomes), default=0.0)  # they went side by side
    run = RunOutcome(outcomes, seconds, str(called.fanout_id))
    response, result = respond(lambda: run)
    invocation.ended(response, result)
    return {"statusCode": response.status, **run.to_dict()}


def _small(outcome: TableOutcome) -> dict[str, Any]:
    """Return of an outcome what a summary needs: what steps hand on may be 256 KB in all."""
    small = {key: value for key, value in outcome.to_dict().items() if key in OUTCOME_KEYS}
    if error := small.get("error"):
        small["error"] = {key: _short(text) for key, text in error.items()}
    return small


def _short(text: str) -> str:
    """Return the beginning of a text that the log of the step has whole."""
    return text if len(text) <= TOLD_CHARACTERS else f"{text[:TOLD_CHARACTERS]}..."


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
